// SPDX-License-Identifier: MIT
//
// absl-btree-map: runs of pages, first -> last, in Abseil's B-tree: what a
// developer with that library at hand would write.
//
// Layout      nodes of at most 256 bytes: up to 15 runs, inner nodes another 16
//             pointers (kmalloc-256 and kmalloc-512). A lone root leaf doubles
//             from 1 run upwards.
// Operations  interval_map_adapter.h.
// Failure     measured without faults. When the root splits and the second of
//             its two requests fails, membership is right, but the new root has
//             one child and no value, and a tree that dies so loses the child.
//             Upstream promises no exception safety (abseil-cpp#1690).
//
// Source: libabsl; Debian's has its hardening checks on.

#pragma once

#include <utility>

#include "absl/base/config.h"
#include "absl/container/btree_map.h"
#include "structures/core/nowait_allocator.h"
#include "structures/core/pfn.h"
#include "structures/core/pfn_set.h"
#include "structures/core/text.h"
#include "structures/library/interval_map_adapter.h"
#include "structures/library/throwing_allocator.h"

namespace pfn {

template <NowaitAllocator A>
using AbslRunMap =
    absl::btree_map<RunStart, Pfn, RunOrder,
                    ThrowingAllocator<std::pair<const RunStart, Pfn>, A>>;

template <NowaitAllocator A>
class AbslBtreeMap : public IntervalMapAdapter<A, AbslRunMap<A>> {
 public:
  static constexpr StructureTraits kTraits{
      .name = "absl-btree-map",
      .family = "btree",
      .origin = "Abseil " PFN_TEXT(ABSL_LTS_RELEASE_VERSION) ", runs of pages",
      .clear_can_fail = true,
      .out_of_memory = OutOfMemory::kAborts,
  };

  using AbslBtreeMap::IntervalMapAdapter::IntervalMapAdapter;
};

// absl-btree-map-hint: absl-btree-map with a finger. The iterator that the last
// change returned is kept; a page next to its run, or to a neighbour of that,
// needs no search. Every change invalidates Abseil's iterators but the returned
// one, and no other is kept.
//
// Source: libabsl's public interface.
template <NowaitAllocator A>
class AbslBtreeMapHint
    : public IntervalMapAdapter<A, AbslRunMap<A>, /*kHint=*/true> {
 public:
  static constexpr StructureTraits kTraits{
      .name = "absl-btree-map-hint",
      .family = "btree",
      .origin = "Abseil " PFN_TEXT(ABSL_LTS_RELEASE_VERSION) ", with a finger",
      .variant_of = "absl-btree-map",
      .clear_can_fail = true,
      .out_of_memory = OutOfMemory::kAborts,
  };

  using AbslBtreeMapHint::IntervalMapAdapter::IntervalMapAdapter;
};

}  // namespace pfn
