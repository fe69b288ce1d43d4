// SPDX-License-Identifier: MIT
//
// File: harness/main.cc
//
// pfnbench: chooses rows, runs them, writes results.json; or, as
// `pfnbench sweep`, fails every allocation once. Exit status: 0, or
//   1  a row did not match the oracle, leaked, crashed or hung: it has no
//      figure; a structure did not survive a failure of the sweep
//   2  the command line or an input file cannot be used; nothing was run
//   3  results could not be written
//   130  interrupted; what was finished is kept

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <regex>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "harness/check/command.h"
#include "harness/check/crash_note.h"
#include "harness/cli/options.h"
#include "harness/cli/sweep_options.h"
#include "harness/machine/guard.h"
#include "harness/machine/run_under_callgrind.h"
#include "harness/measure/counter.h"
#include "harness/measure/floor.h"
#include "harness/run/describe.h"
#include "harness/run/process.h"
#include "harness/run/rows.h"
#include "harness/run/runner.h"
#include "workloads/base/error.h"
#include "workloads/base/json.h"
#include "workloads/base/printable.h"
#include "workloads/generate/catalog.h"
#include "workloads/trace/first_pages.h"
#include "workloads/trace/shipped.h"

namespace pfn {
namespace {

enum ExitStatus : int {
  kSuccess = 0,
  kWrongAnswer = 1,
  kBadInput = 2,
  kNotWritten = 3,
  kInterrupted = 130,
};

// What all rounds together should take, unless the rows have a budget by the
// command line: `./run bench` counts instructions and draws after them, and is
// laid out for five minutes.
constexpr std::chrono::nanoseconds kRunTime = std::chrono::seconds(170);

// And the profiles after them: most structures are run at least twice then.
constexpr std::chrono::nanoseconds kProfilesTime = std::chrono::seconds(30);

std::optional<RowBudget::Limits> ProfileLimitsFor(const Options& options) {
  if (!options.with_profiles) return std::nullopt;
  if (options.row_budget)
    return RowBudget::Limits{.per_row = *options.row_budget};
  return RowBudget::Limits{.whole_run = kProfilesTime};
}

RowBudget::Limits LimitsFor(const Options& options) {
  if (options.row_budget) return {.per_row = *options.row_budget};
  // Whether a count is cut off must not depend on how fast the machine is.
  if (Timer::Get().counts_instructions()) return {};
  return {.whole_run = kRunTime};
}

// More than any structure needs for the shipped workloads.
constexpr std::size_t kPrefaultBytes = std::size_t{64} << 20;

void ListWorkloads() {
  for (const ShippedWorkload& workload : ShippedWorkloads()) {
    fmt::print("{:<12} {}\n", Printable(workload.name),
               DescribeWorkload(workload));
  }
  for (const NamedGenerated& workload : GeneratedWorkloads()) {
    fmt::print("{:<12} generated: {}{}\n", workload.name, kGeneratedPrefix,
               workload.spec);
  }
}

void ListStructures() {
  for (const Structure& structure : Structures()) {
    const StructureTraits& traits = structure.traits;
    fmt::print("{:<20} {:<8} {:<8} {}\n", traits.name, traits.family,
               Name(traits.out_of_memory), traits.origin);
  }
  fmt::print("{:<20} {:<8} {:<8} {}\n", kFloorName, "-", "-",
             "the measured loop around a set that does nothing");
  for (const SetlessDriver& driver : kSetlessDrivers) {
    fmt::print("{:<20} {:<8} {:<8} {}\n", driver.name, "-", "-", driver.what);
  }
  for (const MissingStructure& missing : MissingStructures()) {
    fmt::print("{}: not built, {} is missing\n", missing.name,
               missing.debian_package);
  }
}

void ListOperations() {
  for (const OperationInfo& info : kOperations) {
    fmt::print("{:<8} {}\n", info.name, info.what);
  }
  fmt::print("{:<8} {}\n", kReplayOperation.name, kReplayOperation.what);
}

RowRequest ReadWorkloads(const Options& options) {
  RowRequest request{.workloads = {},
                     .structures = options.structures,
                     .with_floor = options.with_floor,
                     .operations = options.operations,
                     .only_what_can_fail = options.all_operations,
                     .faults = options.faults,
                     .fault_seed = options.fault_seed,
                     .fault_draw = options.fault_draw,
                     .large = options.large,
                     .cpus = options.cpus,
                     .policies = options.policies,
                     .setless = options.setless,
                     .driver = options.driver,
                     .host = options.host,
                     .baseline = options.baseline,
                     .controls = options.controls};
  for (const WorkloadChoice& choice : options.workloads) {
    Trace trace = LoadTrace(choice.source);
    if (options.pages != 0) trace = FirstPages(trace, options.pages);
    request.workloads.push_back(
        std::make_unique<Workload>(choice.name, std::move(trace)));
    const bool is_replayed =
        std::find(options.operations.begin(), options.operations.end(),
                  Operation::kReplay) != options.operations.end();
    if (is_replayed && request.workloads.back()->trace().targets() == 0) {
      throw BadInput(fmt::format(
          "{}: has no balloon targets (T lines), which replay follows",
          choice.source));
    }
  }
  return request;
}

void KeepMatching(const std::string& filter, std::vector<Row>& rows) {
  if (filter.empty()) return;
  const bool negative = filter.starts_with('-');
  const std::regex regex(negative ? filter.substr(1) : filter);
  std::erase_if(rows, [&](const Row& row) {
    return std::regex_search(row.name, regex) == negative;
  });
  if (rows.empty()) {
    throw BadInput(fmt::format(
        "--benchmark_filter='{}' matches no row; --benchmark_list_tests "
        "prints their names",
        filter));
  }
}

// Names of files and words of the command line are in it.
void Complain(const std::exception& error) {
  fmt::print(stderr, "pfnbench: {}\n", Printable(error.what()));
}

// Hands the flags that are not ours to Google Benchmark, with its random
// interleaving on unless somebody said otherwise. Counts keep one order: what
// ran before a row decides a few of its instructions.
void InitializeBenchmark(const std::string& executable,
                         std::vector<std::string> flags, bool counts) {
  flags.insert(
      flags.begin(),
      fmt::format("--benchmark_enable_random_interleaving={}", !counts));
  flags.insert(flags.begin(), executable);
  std::vector<char*> argv;
  for (std::string& flag : flags) argv.push_back(flag.data());
  argv.push_back(nullptr);
  int argc = static_cast<int>(flags.size());
  benchmark::Initialize(&argc, argv.data());
  if (argc > 1) {
    throw BadInput(fmt::format("Google Benchmark does not know '{}'", argv[1]));
  }
}

// Last of all checks, because it is the first thing that leaves a trace.
void MakeFolder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    throw BadInput(fmt::format("--out={}: cannot be made: {}", folder.string(),
                               error.message()));
  }
}

