// SPDX-License-Identifier: MIT
//
// File: structures/roaring/roaring.h
//
// roaring: a roaring bitmap (Chambi, Lemire, Kaser, Godin), built for
// kmalloc: what a user of the roaring libraries gets who sets page after page
// and never calls run_optimize().
//
// Layout      parts/roaring/table.h: a sorted table of chunks of 2^16 pages,
//             24 bytes each; parts/roaring/chunk.h: an array up to 2,048
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
  static constexpr ContenderTraits kTraits{
      .name = "roaring",
      .family = "roaring",
      .origin = "Chambi, Lemire, Kaser and Godin, 2014; built for kmalloc",
  };

  using Roaring::ChunkedSet::ChunkedSet;
};

}  // namespace pfn

#endif  // PFNBENCH_STRUCTURES_ROARING_ROARING_H_
