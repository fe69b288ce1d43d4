// SPDX-License-Identifier: MIT
//
// File: structures/library/boost_flat_map_hint.h
//
// boost-flat-map-hint: boost-flat-map with a finger, as absl-btree-map-hint
// has. A page next to the run touched last needs no binary search; a run that
// begins or vanishes moves every run above as before.
//
// Source: Boost.Container's public interface.

#ifndef PFNBENCH_STRUCTURES_LIBRARY_BOOST_FLAT_MAP_HINT_H_
#define PFNBENCH_STRUCTURES_LIBRARY_BOOST_FLAT_MAP_HINT_H_

#include "structures/core/nowait_allocator.h"
#include "structures/core/pfn_set.h"
#include "structures/library/boost_flat_map.h"
#include "structures/library/interval_map_adapter.h"

namespace pfn {

template <NowaitAllocator A>
class BoostFlatMapHint
    : public IntervalMapAdapter<A, BoostRunMap<A>, /*kHint=*/true> {
 public:
  static constexpr ContenderTraits kTraits{
      .name = "boost-flat-map-hint",
      .family = "array",
      .origin = "Boost.Container " BOOST_LIB_VERSION ", with a finger",
      .variant_of = "boost-flat-map",
      .clear_can_fail = true,
      .out_of_memory = OutOfMemory::kThrows,
  };

  using BoostFlatMapHint::IntervalMapAdapter::IntervalMapAdapter;
};

}  // namespace pfn

#endif  // PFNBENCH_STRUCTURES_LIBRARY_BOOST_FLAT_MAP_HINT_H_
