// SPDX-License-Identifier: MIT
//
// File: structures/xbitmap/xbitmap.h
//
// xbitmap: the radix tree of 1024-bit leaves that the virtio-balloon series of
// 2017 proposed (Matthew Wilcox, Wei Wang), allocating inside Set with the
// caller's gfp. That is what Wilcox advised on 24 Dec 2017: a caller that can
// only use GFP_NOWAIT gains nothing from preloading. The posted calling
// convention is the contender xbitmap-preload.
//
// Layout      parts/xbitmap_tree.h: leaves of 128 bytes (kmalloc-128), nodes of
//             576 bytes (cache radix_tree_node, stride 584), fan-out 64.
// Set         one descent; allocates 0 to 17 nodes and 0 or 1 leaf.
// Test        one descent.
// Clear       one descent and a scan of the leaf; frees what becomes empty.
// NextRange   the posted queries, find-set and then find-zero: each restarts
//             with a descent, and walks existing leaves.
// ClearRange  existing leaves of the range; never allocates, never fails.
// Failure     Set returns kNoMemory; nodes made on the way stay linked.

#ifndef PFNBENCH_STRUCTURES_XBITMAP_XBITMAP_H_
#define PFNBENCH_STRUCTURES_XBITMAP_XBITMAP_H_

#include "structures/core/nowait_allocator.h"
#include "structures/core/pfn_set.h"
#include "structures/xbitmap/xbitmap_set.h"

namespace pfn {

template <NowaitAllocator A>
class Xbitmap : public xbitmap::TreeSet<xbitmap::DirectMemory<A>> {
 public:
  static constexpr ContenderTraits kTraits{
      .name = "xbitmap",
      .family = "radix",
      .origin =
          "Matthew Wilcox and Wei Wang, 2017 (v12-v20), allocating in "
          "set as advised on 24 Dec 2017",
  };

  using Xbitmap::TreeSet::TreeSet;
};

}  // namespace pfn

#endif  // PFNBENCH_STRUCTURES_XBITMAP_XBITMAP_H_
