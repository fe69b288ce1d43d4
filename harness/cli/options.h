// SPDX-License-Identifier: MIT
//
// File: harness/cli/options.h
//
// The command line of pfnbench. Everything is checked here, before anything is
// read, run or written; the result names existing things only.

#ifndef PFNBENCH_HARNESS_CLI_OPTIONS_H_
#define PFNBENCH_HARNESS_CLI_OPTIONS_H_

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "harness/driver/replay_spec.h"
#include "harness/kernel/fault_spec.h"
#include "harness/kernel/large_policy.h"
#include "harness/kernel/operation_draw.h"
#include "harness/measure/operation.h"
#include "harness/measure/stopwatch.h"
#include "harness/registry/structure.h"
#include "workloads/base/command_line.h"  // BadInput

namespace pfn {

// What a run measures that is told nothing, in order.
std::span<const std::string_view> DefaultWorkloads();

struct WorkloadChoice {
  std::string name;    // in results
  std::string source;  // for LoadTrace()
};

struct Options {
  enum class Action : std::uint8_t {
    kRun,
    kPrintText,  // help, version or a list: `text` says it all
    kListWorkloads,
    kListStructures,
    kListOperations,
    kListRows,
  };
  Action action = Action::kRun;
  std::string text;

  std::vector<WorkloadChoice> workloads;
  std::vector<const Structure*> structures;  // in the order of the list
  bool with_floor = false;
  std::vector<SetlessDriver> setless;  // of replay
  // What is measured: time, or instructions from one of two sources.
  Timer::Source source = Timer::Source::kClock;
  // The CPU to run on; kLeastBusy is chosen when the run begins.
  static constexpr int kLeastBusy = -1;
  std::optional<int> pin;
  std::uint64_t pages = 0;  // of each workload, from its start; 0: all
  const Structure* baseline = nullptr;  // one of `structures`, or none
  int controls = 1;                     // further rows of the baseline
  std::vector<Operation> operations;
  bool all_operations = false;  // rather than some by name
  std::vector<FaultSpec> faults;
  std::uint64_t fault_seed = 1;
  FaultDraw fault_draw = FaultDraw::kAllocation;
  LargePolicy large = LargePolicy::kPow2;
  std::vector<PolicySpec> policies;
  DriverOptions driver;
  HostSpec host;
  int rounds = 9;
  std::optional<std::chrono::nanoseconds> row_budget;  // none: by rows
  std::string filter;         // a regular expression over row names; empty: all
  std::filesystem::path out;  // a folder
  std::string results_file = "results.json";
  bool with_profiles = true;
  unsigned cpus = 4;  // of the modelled machine
  bool quiet = false;
  std::vector<std::string> benchmark_flags;  // for Google Benchmark
  std::map<std::string, std::string> notes;  // of the user, for the context
};

// Throws BadInput.
Options ParseOptions(int argc, const char* const* argv);

}  // namespace pfn

#endif  // PFNBENCH_HARNESS_CLI_OPTIONS_H_
