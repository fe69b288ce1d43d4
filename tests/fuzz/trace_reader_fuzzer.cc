// SPDX-License-Identifier: MIT
//
// Fuzzes the strict reader of .pfntrace text: what it accepts, the writer would
// have written, byte for byte.

#include "tests/fuzz/trace_fuzzing.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)pfn::testing::FuzzOnce([&] {
    pfn::Trace trace = pfn::ParseTrace(text, "f");
    if (pfn::EncodeTrace(trace) != text) {
      pfn::testing::Abort("accepted but not canonical", text);
    }
    return trace;
  });
  return 0;
}
