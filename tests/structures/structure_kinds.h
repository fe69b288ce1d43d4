// SPDX-License-Identifier: MIT
//
// The structures, to parameterise tests by.

#pragma once

#include <vector>

#include "harness/check/any_set.h"

namespace pfn::testing {

// Every structure of structures/list.def, in its order; or, if PFN_PLUGINS
// names files with colons between them, those of these plugins, of which
// PFN_PLUGIN_NAMES chooses some in the same way.
const std::vector<SetKind>& StructureKinds();
// Those that IsFaultable().
inline std::vector<SetKind> FaultableKinds() {
  std::vector<SetKind> kinds = StructureKinds();
  std::erase_if(kinds,
                [](const SetKind& kind) { return !IsFaultable(kind.traits); });
  return kinds;
}

// Those of PFN_PLUGINS. Ends the program with status 2 if they cannot be used.
std::vector<SetKind> PluginKinds();

}  // namespace pfn::testing
