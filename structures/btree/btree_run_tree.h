// SPDX-License-Identifier: MIT
//
// A B+ tree of runs of pages: an ordered sequence of disjoint [first, last]
// that do not touch, cut into leaves. Every page belongs to exactly one leaf,
// whether it is a member or not: leaf i owns low..high, the next one starts at
// high + 1. The border between two leaves may lie anywhere in the gap between
// the runs on both sides; a run that grows over it pushes it to the other end
// of the gap, so that a run that grows page by page does so once.
//
// Layout      every node kNodeBytes, own slab cache. Leaf: 48 bytes of header
//             {parent, count, neighbours, low, high} and 16 bytes a run. Inner
//             node: 16 bytes of header and 16 bytes a child {low, pointer},
//             where low is that of the leftmost leaf below.
// Locate      one binary search a level.
// Insert      within the leaf; a full one shares with a neighbour that has
//             room, or is cut in two: 1 + (full ancestors) nodes and perhaps a
//             root. The cut is where the new entry goes if that is an end of
//             the node, so that runs in order fill the nodes they leave behind;
//             else in the middle.
// Erase       a leaf under half joins a neighbour if both fit into one; an
//             empty node is freed. Never allocates.
// Failure     Insert allocates all that it needs before it changes anything.

#pragma once

#include <algorithm>
#include <cstdint>
#include <new>

#include "structures/core/nowait_allocator.h"
#include "structures/core/pfn.h"

namespace pfn::btree {

template <NowaitAllocator A, std::size_t kNodeBytes>
class RunTree {
  struct Inner;

  struct Node {
    Inner* parent = nullptr;
    std::uint32_t count = 0;  // runs or children
  };

 public:
  static constexpr unsigned kRuns = (kNodeBytes - 48) / sizeof(PfnRange);
  static constexpr unsigned kChildren = (kNodeBytes - sizeof(Node)) / 16;

  struct Leaf : Node {
    Leaf* prev = nullptr;
    Leaf* next = nullptr;
    Pfn low = 0;
    Pfn high = kMaxPfn;
    PfnRange runs[kRuns];

    bool Owns(Pfn pfn) const { return low <= pfn && pfn <= high; }
  };
  static_assert(sizeof(Leaf) <= kNodeBytes);
  // A leaf with more is not asked to share the runs of a full one.
  static constexpr unsigned kSharedRuns = kRuns * 3 / 4;

  // A run, or the place behind the last run of a leaf. Without a leaf: nothing.
  struct Cursor {
    Leaf* leaf = nullptr;
    unsigned index = 0;

    explicit operator bool() const { return leaf != nullptr; }
    friend bool operator==(const Cursor&, const Cursor&) = default;
    bool IsRun() const { return leaf != nullptr && index < leaf->count; }
    PfnRange& run() const { return leaf->runs[index]; }
  };

  explicit RunTree(A& heap)
      : cache_(heap.OpenCache(
            {.name = "btree_range_node", .size = kNodeBytes, .align = 64})) {}
  RunTree(const RunTree&) = delete;
  RunTree& operator=(const RunTree&) = delete;
  ~RunTree() { RemoveAll(); }

  Cursor FirstRun() const { return {first_, 0}; }
  Cursor LastRun() const {
    const Cursor end = Locate(kMaxPfn);
    return end.IsRun() ? end : RunBefore(end);
  }

  // In the leaf that owns `pfn`, the first run that ends there or later, or the
  // place behind all. Nothing if the tree is empty.
  Cursor Locate(Pfn pfn) const {
    if (root_ == nullptr) return {};
    Node* node = root_;
    for (unsigned level = inner_levels_; level != 0; --level) {
      const auto* inner = static_cast<const Inner*>(node);
      node = inner->children[SlotFor(*inner, pfn)];
    }
    return LocateIn(static_cast<Leaf*>(node), pfn);
  }
  // The same where the leaf is known.
  static Cursor LocateIn(Leaf* leaf, Pfn pfn) {
    // Without a branch: where a page goes is a coin toss.
    const PfnRange* run = leaf->runs;
    for (unsigned left = leaf->count; left > 1;) {
      const unsigned half = left / 2;
      const PfnRange* upper = run + half;
      run = upper[-1].last < pfn ? upper : run;
      left -= half;
    }
    run += run->last < pfn;
    return {leaf, static_cast<unsigned>(run - leaf->runs)};
  }

