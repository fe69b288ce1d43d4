// SPDX-License-Identifier: MIT
//
// File: structures/roaring/roaring_hint.h
//
// roaring-hint: roaring that looks first at the chunk it found last, what
// add_bulk() and contains_bulk() of CRoaring do since 2022 with the context
// that the caller keeps for them.
//
// Layout      as roaring, and a pointer.
// Set, Test, Clear  one comparison while pages stay in their chunk, else as
//             roaring. The pointer is forgotten when a chunk comes or goes.
// Others      as roaring.
//
// Source: the manual of CRoaring.

#ifndef PFNBENCH_STRUCTURES_ROARING_ROARING_HINT_H_
#define PFNBENCH_STRUCTURES_ROARING_ROARING_HINT_H_

#include "structures/core/nowait_allocator.h"
#include "structures/core/pfn_set.h"
#include "structures/roaring/set.h"

namespace pfn {

template <NowaitAllocator A>
class RoaringHint
    : public roaring::ChunkedSet<A, roaring::Features{.hint = true}> {
 public:
  static constexpr ContenderTraits kTraits{
      .name = "roaring-hint",
      .family = "roaring",
      .origin = "the bulk context of CRoaring 0.5, 2022",
      .variant_of = "roaring",
  };

  using RoaringHint::ChunkedSet::ChunkedSet;
};

}  // namespace pfn

#endif  // PFNBENCH_STRUCTURES_ROARING_ROARING_HINT_H_