JsonObject DescribeRun(const Options& options, const RowRequest& request,
                       const std::string& command_line) {
  JsonObject run;
  run.Add("command_line", command_line)
      .Add("repetitions", std::to_string(options.rounds))
      .Add("fault_seed", std::to_string(options.fault_seed))
      .Add("fault_draw", Name(options.fault_draw))
      .Add("large_allocations", Name(options.large))
      .Add("modelled_cpus", std::to_string(options.cpus));
  if (options.host.is_real) {
    run.Add("host_memory_bytes", std::to_string(options.host.bytes));
  }
  for (const auto& [key, value] : options.notes) run.Add(key, value);
  return run
      .AddJson("default_workloads", JsonList(DefaultWorkloads(), JsonText))
      .AddAll(DescribeParts(request));
}

// What reproduces the run: whoever wraps this program says it in the
// environment, otherwise the arguments do.
std::string CommandLine(int argc, char** argv) {
  if (const char* wrapper = std::getenv("PFNBENCH_COMMAND_LINE")) {
    return wrapper;
  }
  return fmt::format("{}", fmt::join(argv, argv + argc, " "));
}

// Before the first stopwatch. Throws NoCounter.
void ChooseSource(Timer::Source source) {
  if (source == Timer::Source::kHardware) OpenHardwareCounter();
  Timer::Choose(source);
}

// Warns of what makes times vary, and takes the CPU that was asked for.
ContextEntries GuardEnvironment(const Options& options) {
  // Long enough for ten ticks of /proc.
  GuardSettings settings{
      .wait =
          [] { std::this_thread::sleep_for(std::chrono::milliseconds(100)); },
      .own_pid = getpid()};
  if (const char* root = std::getenv("PFNBENCH_MACHINE_ROOT")) {
    settings.root = root;
  }
  GuardFindings findings = LookAround(settings);
  for (const std::string& warning : findings.warnings) {
    fmt::print(stderr, "pfnbench: warning: {}\n", Printable(warning));
  }
  std::optional<int> cpu = options.pin;
  if (cpu == Options::kLeastBusy) {
    const std::vector<int> allowed = AllowedCpus();
    const auto best = std::find_first_of(findings.cpus_by_load.begin(),
                                         findings.cpus_by_load.end(),
                                         allowed.begin(), allowed.end());
    cpu = best != findings.cpus_by_load.end() ? *best : allowed.back();
  }
  if (cpu && !PinTo(*cpu)) {
    throw BadInput(fmt::format("--pin={}: {}", *cpu, std::strerror(errno)));
  }
  findings.context.emplace_back("pinned_cpu",
                                cpu ? std::to_string(*cpu) : "none");
  return findings.context;
}

