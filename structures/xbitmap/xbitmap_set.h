// SPDX-License-Identifier: MIT
//
// File: structures/xbitmap/xbitmap_set.h
//
// The face of a PfnSet over xbitmap::Tree, for the contenders that differ in
// their memory and in the options of the tree only, and the plainest memory.
// NextRange is the posted pair of queries, find-set and then find-zero, each of
// which restarts with a descent.

#ifndef PFNBENCH_STRUCTURES_XBITMAP_XBITMAP_SET_H_
#define PFNBENCH_STRUCTURES_XBITMAP_XBITMAP_SET_H_

#include <optional>

#include "structures/core/nowait_allocator.h"
#include "structures/core/pfn.h"
#include "structures/xbitmap/xbitmap_tree.h"

namespace pfn::xbitmap {

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

// All but the traits; a contender with a calling convention of its own
// replaces Set.
template <TreeMemory Memory, TreeOptions kOptions = TreeOptions{}>
class TreeSet {
 public:
  template <NowaitAllocator A>
  explicit TreeSet(A& heap) : memory_(heap), tree_(memory_) {}

  Status Set(Pfn pfn, Gfp gfp) {
    return tree_.Set(pfn, gfp) == SetResult::kOk ? Status::kOk
                                                 : Status::kNoMemory;
  }
  Status Clear(Pfn pfn, Gfp) {
    tree_.Clear(pfn);
    return Status::kOk;
  }
  bool Test(Pfn pfn) const { return tree_.Test(pfn); }
  std::optional<PfnRange> NextRange(Pfn from, Pfn max) const {
    const std::optional<Pfn> first = tree_.FindSet(from, max);
    if (!first) return std::nullopt;
    const std::optional<Pfn> after = tree_.FindZero(*first, max);
    return PfnRange{*first, after ? *after - 1 : max};
  }
  Status ClearRange(PfnRange range, Gfp) {
    tree_.ClearRange(range);
    return Status::kOk;
  }

  bool Validate() const { return tree_.Validate(); }

 protected:
  Memory memory_;
  Tree<Memory, kOptions> tree_;
};

}  // namespace pfn::xbitmap

#endif  // PFNBENCH_STRUCTURES_XBITMAP_XBITMAP_SET_H_
