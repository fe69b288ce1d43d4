// SPDX-License-Identifier: MIT
//
// std-set-hint: std-set where each insert gets the page touched last as its
// hint. libstdc++ looks at both sides of it; the node and the rotations stay.
//
// Source: libstdc++'s public interface.

#pragma once

#include <functional>
#include <set>

#include "structures/core/nowait_allocator.h"
#include "structures/core/pfn.h"
#include "structures/core/pfn_set.h"
#include "structures/core/text.h"
#include "structures/library/std_set_adapter.h"
#include "structures/library/throwing_allocator.h"

namespace pfn {

template <NowaitAllocator A>
class StdSetHint
    : public StdSetAdapter<
          A, std::set<Pfn, std::less<Pfn>, ThrowingAllocator<Pfn, A>>,
          /*kHint=*/true> {
 public:
  static constexpr StructureTraits kTraits{
      .name = "std-set-hint",
      .family = "rbtree",
      .origin = "libstdc++ " PFN_TEXT(_GLIBCXX_RELEASE) ", with a hint",
      .variant_of = "std-set",
      .out_of_memory = OutOfMemory::kThrows,
  };

  using StdSetHint::StdSetAdapter::StdSetAdapter;
};

}  // namespace pfn
