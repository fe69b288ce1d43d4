// SPDX-License-Identifier: MIT
//
// File: structures/roaring/roaring_4096.h
//
// roaring-4096: roaring with the limit between array and bitset where it was
// published, at 4,096 members. roaring has it at 2,048, from where on both take
// 8 KiB of an allocator with kmalloc's size classes.
//
// Layout, costs, failure  as roaring; searches and memmoves in arrays of up to
//             4,096 members instead of 2,048.

#ifndef PFNBENCH_STRUCTURES_ROARING_ROARING_4096_H_
#define PFNBENCH_STRUCTURES_ROARING_ROARING_4096_H_

#include "structures/core/nowait_allocator.h"
#include "structures/core/pfn_set.h"
#include "structures/roaring/set.h"

namespace pfn {

template <NowaitAllocator A>
class Roaring4096
    : public roaring::ChunkedSet<A, roaring::Features{.max_array = 4096}> {
 public:
  static constexpr ContenderTraits kTraits{
      .name = "roaring-4096",
      .family = "roaring",
      .origin = "Chambi, Lemire, Kaser and Godin, 2014",
      .variant_of = "roaring",
  };

  using Roaring4096::ChunkedSet::ChunkedSet;
};

}  // namespace pfn

#endif  // PFNBENCH_STRUCTURES_ROARING_ROARING_4096_H_
