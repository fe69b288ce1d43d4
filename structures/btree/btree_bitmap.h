// SPDX-License-Identifier: MIT
//
// File: structures/btree/btree_bitmap.h
//
// btree-bitmap: segments of 1024 pages with a bitmap each, indexed by the
// kernel's B+ tree (Tetsuo Handa, 16 Dec 2017), with one change to the posted
// code: a search for a range descends to the segment where it starts, as that
// tree can. The posted walk is the structure btree-bitmap-posted.
//
// Layout      btree_segment_map.h: record 24 bytes and bitmap 128 bytes a
//             segment, tree nodes of 128 bytes.
// Set, Test, Clear  O(1) in the segment used last, else a descent.
// NextRange   a descent, and one for each further segment that it looks at: the
//             tree has no cursor. No ordered walk of its own was proposed, so a
//             walk over all ranges repeats NextRange.
// ClearRange  a descent for each segment of the range; never fails.
// Failure     Set returns kNoMemory with nothing changed.
//
// Source: linux-mm, 16 Dec 2017, by description only.

#ifndef PFNBENCH_STRUCTURES_BTREE_BTREE_BITMAP_H_
#define PFNBENCH_STRUCTURES_BTREE_BTREE_BITMAP_H_

#include <optional>

#include "structures/btree/btree_segment_map.h"
#include "structures/core/nowait_allocator.h"
#include "structures/core/pfn.h"
#include "structures/core/pfn_set.h"

namespace pfn {

template <NowaitAllocator A>
class BtreeBitmap {
 public:
  static constexpr StructureTraits kTraits{
      .name = "btree-bitmap",
      .family = "btree",
      .origin = "Tetsuo Handa, 16 Dec 2017, with a search that descends",
  };

  explicit BtreeBitmap(A& heap) : map_(heap) {}

  Status Set(Pfn pfn, Gfp gfp) { return map_.Set(pfn, gfp); }
  Status Clear(Pfn pfn, Gfp) {
    map_.Clear(pfn);
    return Status::kOk;
  }
  bool Test(Pfn pfn) { return map_.Test(pfn); }

  std::optional<PfnRange> NextRange(Pfn from, Pfn max) const {
    return map_.NextRange(map_.AtOrAfter(map_.NumberOf(from)), from, max);
  }

  Status ClearRange(PfnRange range, Gfp) {
    map_.ClearRange(range);
    return Status::kOk;
  }

  bool Validate() const { return map_.Validate(); }

 protected:
  btree::SegmentMap<A> map_;
};

// btree-bitmap-posted: btree-bitmap with the range search as posted. It starts
// at the first segment of the set, no matter what was found before, and skips
// those below the start, one descent each: walking R ranges in S segments takes
// R * S descents.
//
// Source: Tetsuo Handa, linux-mm, 16 Dec 2017, by description only.
template <NowaitAllocator A>
class BtreeBitmapPosted : public BtreeBitmap<A> {
 public:
  static constexpr StructureTraits kTraits{
      .name = "btree-bitmap-posted",
      .family = "btree",
      .origin = "Tetsuo Handa, 16 Dec 2017",
      .variant_of = "btree-bitmap",
  };

  using BtreeBitmapPosted::BtreeBitmap::BtreeBitmap;

  std::optional<PfnRange> NextRange(Pfn from, Pfn max) const {
    const btree::Segment* segment = map_.First();
    while (segment != nullptr && segment->number < map_.NumberOf(from)) {
      segment = map_.After(*segment);
    }
    return map_.NextRange(segment, from, max);
  }

 private:
  using BtreeBitmap<A>::map_;
};

}  // namespace pfn

#endif  // PFNBENCH_STRUCTURES_BTREE_BTREE_BITMAP_H_
