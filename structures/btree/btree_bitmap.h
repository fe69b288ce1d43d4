// SPDX-License-Identifier: MIT
//
// btree-bitmap: segments of 1024 pages with a bitmap each, indexed by the
// kernel's B+ tree, as Tetsuo Handa posted it on 16 Dec 2017.
//
// Layout      btree_segment_map.h: record 24 bytes and bitmap 128 bytes a
//             segment, tree nodes of 128 bytes.
// Set, Test, Clear  O(1) in the segment used last, else a descent.
// NextRange   as posted: from the first segment of the set, no matter what was
//             found before, one descent for each segment on the way, because
//             the tree has no cursor. Walking R ranges in S segments takes R x
//             S descents.
// ClearRange  not in the posted code, which clears segment by segment: a
//             descent for each segment of the range; never fails.
// Failure     Set returns kNoMemory with nothing changed.
//
// Source: linux-mm, 16 Dec 2017, by description only.

#pragma once

#include <optional>

#include "structures/btree/btree_segment_map.h"
#include "structures/core/nowait_allocator.h"
#include "structures/core/pfn.h"
#include "structures/core/pfn_set.h"

namespace pfn {

namespace btree {

// All but the traits and the search for a range.
template <NowaitAllocator A, KeySearch kSearch>
class SegmentSet {
 public:
  explicit SegmentSet(A& heap) : map_(heap) {}

  Status Set(Pfn pfn, Gfp gfp) { return map_.Set(pfn, gfp); }
  Status Clear(Pfn pfn, Gfp) {
    map_.Clear(pfn);
    return Status::kOk;
  }
  bool Test(Pfn pfn) { return map_.Test(pfn); }

  Status ClearRange(PfnRange range, Gfp) {
    map_.ClearRange(range);
    return Status::kOk;
  }

  bool Validate() const { return map_.Validate(); }

 protected:
  SegmentMap<A, kSearch> map_;
};

}  // namespace btree

template <NowaitAllocator A>
class BtreeBitmap : public btree::SegmentSet<A, btree::KeySearch::kInTurn> {
 public:
  static constexpr StructureTraits kTraits{
      .name = "btree-bitmap",
      .family = "btree",
      .origin = "Tetsuo Handa, 16 Dec 2017, as posted",
  };

  using BtreeBitmap::SegmentSet::SegmentSet;

  std::optional<PfnRange> NextRange(Pfn from, Pfn max) const {
    btree::Segment* segment = map_.First();
    while (segment != nullptr && segment->number < map_.NumberOf(from)) {
      segment = map_.After(*segment);
    }
    return map_.NextRange(segment, from, max);
  }

 private:
  using BtreeBitmap::SegmentSet::map_;
};

// btree-bitmap-lean: btree-bitmap as it would be written for speed, a variant
// that nobody proposed. A search for a range starts in the segment used last,
// else descends to its start, and leaves that pointer where the range begins:
// one descent for each segment that a walk comes to. Keys of a node are
// compared all eight at once, without a branch.
//
// Layout, costs, failure  otherwise as btree-bitmap.
template <NowaitAllocator A>
class BtreeBitmapLean
    : public btree::SegmentSet<A, btree::KeySearch::kCountAll> {
 public:
  static constexpr StructureTraits kTraits{
      .name = "btree-bitmap-lean",
      .family = "btree",
      .origin =
          "variant of btree-bitmap, nobody's proposal: a walk that goes on "
          "where it was",
      .variant_of = "btree-bitmap",
  };

  using BtreeBitmapLean::SegmentSet::SegmentSet;

  std::optional<PfnRange> NextRange(Pfn from, Pfn max) {
    btree::Segment* segment = map_.Seek(map_.NumberOf(from));
    const std::optional<PfnRange> range = map_.NextRange(segment, from, max);
    if (range) map_.Remember(segment);
    return range;
  }

 private:
  using BtreeBitmapLean::SegmentSet::map_;
};

}  // namespace pfn
