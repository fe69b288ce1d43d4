// SPDX-License-Identifier: MIT
//
// File: structures/xbitmap.h
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

#ifndef PFNBENCH_STRUCTURES_XBITMAP_H_
#define PFNBENCH_STRUCTURES_XBITMAP_H_

#include <optional>

#include "structures/core/nowait_allocator.h"
#include "structures/core/pfn.h"
#include "structures/core/pfn_set.h"
#include "structures/parts/xbitmap_tree.h"

namespace pfn {

namespace xbitmap {

// Nodes and leaves straight from the allocator.
template <NowaitAllocator A>
class DirectMemory {
 public:
  explicit DirectMemory(A& heap)
      : heap_(heap), nodes_(heap.OpenCache(kNodeCache)) {}

  void* AllocateNode(Gfp gfp) { return nodes_.Allocate(gfp); }
  void* AllocateLeaf(Gfp gfp) {
    return heap_.Allocate(sizeof(Leaf), alignof(Leaf), gfp);
  }
  void FreeNode(Node* node) { nodes_.Free(node); }
  void FreeLeaf(Leaf* leaf) { heap_.Free(leaf, sizeof(Leaf), alignof(Leaf)); }

 private:
  A& heap_;
  typename A::Cache& nodes_;
};

// The first run by the posted pair of queries, find-set and find-zero.
template <class Tree>
std::optional<PfnRange> NextRange(const Tree& tree, Pfn from, Pfn max) {
  const std::optional<Pfn> first = tree.FindSet(from, max);
  if (!first) return std::nullopt;
  const std::optional<Pfn> after = tree.FindZero(*first, max);
  return PfnRange{*first, after ? *after - 1 : max};
}

}  // namespace xbitmap

template <NowaitAllocator A>
class Xbitmap {
 public:
  static constexpr ContenderTraits kTraits{
      .name = "xbitmap",
      .family = "radix",
      .origin =
          "Matthew Wilcox and Wei Wang, 2017 (v12-v20), allocating in "
          "set as advised on 24 Dec 2017",
  };

  explicit Xbitmap(A& heap) : memory_(heap), tree_(memory_) {}

  Status Set(Pfn pfn, Gfp gfp) {
    return tree_.Set(pfn, gfp) == xbitmap::SetResult::kOk ? Status::kOk
                                                          : Status::kNoMemory;
  }
  Status Clear(Pfn pfn, Gfp) {
    tree_.Clear(pfn);
    return Status::kOk;
  }
  bool Test(Pfn pfn) const { return tree_.Test(pfn); }
  std::optional<PfnRange> NextRange(Pfn from, Pfn max) const {
    return xbitmap::NextRange(tree_, from, max);
  }
  Status ClearRange(PfnRange range, Gfp) {
    tree_.ClearRange(range);
    return Status::kOk;
  }

  bool Validate() const { return tree_.Validate(); }

 private:
  xbitmap::DirectMemory<A> memory_;
  xbitmap::Tree<xbitmap::DirectMemory<A>> tree_;
};

}  // namespace pfn

#endif  // PFNBENCH_STRUCTURES_XBITMAP_H_
