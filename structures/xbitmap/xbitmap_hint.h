// SPDX-License-Identifier: MIT
//
// File: structures/xbitmap/xbitmap_hint.h
//
// xbitmap-hint: xbitmap with the leaf used last remembered, a variant that
// nobody proposed. It shows how much of the cost of a tree is its descent.
//
// Layout      as xbitmap; the set remembers one leaf number and where it is.
// Set, Test, Clear  one comparison where the leaf is the one used last, else
//             as xbitmap.
// Others      as xbitmap, without using the hint.
// Failure     as xbitmap.

#ifndef PFNBENCH_STRUCTURES_XBITMAP_XBITMAP_HINT_H_
#define PFNBENCH_STRUCTURES_XBITMAP_XBITMAP_HINT_H_

#include "structures/core/nowait_allocator.h"
#include "structures/core/pfn_set.h"
#include "structures/xbitmap/xbitmap_set.h"

namespace pfn {

template <NowaitAllocator A>
class XbitmapHint
    : public xbitmap::TreeSet<xbitmap::DirectMemory<A>,
                              xbitmap::TreeOptions{.leaf_hint = true}> {
 public:
  static constexpr ContenderTraits kTraits{
      .name = "xbitmap-hint",
      .family = "radix",
      .origin = "variant of xbitmap, nobody's proposal: last leaf remembered",
      .variant_of = "xbitmap",
  };

  using XbitmapHint::TreeSet::TreeSet;
};

}  // namespace pfn

#endif  // PFNBENCH_STRUCTURES_XBITMAP_XBITMAP_HINT_H_
