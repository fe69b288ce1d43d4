// SPDX-License-Identifier: MIT

#include "harness/cli/names.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <set>

#include "harness/measure/floor.h"
#include "workloads/base/error.h"
#include "workloads/base/nearest.h"
#include "workloads/generate/catalog.h"
#include "workloads/trace/shipped.h"

namespace pfn {
namespace {

namespace fs = std::filesystem;

// What a run without --workload measures: every kind of guest, none so large
// that the run takes more than minutes.
constexpr std::array<std::string_view, 5> kDefaultWorkloads = {
    "idle-8g", "frag-4g", "busy-2g", "oom-2g", "punched-2g"};
// `argued`, and a run without --structure: those that somebody proposed or the
// kernel has, one of each, and the loop alone.
constexpr std::array<std::string_view, 11> kArguedStructures = {
    "flat",         "xbitmap",     "xbitmap-preload", "cvbmp",
    "btree-bitmap", "btree-range", "roaring",         "xarray",
    "pivot-tree",   "radix-page",  kFloorName};
constexpr std::string_view kDefaultBaseline = "xbitmap";

// The name in results of a trace that is given by its path or as gen:SPEC.
std::string NameOf(std::string_view word) {
  std::string name = word.starts_with(kGeneratedPrefix)
                         ? std::string(word.substr(kGeneratedPrefix.size()))
                         : fs::path(word).filename().string();
  for (const std::string_view suffix : {".zst", ".pfntrace"}) {
    if (name.ends_with(suffix)) name.resize(name.size() - suffix.size());
  }
  for (char& c : name) {
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '.') {
      c = '_';  // '/' and ':' have a meaning in row names
    }
  }
  return name;
}

void RequireOnce(std::string_view kind, const std::vector<std::string>& names) {
  std::set<std::string_view> seen;
  for (const std::string& name : names) {
    if (!seen.insert(name).second) {
      throw BadInput(fmt::format("{} '{}' is given twice", kind, name));
    }
  }
}

}  // namespace

std::span<const std::string_view> DefaultWorkloads() {
  return kDefaultWorkloads;
}

void RequireNames(std::string_view kind, const std::vector<std::string>& names,
                  const std::vector<std::string>& known) {
  RequireOnce(kind, names);
  for (const std::string& name : names) {
    if (std::ranges::find(known, name) != known.end()) continue;
    throw BadInput(UnknownName(kind, name, known));
  }
}

bool Wants(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::any_of(names, [&](const std::string& each) {
    return each == name || each == "all";
  });
}

std::vector<WorkloadChoice> ChooseWorkloads(
    const std::vector<std::string>& names) {
  const std::vector<ShippedWorkload> shipped = ShippedWorkloads();
  std::vector<std::string> known = {"default", "all"};
  for (const ShippedWorkload& workload : shipped)
    known.push_back(workload.name);
  for (const NamedGenerated& workload : GeneratedWorkloads())
    known.emplace_back(workload.name);

  std::vector<WorkloadChoice> chosen;
  const auto add_named = [&](std::string_view name) {
    for (const ShippedWorkload& workload : shipped) {
      if (workload.name != name) continue;
      chosen.push_back({workload.name, workload.path.string()});
      return true;
    }
    for (const NamedGenerated& workload : GeneratedWorkloads()) {
      if (workload.name != name) continue;
      chosen.push_back({std::string(name), std::string(name)});
      return true;
    }
    return false;
  };
  for (const std::string& name : names) {
    if (name == "default") {
      for (const std::string_view each : kDefaultWorkloads) {
        if (!add_named(each)) {
          throw BadInput(
              fmt::format("the shipped workload '{}' is missing", each));
        }
      }
    } else if (name == "all") {
      for (const ShippedWorkload& each : shipped) add_named(each.name);
    } else if (name.starts_with(kGeneratedPrefix)) {
      chosen.push_back({NameOf(name), name});
    } else if (!add_named(name)) {
      if (!IsTracePath(name)) {
        throw BadInput(UnknownName("workload", name, known));
      }
      if (access(name.c_str(), R_OK) != 0) {
        throw BadInput(
            fmt::format("{}: cannot be read: {}", name, std::strerror(errno)));
      }
      chosen.push_back({NameOf(name), name});
    }
  }
  std::vector<std::string> final_names;
  for (const WorkloadChoice& each : chosen) final_names.push_back(each.name);
  RequireOnce("workload", final_names);
  return chosen;
}

void ChooseStructures(const std::vector<std::string>& names, Plan& plan) {
  std::vector<std::string> known = {"argued", "own", "all",
                                    std::string(kPluginsWord),
                                    std::string(kFloorName)};
  bool has_plugins = false;
  for (const Structure& structure : Structures()) {
    known.emplace_back(structure.traits.name);
    has_plugins |= !structure.plugin.empty();
  }
  for (const SetlessDriver& driver : kSetlessDrivers) {
    known.emplace_back(driver.name);
  }
  for (const MissingStructure& missing : MissingStructures()) {
    if (std::find(names.begin(), names.end(), missing.name) != names.end()) {
      throw BadInput(fmt::format("{} is not built: install {} and build again",
                                 missing.name, missing.debian_package));
    }
  }
  RequireNames("structure", names, known);
  const auto has = [&](std::string_view word) {
    return std::ranges::find(names, word) != names.end();
  };
  const bool wants_plugins = has(kPluginsWord);
  const auto wanted = [&](std::string_view name, bool is_own) {
    const bool is_argued =
        std::ranges::find(kArguedStructures, name) != kArguedStructures.end();
    return Wants(names, name) || (is_own && has("own")) ||
           (is_argued && has("argued"));
  };
  if (wants_plugins && !has_plugins) {
    throw BadInput("no plugin is loaded; add --plugin=FILE");
  }
  plan.with_floor = wanted(kFloorName, false);
  for (const SetlessDriver& driver : kSetlessDrivers) {
    if (wanted(driver.name, false)) plan.setless.push_back(driver);
  }
  for (const Structure& structure : Structures()) {
    if (wanted(structure.traits.name, structure.library.empty()) ||
        (wants_plugins && !structure.plugin.empty())) {
      plan.structures.push_back(&structure);
    }
  }
}

const Structure* ChooseBaseline(const std::string& name,
                                const std::vector<const Structure*>& chosen) {
  std::vector<std::string> known;
  for (const Structure* structure : chosen) {
    known.emplace_back(structure->traits.name);
    if (structure->traits.name == name) return structure;
  }
  if (!name.empty()) {
    throw BadInput(
        UnknownName("baseline among the chosen structures", name, known));
  }
  for (const Structure* structure : chosen) {
    if (structure->traits.name == kDefaultBaseline) return structure;
  }
  return chosen.empty() ? nullptr : chosen.front();
}

std::vector<Operation> ChooseOperations(const std::vector<std::string>& names) {
  std::vector<std::string> known = {"all"};
  for (const OperationInfo& info : kOperations) known.emplace_back(info.name);
  known.emplace_back(kReplayOperation.name);
  RequireNames("operation", names, known);
  std::vector<Operation> chosen;
  for (const OperationInfo& info : kOperations) {
    if (Wants(names, info.name)) chosen.push_back(info.operation);
  }
  if (std::ranges::find(names, kReplayOperation.name) != names.end()) {
    chosen.push_back(Operation::kReplay);
  }
  return chosen;
}

}  // namespace pfn