  // The run at the cursor, or the first after it.
  static Cursor RunFrom(Cursor at) {
    if (!at || at.index < at.leaf->count) return at;
    return {at.leaf->next, 0};
  }
  // The run before the cursor.
  static Cursor RunBefore(Cursor at) {
    if (!at) return {};
    if (at.index != 0) return {at.leaf, at.index - 1};
    Leaf* leaf = at.leaf->prev;
    return {leaf, leaf == nullptr ? 0 : leaf->count - 1};
  }

  // Puts `run` at the cursor, which Locate gave for it, and the cursor on it.
  Status Insert(Cursor& at, PfnRange run, Gfp gfp) {
    if (!at || (at.leaf->count == kRuns && !Share(at))) {
      Spares spares;
      if (!Reserve(at.leaf, gfp, spares)) return Status::kNoMemory;
      at = at ? SplitLeaf(at, spares) : Cursor{AddFirstLeaf(spares), 0};
    }
    PfnRange* place = at.leaf->runs + at.index;
    std::copy_backward(place, at.leaf->runs + at.leaf->count,
                       at.leaf->runs + at.leaf->count + 1);
    *place = run;
    ++at.leaf->count;
    return Status::kOk;
  }

  // Drops `count` runs from the cursor on, all in its leaf. False: other runs
  // may have moved, and leaves may have gone.
  bool Erase(Cursor at, unsigned count) {
    Leaf* leaf = at.leaf;
    std::copy(leaf->runs + at.index + count, leaf->runs + leaf->count,
              leaf->runs + at.index);
    leaf->count -= count;
    if (leaf->count == 0) {
      RemoveLeaf(leaf);
    } else if (leaf->count >= kRuns / 2) {
      return true;
    } else if (Fits(leaf, leaf->next)) {
      Absorb(leaf, leaf->next);
    } else if (Fits(leaf->prev, leaf)) {
      Absorb(leaf->prev, leaf);
    } else {
      return true;
    }
    return false;
  }

  // Moves an end of a run within the gap that it borders on.
  void SetFirst(Cursor at, Pfn first) {
    at.run().first = first;
    if (first < at.leaf->low) {
      SetLow(at.leaf, RunBefore(at).run().last + 1);
    }
  }
  void SetLast(Cursor at, Pfn last) {
    at.run().last = last;
    if (last > at.leaf->high) {
      SetLow(at.leaf->next, at.leaf->next->runs[0].first);
    }
  }

  // Makes one run of two neighbours; the first keeps its place. As Erase.
  bool Join(Cursor at, Cursor next) {
    const Pfn last = next.run().last;
    if (at.leaf != next.leaf && next.leaf->count > 1) {
      SetLow(next.leaf, next.leaf->runs[1].first);
    }
    at.run().last = last;
    return Erase(next, 1);
  }

  void RemoveAll() {
    if (root_ == nullptr) return;
    FreeSubtree(root_, inner_levels_);
    root_ = nullptr;
    first_ = nullptr;
    inner_levels_ = 0;
  }

  // Whether runs and leaves are in order, leaves own all pages, and links and
  // keys of the nodes above agree. O(nodes).
  bool Validate() const {
    if (root_ == nullptr) return first_ == nullptr && inner_levels_ == 0;
    if (root_->parent != nullptr || first_->prev != nullptr) return false;
    if (inner_levels_ != 0 && root_->count < 2) return false;
    const Leaf* expected = first_;
    return ValidateSubtree(root_, inner_levels_, expected) &&
           expected == nullptr;
  }
  unsigned inner_levels() const { return inner_levels_; }

