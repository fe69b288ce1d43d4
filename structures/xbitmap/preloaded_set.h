// SPDX-License-Identifier: MIT
//
// File: structures/xbitmap/preloaded_set.h
//
// The xbitmap behind a preload: before every set the caller fills this CPU's
// pool, so that the set itself does not depend on the allocator, and it repeats
// while the set answers "again", which means that somebody else took the spare
// leaf. What xbitmap-preload and xbitmap-ida share; they differ in what a set
// does for a node.
//
// Layout      17 nodes, linked by their parent pointers, and a spare leaf:
//             9,920 bytes that stay allocated until destruction. One CPU is
//             modelled.
// Failure     a preload that fails makes Set return kNoMemory, although the
//             tree might not have needed memory at all: that is the convention.
//             What was preloaded before stays in the pool.
// Not modelled: preempt_disable(), and other users of the same per-CPU pool.

#ifndef PFNBENCH_STRUCTURES_XBITMAP_PRELOADED_SET_H_
#define PFNBENCH_STRUCTURES_XBITMAP_PRELOADED_SET_H_

#include <cstdint>
#include <utility>

#include "structures/core/nowait_allocator.h"
#include "structures/core/pfn.h"
#include "structures/core/pfn_set.h"
#include "structures/xbitmap/xbitmap_set.h"

namespace pfn::xbitmap {

// Where a set gets its nodes. Its leaf is the spare one, either way.
enum class NodeSource : std::uint8_t {
  kAllocatorThenPool,  // radix tree: for the sake of memory accounting
  kPool,               // IDA
};

// One CPU's pool in front of the allocator.
template <NowaitAllocator A, NodeSource kNodes>
class PreloadMemory {
 public:
  // The worst case of one set: only leaf 0 exists and the highest page is set,
  // 9 nodes for the new branch and 8 to lift the old leaf.
  static constexpr unsigned kPoolNodes = 2 * kMaxLevels - 1;

  explicit PreloadMemory(A& heap) : direct_(heap) {}
  ~PreloadMemory() {
    while (pool_ != nullptr) direct_.FreeNode(PopNode());
    if (spare_leaf_ != nullptr) direct_.FreeLeaf(spare_leaf_);
  }

  // Fills spare leaf and pool, in this order. False if an allocation failed.
  bool Preload(Gfp gfp) {
    if (spare_leaf_ == nullptr) {
      spare_leaf_ = static_cast<Leaf*>(direct_.AllocateLeaf(gfp));
      if (spare_leaf_ == nullptr) return false;
    }
    while (pool_size_ < kPoolNodes) {
      auto* node = static_cast<Node*>(direct_.AllocateNode(gfp));
      if (node == nullptr) return false;
      node->parent = std::exchange(pool_, node);
      ++pool_size_;
    }
    return true;
  }

  void* AllocateNode([[maybe_unused]] Gfp gfp) {
    if constexpr (kNodes == NodeSource::kAllocatorThenPool) {
      if (void* node = direct_.AllocateNode(gfp)) return node;
    }
    return pool_ != nullptr ? PopNode() : nullptr;
  }
  void* AllocateLeaf(Gfp) { return std::exchange(spare_leaf_, nullptr); }
  void FreeNode(Node* node) { direct_.FreeNode(node); }
  void FreeLeaf(Leaf* leaf) { direct_.FreeLeaf(leaf); }

 private:
  Node* PopNode() {
    --pool_size_;
    return std::exchange(pool_, pool_->parent);
  }

  DirectMemory<A> direct_;
  Node* pool_ = nullptr;  // linked by `parent`, as in the kernel
  unsigned pool_size_ = 0;
  Leaf* spare_leaf_ = nullptr;
};

// All but the traits.
template <NowaitAllocator A, NodeSource kNodes>
class PreloadedSet : public TreeSet<PreloadMemory<A, kNodes>> {
 public:
  using PreloadedSet::TreeSet::TreeSet;

  Status Set(Pfn pfn, Gfp gfp) {
    for (;;) {
      if (!Preload(gfp)) return Status::kNoMemory;
      switch (SetPreloaded(pfn)) {
        case SetResult::kOk:
          return Status::kOk;
        case SetResult::kNoNode:
          return Status::kNoMemory;
        case SetResult::kNoLeaf:
          break;  // -EAGAIN: preload once more
      }
    }
  }

  // The two halves of the convention, for whoever drives it himself. kNoLeaf is
  // the posted -EAGAIN; nothing is lost by it.
  bool Preload(Gfp gfp) { return this->memory_.Preload(gfp); }
  SetResult SetPreloaded(Pfn pfn) { return this->tree_.Set(pfn, Gfp::kNowait); }
};

}  // namespace pfn::xbitmap

#endif  // PFNBENCH_STRUCTURES_XBITMAP_PRELOADED_SET_H_
