// SPDX-License-Identifier: MIT
//
// File: structures/xbitmap/xbitmap_inline.h
//
// xbitmap-inline: xbitmap as it was up to version 19, with the small sets of
// the IDA. While all members of a leaf are among its first 62 pages, the slot
// holds them itself and no leaf is allocated. Tetsuo Handa doubted on 30 Nov
// 2017 that page numbers gain from it; version 20 dropped it.
//
// Layout      as xbitmap; a slot may be an integer (parts/small_set.h). It
//             becomes a leaf with the first page beyond, and never goes back.
// Set, Test, Clear  as xbitmap, and a look at the kind of the slot.
// Others      as xbitmap.
// Failure     Set returns kNoMemory; a small set whose leaf cannot be had stays
//             as it was (the posted versions 18 and 19 lost it, B6).

#ifndef PFNBENCH_STRUCTURES_XBITMAP_XBITMAP_INLINE_H_
#define PFNBENCH_STRUCTURES_XBITMAP_XBITMAP_INLINE_H_

#include "structures/core/nowait_allocator.h"
#include "structures/core/pfn_set.h"
#include "structures/xbitmap/xbitmap_set.h"

namespace pfn {

template <NowaitAllocator A>
class XbitmapInline
    : public xbitmap::TreeSet<xbitmap::DirectMemory<A>,
                              xbitmap::TreeOptions{.small_set_bits = 62}> {
 public:
  static constexpr ContenderTraits kTraits{
      .name = "xbitmap-inline",
      .family = "radix",
      .origin =
          "Matthew Wilcox and Wei Wang, 2017 (v12-v19), 62 low pages "
          "in the slot",
      .variant_of = "xbitmap",
  };

  using XbitmapInline::TreeSet::TreeSet;
};

}  // namespace pfn

#endif  // PFNBENCH_STRUCTURES_XBITMAP_XBITMAP_INLINE_H_
