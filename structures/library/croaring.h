// SPDX-License-Identifier: MIT
//
// croaring: CRoaring as it is installed, one 32-bit bitmap for each 2^32 pages,
// found through a std::map as the library's own Roaring64Map does. Containers
// are those that adding pages one by one gives, arrays and bitsets: nobody
// calls run_optimize().
//
// Layout      for each 2^16 pages a container, in a sorted array: up to 4,096
//             pages as a sorted array of 2 bytes each, more as a bitset of
//             8 KiB. A map node for each 2^32 pages: one, for any real guest.
// Set         the bitmap used last is at hand, from version 0.5 on its
// container
//             too; else a binary search for it, then in an array a binary
//             search and a shift. Test and Clear likewise.
// Ranges      croaring_bitmaps.h; O(pages walked).
// ClearRange  remove_range() of each bitmap; one that is empty goes.
// Memory      comes from malloc(); this version of the library has no hook for
//             it, so that it is not accounted and no figure is given.
// Failure     the library does not check its allocations: it crashes.
//
// Source: libroaring.

#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "structures/core/nowait_allocator.h"
#include "structures/core/pfn.h"
#include "structures/core/pfn_set.h"
#include "structures/core/text.h"
#include "structures/library/croaring_bitmaps.h"

// What the version reads: "5.1.0", and in old headers: = 0.2.66,
#if defined(PFN_CROARING_BULK)
#define PFN_CROARING_VERSION ROARING_VERSION ","
#else
#define PFN_CROARING_VERSION PFN_TEXT(ROARING_VERSION)
#endif

namespace pfn {

template <NowaitAllocator A>
class Croaring {
 public:
  static constexpr StructureTraits kTraits{
      .name = "croaring",
      .family = "roaring",
      .origin = "CRoaring " PFN_CROARING_VERSION " Lemire and others",
      .out_of_memory = OutOfMemory::kAborts,
      .accounts_memory = false,
  };

  explicit Croaring(A&) {}

  Status Set(Pfn pfn, Gfp) {
    bitmaps_.Add(pfn);
    return Status::kOk;
  }
  std::size_t SetBatch(std::span<const Pfn> pages, Gfp) {
    bitmaps_.AddMany(pages);
    return pages.size();
  }
  Status Clear(Pfn pfn, Gfp) {
    bitmaps_.Remove(pfn);
    return Status::kOk;
  }
  bool Test(Pfn pfn) { return bitmaps_.Contains(pfn); }

  std::optional<PfnRange> NextRange(Pfn from, Pfn max) const {
    std::optional<PfnRange> first;
    bitmaps_.VisitRuns({from, max}, [&](PfnRange run) {
      first = run;
      return false;
    });
    return first;
  }

  template <class Visitor>
  void ForEachRange(PfnRange range, Visitor&& visitor) const {
    bitmaps_.VisitRuns(range, [&](PfnRange run) {
      visitor(run);
      return true;
    });
  }

  Status ClearRange(PfnRange range, Gfp) {
    bitmaps_.RemoveRange(range);
    return Status::kOk;
  }

 private:
  CroaringBitmaps bitmaps_;
};

}  // namespace pfn
