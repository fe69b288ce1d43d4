// SPDX-License-Identifier: MIT
//
// `pfnbench sweep`: sweeps structures over workloads and prints a line for each
// operation; or repeats a single case, as the line says that is printed for a
// case that failed.

#pragma once

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "harness/check/any_set.h"
#include "harness/check/sweep.h"
#include "harness/check/sweep_trace.h"
#include "workloads/trace/workload.h"

namespace pfn {

// Pages of a workload that are swept unless somebody says otherwise.
inline constexpr std::uint64_t kDefaultSweepLimit = 600;

struct SweepWorkload {
  const Workload* workload;
  std::string argument;  // what --workload takes for it
};

struct SweepRequest {
  std::vector<SetKind> kinds;
  std::vector<SweepWorkload> workloads;
  std::vector<SweepOperation> operations;
  std::uint64_t limit = kDefaultSweepLimit;  // 0: none
  std::optional<SweepCase> only = {};  // of the one kind and the one workload
  // What else repeats a case: "" or flags, with a space at the end.
  std::string arguments = {};
  // CPU time that a case may take, and 2 ms more for each page of the trace:
  // one that never ends is named, and ends the program with status 1.
  unsigned case_seconds = 60;
};

// Prints the table to `out` and problems to `err`. Returns how many there are.
// To have swept and found no request to fail is one.
std::uint64_t RunSweep(const SweepRequest& request, std::ostream& out,
                       std::ostream& err);

}  // namespace pfn
