// SPDX-License-Identifier: MIT
//
// File: structures/xbitmap/xbitmap_preload.h
//
// xbitmap-preload: the tree of xbitmap behind the calling convention that the
// series posted (v18 to v20), preloading before every set
// (parts/preloaded_set.h).
//
// Layout      as xbitmap, plus the pool: 17 nodes and 1 leaf, 9,920 bytes that
//             stay allocated until destruction.
// Set         preload, set, repeat on -EAGAIN. In the steady state the preload
//             is two comparisons. A new leaf comes from the spare, which the
//             next preload replaces; a new node is asked of the allocator first
//             and of the pool only when that fails (the kernel does so for the
//             sake of memory accounting).
// Others      as xbitmap. Freed nodes go to the allocator, not to the pool.
// Failure     a preload that fails makes Set return kNoMemory, although the
//             tree might not have needed memory at all.

#ifndef PFNBENCH_STRUCTURES_XBITMAP_XBITMAP_PRELOAD_H_
#define PFNBENCH_STRUCTURES_XBITMAP_XBITMAP_PRELOAD_H_

#include "structures/core/nowait_allocator.h"
#include "structures/core/pfn_set.h"
#include "structures/xbitmap/preloaded_set.h"

namespace pfn {

template <NowaitAllocator A>
class XbitmapPreload
    : public xbitmap::PreloadedSet<A, xbitmap::NodeSource::kAllocatorThenPool> {
 public:
  static constexpr ContenderTraits kTraits{
      .name = "xbitmap-preload",
      .family = "radix",
      .origin =
          "Matthew Wilcox and Wei Wang, 2017 (v18-v20), the posted "
          "preload convention",
      .variant_of = "xbitmap",
  };

  using XbitmapPreload::PreloadedSet::PreloadedSet;
};

}  // namespace pfn

#endif  // PFNBENCH_STRUCTURES_XBITMAP_XBITMAP_PRELOAD_H_