 private:
  struct Inner : Node {
    Pfn lows[kChildren];
    Node* children[kChildren];
  };
  static_assert(sizeof(Inner) <= kNodeBytes);

  // Nodes that are allocated but not in use, linked at their start.
  struct Spares {
    struct Link {
      Link* next;
    };
    Link* first = nullptr;

    void Push(void* node) { first = new (node) Link{first}; }
    void* Pop() {
      Link* link = first;
      first = link->next;
      return link;
    }
  };

  static bool Fits(const Leaf* left, const Leaf* right) {
    return left != nullptr && right != nullptr &&
           left->count + right->count <= kRuns;
  }

  // The last child whose low is not above `pfn`, the first at least.
  static unsigned SlotFor(const Inner& inner, Pfn pfn) {
    const Pfn* low = inner.lows;
    for (unsigned left = inner.count; left > 1;) {
      const unsigned half = left / 2;
      low += low[half] <= pfn ? half : 0;
      left -= half;
    }
    return static_cast<unsigned>(low - inner.lows);
  }
  static unsigned SlotOf(const Node* child) {
    const Node* const* children = child->parent->children;
    return static_cast<unsigned>(
        std::find(children, children + child->parent->count, child) - children);
  }
  Pfn LowOf(const Node* node, unsigned level) const {
    return level == 0 ? static_cast<const Leaf*>(node)->low
                      : static_cast<const Inner*>(node)->lows[0];
  }

  // Moves the border between `leaf` and the one before it.
  static void SetLow(Leaf* leaf, Pfn low) {
    leaf->low = low;
    if (leaf->prev != nullptr) leaf->prev->high = low - 1;
    PropagateLow(leaf, low);
  }
  // Tells the nodes above that the leftmost leaf below `node` starts at `low`.
  static void PropagateLow(Node* node, Pfn low) {
    while (Inner* parent = node->parent) {
      const unsigned slot = SlotOf(node);
      parent->lows[slot] = low;
      if (slot != 0) return;
      node = parent;
    }
  }

  // Allocates what an insertion into the full `leaf` (null: into an empty tree)
  // will take.
  bool Reserve(const Leaf* leaf, Gfp gfp, Spares& spares) {
    unsigned nodes = 1;
    if (leaf != nullptr) {
      const Inner* above = leaf->parent;
      for (; above != nullptr && above->count == kChildren;
           above = above->parent) {
        ++nodes;
      }
      if (above == nullptr) ++nodes;
    }
    for (; nodes != 0; --nodes) {
      void* node = cache_.Allocate(gfp);
      if (node == nullptr) {
        while (spares.first != nullptr) cache_.Free(spares.Pop());
        return false;
      }
      spares.Push(node);
    }
    return true;
  }

  Leaf* AddFirstLeaf(Spares& spares) {
    first_ = new (spares.Pop()) Leaf;
    root_ = first_;
    return first_;
  }

  // Evens out the full leaf at the cursor with a neighbour that has room.
  static bool Share(Cursor& at) {
    Leaf* prev = at.leaf->prev;
    Leaf* next = at.leaf->next;
    if (prev != nullptr && prev->count <= kSharedRuns) {
      const unsigned cut = (prev->count + kRuns) / 2;
      at = Divide(prev, at.leaf, cut, prev->count + at.index);
    } else if (next != nullptr && next->count <= kSharedRuns) {
      at = Divide(at.leaf, next, (next->count + kRuns) / 2, at.index);
    } else {
      return false;
    }
    return true;
  }

  Cursor SplitLeaf(Cursor at, Spares& spares) {
    Leaf* leaf = at.leaf;
    Leaf* right = new (spares.Pop()) Leaf;
    right->high = leaf->high;
    right->prev = leaf;
    right->next = leaf->next;
    leaf->next = right;
    if (right->next != nullptr) right->next->prev = right;
    const bool at_end = at.index == 0 || at.index == kRuns;
    const Cursor place =
        Divide(leaf, right, at_end ? at.index : kRuns / 2, at.index);
    InsertChild(leaf, right, 0, spares);
    return place;
  }

