// SPDX-License-Identifier: MIT
//
// File: structures/radix_page/radix_page_cursor.h
//
// radix-page-cursor: radix-page with the leaf used last remembered, as the
// bitmap of hibernation does with its current position.
//
// Layout      as radix-page; the set remembers one leaf number and its leaf.
// Set, Test, Clear  one comparison where the leaf is the one used last, else
//             as radix-page.
// Others      as radix-page.
// Failure     as radix-page.

#ifndef PFNBENCH_STRUCTURES_RADIX_PAGE_RADIX_PAGE_CURSOR_H_
#define PFNBENCH_STRUCTURES_RADIX_PAGE_RADIX_PAGE_CURSOR_H_

#include "structures/core/nowait_allocator.h"
#include "structures/core/pfn_set.h"
#include "structures/radix_page/radix_page.h"

namespace pfn {

template <NowaitAllocator A>
class RadixPageCursor : public radix_page::Tree<A, /*kLeafHint=*/true> {
 public:
  static constexpr ContenderTraits kTraits{
      .name = "radix-page-cursor",
      .family = "radix",
      .origin = "Linux hibernation (Joerg Roedel, 2014), position remembered",
      .variant_of = "radix-page",
  };

  using RadixPageCursor::Tree::Tree;
};

}  // namespace pfn

#endif  // PFNBENCH_STRUCTURES_RADIX_PAGE_RADIX_PAGE_CURSOR_H_
