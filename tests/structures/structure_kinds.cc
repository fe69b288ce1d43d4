// SPDX-License-Identifier: MIT

#include "tests/structures/structure_kinds.h"

#include "harness/registry/structures.h"

namespace pfn::testing {

const std::vector<SetKind>& StructureKinds() {
  static const std::vector<SetKind> kinds = [] {
    std::vector<SetKind> all = PluginKinds();
    if (!all.empty()) return all;
    for (const Structure& structure : Structures()) {
      all.push_back(structure.kind());
    }
    return all;
  }();
  return kinds;
}

}  // namespace pfn::testing
