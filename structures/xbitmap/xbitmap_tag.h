// SPDX-License-Identifier: MIT
//
// File: structures/xbitmap/xbitmap_tag.h
//
// xbitmap-tag: Matthew Wilcox's rewrite of xbitmap of 21 Dec 2017, posted as
// version 21. It makes the tag that the tree inherits from the IDR real: every
// node knows which of its slots have a page below that is not a member. The
// price is what Tetsuo Handa asked about on 23 Dec 2017, and nobody measured: a
// scan of the leaf for fullness at every set.
//
// Layout      as xbitmap; one of the node's three tag masks is in use.
// Set         one descent; nothing if the leaf is full, else the bit and the
//             scan, from the first word of the leaf to the first that is not
//             full: up to 16 words where pages come in ascending order.
// Test        one descent.
// Clear       one descent, a scan for emptiness, FREE marks upwards if the leaf
//             was full.
// NextRange   find-set walks existing leaves; find-zero skips full leaves and
//             subtrees by mask.
// ClearRange  existing leaves of the range; never allocates, never fails.
// Failure     Set returns kNoMemory; nodes made on the way stay linked.
//
// The posted set asks the IDR for a FREE slot, testing the mark at each level;
// marks are exact, so the one of the leaf says as much, and it alone is tested.
//
// Corrected defects: parts/xbitmap_tree.h, B1 to B4, all of which this version
// had; the worst reported pages to the host that were not in the balloon.

#ifndef PFNBENCH_STRUCTURES_XBITMAP_XBITMAP_TAG_H_
#define PFNBENCH_STRUCTURES_XBITMAP_XBITMAP_TAG_H_

#include "structures/core/nowait_allocator.h"
#include "structures/core/pfn_set.h"
#include "structures/xbitmap/xbitmap_set.h"

namespace pfn {

template <NowaitAllocator A>
class XbitmapTag
    : public xbitmap::TreeSet<xbitmap::DirectMemory<A>,
                              xbitmap::TreeOptions{.free_marks = true}> {
 public:
  static constexpr ContenderTraits kTraits{
      .name = "xbitmap-tag",
      .family = "radix",
      .origin = "Matthew Wilcox, 21 Dec 2017 (v21), exact FREE tags",
      .variant_of = "xbitmap",
  };

  using XbitmapTag::TreeSet::TreeSet;
};

}  // namespace pfn

#endif  // PFNBENCH_STRUCTURES_XBITMAP_XBITMAP_TAG_H_
