// SPDX-License-Identifier: MIT
//
// File: structures/xbitmap/xbitmap_ida.h
//
// xbitmap-ida: the tree of xbitmap with the preload of the IDA, from which the
// xbitmap descends: a set lives on what was preloaded alone. Matthew Wilcox, 2
// Jan 2018: the radix tree tries to allocate and then takes from the preload,
// the IDA takes from the preload only. A variant that nobody posted; it shows
// what the attempt of xbitmap-preload is worth.
//
// Layout      as xbitmap, plus the pool: 17 nodes and 1 leaf, 9,920 bytes that
//             stay allocated until destruction (parts/preloaded_set.h).
// Set         preload, set, repeat on -EAGAIN. In the steady state the preload
//             is two comparisons. New nodes and a new leaf come from the pool,
//             which the next preload refills; the allocator is not asked.
// Others      as xbitmap. Freed nodes go to the allocator, not to the pool.
// Failure     a preload that fails makes Set return kNoMemory, although the
//             tree might not have needed memory at all. Behind a preload that
//             succeeded no set fails.

#ifndef PFNBENCH_STRUCTURES_XBITMAP_XBITMAP_IDA_H_
#define PFNBENCH_STRUCTURES_XBITMAP_XBITMAP_IDA_H_

#include "structures/core/nowait_allocator.h"
#include "structures/core/pfn_set.h"
#include "structures/xbitmap/preloaded_set.h"

namespace pfn {

template <NowaitAllocator A>
class XbitmapIda : public xbitmap::PreloadedSet<A, xbitmap::NodeSource::kPool> {
 public:
  static constexpr ContenderTraits kTraits{
      .name = "xbitmap-ida",
      .family = "radix",
      .origin =
          "variant of xbitmap-preload, nobody's proposal: the preload of the "
          "IDA, which never asks the allocator within set",
      .variant_of = "xbitmap",
  };

  using XbitmapIda::PreloadedSet::PreloadedSet;
};

}  // namespace pfn

#endif  // PFNBENCH_STRUCTURES_XBITMAP_XBITMAP_IDA_H_
