// SPDX-License-Identifier: MIT
//
// sorted-array: no set at all. Pages are appended to an array as they come; it
// is put in order, and neighbours are joined to ranges, when ranges are asked
// for. That is the other way of the discussion of Dec 2017: collect everything,
// and sort when it is sent.
//
// Layout      run_array.h: pages of 4 KiB with up to 508 words; a word is a
// page
//             number when it is set, and a run of up to 4,096 pages once the
//             array was looked at.
// Set         an append, O(1). The second page is three allocations, any other
//             one. A page number may stand in the array more than once until
//             it is sorted.
// Sorting     whenever the array is looked at after a Set, in place and without
//             allocating: neighbours in order of arrival are joined, then their
//             runs are sorted. A Set between any two looks makes it O(words)
//             each time: this is a structure for set, set, ..., drain.
// Test        after sorting, O(log n).
// Clear       after sorting, O(log n) and a memmove within one page. Cutting a
//             run in two needs a spare page more than sorting, for the case
//             that its page is full. Pages that became empty are given back
//             when they are half of all.
// NextRange   after sorting, O(log n) and along the run.
// ForEachRange  after sorting, O(runs).
// ClearRange  after sorting, O(pages of the array). Pages left empty are given
//             back.
// Failure     Set, Clear, ClearRange return kNoMemory with everything as
//             before, except that there may be spare pages.

#pragma once

#include "structures/array/run_array.h"
#include "structures/core/nowait_allocator.h"
#include "structures/core/pfn_set.h"

namespace pfn {

template <NowaitAllocator A>
class SortedArray : public array::RunArray<A, /*kBuffered=*/false> {
 public:
  static constexpr StructureTraits kTraits{
      .name = "sorted-array",
      .family = "array",
      .origin = "the other way of Dec 2017: append, and sort at the end",
      .clear_can_fail = true,
      .defers_work = true,
  };

  using SortedArray::RunArray::RunArray;
};

// firecracker-array: what Firecracker's balloon device does with the page
// numbers of a guest (2020): 4 bytes each in a bounded buffer, which is sorted
// and joined to ranges when it is full, so that no step takes longer than a
// buffer. There the ranges are given to the host and forgotten; here, because a
// set has to know them, they are appended to a sorted-array.
//
// Layout      a buffer of 2,048 page numbers of 4 bytes (kmalloc-8k), all with
//             the same upper 32 bits; run_array.h for the runs. Five more spare
//             pages, so that a look never needs memory.
// Set         an append; each 2,048th page sorts the buffer.
// Looking     what is left in the buffer is sorted, then the runs of all
//             buffers, as in sorted-array.
// Others      as sorted-array.
// Failure     as sorted-array.
//
// Source: Firecracker's documentation of its balloon device and a description
// of its compaction.
template <NowaitAllocator A>
class FirecrackerArray : public array::RunArray<A, /*kBuffered=*/true> {
 public:
  static constexpr StructureTraits kTraits{
      .name = "firecracker-array",
      .family = "array",
      .origin =
          "after Firecracker's balloon device, 2020: a bounded buffer, "
          "compacted as it fills",
      .variant_of = "sorted-array",
      .clear_can_fail = true,
      .defers_work = true,
  };

  using FirecrackerArray::RunArray::RunArray;
};

}  // namespace pfn
