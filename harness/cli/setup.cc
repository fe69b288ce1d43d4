// SPDX-License-Identifier: MIT

#include "harness/cli/setup.h"

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <regex>
#include <system_error>
#include <thread>
#include <utility>

#include "harness/driver/replay.h"
#include "harness/machine/guard.h"
#include "harness/machine/run_under_callgrind.h"
#include "harness/measure/counter.h"
#include "harness/run/describe.h"
#include "harness/run/process.h"
#include "workloads/base/printable.h"
#include "workloads/generate/catalog.h"
#include "workloads/trace/driver_rounds.h"
#include "workloads/trace/shipped.h"

namespace pfn {
namespace {

// What reproduces the run: a wrapper of this program says it in the
// environment, otherwise the arguments do.
std::string CommandLine(int argc, char** argv) {
  if (const char* wrapper = std::getenv("PFNBENCH_COMMAND_LINE")) {
    return wrapper;
  }
  return fmt::format("{}", fmt::join(argv, argv + argc, " "));
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

// What --workload takes for `choice` from wherever the program is started, as a
// shell takes it.
std::string ArgumentFor(const WorkloadChoice& choice) {
  for (const ShippedWorkload& shipped : ShippedWorkloads()) {
    if (shipped.path.string() == choice.source) return shipped.name;
  }
  return ShellWord(choice.source);
}

bool IsReplayed(const Plan& plan) {
  return std::ranges::find(plan.operations, Operation::kReplay) !=
         plan.operations.end();
}

// With what is no pass in its outcome.
Trace AsRounds(const Trace& trace, std::string_view source) {
  if (trace.targets() == 0) {
    throw BadInput(fmt::format(
        "{}: has no balloon targets (T lines), which tell a driver's rounds; "
        "use --passes=arrays",
        source));
  }
  DriverRounds rounds = DriverRoundsOf(trace);
  rounds.trace.outcome +=
      fmt::format("{}migrations={} oom_calls={} oom_pages={}",
                  rounds.trace.outcome.empty() ? "" : " ", rounds.migrations,
                  rounds.oom_calls, rounds.oom_pages);
  return std::move(rounds.trace);
}

// Before anything is measured.
void RefuseDriftedReplays(const Plan& plan) {
  std::vector<Transport> transports;
  if (!plan.structures.empty()) transports.push_back(Transport::kChunks);
  for (const SetlessDriver& driver : plan.setless) {
    transports.push_back(driver.transport);
  }
  for (const auto& workload : plan.workloads) {
    for (const Transport transport : transports) {
      ReplaySpec replay{.driver = plan.driver, .policy = {}, .host = plan.host};
      replay.driver.transport = transport;
      const double percent = ReplacedPercent(workload->trace(), replay);
      if (percent <= plan.most_replaced) continue;
      throw BadInput(fmt::format(
          "{}: {:.1f} % of the pages of its replay are not those recorded, "
          "because this driver groups them otherwise; leave it out, or take "
          "that with --replaced={:.0f}",
          workload->name(), percent, std::ceil(percent)));
    }
  }
}

}  // namespace

std::optional<int> PrepareProcess(const Options& options, char** argv) {
  if (options.source == Timer::Source::kCallgrind && !IsUnderCallgrind()) {
    return RunUnderCallgrind(argv);
  }
  if (IsUnderCallgrind()) {
    DieWithParent(getppid());
  } else {
    // Valgrind places what it runs the same way anyhow.
    FixAddresses(argv);
  }
  if (options.source == Timer::Source::kHardware) OpenHardwareCounter();
  Timer::Choose(options.source);
  return std::nullopt;
}

Plan ReadWorkloads(Options& options) {
  Plan plan = std::move(options.plan);
  const bool is_replayed = IsReplayed(plan);
  for (const WorkloadChoice& choice : options.workloads) {
    Trace trace = LoadTrace(choice.source);
    if (options.pages != 0) trace = FirstPages(trace, options.pages);
    if (is_replayed && trace.targets() == 0) {
      throw BadInput(fmt::format(
          "{}: has no balloon targets (T lines), which replay follows",
          choice.source));
    }
    if (options.passes_are_rounds) trace = AsRounds(trace, choice.source);
    plan.workloads.push_back(
        std::make_unique<Workload>(choice.name, std::move(trace)));
  }
  if (plan.guest.reacts) {
    for (const auto& workload : plan.workloads) {
      CheckCanReact(workload->trace(), workload->name());
    }
  } else if (is_replayed && options.action == Options::Action::kRun) {
    RefuseDriftedReplays(plan);
  }
  if (plan.host.is_real && options.action == Options::Action::kRun) {
    fmt::print(stderr,
               "pfnbench: the real host has up to {} MiB of guest memory; "
               "--host=real:SIZE sets it\n",
               plan.host.bytes >> 20);
  }
  return plan;
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

// With random interleaving on unless somebody said otherwise. Counts keep one
// order: what ran before a row decides a few of its instructions.
void InitializeBenchmark(const Options& options, const char* executable) {
  const bool counts = options.source != Timer::Source::kClock;
  std::vector<std::string> flags = options.benchmark_flags;
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

JsonObject DescribeRun(const Options& options, const Plan& plan, int argc,
                       char** argv) {
  JsonObject run;
  run.Add("command_line", CommandLine(argc, argv))
      .Add("repetitions",
           std::to_string(options.settings.rounds * options.settings.processes))
      .Add("fault_seed", std::to_string(plan.conditions.fault_seed))
      .Add("fault_draw", Name(plan.conditions.fault_draw))
      .Add("large_allocations", Name(plan.conditions.heap.large))
      .Add("heap", Name(plan.conditions.heap.age))
      .Add("heap_seed", std::to_string(plan.conditions.heap.seed))
      .Add("modelled_cpus", std::to_string(plan.conditions.heap.cpus));
  if (options.settings.processes > 1) {
    run.Add("processes", std::to_string(options.settings.processes));
  }
  if (plan.host.is_real) {
    run.Add("host_memory_bytes", std::to_string(plan.host.bytes));
  }
  if (IsReplayed(plan)) {
    run.Add("costs", CostsToString(plan.costs, plan.driver.costs));
    if (plan.guest.reacts) run.Add("guest", GuestToString(plan.guest));
  }
  if (options.passes_are_rounds) run.Add("passes", "rounds");
  for (const auto& [key, value] : options.notes) run.Add(key, value);
  run.AddJson("default_workloads", JsonList(DefaultWorkloads(), JsonText))
      .AddAll(DescribeParts(plan));
  // A count depends on nothing that the guard looks at.
  if (options.source == Timer::Source::kClock) {
    for (const auto& [key, value] : GuardEnvironment(options)) {
      run.Add(key, value);
    }
  }
  return run;
}

void MakeFolder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    throw BadInput(fmt::format("--out={}: cannot be made: {}", folder.string(),
                               error.message()));
  }
}

SweepRequest ReadSweepWorkloads(
    const SweepOptions& options,
    std::vector<std::unique_ptr<Workload>>& workloads) {
  SweepRequest request = options.request;
  for (const WorkloadChoice& choice : options.workloads) {
    workloads.push_back(
        std::make_unique<Workload>(choice.name, LoadTrace(choice.source)));
    request.workloads.push_back({workloads.back().get(), ArgumentFor(choice)});
  }
  return request;
}

}  // namespace pfn
