// SPDX-License-Identifier: MIT
//
// boost-flat-map: runs of pages, first -> last, in Boost's sorted vector.
//
// Layout      one array of 16 bytes a run, contiguous; grows to 8/5 of
//             its size, and while it grows both arrays exist.
// Set         one binary search. A run that begins or vanishes moves every run
//             above: quadratic in the runs of a fragmented pass.
// Others      interval_map_adapter.h.
// Failure     throws std::bad_alloc before anything is changed, caught here.
//             The array never shrinks.
//
// Source: Boost.Container.

#pragma once

#include <boost/container/flat_map.hpp>
#include <boost/container/small_vector.hpp>
#include <boost/version.hpp>
#include <utility>

#include "structures/core/nowait_allocator.h"
#include "structures/core/pfn.h"
#include "structures/core/pfn_set.h"
#include "structures/library/interval_map_adapter.h"
#include "structures/library/throwing_allocator.h"

namespace pfn {

template <NowaitAllocator A>
using BoostRunMap =
    boost::container::flat_map<RunStart, Pfn, RunOrder,
                               ThrowingAllocator<std::pair<RunStart, Pfn>, A>>;

template <NowaitAllocator A>
class BoostFlatMap : public IntervalMapAdapter<A, BoostRunMap<A>> {
 public:
  static constexpr StructureTraits kTraits{
      .name = "boost-flat-map",
      .family = "array",
      .origin = "Boost.Container " BOOST_LIB_VERSION ", runs of pages",
      .clear_can_fail = true,
      .out_of_memory = OutOfMemory::kThrows,
  };

  using BoostFlatMap::IntervalMapAdapter::IntervalMapAdapter;
};

// boost-flat-map-hint: boost-flat-map with a finger, as absl-btree-map-hint
// has. A page next to the run touched last needs no binary search; a run that
// begins or vanishes moves every run above as before.
//
// Source: Boost.Container's public interface.
template <NowaitAllocator A>
class BoostFlatMapHint
    : public IntervalMapAdapter<A, BoostRunMap<A>, /*kHint=*/true> {
 public:
  static constexpr StructureTraits kTraits{
      .name = "boost-flat-map-hint",
      .family = "array",
      .origin = "Boost.Container " BOOST_LIB_VERSION ", with a finger",
      .variant_of = "boost-flat-map",
      .clear_can_fail = true,
      .out_of_memory = OutOfMemory::kThrows,
  };

  using BoostFlatMapHint::IntervalMapAdapter::IntervalMapAdapter;
};

// boost-small-vector: boost-flat-map in a Boost small_vector, the first 256
// runs of which lie in the set itself. The driver has its array of 256 PFNs in
// the device structure for the same reason: a pass of so few runs needs no
// memory, and so nothing can fail.
//
// Layout      4 KiB inside the set, 16 bytes a run. With the 257th run they
//             move to an array that is allocated, contiguous, and grows to 8/5
//             of its size; the inline one is not used again.
// Set         as boost-flat-map: a binary search, and every run above moves
//             where one begins or vanishes.
// Others      interval_map_adapter.h.
// Memory      figures count what is allocated, and so not the inline 4 KiB.
// Failure     throws std::bad_alloc before anything is changed, caught here.
//
// Source: Boost.Container.
template <NowaitAllocator A, class Run = std::pair<RunStart, Pfn>>
class BoostSmallVector
    : public IntervalMapAdapter<
          A, boost::container::flat_map<
                 RunStart, Pfn, RunOrder,
                 boost::container::small_vector<Run, 4096 / sizeof(Run),
                                                ThrowingAllocator<Run, A>>>> {
 public:
  static constexpr StructureTraits kTraits{
      .name = "boost-small-vector",
      .family = "array",
      .origin = "Boost.Container " BOOST_LIB_VERSION ", 256 runs inline",
      .clear_can_fail = true,
      .out_of_memory = OutOfMemory::kThrows,
  };

  using BoostSmallVector::IntervalMapAdapter::IntervalMapAdapter;
};

}  // namespace pfn
