// SPDX-License-Identifier: MIT

#include "harness/run/describe.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "harness/driver/replay_spec.h"
#include "harness/measure/floor.h"
#include "workloads/trace/list_distance.h"

namespace pfn {
namespace {

// What was argued about in 2018, and what the kernel has now: the ratios that
// the run is about. All others are secondary.
JsonObject DescribePrimary(const Plan& plan) {
  constexpr std::array<std::string_view, 3> kStructures = {
      "cvbmp", "btree-bitmap", "xarray"};
  constexpr std::string_view kBaseline = "xbitmap";
  constexpr std::array<Operation, 2> kPrimaryOperations = {Operation::kSet,
                                                           Operation::kDrain};
  const auto is_there = [&](std::string_view name) {
    return std::ranges::any_of(plan.structures, [&](const Structure* each) {
      return each->traits.name == name;
    });
  };
  std::vector<std::string_view> structures;
  std::ranges::copy_if(kStructures, std::back_inserter(structures), is_there);
  std::vector<std::string_view> operations;
  for (const OperationInfo& info : kOperations) {
    if (std::ranges::find(kPrimaryOperations, info.operation) !=
            kPrimaryOperations.end() &&
        std::ranges::find(plan.operations, info.operation) !=
            plan.operations.end()) {
      operations.push_back(info.name);
    }
  }
  if (structures.empty() || operations.empty() || !is_there(kBaseline)) {
    return {};
  }
  return JsonObject()
      .Add("primary_structures", fmt::format("{}", fmt::join(structures, ",")))
      .Add("primary_operations", fmt::format("{}", fmt::join(operations, ",")))
      .Add("primary_baseline", kBaseline);
}

std::string Json(const OperationInfo& info, std::string_view unit) {
  std::vector<std::string> times;
  if (info.per_page) times.push_back(fmt::format("{}_per_page", unit));
  if (info.per_range) times.push_back(fmt::format("{}_per_range", unit));
  const bool is_replay = info.operation == Operation::kReplay;
  return JsonObject()
      .Add("name", info.name)
      .Add("kind", is_replay ? "driver" : "set")
      .AddJson("times", JsonList(times, JsonText))
      .Text();
}

std::string Json(const Structure& structure) {
  const StructureTraits& traits = structure.traits;
  JsonObject object;
  object.Add("name", traits.name).Add("family", traits.family);
  if (!traits.variant_of.empty()) object.Add("variant_of", traits.variant_of);
  if (!structure.plugin.empty()) object.Add("plugin", structure.plugin);
  return object.Add("out_of_memory", Name(traits.out_of_memory))
      .Add("clear_can_fail", traits.clear_can_fail)
      .Add("accounts_memory", traits.accounts_memory)
      .Add("shared_pool_bytes", traits.shared_pool_bytes)
      .Add("origin", traits.origin)
      .Text();
}

std::string Json(const Workload& workload) {
  JsonObject object;
  object.Add("name", workload.name())
      .Add("trace", workload.trace_id())
      .Add("pages", workload.pages())
      .Add("passes", workload.passes().size())
      .Add("ranges", workload.ranges())
      .Add("guest_memory", workload.trace().provenance.guest_memory_bytes)
      .Add("list_distance", MeasureListDistances(workload.trace()).ToString());
  // "KEY=VALUE ...", of a generated one.
  std::string_view outcome = workload.trace().outcome;
  while (!outcome.empty()) {
    const std::string_view word = outcome.substr(0, outcome.find(' '));
    outcome.remove_prefix(std::min(outcome.size(), word.size() + 1));
    const std::size_t equals = std::min(word.find('='), word.size());
    if (equals + 1 < word.size()) {
      object.Add(word.substr(0, equals), word.substr(equals + 1));
    }
  }
  return object.Text();
}

}  // namespace

std::string DescribeOperations(std::string_view unit) {
  std::vector<OperationInfo> operations(kOperations.begin(), kOperations.end());
  operations.push_back(kReplayOperation);
  return JsonList(operations,
                  [&](const auto& info) { return Json(info, unit); });
}

std::string DescribeWorkloads(
    std::span<const std::unique_ptr<Workload>> workloads) {
  return JsonList(workloads, [](const auto& each) { return Json(*each); });
}

JsonObject DescribeParts(const Plan& plan) {
  JsonObject parts;
  if (plan.baseline != nullptr) {
    parts.Add("baseline", plan.baseline->traits.name);
  }
  return parts.AddAll(DescribePrimary(plan))
      .Add("floor", kFloorName)
      .AddJson("setless", JsonList(kSetlessDrivers,
                                   [](const SetlessDriver& driver) {
                                     return JsonText(driver.name);
                                   }))
      .AddJson("operations", DescribeOperations("ns"))
      .AddJson("structures", JsonList(plan.structures,
                                      [](const Structure* structure) {
                                        return Json(*structure);
                                      }))
      .AddJson("workloads", DescribeWorkloads(plan.workloads));
}

}  // namespace pfn
