// SPDX-License-Identifier: MIT

#include "harness/cli/options.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <map>
#include <regex>
#include <string_view>

#include "harness/cli/flags.h"
#include "harness/cli/lists.h"
#include "harness/cli/names.h"
#include "harness/machine/guard.h"
#include "harness/measure/floor.h"
#include "harness/registry/structures.h"
#include "harness/run/rows.h"  // CanServe
#include "pfnbench_version.h"
#include "workloads/base/command_line.h"
#include "workloads/base/nearest.h"

namespace pfn {
namespace {

namespace fs = std::filesystem;

// The default structures of --operation=replay: a replay takes a
// second, and has a row for each policy. Those that were argued about, those
// that the kernel has now, and the ways without a set.
constexpr std::array<std::string_view, 7> kReplayedStructures = {
    "xbitmap", "cvbmp", "btree-bitmap", "xarray",
    "roaring", "array", "pipelined"};
// And the workloads: those whose replay hands out the recorded pages.
constexpr std::array<std::string_view, 3> kReplayedWorkloads = {
    "idle-8g", "frag-4g", "punched-2g"};

// What all rounds together should take, unless the rows have a budget by the
// command line: `./run bench` counts instructions and draws after them, and is
// laid out for five minutes.
constexpr std::chrono::nanoseconds kRunTime = std::chrono::seconds(170);

// And the profiles after them: most structures are run at least twice then.
constexpr std::chrono::nanoseconds kProfilesTime = std::chrono::seconds(30);

// And the lost pages after these, three times as long as they need.
constexpr std::chrono::nanoseconds kLossesTime = std::chrono::seconds(40);

// More than structures of the argument need for the shipped workloads.
constexpr std::size_t kPrefaultBytes = std::size_t{64} << 20;

// Of the program, where the first argument is no flag.
const std::vector<std::string> kCommands = {"sweep"};

constexpr std::string_view kNoteKey = "note";

// Flags of Google Benchmark that would do nothing here, or half of what they
// say, and what does it.
struct IdleFlag {
  std::string_view name;
  std::string_view advice;
};
constexpr std::string_view kUseOut =
    "results go to results.json; use --out=DIR";
constexpr std::string_view kNoAggregates =
    "results.json has every round; use ./run report for medians";
constexpr std::string_view kNoConsole =
    "the table at the end has one form; use --quiet for none";
constexpr IdleFlag kIdleFlags[] = {
    {"--benchmark_out", kUseOut},
    {"--benchmark_out_format", kUseOut},
    {"--benchmark_format", kUseOut},
    {"--benchmark_report_aggregates_only", kNoAggregates},
    {"--benchmark_display_aggregates_only", kNoAggregates},
    {"--benchmark_min_time",
     "a round is the whole of a workload, once; use --rounds=N or --pages=N"},
    {"--benchmark_min_warmup_time",
     "a round is the whole of a workload, once; use --rounds=N"},
    {"--benchmark_time_unit", "times are in ns for each page; leave it out"},
    {"--benchmark_perf_counters", "use --instructions=hardware"},
    {"--benchmark_counters_tabular", kNoConsole},
    {"--benchmark_color", kNoConsole},
};

// Of the context of results everything is known already, but for what only
// users know.
void ReadNotes(std::string_view flag, std::string_view pairs,
               std::map<std::string, std::string>& notes) {
  do {
    const std::string_view pair = pairs.substr(0, pairs.find(','));
    pairs.remove_prefix(std::min(pairs.size(), pair.size() + 1));
    if (pair.starts_with(kNoteKey) && std::ranges::count(pair, '=') == 1) {
      const std::size_t equals = pair.find('=');
      notes.insert_or_assign(std::string(pair.substr(0, equals)),
                             std::string(pair.substr(equals + 1)));
      continue;
    }
    throw BadInput(fmt::format(
        "'{}': keys of the context begin with {}, the others are pfnbench's, "
        "and '=' and ',' stand in no text; use --benchmark_context={}=TEXT",
        flag, kNoteKey, kNoteKey));
  } while (!pairs.empty());
}

// Takes what no flag of pfnbench is: a flag of Google Benchmark that works, or
// an error.
void ReadBenchmarkFlags(const CommandLine& line, Options& options) {
  constexpr std::string_view kContext = "--benchmark_context";
  constexpr std::string_view kOrder = "--benchmark_enable_random_interleaving";
  std::vector<std::string> flags = line.LongFlags();
  flags.emplace_back(kContext);
  flags.emplace_back(kOrder);
  for (const std::string& argument : line.Unknown()) {
    const std::string_view name =
        std::string_view(argument).substr(0, argument.find('='));
    const std::string_view value = std::string_view(argument).substr(
        std::min(name.size() + 1, argument.size()));
    for (const IdleFlag& idle : kIdleFlags) {
      if (name == idle.name) {
        throw BadInput(
            fmt::format("{} has no effect here: {}", name, idle.advice));
      }
    }
    if (name == kContext) {
      ReadNotes(argument, value, options.notes);
    } else if (name == kOrder) {
      if (value != "true" && value != "false") {
        throw BadInput(
            fmt::format("'{}': expected {}=false, or =true", argument, kOrder));
      }
      options.benchmark_flags.push_back(argument);
    } else {
      throw BadInput(fmt::format("{}; see pfnbench --help",
                                 UnknownArgument(argument, flags, kCommands)));
    }
  }
}

// Whether --fault-draw goes with every fault is known only now.
void ChooseFaults(const RawOptions& raw, Options& options) {
  options.plan.faults = ParseFaultSpecs(raw.fault);
  if (options.plan.conditions.fault_draw == FaultDraw::kOperation) {
    for (const FaultSpec& fault : options.plan.faults) {
      fault.RequireOperationDraw();
    }
  }
}

// What no loop could measure.
void CheckConditions(const Plan& plan) {
  const bool is_inlined =
      std::ranges::find(plan.calls, Calls::kInlined) != plan.calls.end();
  if (is_inlined && plan.conditions.cold != Between::kNothing) {
    throw BadInput(
        "--cold=touch does not go with --calls=inlined: no such loop is "
        "compiled; leave out one of them");
  }
  const bool is_faulty =
      std::ranges::any_of(plan.faults, [](const FaultSpec& fault) {
        return fault.kind != FaultSpec::Kind::kNone;
      });
  if (is_faulty && plan.conditions.sets > 1) {
    throw BadInput(fmt::format(
        "--sets={} does not go with --fault: sets that are compared must "
        "record the same pages; leave out one of them",
        plan.conditions.sets));
  }
}

// The flags of replay. What nothing could follow is refused, not ignored.
void ChooseReplay(const CommandLine& line, const RawOptions& raw,
                  Options& options) {
  const bool is_replayed =
      std::find(options.plan.operations.begin(), options.plan.operations.end(),
                Operation::kReplay) != options.plan.operations.end();
  if (!is_replayed) {
    std::vector<std::string> flags = {"--policy", "--host",     "--host-merge",
                                      "--driver", "--replaced", "--guest",
                                      "--costs"};
    for (const GuestFlag& flag : GuestFlags()) {
      flags.push_back(fmt::format("--guest-{}", flag.name));
    }
    for (const CostFlag& cost : CostFlags()) {
      flags.push_back(fmt::format("--{}-ns", cost.name));
    }
    for (const std::string& flag : flags) {
      if (!line.IsGiven(flag)) continue;
      throw BadInput(
          fmt::format("{} says how to replay; add --operation=replay", flag));
    }
    for (const std::string& name : raw.structures) {
      for (const SetlessDriver& driver : kSetlessDrivers) {
        if (driver.name != name) continue;
        throw BadInput(fmt::format(
            "'{}' is a driver without a set; it has --operation=replay only",
            name));
      }
    }
    return;
  }
  if (options.passes_are_rounds) {
    throw BadInput(
        "--passes=rounds does not go with --operation=replay, which makes its "
        "own rounds; leave out one of them");
  }
  if (options.plan.conditions.fault_draw == FaultDraw::kOperation) {
    throw BadInput(
        "--fault-draw=operation does not go with --operation=replay: the "
        "driver decides which operations there are");
  }
  if (options.source != Timer::Source::kClock) {
    throw BadInput(
        "replay is timed, its instructions are not counted; leave out "
        "--instructions or --operation=replay");
  }
  options.plan.policies = ParsePolicies(raw.policies);
  options.plan.host = ParseHost(raw.host);
  options.plan.host.merges = raw.host_merge;
  options.plan.driver = ParseDriver(raw.driver);
  options.plan.guest = ParseGuest(raw.guest, raw.guest_flags);
  if (options.plan.guest.reacts) {
    for (const char* flag : {"--fault", "--replaced"}) {
      if (!line.IsGiven(flag)) continue;
      throw BadInput(fmt::format(
          "{} does not go with --guest=reacts, which decides what fails and "
          "which pages there are; leave out one of them",
          flag));
    }
    if (options.plan.host.is_real) {
      throw BadInput(
          "--host=real does not go with --guest=reacts, whose time is "
          "simulated; leave out one of them");
    }
  }
  options.plan.driver.costs = ParseCosts(raw.costs, raw.cost_flags);
  options.plan.costs = raw.costs;
  options.plan.most_replaced =
      raw.replaced.value_or(options.plan.most_replaced);
  if (options.plan.host.is_real && options.plan.host.bytes == 0) {
    options.plan.host.bytes = ComfortableHostBytes();
  }
  if (line.IsGiven("--policy") && options.plan.structures.empty()) {
    throw BadInput(
        "--policy is for pages that a set could not record; no structure with "
        "a set is chosen");
  }
  for (const PolicySpec& policy : options.plan.policies) {
    for (const Structure* structure : options.plan.structures) {
      if (CanServe(*structure, policy)) continue;
      const std::string name(structure->traits.name);
      if (std::find(raw.structures.begin(), raw.structures.end(), name) ==
          raw.structures.end()) {
        continue;  // by `all`: has no row, and the report says so
      }
      throw BadInput(fmt::format(
          "{} cannot serve --policy={}: its memory does not come from the heap "
          "that the reserve belongs to",
          name, policy.ToString()));
    }
  }
}

// One that was named must have rows.
void CheckCalls(const RawOptions& raw, const Plan& plan) {
  for (const Structure* structure : plan.structures) {
    const std::string name(structure->traits.name);
    if (std::ranges::all_of(
            plan.calls,
            [&](Calls calls) { return CanServe(*structure, calls); }) ||
        std::ranges::find(raw.structures, name) == raw.structures.end()) {
      continue;
    }
    throw BadInput(
        fmt::format("{} has no row with --calls=inlined: it is a plugin "
                    "without set_pages()",
                    name));
  }
}

void CheckFilter(const std::string& filter) {
  try {
    std::regex(filter.starts_with('-') ? filter.substr(1) : filter);
  } catch (const std::regex_error& error) {
    throw BadInput(
        fmt::format("--benchmark_filter='{}' is not a regular expression: {}",
                    filter, error.what()));
  }
}

// A folder that results can be written to, as far as one can see without making
// it.
fs::path ChooseOut(const std::string& out, std::string_view file) {
  fs::path folder = out;
  if (folder.empty()) {
    folder = fmt::format("results/{:%Y%m%d-%H%M%S}",
                         fmt::gmtime(std::time(nullptr)));
  }
  const auto refuse = [&](std::string_view why) -> BadInput {
    return BadInput(fmt::format("--out={}: {}; choose another folder",
                                folder.string(), why));
  };
  if (fs::exists(folder / file)) {
    throw refuse("there are results already, and they are not overwritten");
  }
  fs::path existing = fs::absolute(folder);
  while (!fs::exists(existing)) existing = existing.parent_path();
  if (!fs::is_directory(existing)) {
    throw refuse(fmt::format("{} is not a folder", existing.string()));
  }
  if (access(existing.c_str(), W_OK | X_OK) != 0) {
    throw refuse(fmt::format("{} cannot be written to", existing.string()));
  }
  return folder;
}

int ChoosePin(const std::string& pin) {
  if (pin == "auto") return Options::kLeastBusy;
  const std::vector<int> allowed = AllowedCpus();
  const auto cpu = std::find_if(allowed.begin(), allowed.end(), [&](int each) {
    return std::to_string(each) == pin;
  });
  if (cpu == allowed.end()) {
    throw BadInput(fmt::format("--pin={}: this process may run on CPU {}", pin,
                               fmt::join(allowed, ", ")));
  }
  return *cpu;
}

// What is measured, and what is measured of it unless the flags said.
void ChooseSource(RawOptions& raw, Options& options) {
  const bool counts = !raw.instructions.empty();
  if (counts) {
    options.source = raw.instructions == "hardware" ? Timer::Source::kHardware
                                                    : Timer::Source::kCallgrind;
    options.settings.results_file = options.source == Timer::Source::kHardware
                                        ? "instructions-hardware.json"
                                        : "instructions.json";
  }
  const bool only_replays =
      raw.operations ==
      std::vector<std::string>{std::string(kReplayOperation.name)};
  if (raw.workloads.empty() && counts) {
    raw.workloads.assign(kCountedWorkloads.begin(), kCountedWorkloads.end());
  } else if (raw.workloads.empty() && only_replays) {
    raw.workloads.assign(kReplayedWorkloads.begin(), kReplayedWorkloads.end());
  } else if (raw.workloads.empty()) {
    raw.workloads = {"default"};
  }
  const bool names_structures = !raw.structures.empty();
  if (raw.structures.empty() && counts) {
    raw.structures = {"own", std::string(kFloorName)};
  } else if (raw.structures.empty() && only_replays) {
    raw.structures.assign(kReplayedStructures.begin(),
                          kReplayedStructures.end());
  } else if (raw.structures.empty()) {
    raw.structures = {"argued"};
  }
  if (!raw.plugins.empty() && !names_structures) {
    raw.structures.emplace_back(kPluginsWord);
  }
  if (raw.operations.empty() && counts) {
    raw.operations = {"all"};
  } else if (raw.operations.empty()) {
    raw.operations = {"set", "drain"};
  }
  options.settings.rounds = raw.rounds.value_or(counts ? 1 : 9);
  if (!raw.pin.empty()) options.pin = ChoosePin(raw.pin);
  options.passes_are_rounds = raw.passes == "rounds";
  options.pages = raw.pages.value_or(counts ? kCountedPages : 0);
}

// The first fault of the run that fails anything.
FaultSpec FaultOfLosses(const Plan& plan) {
  for (const FaultSpec& fault : plan.faults) {
    if (fault.kind != FaultSpec::Kind::kNone) return fault;
  }
  return ParseFaultSpec("ge_burst");
}

// What is made besides rounds, and what all may take.
void ChooseTimes(const RawOptions& raw, Options& options) {
  RunSettings& settings = options.settings;
  const auto limits =
      [&](std::chrono::nanoseconds whole_run) -> RowBudget::Limits {
    if (!raw.row_budget) return {.whole_run = whole_run};
    return {.per_row = std::chrono::duration_cast<std::chrono::nanoseconds>(
                std::chrono::duration<double>(*raw.row_budget))};
  };
  const bool counts = options.source != Timer::Source::kClock;
  // Whether a count is cut off must not depend on how fast the machine is.
  settings.limits = limits(counts ? std::chrono::nanoseconds() : kRunTime);
  // A count takes all that a process executes between two marks.
  settings.share_recordings = !counts;
  // A count profiles nothing, and a real host is for replay.
  if (raw.profile != "on" || counts || options.plan.host.is_real) return;
  settings.profiles = limits(kProfilesTime);
  settings.losses = {.fault = FaultOfLosses(options.plan),
                     .limits = limits(kLossesTime)};
}

}  // namespace

Options ParseOptions(int argc, const char* const* argv) {
  CommandLine line(
      "Measures PFN-set structures with page frame numbers recorded from real "
      "virtio\nballoons, while GFP_NOWAIT allocations fail.",
      "pfnbench");
  line.AllowUnknown();
  RawOptions raw;
  Options options;
  DefineFlags(line, raw, options);
  switch (line.Parse(argc, argv)) {
    case CommandLine::Outcome::kParsed:
      break;
    case CommandLine::Outcome::kHelp:
      options.action = Options::Action::kPrintText;
      options.text = line.Help();
      return options;
    case CommandLine::Outcome::kVersion:
      options.action = Options::Action::kPrintText;
      options.text = "pfnbench " PFN_VERSION "\n";
      return options;
  }

  ReadBenchmarkFlags(line, options);
  LoadPlugins(raw.plugins);
  for (const List& list : Lists()) {
    if (!line.IsGiven(fmt::format("--list-{}", list.what))) continue;
    options.action = Options::Action::kPrintText;
    options.text = list.text();
    return options;
  }
  if (raw.list_rows) options.action = Options::Action::kListRows;
  ChooseSource(raw, options);
  options.workloads = ChooseWorkloads(raw.workloads);
  ChooseStructures(raw.structures, options.plan);
  // A count needs no control.
  if (options.source == Timer::Source::kClock || !raw.baseline.empty()) {
    options.plan.baseline =
        ChooseBaseline(raw.baseline, options.plan.structures);
  }
  options.plan.operations = ChooseOperations(raw.operations);
  options.plan.only_what_can_fail =
      raw.operations == std::vector<std::string>{"all"};
  ChooseFaults(raw, options);
  CheckConditions(options.plan);
  CheckCalls(raw, options.plan);
  ChooseReplay(line, raw, options);
  CheckFilter(options.filter);
  ChooseTimes(raw, options);
  options.settings.prefault_bytes = kPrefaultBytes;
  if (options.action == Options::Action::kRun) {
    options.settings.out = ChooseOut(raw.out, options.settings.results_file);
  }
  return options;
}

}  // namespace pfn
