// SPDX-License-Identifier: MIT
//
// File: structures/library/absl_btree_set_hint.h
//
// absl-btree-set-hint: absl-btree-set where each insert gets the page touched
// last as its hint. Abseil looks at both sides of it, and so serves ascending
// and descending pages without a descent.
//
// Source: libabsl's public interface.

#ifndef PFNBENCH_STRUCTURES_LIBRARY_ABSL_BTREE_SET_HINT_H_
#define PFNBENCH_STRUCTURES_LIBRARY_ABSL_BTREE_SET_HINT_H_

#include "structures/core/nowait_allocator.h"
#include "structures/core/pfn_set.h"
#include "structures/core/text.h"
#include "structures/library/absl_btree_set.h"
#include "structures/library/std_set_adapter.h"

namespace pfn {

template <NowaitAllocator A>
class AbslBtreeSetHint
    : public StdSetAdapter<A, AbslPageSet<A>, /*kHint=*/true> {
 public:
  static constexpr ContenderTraits kTraits{
      .name = "absl-btree-set-hint",
      .family = "btree",
      .origin = "Abseil " PFN_TEXT(ABSL_LTS_RELEASE_VERSION) ", with a hint",
      .variant_of = "absl-btree-set",
      .out_of_memory = OutOfMemory::kAborts,
  };

  using AbslBtreeSetHint::StdSetAdapter::StdSetAdapter;
};

}  // namespace pfn

#endif  // PFNBENCH_STRUCTURES_LIBRARY_ABSL_BTREE_SET_HINT_H_