  // Moves runs between neighbours until `left` has `cut`. The result is where
  // what belonged at `index` of both belongs now; there is room, and the border
  // lies on the right side of it.
  static Cursor Divide(Leaf* left, Leaf* right, unsigned cut, unsigned index) {
    if (cut < left->count) {
      const unsigned moved = left->count - cut;
      std::copy_backward(right->runs, right->runs + right->count,
                         right->runs + right->count + moved);
      std::copy(left->runs + cut, left->runs + left->count, right->runs);
      right->count += moved;
    } else {
      const unsigned moved = cut - left->count;
      std::copy(right->runs, right->runs + moved, left->runs + left->count);
      std::copy(right->runs + moved, right->runs + right->count, right->runs);
      right->count -= moved;
    }
    left->count = cut;
    if (index <= cut && cut != kRuns) {
      SetLow(right, right->runs[0].first);
      return {left, index};
    }
    SetLow(right, left->runs[cut - 1].last + 1);
    return {right, index - cut};
  }

  // Makes `right`, of `level`, the sibling after `left`.
  void InsertChild(Node* left, Node* right, unsigned level, Spares& spares) {
    Inner* parent = left->parent;
    if (parent == nullptr) {
      parent = new (spares.Pop()) Inner;
      root_ = parent;
      ++inner_levels_;
      InsertAt(*parent, 0, left, LowOf(left, level));
    }
    unsigned slot = SlotOf(left) + 1;
    if (parent->count == kChildren) {
      Inner* sibling = new (spares.Pop()) Inner;
      unsigned cut = kChildren / 2;
      if (slot == 1 || slot == kChildren) cut = slot;
      Inner* target = parent;
      if (slot > cut || cut == kChildren) {
        target = sibling;
        slot -= cut;
      }
      MoveChildren(*parent, cut, *sibling);
      InsertAt(*target, slot, right, LowOf(right, level));
      InsertChild(parent, sibling, level + 1, spares);
      return;
    }
    InsertAt(*parent, slot, right, LowOf(right, level));
  }

  static void InsertAt(Inner& inner, unsigned slot, Node* child, Pfn low) {
    std::copy_backward(inner.lows + slot, inner.lows + inner.count,
                       inner.lows + inner.count + 1);
    std::copy_backward(inner.children + slot, inner.children + inner.count,
                       inner.children + inner.count + 1);
    inner.lows[slot] = low;
    inner.children[slot] = child;
    child->parent = &inner;
    ++inner.count;
  }

  // Appends the children of `from`, starting with `slot`, to `to`.
  static void MoveChildren(Inner& from, unsigned slot, Inner& to) {
    for (unsigned i = slot; i < from.count; ++i) {
      InsertAt(to, to.count, from.children[i], from.lows[i]);
    }
    from.count = slot;
  }

  // Moves the runs of `right` to its left neighbour.
  void Absorb(Leaf* left, Leaf* right) {
    std::copy(right->runs, right->runs + right->count,
              left->runs + left->count);
    left->count += right->count;
    RemoveLeaf(right);
  }

  // Frees a leaf. The one before it inherits its pages, or the one after.
  void RemoveLeaf(Leaf* leaf) {
    (leaf->prev == nullptr ? first_ : leaf->prev->next) = leaf->next;
    if (leaf->next != nullptr) leaf->next->prev = leaf->prev;
    RemoveChild(leaf);
    if (leaf->prev != nullptr) {
      leaf->prev->high = leaf->high;
    } else if (leaf->next != nullptr) {
      SetLow(leaf->next, 0);
    }
    cache_.Free(leaf);
  }

