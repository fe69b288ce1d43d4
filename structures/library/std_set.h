// SPDX-License-Identifier: MIT
//
// std-set: std::set of single pages, libstdc++'s red-black tree. The floor of
// what anybody would do without thinking.
//
// Layout      a node of 40 bytes for each page (kmalloc-64).
// Set         one descent, one allocation, rotations.
// Others      std_set_adapter.h. Erasing never allocates.
// Failure     throws std::bad_alloc before anything is changed, caught here.
//
// Source: libstdc++.

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
class StdSet
    : public StdSetAdapter<
          A, std::set<Pfn, std::less<Pfn>, ThrowingAllocator<Pfn, A>>> {
 public:
  static constexpr StructureTraits kTraits{
      .name = "std-set",
      .family = "rbtree",
      .origin = "libstdc++ " PFN_TEXT(_GLIBCXX_RELEASE),
      .out_of_memory = OutOfMemory::kThrows,
  };

  using StdSet::StdSetAdapter::StdSetAdapter;
};

}  // namespace pfn
