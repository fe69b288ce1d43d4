// SPDX-License-Identifier: MIT
//
// One word for every trace there can be, wherever a program takes a workload:
//
//     idle-8g                 shipped (workloads/recorded/)
//     idle-1t                 generated, by a name of its own
//     gen:buddy:preset=mixed  generated (workloads/generate/generators.h)
//     path/to/my.pfntrace     a file

#pragma once

#include <filesystem>
#include <span>
#include <string_view>

#include "workloads/trace/trace.h"

namespace pfn {

inline constexpr std::string_view kGeneratedPrefix = "gen:";

struct NamedGenerated {
  std::string_view name;  // "idle-1t"
  std::string_view spec;  // "idle:inflate=1T"
};

std::span<const NamedGenerated> GeneratedWorkloads();

// Whether `word` is a workload that is generated.
bool IsGenerated(std::string_view word);

// The file of a workload that is not. Throws BadInput, with the names that
// are near, if there is neither a workload nor a file of that name.
std::filesystem::path FileOfWorkload(std::string_view word);

// The trace that `word` stands for. Throws BadInput.
Trace LoadTrace(std::string_view word);

}  // namespace pfn