int Run(const Options& options, int argc, char** argv) {
  const bool runs = options.action == Options::Action::kRun;
  if (runs && options.source == Timer::Source::kCallgrind &&
      !IsUnderCallgrind()) {
    return RunUnderCallgrind(argv);
  }
  // Valgrind places what it runs the same way anyhow.
  if (runs && IsUnderCallgrind()) DieWithParent(getppid());
  if (runs && !IsUnderCallgrind()) FixAddresses(argv);
  if (runs) ChooseSource(options.source);
  const RowRequest request = ReadWorkloads(options);
  std::vector<Row> rows = MakeRows(request);
  KeepMatching(options.filter, rows);
  if (options.action == Options::Action::kListRows) {
    for (const Row& row : rows) fmt::print("{}\n", row.name);
    return kSuccess;
  }
  InitializeBenchmark(argv[0], options.benchmark_flags,
                      options.source != Timer::Source::kClock);
  JsonObject context = DescribeRun(options, request, CommandLine(argc, argv));
  // A count depends on nothing that the guard looks at.
  if (options.source == Timer::Source::kClock) {
    for (const auto& [key, value] : GuardEnvironment(options)) {
      context.Add(key, value);
    }
  }
  MakeFolder(options.out);
  if (options.host.is_real) {
    fmt::print(stderr,
               "pfnbench: the real host has up to {} MiB of guest memory; "
               "--host=real:SIZE sets it\n",
               options.host.bytes >> 20);
  }
  RunOutcome outcome;
  try {
    outcome = RunRows(
        rows, {.rounds = options.rounds,
               .limits = LimitsFor(options),
               // A count takes all that a process executes between two marks.
               .share_recordings = !Timer::Get().counts_instructions(),
               .profiles = ProfileLimitsFor(options),
               .prefault_bytes = kPrefaultBytes,
               .out = options.out,
               .results_file = options.results_file,
               .context = std::move(context),
               .executable = argv[0],
               .print_summary = !options.quiet});
  } catch (const BadInput& error) {
    Complain(error);
    return kNotWritten;
  }
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

// What --workload takes for `choice` from wherever the program is started, as a
// shell takes it.
std::string ArgumentFor(const WorkloadChoice& choice) {
  for (const ShippedWorkload& shipped : ShippedWorkloads()) {
    if (shipped.path.string() == choice.source) return shipped.name;
  }
  return ShellWord(choice.source);
}

int RunSweepCommand(int argc, char** argv) {
  const SweepOptions options = ParseSweepOptions(argc, argv);
  if (!options.help.empty()) {
    fmt::print("{}", options.help);
    return kSuccess;
  }
  std::vector<std::unique_ptr<Workload>> workloads;
  SweepRequest request{.kinds = {},
                       .workloads = {},
                       .operations = options.operations,
                       .limit = options.limit,
                       .only = options.only};
  for (const WorkloadChoice& choice : options.workloads) {
    workloads.push_back(
        std::make_unique<Workload>(choice.name, LoadTrace(choice.source)));
    request.workloads.push_back({workloads.back().get(), ArgumentFor(choice)});
  }
  for (const Structure* structure : options.structures) {
    request.kinds.push_back(structure->kind());
  }
  InstallCrashNote();
  return RunSweep(request, std::cout, std::cerr) == 0 ? kSuccess : kWrongAnswer;
}

int Main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "sweep") {
    return RunSweepCommand(argc - 1, argv + 1);
  }
  const Options options = ParseOptions(argc, argv);
  switch (options.action) {
    case Options::Action::kPrintText:
      fmt::print("{}", options.text);
      return kSuccess;
    case Options::Action::kListWorkloads:
      ListWorkloads();
      return kSuccess;
    case Options::Action::kListStructures:
      ListStructures();
      return kSuccess;
    case Options::Action::kListOperations:
      ListOperations();
      return kSuccess;
    case Options::Action::kListRows:
    case Options::Action::kRun:
      return Run(options, argc, argv);
  }
  return kBadInput;
}

}  // namespace
}  // namespace pfn

int main(int argc, char** argv) {
  try {
    return pfn::Main(argc, argv);
  } catch (const pfn::BadInput& error) {
    pfn::Complain(error);
    return pfn::kBadInput;
  } catch (const pfn::BadInput& error) {
    pfn::Complain(error);
    return pfn::kBadInput;
  } catch (const pfn::NoCounter& error) {
    pfn::Complain(error);
    return pfn::kBadInput;
  } catch (const std::exception& error) {
    pfn::Complain(error);
    return pfn::kNotWritten;
  }
}
