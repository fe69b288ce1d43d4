// SPDX-License-Identifier: MIT
//
// The command line of pfnbench. Everything is checked here, before anything is
// read, run or written; the result names existing things only.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/cli/names.h"
#include "harness/measure/stopwatch.h"
#include "harness/run/plan.h"
#include "harness/run/runner.h"

namespace pfn {

struct Options {
  enum class Action : std::uint8_t {
    kRun,
    kPrintText,  // help, version or a list: `text` says it all
    kListRows,
  };
  Action action = Action::kRun;
  std::string text;

  std::vector<WorkloadChoice> workloads;
  Plan plan;  // but for its workloads, which are not read yet
  // What is measured: time, or instructions from one of two sources.
  Timer::Source source = Timer::Source::kClock;
  // The CPU to run on; kLeastBusy is chosen when the run begins.
  static constexpr int kLeastBusy = -1;
  std::optional<int> pin;
  bool passes_are_rounds = false;
  std::uint64_t pages = 0;  // of each workload, from its start; 0: all
  std::string filter;       // a regular expression over row names; empty: all
  RunSettings settings;     // but for context and executable
  std::vector<std::string> benchmark_flags;  // for Google Benchmark
  std::map<std::string, std::string> notes;  // of the user, for the context
};

// Throws BadInput.
Options ParseOptions(int argc, const char* const* argv);

}  // namespace pfn
