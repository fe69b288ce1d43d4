// SPDX-License-Identifier: MIT
//
// File: structures/library/absl_btree_map_hint.h
//
// absl-btree-map-hint: absl-btree-map with a finger. The iterator that the last
// change returned is kept; a page next to its run, or to a neighbour of that,
// needs no search. Every change invalidates Abseil's iterators but the returned
// one, and no other is kept.
//
// Source: libabsl's public interface.

#ifndef PFNBENCH_STRUCTURES_LIBRARY_ABSL_BTREE_MAP_HINT_H_
#define PFNBENCH_STRUCTURES_LIBRARY_ABSL_BTREE_MAP_HINT_H_

#include "structures/core/nowait_allocator.h"
#include "structures/core/pfn_set.h"
#include "structures/core/text.h"
#include "structures/library/absl_btree_map.h"
#include "structures/library/interval_map_adapter.h"

namespace pfn {

template <NowaitAllocator A>
class AbslBtreeMapHint
    : public IntervalMapAdapter<A, AbslRunMap<A>, /*kHint=*/true> {
 public:
  static constexpr ContenderTraits kTraits{
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

#endif  // PFNBENCH_STRUCTURES_LIBRARY_ABSL_BTREE_MAP_HINT_H_
