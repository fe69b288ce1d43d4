// SPDX-License-Identifier: MIT
//
// A range B-tree with the geometry of the kernel's maple tree: it divides all
// 2^64 pages into ranges, and each has a slot, whether its pages are members
// (a value) or not (null). Neighbouring ranges always differ: what is stored is
// joined with the neighbours that it touches.
//
// Layout      node 256 bytes, aligned to 256, own slab cache: 8 bytes of
//             header, 15 pivots, 16 slots. pivots[i] is the last page of slot
//             i; the last slot in use ends where the node ends, which the node
//             above knows. Unused pivots are 2^64-1, so that a search need not
//             know how many are in use. A lone run takes two slots. The header
//             holds the number of slots in use; the kernel has a pointer to the
//             parent there, here a walk remembers its path.
// Find        one node a level.
// Store       a range that grows or shrinks at one end moves one pivot, which
//             may be that of a node above. A lone page takes two slots more;
//             a full leaf first shares with a sibling that has room, or is cut
//             in two. Filling a gap takes two slots less; a leaf with too few
//             first shares with, or joins, a sibling.
// Failure     Store allocates all nodes that it may need before it changes
//             anything: one for each full node from the leaf up, one more for a
//             new root. Only a range that leaves something on both sides (or
//             lies at an end of all pages) needs any. A node is changed in
//             place: the kernel copies one that readers may look at, but a set
//             under a lock has none.
//
// Source of the geometry: the maple tree of Linux 6.1, by description only.

#pragma once

#include <algorithm>
#include <cstdint>

#include "structures/core/nowait_allocator.h"
#include "structures/core/pfn.h"

namespace pfn::pivot_tree {

struct Node;

union Slot {
  Node* child;
  std::uint64_t member;  // in a leaf: 1, or 0 for null
};

// What an insertion puts into a node: the slot that it hits is cut by `more`
// pivots, and gets as many slots before (offset 0) or after it (offset 1).
struct Edit {
  unsigned more;
  unsigned offset;
  Pfn pivots[2];
  Slot slots[2];
};

// Slots in a row and the pivots between them. Beyond those in use nothing is
// promised.
template <unsigned kCapacity>
struct Row {
  std::uint64_t count = 0;
  Pfn pivots[kCapacity - 1];
  Slot slots[kCapacity];

  void Insert(unsigned slot, const Edit& edit) {
    std::copy_backward(pivots + slot, pivots + (count - 1),
                       pivots + (count - 1 + edit.more));
    std::copy_backward(slots + slot + edit.offset, slots + count,
                       slots + count + edit.more);
    std::copy(edit.pivots, edit.pivots + edit.more, pivots + slot);
    std::copy(edit.slots, edit.slots + edit.more, slots + slot + edit.offset);
    count += edit.more;
  }
};

inline constexpr unsigned kSlots = 16;
inline constexpr unsigned kPivots = kSlots - 1;
// A leaf that would have less is filled up from a sibling.
inline constexpr unsigned kMinSlots = kSlots / 2 - 2;
// A sibling with more is not asked to share the slots of a full one.
inline constexpr unsigned kSharedSlots = kSlots - 2;

struct Node : Row<kSlots> {
  // Where `pfn` belongs. With branches, halving once and then stopping at the
  // right pivot: most pages come close to the one before, so the branches are
  // predicted, and no level of a walk has to wait for the one above.
  unsigned SlotOf(Pfn pfn) const {
    constexpr unsigned kMiddle = kPivots / 2;
    unsigned slot = 0;
    if (pivots[kMiddle] < pfn) {
      slot = kMiddle + 1;
      while (slot != kPivots && pivots[slot] < pfn) ++slot;
    } else {
      while (pivots[slot] < pfn) ++slot;
    }
    return slot;
  }

  void Erase(unsigned pivot, unsigned slot, unsigned n) {
    std::copy(pivots + pivot + n, pivots + (count - 1), pivots + pivot);
    std::copy(slots + slot + n, slots + count, slots + slot);
    count -= n;
    PadPivots();
  }
  void PadPivots() {
    std::fill(pivots + (count - 1), pivots + kPivots, kMaxPfn);
  }
};
static_assert(sizeof(Node) == 256);

// What a node and its sibling hold, and an insertion more.
struct BigNode : Row<2 * kSlots> {
  explicit BigNode(const Node& node) { Append(node); }
  BigNode(const Node& lower, Pfn border, const Node& upper) {
    Append(lower);
    pivots[count - 1] = border;
    Append(upper);
  }

