// SPDX-License-Identifier: MIT
//
// What the names on a command line stand for: workloads, structures, the
// baseline, operations. All throw BadInput, which says what is near an unknown
// name.

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/run/plan.h"

namespace pfn {

// The workloads of a run without --workload, in order.
std::span<const std::string_view> DefaultWorkloads();

// Throws where one of `names` of this kind is unknown or given twice.
void RequireNames(std::string_view kind, const std::vector<std::string>& names,
                  const std::vector<std::string>& known);
// Whether `names` has this one, or "all".
bool Wants(const std::vector<std::string>& names, std::string_view name);

struct WorkloadChoice {
  std::string name;    // in results
  std::string source;  // for LoadTrace()
};

std::vector<WorkloadChoice> ChooseWorkloads(
    const std::vector<std::string>& names);

// All structures of plugins.
inline constexpr std::string_view kPluginsWord = "plugins";

// `plan` gets structures, floor and drivers without a set.
void ChooseStructures(const std::vector<std::string>& names, Plan& plan);

// The named one; else xbitmap; else, if it was not chosen, the first.
const Structure* ChooseBaseline(const std::string& name,
                                const std::vector<const Structure*>& chosen);

std::vector<Operation> ChooseOperations(const std::vector<std::string>& names);

}  // namespace pfn
