// SPDX-License-Identifier: MIT

#include "harness/cli/sweep_options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/cli/names.h"
#include "workloads/base/command_line.h"
#include "workloads/base/printable.h"

namespace pfn {
namespace {

struct RawSweepOptions {
  std::vector<std::string> workloads = {"default"};
  std::vector<std::string> structures = {"all"};
  std::vector<std::string> plugins;
  std::vector<std::string> operations = {"all"};
  std::optional<std::uint64_t> at;
  std::optional<std::uint64_t> nth;
  bool persistent = false;
};

void DefineFlags(CommandLine& line, RawSweepOptions& raw,
                 SweepRequest& request) {
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
            .target = &request.limit,
            .help = "Sweep only the first N pages of a workload, because the "
                    "time grows with the square; 0: all",
            .type = "N",
            .shows_default = true,
            .takes_suffix = true});
  line.Add({.names = "--at",
            .target = &raw.at,
            .help = "One case only: the step of the operation, counted from 0; "
                    "with --nth",
            .type = "STEP",
            .takes_suffix = true});
  line.Add({.names = "--nth",
            .target = &raw.nth,
            .help = "One case only: which request of the step fails, counted "
                    "from 1",
            .type = "N",
            .range = {{1, 0}},
            .takes_suffix = true});
  line.Add({.names = "--persistent",
            .target = &raw.persistent,
            .help = "One case only: all later requests of the step fail too"});
}

std::vector<SweepOperation> ChooseSweepOperations(
    const std::vector<std::string>& names) {
  std::vector<std::string> known = {"all"};
  for (const SweepOperationInfo& info : kSweepOperations) {
    known.emplace_back(info.name);
  }
  RequireNames("operation", names, known);
  std::vector<SweepOperation> chosen;
  for (const SweepOperationInfo& info : kSweepOperations) {
    if (Wants(names, info.name)) chosen.push_back(info.operation);
  }
  return chosen;
}

// The names of workloads and structures mean what they mean elsewhere.
void ChooseByName(const RawSweepOptions& raw, SweepOptions& options) {
  Plan plan;
  options.workloads = ChooseWorkloads(raw.workloads);
  ChooseStructures(raw.structures, plan);
  for (const Structure* structure : plan.structures) {
    options.request.kinds.push_back(structure->kind());
  }
  if (raw.structures != std::vector<std::string>{"all"} && plan.with_floor) {
    throw BadInput("floor is no structure that could fail; leave it out");
  }
}

std::optional<SweepCase> ChooseCase(const RawSweepOptions& raw,
                                    const SweepOptions& options) {
  if (!raw.at && !raw.nth && !raw.persistent) return {};
  if (!raw.at || !raw.nth) {
    throw BadInput("one case needs both --at=STEP and --nth=N");
  }
  const SweepRequest& request = options.request;
  if (options.workloads.size() != 1 || request.kinds.size() != 1 ||
      request.operations.size() != 1) {
    throw BadInput(
        "--at and --nth name one case: they need exactly one --workload, "
        "--structure and --operation");
  }
  return SweepCase{.operation = request.operations.front(),
                   .at = *raw.at,
                   .nth = *raw.nth,
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
  SweepOptions options;
  DefineFlags(line, raw, options.request);
  try {
    if (line.Parse(argc, argv) == CommandLine::Outcome::kHelp) {
      options.help = line.Help();
      return options;
    }
  } catch (const BadInput& error) {
    throw BadInput(fmt::format("{}; see pfnbench sweep --help", error.what()));
  }
  LoadPlugins(raw.plugins);
  if (!raw.plugins.empty()) {
    options.request.arguments =
        fmt::format("--plugin={} ",
                    ShellWord(fmt::format("{}", fmt::join(raw.plugins, ","))));
  }
  ChooseByName(raw, options);
  options.request.operations = ChooseSweepOperations(raw.operations);
  options.request.only = ChooseCase(raw, options);
  return options;
}

}  // namespace pfn