  // Fills two nodes, the first with `cut` slots. Returns the pivot between.
  Pfn CopyTo(Node& lower, Node& upper, unsigned cut) const {
    CopyTo(lower, 0, cut);
    CopyTo(upper, cut, static_cast<unsigned>(count));
    return pivots[cut - 1];
  }
  void CopyTo(Node& node, unsigned begin, unsigned end) const {
    std::copy(pivots + begin, pivots + (end - 1), node.pivots);
    std::copy(slots + begin, slots + end, node.slots);
    node.count = end - begin;
    node.PadPivots();
  }

 private:
  void Append(const Node& node) {
    std::copy(node.pivots, node.pivots + (node.count - 1), pivots + count);
    std::copy(node.slots, node.slots + node.count, slots + count);
    count += node.count;
  }
};

// One range and the way to it. Nothing if the tree is empty.
class Cursor {
 public:
  explicit operator bool() const { return depth_ != 0; }
  bool is_member() const { return node().slots[slot()].member != 0; }
  Pfn first() const { return before_ == nullptr ? 0 : *before_ + 1; }
  Pfn last() const { return after_ == nullptr ? kMaxPfn : *after_; }

  // To the next range. False: there is none.
  bool Advance() {
    if (after_ == nullptr) return false;
    unsigned d = depth_ - 1;
    while (IsLastSlot(d)) --d;
    ++path_[d].slot;
    while (++d != depth_) {
      path_[d] = {path_[d - 1].node->slots[path_[d - 1].slot].child, 0};
    }
    FindBorders();
    return true;
  }

 private:
  template <NowaitAllocator A>
  friend class Tree;

  struct Step {
    Node* node;
    unsigned slot;
  };
  // Nodes have two slots at least, so this many levels hold 2^64 ranges.
  static constexpr unsigned kMaxDepth = 64;

  Node& node() const { return *path_[depth_ - 1].node; }
  unsigned slot() const { return path_[depth_ - 1].slot; }

  // Mostly both are in the leaf.
  void FindBorders() {
    unsigned d = depth_ - 1;
    while (d != 0 && path_[d].slot == 0) --d;
    before_ = path_[d].slot == 0 ? nullptr
                                 : &path_[d].node->pivots[path_[d].slot - 1];
    d = depth_ - 1;
    while (d != 0 && IsLastSlot(d)) --d;
    after_ = IsLastSlot(d) ? nullptr : &path_[d].node->pivots[path_[d].slot];
  }
  bool IsLastSlot(unsigned d) const {
    return path_[d].slot + 1 == path_[d].node->count;
  }

  unsigned depth_ = 0;
  // The pivots between this range and its neighbours, null where it has none.
  Pfn* before_ = nullptr;
  Pfn* after_ = nullptr;
  Step path_[kMaxDepth];
};

template <NowaitAllocator A>
class Tree {
 public:
  explicit Tree(A& heap) : cache_(heap.OpenCache(kNodeCache)) {}
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;
  ~Tree() { Clear(); }

  bool Test(Pfn pfn) const {
    if (root_ == nullptr) return false;
    const Node* node = root_;
    for (unsigned level = height_; level > 1; --level) {
      node = node->slots[node->SlotOf(pfn)].child;
    }
    return node->slots[node->SlotOf(pfn)].member != 0;
  }

  // The range that holds `pfn`.
  void Find(Pfn pfn, Cursor& at) const {
    at.depth_ = height_;
    if (root_ == nullptr) return;
    Node* node = root_;
    for (unsigned d = 0; d != height_; ++d) {
      const unsigned slot = node->SlotOf(pfn);
      at.path_[d] = {node, slot};
      node = node->slots[slot].child;
    }
    at.FindBorders();
  }

  // Makes the pages of `range` members, or not. They must all be the contrary
  // before, and `at` their range; it is good for nothing afterwards.
  Status Store(PfnRange range, Cursor& at, Gfp gfp) {
    const bool from_first = range.first == at.first();
    const bool to_last = range.last == at.last();
    if (from_first && to_last) {
      StoreWhole(range, at);
    } else if (from_first && range.first != 0) {
      *at.before_ = range.last;
    } else if (to_last && range.last != kMaxPfn) {
      *at.after_ = range.first - 1;
    } else {
      return StoreWithin(range, from_first, to_last, at, gfp);
    }
    return Status::kOk;
  }

  // An empty tree has no node; this makes it one range that holds nothing.
  Status MakeRoot(Gfp gfp) {
    root_ = static_cast<Node*>(cache_.Allocate(gfp));
    if (root_ == nullptr) return Status::kNoMemory;
    root_->count = 1;
    root_->PadPivots();
    root_->slots[0].member = 0;
    height_ = 1;
    return Status::kOk;
  }
  bool IsEmpty() const { return root_ == nullptr; }

