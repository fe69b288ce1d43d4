// SPDX-License-Identifier: MIT

#include <algorithm>
#include <iterator>

#include "contender_types.h"  // generated from harness/contenders.def
#include "tests/structures/any_set.h"

namespace pfn::testing {
namespace {

template <class... Sets>
struct KindList {
  static std::vector<SetKind> Make() { return {SetKindOf<Sets>()...}; }
};

}  // namespace

const std::vector<SetKind>& ContenderKinds() {
  static const std::vector<SetKind> kinds =
      ContenderTypes<KindList, NowaitHeap>::Make();
  return kinds;
}

const std::vector<SetKind>& FaultableKinds() {
  static const std::vector<SetKind> kinds = [] {
    std::vector<SetKind> chosen;
    std::ranges::copy_if(
        ContenderKinds(), std::back_inserter(chosen), [](const SetKind& kind) {
          return kind.traits.out_of_memory != OutOfMemory::kAborts;
        });
    return chosen;
  }();
  return kinds;
}

}  // namespace pfn::testing
