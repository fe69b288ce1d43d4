// SPDX-License-Identifier: MIT
//
// boost-flat-set: Boost's sorted vector of single pages.
//
// Layout      one array of 8 bytes a page, contiguous; grows to 8/5 of
//             its size, and while it grows both arrays exist.
// Set         one binary search, then every page above moves up: O(1) for pages
//             that come in ascending order, O(pages) else, so that a pass in
//             any other order is quadratic.
// Clear       the same downwards. Others: std_set_adapter.h.
// Failure     throws std::bad_alloc before anything is changed, caught here.
//             Erasing never allocates; the array never shrinks.
//
// Source: Boost.Container.

#pragma once

#include <boost/container/flat_set.hpp>
#include <boost/version.hpp>
#include <functional>

#include "structures/core/nowait_allocator.h"
#include "structures/core/pfn.h"
#include "structures/core/pfn_set.h"
#include "structures/library/std_set_adapter.h"
#include "structures/library/throwing_allocator.h"

namespace pfn {

template <NowaitAllocator A>
class BoostFlatSet
    : public StdSetAdapter<
          A, boost::container::flat_set<Pfn, std::less<Pfn>,
                                        ThrowingAllocator<Pfn, A>>> {
 public:
  static constexpr StructureTraits kTraits{
      .name = "boost-flat-set",
      .family = "array",
      .origin = "Boost.Container " BOOST_LIB_VERSION,
      .out_of_memory = OutOfMemory::kThrows,
  };

  using BoostFlatSet::StdSetAdapter::StdSetAdapter;
};

}  // namespace pfn