  void Clear() {
    if (root_ == nullptr) return;
    FreeSubtree(root_, height_);
    root_ = nullptr;
    height_ = 0;
  }

  // Whether pivots ascend within their bounds, neighbouring ranges differ and
  // no node has too few slots. O(nodes).
  bool Validate() const {
    if (root_ == nullptr) return height_ == 0;
    if (height_ == 1 && root_->count == 1) return root_->slots[0].member != 0;
    Cursor at;
    Find(0, at);
    bool member = at.is_member();
    while (at.Advance()) {
      if (at.is_member() == member) return false;
      member = !member;
    }
    return ValidateSubtree(*root_, height_, 0, kMaxPfn);
  }
  unsigned height() const { return height_; }

 private:
  static constexpr CacheSpec kNodeCache{.name = "pivot_node",
                                        .size = sizeof(Node),
                                        .align = sizeof(Node),
                                        .is_freed_by_rcu = true};

  // Nodes for one Store, allocated before it changes anything. Those not taken
  // are freed with it.
  class Reserve {
   public:
    explicit Reserve(typename A::Cache& cache) : cache_(cache) {}
    ~Reserve() {
      while (size_ != 0) cache_.Free(nodes_[--size_]);
    }
    bool Fill(unsigned nodes, Gfp gfp) {
      while (size_ < nodes) {
        nodes_[size_] = static_cast<Node*>(cache_.Allocate(gfp));
        if (nodes_[size_] == nullptr) return false;
        ++size_;
      }
      return true;
    }
    Node* Take() { return nodes_[--size_]; }

   private:
    typename A::Cache& cache_;
    unsigned size_ = 0;
    Node* nodes_[Cursor::kMaxDepth + 1];
  };

  // All of a range changes sides: it joins its neighbours, which then are one.
  void StoreWhole(PfnRange range, Cursor& at) {
    const bool has_before = range.first != 0;
    const bool has_after = range.last != kMaxPfn;
    if (at.depth_ > 1 && at.node().count - has_before - has_after < kMinSlots) {
      Refill(at, at.depth_ - 1);
      Find(range.first, at);
    }
    Node& leaf = at.node();
    const unsigned slot = at.slot();
    if (!has_before && !has_after) {
      leaf.slots[slot].member ^= 1;
    } else if (!has_after) {
      leaf.Erase(slot - 1, slot, 1);
    } else if (!has_before) {
      leaf.Erase(0, 0, 1);
    } else if (slot == 0) {
      *at.before_ = leaf.pivots[1];
      leaf.Erase(0, 0, 2);
    } else if (slot + 1 == leaf.count) {
      *at.after_ = leaf.pivots[slot - 2];
      leaf.Erase(slot - 2, slot - 1, 2);
    } else {
      leaf.Erase(slot - 1, slot, 2);
    }
    if (height_ == 1 && leaf.count == 1 && leaf.slots[0].member == 0) Clear();
  }

  // Part of a range changes sides, and there is no neighbour to give it to.
  Status StoreWithin(PfnRange range, bool from_first, bool to_last, Cursor& at,
                     Gfp gfp) {
    const Slot before = {.member = at.node().slots[at.slot()].member};
    const Slot now = {.member = before.member ^ 1};
    Edit edit = {2, 1, {range.first - 1, range.last}, {now, before}};
    if (to_last) edit.more = 1;
    if (from_first) edit = {1, 0, {range.last}, {now}};

    Reserve reserve(cache_);
    if (!reserve.Fill(NodesFor(at, edit.more), gfp)) return Status::kNoMemory;
    Insert(at, at.depth_ - 1, edit, reserve);
    return Status::kOk;
  }

  // How many nodes an insertion of so many slots in the leaf will take.
  static unsigned NodesFor(const Cursor& at, unsigned more) {
    unsigned nodes = 0;
    for (unsigned d = at.depth_ - 1; !Fits(at, d, more) && !FindShare(at, d);
         --d) {
      ++nodes;
      if (d == 0) return nodes + 1;
      more = 1;
    }
    return nodes;
  }
  static bool Fits(const Cursor& at, unsigned depth, unsigned more) {
    return at.path_[depth].node->count + more <= kSlots;
  }

