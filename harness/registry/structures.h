// SPDX-License-Identifier: MIT
//
// All structures, by name. The list is structures/list.def.

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/measure/structure.h"

namespace pfn {

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
