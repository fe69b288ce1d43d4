// SPDX-License-Identifier: MIT
//
// xbitmap: the radix tree of 1024-bit leaves that the virtio-balloon series of
// 2017 proposed (Matthew Wilcox, Wei Wang). Set, test and clear are those of
// version 20 (19 Dec 2017), except that a set allocates by itself, with the
// caller's gfp. That is what Wilcox advised on 24 Dec 2017: a caller that can
// only use GFP_NOWAIT gains nothing from preloading. Searches and the clearing
// of a range are those of version 21 (9 Jan 2018), which go from one existing
// leaf to the next. So no posted version is all of this: version 20 as posted
// is xbitmap-v20, its calling convention alone xbitmap-preload, version 21
// without its preloading xbitmap-tag.
//
// Layout      xbitmap_tree.h: leaves of 128 bytes (kmalloc-128), nodes of
//             576 bytes (cache radix_tree_node, stride 584), fan-out 64.
// Set         one descent; allocates 0 to 17 nodes and 0 or 1 leaf.
// Test        one descent.
// Clear       one descent and a scan of the leaf; frees what becomes empty.
// NextRange   the queries of version 21, find-set and then find-zero: each
//             restarts with a descent, and walks existing leaves.
// ClearRange  existing leaves of the range; never allocates, never fails.
// Failure     Set returns kNoMemory; nodes made on the way stay linked.

#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "structures/core/nowait_allocator.h"
#include "structures/core/pfn.h"
#include "structures/core/pfn_set.h"
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

// All but the traits; a structure with a calling convention of its own
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
// Not modelled: preempt_disable() and preempt_enable(), reads of per-CPU
// variables, and other users of the same pool.

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

// Of a pool that is full.
template <NowaitAllocator A>
inline constexpr std::size_t kPoolBytes =
    PreloadMemory<A, NodeSource::kPool>::kPoolNodes * sizeof(Node) +
    sizeof(Leaf);

// All but the traits.
template <NowaitAllocator A, NodeSource kNodes,
          TreeOptions kOptions = TreeOptions{}>
class PreloadedSet : public TreeSet<PreloadMemory<A, kNodes>, kOptions> {
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

  // The two halves of the convention, for anyone who drives it himself. kNoLeaf
  // is the posted -EAGAIN; nothing is lost by it.
  bool Preload(Gfp gfp) { return this->memory_.Preload(gfp); }
  SetResult SetPreloaded(Pfn pfn) { return this->tree_.Set(pfn, Gfp::kNowait); }
};

}  // namespace pfn::xbitmap

namespace pfn {

template <NowaitAllocator A>
class Xbitmap : public xbitmap::TreeSet<xbitmap::DirectMemory<A>> {
 public:
  static constexpr StructureTraits kTraits{
      .name = "xbitmap",
      .family = "radix",
      .origin =
          "Matthew Wilcox and Wei Wang, 2017: set of v20, allocating as "
          "advised on 24 Dec, walks of v21",
  };

  using Xbitmap::TreeSet::TreeSet;
};

// xbitmap-v20: version 20 of the series (19 Dec 2017) as posted: preloading
// before every set, and searches that look each leaf number up, one descent
// from the root for each, absent or not. Wilcox, 21 Dec 2017: 16 quadrillion
// look-ups for the page 2^64-1.
//
// Layout      as xbitmap-preload.
// Set, Test, Clear  as xbitmap-preload.
// NextRange   find-set, then find-zero: a descent for each leaf number.
// ClearRange  a descent for each leaf number; never allocates, never fails.
// Failure     as xbitmap-preload.
//
// Corrected: where a node was missing, the posted search went on 64 leaf
// numbers later. Here it goes on after the missing subtree and ends with the
// tree, as Wilcox said on 14 Dec 2017 that it should: otherwise it does not end
// at all. B5 and B7 of that version: xbitmap_tree.h.
template <NowaitAllocator A>
class XbitmapV20
    : public xbitmap::PreloadedSet<A, xbitmap::NodeSource::kAllocatorThenPool,
                                   xbitmap::TreeOptions{.each_number = true}> {
 public:
  static constexpr StructureTraits kTraits{
      .name = "xbitmap-v20",
      .family = "radix",
      .origin =
          "Matthew Wilcox and Wei Wang, 19 Dec 2017 (v20), as posted: a "
          "descent for each leaf number of a walk",
      .variant_of = "xbitmap",
      .shared_pool_bytes = xbitmap::kPoolBytes<A>,
  };

  using XbitmapV20::PreloadedSet::PreloadedSet;
};

// xbitmap-preload: xbitmap behind the calling convention that the series posted
// (v18 to v20), preloading before every set. Walks are those of xbitmap, so
// that the two differ in nothing else.
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
template <NowaitAllocator A>
class XbitmapPreload
    : public xbitmap::PreloadedSet<A, xbitmap::NodeSource::kAllocatorThenPool> {
 public:
  static constexpr StructureTraits kTraits{
      .name = "xbitmap-preload",
      .family = "radix",
      .origin =
          "Matthew Wilcox and Wei Wang, 2017 (v18-v20), the posted "
          "preload convention",
      .variant_of = "xbitmap",
      .shared_pool_bytes = xbitmap::kPoolBytes<A>,
  };

  using XbitmapPreload::PreloadedSet::PreloadedSet;
};

// xbitmap-ida: the tree of xbitmap with the preload of the IDA, from which the
// xbitmap descends: a set lives on what was preloaded alone. Matthew Wilcox, 2
// Jan 2018: the radix tree tries to allocate and then takes from the preload,
// the IDA takes from the preload only. A variant that nobody posted; it shows
// what the attempt of xbitmap-preload is worth.
//
// Layout      as xbitmap, plus the pool: 17 nodes and 1 leaf, 9,920 bytes that
//             stay allocated until destruction.
// Set         preload, set, repeat on -EAGAIN. In the steady state the preload
//             is two comparisons. New nodes and a new leaf come from the pool,
//             which the next preload refills; the allocator is not asked.
// Others      as xbitmap. Freed nodes go to the allocator, not to the pool.
// Failure     a preload that fails makes Set return kNoMemory, although the
//             tree might not have needed memory at all. Behind a preload that
//             succeeded no set fails.
template <NowaitAllocator A>
class XbitmapIda : public xbitmap::PreloadedSet<A, xbitmap::NodeSource::kPool> {
 public:
  static constexpr StructureTraits kTraits{
      .name = "xbitmap-ida",
      .family = "radix",
      .origin =
          "variant of xbitmap-preload, nobody's proposal: the preload of the "
          "IDA, which never asks the allocator within set",
      .variant_of = "xbitmap",
      .shared_pool_bytes = xbitmap::kPoolBytes<A>,
  };

