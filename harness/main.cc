// SPDX-License-Identifier: MIT
//
// File: harness/main.cc
//
// pfnbench: chooses rows, runs them, writes results.json; or, as
// `pfnbench sweep`, fails every allocation once; or, as `pfnbench kernel`,
// makes ready what a kernel runs and results of what it printed. Exit status:
// 0, or
//   1  a row did not match the oracle, leaked, crashed or hung: it has no
//      figure; a structure did not survive a failure of the sweep
//   2  the command line or an input file cannot be used; nothing was run
//   3  results could not be written
//   130  interrupted; what was finished is kept

#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "harness/check/command.h"
#include "harness/check/crash_note.h"
#include "harness/cli/kernel_options.h"
#include "harness/cli/options.h"
#include "harness/cli/setup.h"
#include "harness/cli/sweep_options.h"
#include "harness/run/kernel_run.h"
#include "harness/run/rows.h"
#include "harness/run/runner.h"
#include "workloads/base/error.h"
#include "workloads/base/printable.h"

namespace pfn {
namespace {

enum ExitStatus : int {
  kSuccess = 0,
  kWrongAnswer = 1,
  kBadInput = 2,
  kNotWritten = 3,
  kInterrupted = 130,
};

int Measure(Options& options, int argc, char** argv) {
  const bool runs = options.action == Options::Action::kRun;
  if (runs) {
    if (const auto status = PrepareProcess(options, argv)) return *status;
  }
  const Plan plan = ReadWorkloads(options);
  std::vector<Row> rows = MakeRows(plan);
  KeepMatching(options.filter, rows);
  if (!runs) {
    for (const Row& row : rows) fmt::print("{}\n", row.name);
    return kSuccess;
  }
  InitializeBenchmark(options, argv[0]);
  options.settings.context = DescribeRun(options, plan, argc, argv);
  options.settings.executable = argv[0];
  MakeFolder(options.settings.out);
  const RunOutcome outcome = RunRows(rows, options.settings);
  if (!outcome.results.empty()) {
    fmt::print(stderr, "pfnbench: wrote {}\n",
               Printable(outcome.results.string()));
  }
  if (outcome.interrupted) {
    fmt::print(stderr, "pfnbench: interrupted; finished rows are kept\n");
    return kInterrupted;
  }
  return outcome.failed_rows == 0 ? kSuccess : kWrongAnswer;
}

int Sweep(int argc, char** argv) {
  const SweepOptions options = ParseSweepOptions(argc, argv);
  if (!options.help.empty()) {
    fmt::print("{}", options.help);
    return kSuccess;
  }
  std::vector<std::unique_ptr<Workload>> workloads;
  const SweepRequest request = ReadSweepWorkloads(options, workloads);
  InstallCrashNote();
  return RunSweep(request, std::cout, std::cerr) == 0 ? kSuccess : kWrongAnswer;
}

int Kernel(int argc, char** argv) {
  const KernelOptions options = ParseKernelOptions(argc, argv);
  if (!options.help.empty()) {
    fmt::print("{}", options.help);
    return kSuccess;
  }
  Options chosen;
  chosen.workloads = options.workloads;
  chosen.pages = options.pages;
  const Plan plan = ReadWorkloads(chosen);
  if (options.pack.empty()) {
    const KernelResults results(
        {.workloads = plan.workloads,
         .printed = {options.printed.begin(), options.printed.end()},
         .notes = options.notes});
    MakeFolder(options.out);
    return results.Write(options.out) == 0 ? kSuccess : kWrongAnswer;
  }
  MakeFolder(options.pack);
  for (std::size_t i = 0; i < plan.workloads.size(); ++i) {
    const Workload& workload = *plan.workloads[i];
    PackPasses(workload, fmt::format("{}/{}", options.pack, i));
    fmt::print("{} {}\n", i, workload.trace().provenance.guest_memory_bytes);
  }
  return kSuccess;
}

int Main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "sweep") {
    return Sweep(argc - 1, argv + 1);
  }
  if (argc > 1 && std::string_view(argv[1]) == "kernel") {
    return Kernel(argc - 1, argv + 1);
  }
  Options options = ParseOptions(argc, argv);
  if (options.action == Options::Action::kPrintText) {
    fmt::print("{}", options.text);
    return kSuccess;
  }
  return Measure(options, argc, argv);
}

// Names of files and words of the command line are in it.
int Complain(const std::exception& error, ExitStatus status) {
  fmt::print(stderr, "pfnbench: {}\n", Printable(error.what()));
  return status;
}

}  // namespace
}  // namespace pfn

int main(int argc, char** argv) {
  try {
    return pfn::Main(argc, argv);
  } catch (const pfn::BadInput& error) {
    return pfn::Complain(error, pfn::kBadInput);
  } catch (const std::exception& error) {
    return pfn::Complain(error, pfn::kNotWritten);
  }
}