  // Takes `child` out of its parent, and the parent out of the tree if nothing
  // is left in it.
  void RemoveChild(Node* child) {
    Inner* parent = child->parent;
    if (parent == nullptr) {
      root_ = nullptr;
      return;
    }
    const unsigned slot = SlotOf(child);
    std::copy(parent->lows + slot + 1, parent->lows + parent->count,
              parent->lows + slot);
    std::copy(parent->children + slot + 1, parent->children + parent->count,
              parent->children + slot);
    --parent->count;
    if (parent->count == 0) {
      RemoveChild(parent);
      cache_.Free(parent);
      return;
    }
    if (slot == 0) PropagateLow(parent, parent->lows[0]);
    if (parent->count < kChildren / 2) MergeInner(parent);
    DropTop();
  }

  // Joins an inner node with a sibling if both fit into one.
  void MergeInner(Inner* inner) {
    if (inner->parent == nullptr) return;
    const unsigned slot = SlotOf(inner);
    if (!MergeChildren(*inner->parent, slot) && slot != 0) {
      MergeChildren(*inner->parent, slot - 1);
    }
  }
  // Joins the inner nodes at `slot` and after it, if there are two that fit.
  bool MergeChildren(const Inner& parent, unsigned slot) {
    if (slot + 1 == parent.count) return false;
    auto* left = static_cast<Inner*>(parent.children[slot]);
    auto* right = static_cast<Inner*>(parent.children[slot + 1]);
    if (left->count + right->count > kChildren) return false;
    MoveChildren(*right, 0, *left);
    RemoveChild(right);
    cache_.Free(right);
    return true;
  }

  // A root with one child is not needed.
  void DropTop() {
    while (inner_levels_ != 0 && root_->count == 1) {
      Node* top = root_;
      root_ = static_cast<Inner*>(top)->children[0];
      root_->parent = nullptr;
      --inner_levels_;
      cache_.Free(top);
    }
  }

  void FreeSubtree(Node* node, unsigned level) {
    if (level != 0) {
      const auto* inner = static_cast<const Inner*>(node);
      for (unsigned i = 0; i < inner->count; ++i) {
        FreeSubtree(inner->children[i], level - 1);
      }
    }
    cache_.Free(node);
  }

  // `expected` is the next leaf of the chain.
  bool ValidateSubtree(const Node* node, unsigned level,
                       const Leaf*& expected) const {
    if (node->count == 0) return false;
    if (level == 0) {
      const auto* leaf = static_cast<const Leaf*>(node);
      if (leaf != expected || !ValidateLeaf(*leaf)) return false;
      expected = leaf->next;
      return true;
    }
    const auto* inner = static_cast<const Inner*>(node);
    for (unsigned i = 0; i < inner->count; ++i) {
      const Node* child = inner->children[i];
      if (child->parent != inner) return false;
      if (LowOf(child, level - 1) != inner->lows[i]) return false;
      if (!ValidateSubtree(child, level - 1, expected)) return false;
    }
    return true;
  }
  static bool ValidateLeaf(const Leaf& leaf) {
    if (leaf.count > kRuns) return false;
    if (leaf.prev == nullptr ? leaf.low != 0
                             : leaf.prev->high != leaf.low - 1) {
      return false;
    }
    if (leaf.next == nullptr ? leaf.high != kMaxPfn
                             : leaf.next->prev != &leaf) {
      return false;
    }
    for (unsigned i = 0; i < leaf.count; ++i) {
      const PfnRange run = leaf.runs[i];
      if (run.last < run.first) return false;
      if (!leaf.Owns(run.first) || !leaf.Owns(run.last)) return false;
      const Cursor before = RunBefore({const_cast<Leaf*>(&leaf), i});
      if (before && run.first - before.run().last < 2) return false;
    }
    return true;
  }

  typename A::Cache& cache_;
  Node* root_ = nullptr;  // a leaf if inner_levels_ is 0
  Leaf* first_ = nullptr;
  unsigned inner_levels_ = 0;
};

}  // namespace pfn::btree
