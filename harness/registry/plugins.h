// SPDX-License-Identifier: MIT
//
// Structures out of shared objects (structures/plugin/pfnbench_plugin.h). What
// a plugin says of itself is checked here; what it answers, wherever the
// answers of any structure are.

#pragma once

#include <string>
#include <vector>

#include "harness/measure/structure.h"

namespace pfn {

// The structures of the shared object `file`, which stays loaded. `known` are
// those that are there already, whose names it may not take. Throws BadInput,
// also where the plugin crashes or does not return while it is loaded.
std::vector<Structure> LoadPlugin(const std::string& file,
                                  const std::vector<Structure>& known);

}  // namespace pfn