  // Two siblings, by the slot of the first in the node above.
  struct Pair {
    unsigned left = 0;
    bool found = false;
    explicit operator bool() const { return found; }
  };
  // A sibling of the node at `depth` that can take some of its slots.
  static Pair FindShare(const Cursor& at, unsigned depth) {
    if (depth == 0) return {};
    const auto [parent, slot] = at.path_[depth - 1];
    const Slot* slots = parent->slots;
    if (slot != 0 && slots[slot - 1].child->count <= kSharedSlots) {
      return {slot - 1, true};
    }
    if (slot + 1 != parent->count &&
        slots[slot + 1].child->count <= kSharedSlots) {
      return {slot, true};
    }
    return {};
  }

  // Inserts into the node at `depth`. A full one shares with a sibling, or is
  // cut in two, and the new one inserted above.
  void Insert(Cursor& at, unsigned depth, const Edit& edit, Reserve& reserve) {
    const auto [node, slot] = at.path_[depth];
    if (Fits(at, depth, edit.more)) {
      node->Insert(slot, edit);
    } else if (const Pair pair = FindShare(at, depth)) {
      const auto [parent, own] = at.path_[depth - 1];
      Node& lower = *parent->slots[pair.left].child;
      Node& upper = *parent->slots[pair.left + 1].child;
      const auto skipped =
          static_cast<unsigned>(pair.left == own ? 0 : lower.count);
      BigNode both(lower, parent->pivots[pair.left], upper);
      both.Insert(skipped + slot, edit);
      parent->pivots[pair.left] =
          both.CopyTo(lower, upper, static_cast<unsigned>(both.count / 2));
    } else {
      BigNode big(*node);
      big.Insert(slot, edit);
      Node* upper = reserve.Take();
      const Pfn border = big.CopyTo(*node, *upper, CutOf(*node, slot, big));
      if (depth == 0) {
        AddRoot(border, upper, reserve.Take());
      } else {
        Insert(at, depth - 1, {1, 1, {border}, {{.child = upper}}}, reserve);
      }
    }
  }

  // Where to cut what `node` and an insertion at `slot` hold. After an
  // insertion at an end the rest stays together, so that pages in order fill
  // the nodes that they leave behind.
  static unsigned CutOf(const Node& node, unsigned slot, const BigNode& big) {
    const auto count = static_cast<unsigned>(big.count);
    if (slot == 0) return 2;
    if (slot + 1 == node.count) return count - 2;
    return count / 2;
  }

  void AddRoot(Pfn border, Node* upper, Node* top) {
    top->count = 2;
    top->PadPivots();
    top->pivots[0] = border;
    top->slots[0].child = root_;
    top->slots[1].child = upper;
    root_ = top;
    ++height_;
  }

  // The node at `depth` has few slots left: evens it out with a sibling, or
  // joins them if both fit into one.
  void Refill(Cursor& at, unsigned depth) {
    const auto [parent, slot] = at.path_[depth - 1];
    const unsigned left = slot == 0 ? 0 : slot - 1;
    Node& lower = *parent->slots[left].child;
    Node* upper = parent->slots[left + 1].child;
    const BigNode both(lower, parent->pivots[left], *upper);
    const auto count = static_cast<unsigned>(both.count);
    if (count > kSlots) {
      parent->pivots[left] = both.CopyTo(lower, *upper, count / 2);
      return;
    }
    both.CopyTo(lower, 0, count);
    parent->Erase(left, left + 1, 1);
    cache_.Free(upper);
    if (depth != 1) {
      if (parent->count < kMinSlots) Refill(at, depth - 1);
    } else if (parent->count == 1) {
      root_ = &lower;
      --height_;
      cache_.Free(parent);
    }
  }

  void FreeSubtree(Node* node, unsigned height) {
    for (unsigned i = 0; height > 1 && i != node->count; ++i) {
      FreeSubtree(node->slots[i].child, height - 1);
    }
    cache_.Free(node);
  }

  // `node` is to cover first..last.
  bool ValidateSubtree(const Node& node, unsigned height, Pfn first,
                       Pfn last) const {
    if (node.count < 2 || node.count > kSlots) return false;
    for (unsigned i = 0; i != node.count; ++i) {
      const bool is_end = i + 1 == node.count;
      const Pfn end = is_end ? last : node.pivots[i];
      if (end < first || end > last || (end == last && !is_end)) return false;
      if (height > 1 &&
          !ValidateSubtree(*node.slots[i].child, height - 1, first, end)) {
        return false;
      }
      first = end + 1;
    }
    return std::all_of(node.pivots + (node.count - 1), node.pivots + kPivots,
                       [](Pfn pivot) { return pivot == kMaxPfn; });
  }

  typename A::Cache& cache_;
  Node* root_ = nullptr;
  unsigned height_ = 0;
};

}  // namespace pfn::pivot_tree