  using XbitmapIda::PreloadedSet::PreloadedSet;
};

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
// The posted set asks the IDR for a FREE slot, which tests the mark at each
// level; so does this. The kernel's search also walks a range and fills an
// iterator, which takes twice the instructions. Preloading is not part of it.
//
// Corrected defects: xbitmap_tree.h, B1 to B4, all of which this version
// had; the worst reported pages to the host that were not in the balloon.
template <NowaitAllocator A>
class XbitmapTag
    : public xbitmap::TreeSet<xbitmap::DirectMemory<A>,
                              xbitmap::TreeOptions{.free_marks = true}> {
 public:
  static constexpr StructureTraits kTraits{
      .name = "xbitmap-tag",
      .family = "radix",
      .origin = "Matthew Wilcox, 21 Dec 2017 (v21), exact FREE tags",
      .variant_of = "xbitmap",
  };

  using XbitmapTag::TreeSet::TreeSet;
};

// xbitmap-inline: xbitmap as it was up to version 19, with the small sets of
// the IDA. While all members of a leaf are among its first 62 pages, the slot
// holds them itself and no leaf is allocated. Tetsuo Handa doubted on 30 Nov
// 2017 that page numbers gain from it; version 20 dropped it.
//
// Layout      as xbitmap; a slot may be an integer (small_set.h). It
//             becomes a leaf with the first page beyond, and never goes back.
// Set, Test, Clear  as xbitmap, and a look at the kind of the slot.
// Others      as xbitmap.
// Failure     Set returns kNoMemory; a small set whose leaf cannot be had stays
//             as it was (the posted versions 18 and 19 lost it, B6).
template <NowaitAllocator A>
class XbitmapInline
    : public xbitmap::TreeSet<xbitmap::DirectMemory<A>,
                              xbitmap::TreeOptions{.small_set_bits = 62}> {
 public:
  static constexpr StructureTraits kTraits{
      .name = "xbitmap-inline",
      .family = "radix",
      .origin =
          "Matthew Wilcox and Wei Wang, 2017 (v12-v19), 62 low pages "
          "in the slot",
      .variant_of = "xbitmap",
  };

  using XbitmapInline::TreeSet::TreeSet;
};

// xbitmap-keep: xbitmap that keeps what it has, a variant that nobody proposed:
// a leaf whose last page goes stays, and so do its nodes. It shows what
// giving memory back and asking for it again costs where small passes follow
// each other.
//
// Layout      as xbitmap; memory stays until destruction.
// Set, Test   as xbitmap; nothing to allocate where a page was before.
// Clear       one descent; no scan for emptiness.
// NextRange   as xbitmap; empty leaves are walked.
// ClearRange  existing leaves of the range are zeroed.
// Failure     as xbitmap.
template <NowaitAllocator A>
class XbitmapKeep
    : public xbitmap::TreeSet<xbitmap::DirectMemory<A>,
                              xbitmap::TreeOptions{.keep_leaves = true}> {
 public:
  static constexpr StructureTraits kTraits{
      .name = "xbitmap-keep",
      .family = "radix",
      .origin = "variant of xbitmap, nobody's proposal: emptied leaves stay",
      .variant_of = "xbitmap",
  };

  using XbitmapKeep::TreeSet::TreeSet;
};

// xbitmap-hint: xbitmap with the leaf used last remembered, a variant that
// nobody proposed. It shows how much of the cost of a tree is its descent.
//
// Layout      as xbitmap; the set remembers one leaf number and where it is.
// Set, Test, Clear  one comparison where the leaf is the one used last, else
//             as xbitmap.
// Others      as xbitmap, without using the hint.
// Failure     as xbitmap.
template <NowaitAllocator A>
class XbitmapHint
    : public xbitmap::TreeSet<xbitmap::DirectMemory<A>,
                              xbitmap::TreeOptions{.leaf_hint = true}> {
 public:
  static constexpr StructureTraits kTraits{
      .name = "xbitmap-hint",
      .family = "radix",
      .origin = "variant of xbitmap, nobody's proposal: last leaf remembered",
      .variant_of = "xbitmap",
  };

  using XbitmapHint::TreeSet::TreeSet;
};

}  // namespace pfn
