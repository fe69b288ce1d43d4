// SPDX-License-Identifier: MIT
//
// File: structures/roaring/roaring_run.h
//
// roaring-run: the roaring bitmap with run containers, each chunk at all times
// in the container that run_optimize() would choose.
//
// Layout      as roaring; where it takes fewer bytes, a chunk is a sorted array
//             of its runs, 4 bytes each. Runs are counted as pages come and go,
//             so that the choice costs two comparisons.
// Set         as roaring; in a run container a binary search over the runs, and
//             a memmove where two become one or a page stands alone. In arrays
//             and bitsets both neighbours of the page are looked at as well. A
//             chunk whose best container changes is converted: O(its bytes).
// Clear       as roaring, but splitting a run can need memory, and so can fail.
// ClearRange  likewise, if the range lies within one run; else never.
// Others      as roaring.
// Failure     kNoMemory with the membership as before. A conversion that would
//             only save memory and gets none is left for the next change.

#ifndef PFNBENCH_STRUCTURES_ROARING_ROARING_RUN_H_
#define PFNBENCH_STRUCTURES_ROARING_ROARING_RUN_H_

#include "structures/core/nowait_allocator.h"
#include "structures/core/pfn_set.h"
#include "structures/roaring/set.h"

namespace pfn {

template <NowaitAllocator A>
class RoaringRun
    : public roaring::ChunkedSet<
          A, roaring::Features{.runs = true,
                               .max_array = roaring::kMaxArrayMembers}> {
 public:
  static constexpr ContenderTraits kTraits{
      .name = "roaring-run",
      .family = "roaring",
      .origin = "Lemire, Ssi-Yan-Kai and Kaser, 2016; built for kmalloc",
      .variant_of = "roaring",
      .clear_can_fail = true,
  };

  using RoaringRun::ChunkedSet::ChunkedSet;
};

}  // namespace pfn

#endif  // PFNBENCH_STRUCTURES_ROARING_ROARING_RUN_H_
