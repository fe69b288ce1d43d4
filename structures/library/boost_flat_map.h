// SPDX-License-Identifier: MIT
//
// File: structures/library/boost_flat_map.h
//
// boost-flat-map: runs of pages, first -> last, in Boost's sorted vector.
//
// Layout      one array of 16 bytes a run, contiguous; grows to 8/5 of
//             its size, and while it grows both arrays exist.
// Set         one binary search. A run that begins or vanishes moves every run
//             above: quadratic in the runs of a fragmented pass.
// Others      parts/interval_map_adapter.h.
// Failure     throws std::bad_alloc before anything is changed, caught here.
//             The array never shrinks.
//
// Source: Boost.Container.

#ifndef PFNBENCH_STRUCTURES_LIBRARY_BOOST_FLAT_MAP_H_
#define PFNBENCH_STRUCTURES_LIBRARY_BOOST_FLAT_MAP_H_

#include <boost/container/flat_map.hpp>
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
  static constexpr ContenderTraits kTraits{
      .name = "boost-flat-map",
      .family = "array",
      .origin = "Boost.Container " BOOST_LIB_VERSION ", runs of pages",
      .clear_can_fail = true,
      .out_of_memory = OutOfMemory::kThrows,
  };

  using BoostFlatMap::IntervalMapAdapter::IntervalMapAdapter;
};

}  // namespace pfn

#endif  // PFNBENCH_STRUCTURES_LIBRARY_BOOST_FLAT_MAP_H_
