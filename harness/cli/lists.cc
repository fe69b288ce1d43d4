// SPDX-License-Identifier: MIT

#include "harness/cli/lists.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string_view>
#include <vector>

#include "harness/driver/costs.h"
#include "harness/driver/replay_spec.h"
#include "harness/kernel/fault_table.h"
#include "harness/measure/floor.h"
#include "harness/registry/structures.h"
#include "workloads/base/printable.h"
#include "workloads/generate/catalog.h"
#include "workloads/trace/shipped.h"

namespace pfn {
namespace {

constexpr std::size_t kColumns = 80;

std::string FormOf(const FaultAttribute& attribute) {
  if (attribute.type == FaultAttribute::Type::kBare) {
    return std::string(attribute.placeholder);
  }
  if (attribute.type == FaultAttribute::Type::kFlag) {
    return std::string(attribute.name);
  }
  return fmt::format("{}={}", attribute.name, attribute.placeholder);
}

// "failslab:probability=PERCENT[,interval=N,times=N,space=BYTES]", broken after
// a comma where the line is full.
std::string GrammarOf(const FaultModelInfo& model) {
  std::string grammar(model.name);
  std::size_t column = grammar.size();
  char separator = ':';
  bool is_optional = false;
  const std::string indent(model.name.size() + 2, ' ');
  for (const FaultAttribute& attribute : model.attributes) {
    std::string part(1, separator);
    separator = ',';
    if (attribute.required.empty() && !is_optional) {
      part.insert(0, 1, '[');
      is_optional = true;
    }
    const std::string form = FormOf(attribute);
    if (column + part.size() + form.size() + 1 > kColumns) {
      part += '\n' + indent;
      column = indent.size();
    }
    grammar += part + form;
    column += part.size() + form.size();
  }
  return is_optional ? grammar + ']' : grammar;
}

std::string ListWorkloads() {
  std::string text;
  for (const ShippedWorkload& workload : ShippedWorkloads()) {
    text += fmt::format("{:<12} {}\n", Printable(workload.name),
                        DescribeWorkload(workload));
  }
  for (const NamedGenerated& workload : GeneratedWorkloads()) {
    text += fmt::format("{:<12} generated: {}{}\n", workload.name,
                        kGeneratedPrefix, workload.spec);
  }
  return text;
}

std::string ListStructures() {
  std::string text;
  for (const Structure& structure : Structures()) {
    const StructureTraits& traits = structure.traits;
    text += fmt::format("{:<20} {:<8} {:<8} {}\n", traits.name, traits.family,
                        Name(traits.out_of_memory), traits.origin);
  }
  text += fmt::format("{:<20} {:<8} {:<8} {}\n", kFloorName, "-", "-",
                      "the measured loop around a set that does nothing");
  for (const SetlessDriver& driver : kSetlessDrivers) {
    text += fmt::format("{:<20} {:<8} {:<8} {}\n", driver.name, "-", "-",
                        driver.what);
  }
  for (const MissingStructure& missing : MissingStructures()) {
    text += fmt::format("{}: not built, {} is missing\n", missing.name,
                        missing.debian_package);
  }
  return text;
}

std::string ListOperations() {
  std::string text;
  for (const OperationInfo& info : kOperations) {
    text += fmt::format("{:<8} {}\n", info.name, info.what);
  }
  text +=
      fmt::format("{:<8} {}\n", kReplayOperation.name, kReplayOperation.what);
  return text;
}

std::string ListFaults() {
  std::string text =
      "--fault=SPEC[;SPEC...]: which requests fail, of those that may not "
      "sleep.\nNumbers take K, M, G and T; parts in brackets are optional.\n\n";
  text += fmt::format("{:<16}nothing fails [the default]\n", "none");
  for (const FaultModelInfo& model : FaultModels()) {
    text += fmt::format("{}\n    {}. Example: {}\n", GrammarOf(model),
                        model.what, model.example);
    if (model.kind != FaultSpec::Kind::kGilbertElliott) continue;
    for (const FaultPreset& preset : FaultPresets()) {
      text += fmt::format("{:<16}gilbert_elliott:loss={},burst={}\n",
                          preset.name, preset.loss, preset.burst);
    }
  }
  std::vector<std::string_view> page_models;
  for (const FaultModelInfo& model : FaultModels()) {
    if (model.is_page_model) page_models.push_back(model.name);
  }
  return text +
         fmt::format(
             "slab_boundary[:PAGE_MODEL][+failslab:...][+fail_page_alloc:...]\n"
             "    the page allocator under the slab caches refuses requests, "
             "as a kernel's, by\n"
             "    {}\n"
             "    or ge_* [ge_burst]. Example: "
             "slab_boundary:zone_wmark+failslab:probability=1\n"
             "failslab=INTERVAL,PERCENT,SPACE,TIMES, and likewise "
             "fail_page_alloc=\n"
             "    as a kernel takes them when it boots. Example: "
             "failslab=1,10,0,-1\n\n"
             "docs/method.md explains each.\n",
             fmt::join(page_models, ", "));
}

std::string ListPolicies() {
  std::string text =
      "--policy=NAME,...: with --operation=replay, how the driver handles a "
      "page\nthat it could not record.\n\n";
  for (const PolicyInfo& policy : Policies()) {
    text += fmt::format("{:<14}{}{}\n", policy.form, policy.what,
                        policy.policy == Policy::kFree ? " [the default]" : "");
  }
  return text +
         "\nExample: pfnbench --operation=replay --workload=busy-2g "
         "--replaced=29\n"
         "    --fault=slab_boundary:zone_wmark "
         "--policy=free,array,reserve:64K\n";
}

std::string ListDrivers() {
  std::string text =
      "--driver=KEY:VALUE,...: with --operation=replay, which driver is "
      "modelled.\nThe default is in brackets.\n\n";
  for (const DriverKeyInfo& key : DriverKeys()) {
    text += fmt::format("{:<11}{} [{}]\n{:11}{}\n", key.name, key.what,
                        key.initial, "", key.values);
  }
  return text +
         "\nExample: pfnbench --operation=replay --driver=wait:one,ring:64\n";
}

std::string ListCosts() {
  std::string text =
      "--costs=SET: with --operation=replay, what the steps of the model cost, "
      "in ns.\n--NAME-ns changes one of them.\n\n";
  text += fmt::format("{:<15}", "");
  for (const CostSet& set : CostSets()) {
    text += fmt::format("{:>11}", set.name);
  }
  for (const CostFlag& flag : CostFlags()) {
    text += fmt::format("\n{:<15}", flag.name);
    for (const CostSet& set : CostSets()) {
      text += fmt::format("{:>11}", CostToString(set.costs.*flag.cost));
    }
    text += fmt::format("\n    {}", flag.what);
  }
  text += "\n\n";
  for (const CostSet& set : CostSets()) {
    text += fmt::format("{}: {}.\n", set.name, set.source);
  }
  return text +
         "\nExample: pfnbench --operation=replay --workload=idle-8g "
         "--costs=measured\n    --kick-ns=5000 --record-ns=2.1\n";
}

}  // namespace

std::span<const List> Lists() {
  static constexpr List kLists[] = {
      {"workloads", "The shipped workloads, one line of facts each",
       ListWorkloads},
      {"structures", "The structures", ListStructures},
      {"operations", "The operations", ListOperations},
      {"faults", "The values of --fault", ListFaults},
      {"policies", "The values of --policy", ListPolicies},
      {"drivers", "The values of --driver", ListDrivers},
      {"costs", "The sets of --costs and their sources", ListCosts},
  };
  return kLists;
}

}  // namespace pfn
