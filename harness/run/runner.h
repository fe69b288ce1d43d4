// SPDX-License-Identifier: MIT
//
// File: harness/run/runner.h
//
// Runs rows in rounds with Google Benchmark. In every round every row runs
// once, in random order, so that what disturbs the machine for a while hits all
// rows alike, and two rows can be compared within a round.

#ifndef PFNBENCH_HARNESS_RUN_RUNNER_H_
#define PFNBENCH_HARNESS_RUN_RUNNER_H_

#include <filesystem>
#include <span>
#include <string>

#include "harness/report/environment.h"
#include "harness/run/rows.h"

namespace pfn {

struct RunSettings {
  int rounds = 9;
  std::filesystem::path out;
  ContextEntries context;     // besides the environment
  std::string executable;     // argv[0]
  bool print_summary = true;  // a line for each row on stdout, at the end
};

struct RunOutcome {
  std::size_t failed_rows = 0;  // rows without a figure, named on stderr
  bool interrupted = false;
  std::filesystem::path results;
};

// Google Benchmark must be initialised. SIGINT and SIGTERM end the run early
// and keep what is finished.
RunOutcome RunRows(std::span<const Row> rows, const RunSettings& settings);

}  // namespace pfn

#endif  // PFNBENCH_HARNESS_RUN_RUNNER_H_
