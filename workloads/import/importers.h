// SPDX-License-Identifier: MIT
//
// File: workloads/import/importers.h
//
// The list of importers: what `pfntrace import --from=` takes, and what the
// fuzzers run. To add one, append it in importers.cc.

#ifndef PFNBENCH_WORKLOADS_IMPORT_IMPORTERS_H_
#define PFNBENCH_WORKLOADS_IMPORT_IMPORTERS_H_

#include <span>
#include <string_view>

#include "workloads/import/import_result.h"
#include "workloads/trace/byte_source.h"

namespace pfn {

struct Importer {
  std::string_view format;  // "qemu-log"
  // Reads all of the source; the name stands in messages. Throws BadInput.
  ImportResult (*import)(ByteSource& source, std::string_view name);
};

// Ordered by format.
std::span<const Importer> Importers();

}  // namespace pfn

#endif  // PFNBENCH_WORKLOADS_IMPORT_IMPORTERS_H_
