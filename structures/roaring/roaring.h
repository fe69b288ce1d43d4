// SPDX-License-Identifier: MIT
//
// roaring: a roaring bitmap as published (Chambi, Lemire, Kaser, Godin, 2014):
// what a user of the roaring libraries gets who sets page after page and never
// calls run_optimize().
//
// Layout      table.h: a sorted table of chunks of 2^16 pages, 24 bytes each;
//             chunk.h: an array up to 4,096 members, a bitset of 8 KiB above.
//             Different from the publication: pages have 64 bits, the table is
//             cut into pages of 128 keys, and buffers have kmalloc's sizes.
// Set         the chunk is found by its key: the last one is looked at first,
//             then a binary search. Nothing of the one before is remembered, as
//             in the library's add(). Then O(1) in a bitset; in an array a
//             binary search and a move of all that lies behind, at most 8 KiB.
//             Allocates where an array doubles (32 bytes to 8 KiB) or becomes a
//             bitset.
// Test        likewise; in an array a search.
// Clear       as Set. A bitset that is down to 4,096 members becomes an array,
//             and an array that fills a quarter of its buffer gets a smaller
//             one, if there is memory: else they stay. Never fails.
// NextRange   a search, then along the run.
// ForEachRange  O(words of the bitsets and members of the arrays in range).
// ClearRange  whole chunks are freed, the two at the ends cut. Never fails.
// Failure     Set returns kNoMemory with everything as before, except that the
//             table may have more room.

#pragma once

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
      .origin = "Chambi, Lemire, Kaser and Godin, 2014, as published",
  };

  using Roaring::ChunkedSet::ChunkedSet;
};

// roaring-kmalloc: roaring built for pages of a guest and for kmalloc, a
// variant of ours. The free slots of an array are a gap at its last change,
// because guests give their pages in descending runs. An array becomes a bitset
// above 2,048 members, from where on both take 8 KiB of kmalloc's classes. The
// place of a chunk is guessed from both ends of its table page before it is
// searched.
//
// Layout      as roaring.
// Set, Clear  in an array O(1) next to the last change, else a search and a
// move
//             of 4 KiB at most.
// Others, failure  as roaring.
template <NowaitAllocator A>
class RoaringKmalloc
    : public roaring::ChunkedSet<
          A, roaring::Features{.guess = true,
                               .gap = true,
                               .max_array = roaring::kMaxWorthyArray}> {
 public:
  static constexpr StructureTraits kTraits{
      .name = "roaring-kmalloc",
      .family = "roaring",
      .origin =
          "variant of roaring, nobody's proposal: gap, guess, arrays to 2,048",
      .variant_of = "roaring",
  };

  using RoaringKmalloc::ChunkedSet::ChunkedSet;
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

// roaring-run: roaring with run containers as its users have them: pages are
// set into arrays and bitsets, and run_optimize() is called once before the set
// is walked.
//
// Layout      as roaring; in a walk, each chunk becomes a sorted array of its
//             runs, 4 bytes each, where that takes fewer bytes, and comes back
//             where it does not any more.
// Set         as roaring; in a container of runs a binary search and a move,
//             where two runs become one or a page stands alone. It stays a
//             container of runs while these take 8 KiB at most.
// Clear       as roaring, but splitting a run can need memory, and so can fail.
// ForEachRange  after a change, run_optimize() first: O(words of the bitsets
// and
//             members of the arrays). A chunk that gets no memory for it stays.
// ClearRange  as roaring; can fail if the range lies within one run.
// Others      as roaring.
// Failure     kNoMemory with the membership as before.
template <NowaitAllocator A>
class RoaringRun
    : public roaring::ChunkedSet<A, roaring::Features{
                                        .runs = roaring::Runs::kBeforeWalk}> {
 public:
  static constexpr StructureTraits kTraits{
      .name = "roaring-run",
      .family = "roaring",
      .origin =
          "Lemire, Ssi-Yan-Kai and Kaser, 2016; run_optimize() before a walk",
      .variant_of = "roaring",
      .clear_can_fail = true,
      .defers_work = true,
  };

  using RoaringRun::ChunkedSet::ChunkedSet;
};

// roaring-run-optimal: each chunk at all times in the container that
// run_optimize() would choose, a variant that nobody proposed. It has the gap
// and the guess of roaring-kmalloc.
//
// Layout      as roaring-run. Runs are counted as pages come and go, so that
// the
//             choice costs two comparisons.
// Set         as roaring-kmalloc; in arrays and bitsets both neighbours of the
//             page are looked at as well. A chunk whose best container changes
//             is converted: O(its bytes).
// Clear, ClearRange  as roaring-run.
// Others      as roaring.
// Failure     kNoMemory with the membership as before. A conversion that would
//             only save memory and gets none is left for the next change.
template <NowaitAllocator A>
class RoaringRunOptimal
    : public roaring::ChunkedSet<
          A, roaring::Features{
                 .runs = roaring::Runs::kAlways, .guess = true, .gap = true}> {
 public:
  static constexpr StructureTraits kTraits{
      .name = "roaring-run-optimal",
      .family = "roaring",
      .origin =
          "variant of roaring-run, nobody's proposal: optimal at all times",
      .variant_of = "roaring",
      .clear_can_fail = true,
  };

  using RoaringRunOptimal::ChunkedSet::ChunkedSet;
};

}  // namespace pfn
