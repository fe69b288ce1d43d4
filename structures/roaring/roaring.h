// SPDX-License-Identifier: MIT
//
// File: structures/roaring/roaring.h
//
// roaring: a roaring bitmap (Chambi, Lemire, Kaser, Godin), built for
// kmalloc: what a user of the roaring libraries gets who sets page after page
// and never calls run_optimize().
//
// Layout      table.h: a sorted table of chunks of 2^16 pages,
//             24 bytes each; chunk.h: an array up to 2,048
//             members, a bitset of 8 KiB above. Pages have 64 bits.
// Set         the chunk is found by its key, without memory of the one before
//             (the library's add() has none): a look or two where keys have no
//             holes, else a binary search. Then O(1) in a bitset; in an array
//             O(1) next to the last change, else a search and a memmove.
//             Allocates where an array doubles (32 bytes to 4 KiB) or becomes a
//             bitset.
// Test        likewise; in an array a search.
// Clear       as Set. A bitset that is down to 2,048 members becomes an array,
//             and an array that fills a quarter of its buffer gets a smaller
//             one, if there is memory: else they stay. Never fails.
// NextRange   a search, then along the run.
// ForEachRange  O(words of the bitsets and members of the arrays in range).
// ClearRange  whole chunks are freed, the two at the ends cut. Never fails.
// Failure     Set returns kNoMemory with everything as before, except that the
//             table may have more room.

#ifndef PFNBENCH_STRUCTURES_ROARING_ROARING_H_
#define PFNBENCH_STRUCTURES_ROARING_ROARING_H_

#include "structures/core/nowait_allocator.h"
#include "structures/core/pfn_set.h"
#include "structures/roaring/set.h"

namespace pfn {

template <NowaitAllocator A>
class Roaring : public roaring::ChunkedSet<A, roaring::Features{}> {
 public:
  static constexpr StructureTraits kTraits{
      .name = "roaring",
      .family = "roaring",
      .origin = "Chambi, Lemire, Kaser and Godin, 2014; built for kmalloc",
  };

  using Roaring::ChunkedSet::ChunkedSet;
};

// roaring-4096: roaring with the limit between array and bitset where it was
// published, at 4,096 members. roaring has it at 2,048, from where on both take
// 8 KiB of an allocator with kmalloc's size classes.
//
// Layout, costs, failure  as roaring; searches and memmoves in arrays of up to
//             4,096 members instead of 2,048.
template <NowaitAllocator A>
class Roaring4096
    : public roaring::ChunkedSet<A, roaring::Features{.max_array = 4096}> {
 public:
  static constexpr StructureTraits kTraits{
      .name = "roaring-4096",
      .family = "roaring",
      .origin = "Chambi, Lemire, Kaser and Godin, 2014",
      .variant_of = "roaring",
  };

  using Roaring4096::ChunkedSet::ChunkedSet;
};

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
template <NowaitAllocator A>
class RoaringHint
    : public roaring::ChunkedSet<A, roaring::Features{.hint = true}> {
 public:
  static constexpr StructureTraits kTraits{
      .name = "roaring-hint",
      .family = "roaring",
      .origin = "the bulk context of CRoaring 0.5, 2022",
      .variant_of = "roaring",
  };

  using RoaringHint::ChunkedSet::ChunkedSet;
};

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
template <NowaitAllocator A>
class RoaringRun
    : public roaring::ChunkedSet<
          A, roaring::Features{.runs = true,
                               .max_array = roaring::kMaxArrayMembers}> {
 public:
  static constexpr StructureTraits kTraits{
      .name = "roaring-run",
      .family = "roaring",
      .origin = "Lemire, Ssi-Yan-Kai and Kaser, 2016; built for kmalloc",
      .variant_of = "roaring",
      .clear_can_fail = true,
  };

  using RoaringRun::ChunkedSet::ChunkedSet;
};

}  // namespace pfn

#endif  // PFNBENCH_STRUCTURES_ROARING_ROARING_H_
