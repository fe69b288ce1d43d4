// SPDX-License-Identifier: MIT
//
// File: structures/btree/btree_bitmap_posted.h
//
// btree-bitmap-posted: btree-bitmap with the range search as posted. It starts
// at the first segment of the set, whatever was found before, and skips those
// below the start, one descent each: walking R ranges in S segments takes R * S
// descents.
//
// Source: Tetsuo Handa, linux-mm, 16 Dec 2017, by description only.

#ifndef PFNBENCH_STRUCTURES_BTREE_BTREE_BITMAP_POSTED_H_
#define PFNBENCH_STRUCTURES_BTREE_BTREE_BITMAP_POSTED_H_

#include <optional>

#include "structures/btree/btree_segment_map.h"
#include "structures/core/nowait_allocator.h"
#include "structures/core/pfn.h"
#include "structures/core/pfn_set.h"

namespace pfn {

template <NowaitAllocator A>
class BtreeBitmapPosted {
 public:
  static constexpr ContenderTraits kTraits{
      .name = "btree-bitmap-posted",
      .family = "btree",
      .origin = "Tetsuo Handa, 16 Dec 2017",
      .variant_of = "btree-bitmap",
  };

  explicit BtreeBitmapPosted(A& heap) : map_(heap) {}

  Status Set(Pfn pfn, Gfp gfp) { return map_.Set(pfn, gfp); }
  Status Clear(Pfn pfn, Gfp) {
    map_.Clear(pfn);
    return Status::kOk;
  }
  bool Test(Pfn pfn) { return map_.Test(pfn); }

  std::optional<PfnRange> NextRange(Pfn from, Pfn max) const {
    const btree::Segment* segment = map_.First();
    while (segment != nullptr && segment->number < map_.NumberOf(from)) {
      segment = map_.After(*segment);
    }
    return map_.NextRange(segment, from, max);
  }

  Status ClearRange(PfnRange range, Gfp) {
    map_.ClearRange(range);
    return Status::kOk;
  }

  bool Validate() const { return map_.Validate(); }

 private:
  btree::SegmentMap<A> map_;
};

}  // namespace pfn

#endif  // PFNBENCH_STRUCTURES_BTREE_BTREE_BITMAP_POSTED_H_
