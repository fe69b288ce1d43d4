// SPDX-License-Identifier: MIT

#include "tests/structures/contender_kinds.h"

#include "harness/registry/contender.h"

namespace pfn::testing {

const std::vector<SetKind>& ContenderKinds() {
  static const std::vector<SetKind> kinds = [] {
    std::vector<SetKind> all;
    for (const Contender& contender : Contenders()) {
      all.push_back(contender.kind());
    }
    return all;
  }();
  return kinds;
}

const std::vector<SetKind>& FaultableKinds() {
  static const std::vector<SetKind> kinds = [] {
    std::vector<SetKind> chosen;
    for (const SetKind& kind : ContenderKinds()) {
      if (IsFaultable(kind.traits)) chosen.push_back(kind);
    }
    return chosen;
  }();
  return kinds;
}

}  // namespace pfn::testing
