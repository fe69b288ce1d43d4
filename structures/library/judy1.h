// SPDX-License-Identifier: MIT
//
// judy1: the Judy1 array of libJudy, a 256-way radix tree whose nodes take the
// form, of a good dozen, that is smallest for what they hold.
//
// Layout      up to 31 pages in a sorted array of words; beyond, branches
//             (lists, bitmaps, plain arrays) over leaves of 1 to 7 bytes a
//             page and bitmaps of 256 pages; 256 pages that are all set need
//             no leaf.
// Set/Clear   one descent; both may copy a node into another form, so both
//             allocate, and both can fail.
// Test        one descent.
// NextRange   two descents, for the next page and for the next that is absent.
// ClearRange  O(nodes) when it empties the set. Else what is outside is copied
//             and the old array freed, O(pages outside): the library clears
//             pages one by one, and could not go back when one of them fails.
// Memory      all from the heap (judy_memory.h).
// Failure     the library returns JERR, but is not to be trusted afterwards: a
//             set that fails can leak, and a clear that fails while the last 31
//             pages move into one leaf leaves a wrong population count, with
//             which the leaf is freed as one of another size. Hence kAborts.
//
// Source: libJudy; it does not tell its version (Debian's is 1.0.5).

#pragma once

#include <Judy.h>

#include <algorithm>
#include <optional>

#include "structures/core/nowait_allocator.h"
#include "structures/core/pfn.h"
#include "structures/core/pfn_set.h"
#include "structures/library/judy_memory.h"

namespace pfn {

template <NowaitAllocator A>
class Judy1 {
 public:
  static constexpr StructureTraits kTraits{
      .name = "judy1",
      .family = "radix",
      .origin = "Doug Baskins, Hewlett-Packard, 2000; libJudy",
      .clear_can_fail = true,
      .out_of_memory = OutOfMemory::kAborts,
  };

  explicit Judy1(A& heap) : memory_(heap) {}
  ~Judy1() {
    memory_.Run(Gfp::kKernel);
    Judy1FreeArray(&pages_, PJE0);
  }

  Status Set(Pfn pfn, Gfp gfp) {
    memory_.Run(gfp);
    return StatusOf(Judy1Set(&pages_, pfn, PJE0));
  }
  Status Clear(Pfn pfn, Gfp gfp) {
    memory_.Run(gfp);
    return StatusOf(Judy1Unset(&pages_, pfn, PJE0));
  }
  bool Test(Pfn pfn) const { return Judy1Test(pages_, pfn, PJE0) == 1; }

  std::optional<PfnRange> NextRange(Pfn from, Pfn max) const {
    Word_t first = from;
    if (Judy1First(pages_, &first, PJE0) != 1 || first > max) {
      return std::nullopt;
    }
    Word_t after = first;
    const bool ends = Judy1NextEmpty(pages_, &after, PJE0) == 1;
    return PfnRange{first, ends ? std::min<Pfn>(after - 1, max) : max};
  }

  Status ClearRange(PfnRange range, Gfp gfp) {
    memory_.Run(gfp);
    Pvoid_t kept = nullptr;
    Word_t page = 0;
    for (int found = Judy1First(pages_, &page, PJE0); found == 1;
         found = Judy1Next(pages_, &page, PJE0)) {
      if (range.first <= page && page <= range.last) {
        page = range.last;
      } else if (Judy1Set(&kept, page, PJE0) == JERR) {
        Judy1FreeArray(&kept, PJE0);
        return Status::kNoMemory;
      }
    }
    Judy1FreeArray(&pages_, PJE0);
    pages_ = kept;
    return Status::kOk;
  }

 private:
  static Status StatusOf(int result) {
    return result == JERR ? Status::kNoMemory : Status::kOk;
  }

  JudyMemory memory_;
  Pvoid_t pages_ = nullptr;
};

}  // namespace pfn
