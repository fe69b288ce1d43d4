// SPDX-License-Identifier: MIT
//
// All structures, by name. The list is structures/list.def.

#pragma once

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/measure/structure.h"

namespace pfn {

// Words that the command line takes for something else, and other programs too:
// no structure has such a name.
inline constexpr std::array<std::string_view, 9> kTakenNames = {
    "all",    "argued", "array",     "floor",  "none",
    "oracle", "own",    "pipelined", "plugins"};

constexpr bool IsTaken(std::string_view name) {
  return std::ranges::find(kTakenNames, name) != kTakenNames.end();
}

// All structures in the order of the list, and then those of plugins. Generated
// by the build.
std::span<const Structure> Structures();

// Adds those of these shared objects. What Structures() gave before is gone.
// Throws BadInput.
void LoadPlugins(const std::vector<std::string>& files);

// A structure of the list that this build lacks, because the library that it
// wraps was not installed.
struct MissingStructure {
  std::string_view name;
  std::string_view debian_package;
};

std::span<const MissingStructure> MissingStructures();

}  // namespace pfn
