// SPDX-License-Identifier: MIT
//
// Fuzzes one importer, which the build names: PFN_FUZZ_FORMAT.

#include <memory>

#include "tests/fuzz/trace_fuzzing.h"
#include "workloads/import/importers.h"
#include "workloads/trace/byte_source.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const pfn::Importer& importer : pfn::Importers()) {
    if (importer.name != PFN_FUZZ_FORMAT) continue;
    (void)pfn::testing::FuzzOnce([&] {
      const std::unique_ptr<pfn::ByteSource> source = pfn::OpenMemory(text);
      return importer.import(*source, "f").trace;
    });
    return 0;
  }
  pfn::testing::Abort("no such importer", PFN_FUZZ_FORMAT);
}
