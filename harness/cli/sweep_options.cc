// SPDX-License-Identifier: MIT

#include "harness/cli/sweep_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <span>
#include <string_view>

#include "harness/cli/names.h"
#include "workloads/base/command_line.h"
#include "workloads/base/nearest.h"
#include "workloads/base/number.h"

namespace pfn {
namespace {

struct RawSweepOptions {
  std::vector<std::string> workloads = {"default"};
  std::vector<std::string> structures = {"all"};
  std::vector<std::string> plugins;
  std::vector<std::string> operations = {"all"};
  std::string limit = std::to_string(kDefaultSweepLimit);
  std::string at;
  std::string nth;
  bool persistent = false;
};

void DefineFlags(CommandLine& line, RawSweepOptions& raw) {
  line.Footer(
      "Exit status: 0, or 1 if a structure did not survive, or 2 if the "
      "command line\ncannot be used.");
  line.Add({.names = "--workload",
            .target = &raw.workloads,
            .help = "Workloads, as without 'sweep'",
            .type = "NAME|PATH,...",
            .shows_default = true});
  line.Add({.names = "--structure",
            .target = &raw.structures,
            .help =
                "Structures by name, or 'all'; those that abort when memory "
                "runs out are skipped",
            .type = "NAME,...",
            .shows_default = true});
  line.Add({.names = "--plugin",
            .target = &raw.plugins,
            .help = "Shared objects with more structures, as without 'sweep'",
            .type = "FILE,..."});
  line.Add({.names = "--operation",
            .target = &raw.operations,
            .help = "set, clear, clear-range, test, next-range, or 'all'",
            .type = "NAME,...",
            .shows_default = true});
  line.Add({.names = "--limit",
            .target = &raw.limit,
            .help = "Sweep only the first N pages of a workload, because the "
                    "time grows with the square; 0: all",
            .type = "N",
            .shows_default = true});
  line.Add({.names = "--at",
            .target = &raw.at,
            .help = "One case only: the step of the operation, counted from 0; "
                    "with --nth",
            .type = "STEP"});
  line.Add({.names = "--nth",
            .target = &raw.nth,
            .help = "One case only: which request of the step fails, counted "
                    "from 1",
            .type = "N"});
  line.Add({.names = "--persistent",
            .target = &raw.persistent,
            .help = "One case only: all later requests of the step fail too"});
}

std::uint64_t Number(std::string_view flag, std::string_view text,
                     std::uint64_t least) {
  const auto number = ParseSize(text);
  if (number && *number >= least) return *number;
  throw BadInput(
      fmt::format("{}={}: '{}' is not a whole number from {} to 2^64-1{}", flag,
                  text, text, least, kPerhapsWithSuffix));
}

std::vector<SweepOperation> ChooseSweepOperations(
    const std::vector<std::string>& names) {
  std::vector<std::string> known = {"all"};
  for (const SweepOperationInfo& info : kSweepOperations) {
    known.emplace_back(info.name);
  }
  for (const std::string& name : names) {
    if (std::ranges::find(known, name) == known.end()) {
      throw BadInput(UnknownName("operation", name, known));
    }
    if (std::ranges::count(names, name) > 1) {
      throw BadInput(fmt::format("operation '{}' is given twice", name));
    }
  }
  std::vector<SweepOperation> chosen;
  for (const SweepOperationInfo& info : kSweepOperations) {
    if (std::ranges::any_of(names, [&](const std::string& name) {
          return name == info.name || name == "all";
        })) {
      chosen.push_back(info.operation);
    }
  }
  return chosen;
}

// The names of workloads and structures mean what they mean elsewhere.
void ChooseByName(const RawSweepOptions& raw, SweepOptions& options) {
  Plan plan;
  options.workloads = ChooseWorkloads(raw.workloads);
  ChooseStructures(raw.structures, plan);
  options.structures = std::move(plan.structures);
  if (raw.structures != std::vector<std::string>{"all"} && plan.with_floor) {
    throw BadInput("floor is no structure that could fail; leave it out");
  }
}

std::optional<SweepCase> ChooseCase(const RawSweepOptions& raw,
                                    const SweepOptions& options) {
  if (raw.at.empty() && raw.nth.empty() && !raw.persistent) return {};
  if (raw.at.empty() || raw.nth.empty()) {
    throw BadInput("one case needs both --at=STEP and --nth=N");
  }
  if (options.workloads.size() != 1 || options.structures.size() != 1 ||
      options.operations.size() != 1) {
    throw BadInput(
        "--at and --nth name one case: they need exactly one --workload, "
        "--structure and --operation");
  }
  return SweepCase{.operation = options.operations.front(),
                   .at = Number("--at", raw.at, 0),
                   .nth = Number("--nth", raw.nth, 1),
                   .mode = raw.persistent ? FailuresToOrder::Mode::kFromThenOn
                                          : FailuresToOrder::Mode::kOnce};
}

}  // namespace

SweepOptions ParseSweepOptions(int argc, const char* const* argv) {
  CommandLine line(
      "Fails every allocation of every operation of every structure in turn, "
      "and\nchecks that each survives.",
      "pfnbench sweep");
  RawSweepOptions raw;
  DefineFlags(line, raw);
  SweepOptions options;
  try {
    if (line.Parse(argc, argv) == CommandLine::Outcome::kHelp) {
      options.help = line.Help();
      return options;
    }
  } catch (const BadInput& error) {
    throw BadInput(fmt::format("{}; see pfnbench sweep --help", error.what()));
  }
  LoadPlugins(raw.plugins);
  options.plugins = raw.plugins;
  ChooseByName(raw, options);
  options.operations = ChooseSweepOperations(raw.operations);
  options.limit = Number("--limit", raw.limit, 0);
  options.only = ChooseCase(raw, options);
  return options;
}

}  // namespace pfn
