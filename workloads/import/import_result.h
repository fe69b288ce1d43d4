// SPDX-License-Identifier: MIT
//
// File: workloads/import/import_result.h
//
// What an importer gives back: the trace, without provenance, which only the
// caller knows, and what a reader of the trace should know about the import.

#ifndef PFNBENCH_WORKLOADS_IMPORT_IMPORT_RESULT_H_
#define PFNBENCH_WORKLOADS_IMPORT_IMPORT_RESULT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "workloads/trace/trace.h"

namespace pfn {

struct ImportResult {
  Trace trace;
  std::uint64_t lines = 0;
  // Where the recording itself tells; 0: it does not.
  std::uint64_t guest_memory_bytes = 0;
  // One line of text each: what was dropped, and how directions were found.
  std::vector<std::string> notes;
};

}  // namespace pfn

#endif  // PFNBENCH_WORKLOADS_IMPORT_IMPORT_RESULT_H_
