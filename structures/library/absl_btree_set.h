// SPDX-License-Identifier: MIT
//
// absl-btree-set: Abseil's B-tree of single pages, as a user of the library
// would take it. A B-tree, not a B+ tree: inner nodes hold pages as well.
//
// Layout      nodes of at most 256 bytes: up to 30 pages, inner nodes another
//             31 pointers (kmalloc-256 and kmalloc-512). A lone root leaf
//             doubles from 1 page upwards.
// Set         one descent; allocates when a node splits.
// Others      std_set_adapter.h. Erasing never allocates.
// Failure     measured without faults. When the root splits and the second of
//             its two requests fails, membership is right, but the new root has
//             one child and no value, and a tree that dies so loses the child.
//             Upstream promises no exception safety (abseil-cpp#1690).
//
// Source: libabsl; Debian's has its hardening checks on.

#pragma once

#include <functional>

#include "absl/base/config.h"
#include "absl/container/btree_set.h"
#include "structures/core/nowait_allocator.h"
#include "structures/core/pfn.h"
#include "structures/core/pfn_set.h"
#include "structures/core/text.h"
#include "structures/library/std_set_adapter.h"
#include "structures/library/throwing_allocator.h"

namespace pfn {

template <NowaitAllocator A>
using AbslPageSet =
    absl::btree_set<Pfn, std::less<Pfn>, ThrowingAllocator<Pfn, A>>;

template <NowaitAllocator A>
class AbslBtreeSet : public StdSetAdapter<A, AbslPageSet<A>> {
 public:
  static constexpr StructureTraits kTraits{
      .name = "absl-btree-set",
      .family = "btree",
      .origin = "Abseil " PFN_TEXT(ABSL_LTS_RELEASE_VERSION),
      .out_of_memory = OutOfMemory::kAborts,
  };

  using AbslBtreeSet::StdSetAdapter::StdSetAdapter;
};

// absl-btree-set-hint: absl-btree-set where each insert gets the page touched
// last as its hint. Abseil looks at both sides of it, and so serves ascending
// and descending pages without a descent.
//
// Source: libabsl's public interface.
template <NowaitAllocator A>
class AbslBtreeSetHint
    : public StdSetAdapter<A, AbslPageSet<A>, /*kHint=*/true> {
 public:
  static constexpr StructureTraits kTraits{
      .name = "absl-btree-set-hint",
      .family = "btree",
      .origin = "Abseil " PFN_TEXT(ABSL_LTS_RELEASE_VERSION) ", with a hint",
      .variant_of = "absl-btree-set",
      .out_of_memory = OutOfMemory::kAborts,
  };

  using AbslBtreeSetHint::StdSetAdapter::StdSetAdapter;
};

}  // namespace pfn
