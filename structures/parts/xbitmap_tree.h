// SPDX-License-Identifier: MIT
//
// File: structures/parts/xbitmap_tree.h
//
// The radix tree of 1024-bit leaves that all xbitmap contenders share: the
// "direct" family (series v12 to v20 of 2017), which descends for every
// operation and reads no tags, with the range operations of the last posted
// version (iterating existing slots) and its known defects corrected.
//
// Layout, x86-64 of Linux 4.15:
//   page p is bit p % 1024 of leaf p / 1024;
//   the leaf number is the key of a radix tree with 6 bits a level;
//   leaf: 128 bytes, nothing but the bits; node: 576 bytes, 64 slots.
// The tree grows upwards, only as far as the largest leaf number requires; with
// leaf 0 alone it is that leaf, without any node. It shrinks when leaves go.
//
// Costs, h = levels of nodes (2 up to 16 GiB, 3 up to 1 TiB):
//   Set, Test   h + 1 dependent loads; a new leaf or node is zeroed.
//   Clear       the same plus a scan of the leaf for the first non-zero word;
//               frees leaf and nodes that become empty. Never allocates.
//   FindSet/FindZero  one descent per 64 leaves walked, one look per slot.
//   ClearRange  existing leaves of the range only. Never allocates.
//
// Allocation: by the Memory parameter, top-down, the leaf last. When one fails,
// nodes that were linked before stay linked, as in the kernel ("guaranteed to
// make progress", Wilcox, 21 Dec 2017): membership is unchanged, and a retry
// uses them. A node is freed when its last slot empties, or on destruction.
//
// Corrected defects of the posted code: the start offset is applied only in the
// leaf of the start (B1, B3), the end of a walk is told by the current leaf and
// never by the start (B2), a search for a zero that leaves the tree answers the
// first page behind it (B4), a failed set changes no counts (B5, B6), a tree of
// one leaf without nodes is searched like any other (B7).
//
// Source: the linux-mm threads of 2017-07 to 2018-01, by description only.

#ifndef PFNBENCH_STRUCTURES_PARTS_XBITMAP_TREE_H_
#define PFNBENCH_STRUCTURES_PARTS_XBITMAP_TREE_H_

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <type_traits>

#include "structures/core/nowait_allocator.h"
#include "structures/core/pfn.h"
#include "structures/parts/bits.h"

namespace pfn::xbitmap {

inline constexpr unsigned kLeafShift = 10;
inline constexpr std::uint64_t kLeafBits = std::uint64_t{1} << kLeafShift;
inline constexpr std::size_t kLeafWords = kLeafBits / bits::kWordBits;
inline constexpr unsigned kSlotShift = 6;
inline constexpr unsigned kSlots = 1u << kSlotShift;
inline constexpr unsigned kMaxLevels = 9;  // ceil((64 - 10) / 6)

struct Leaf {
  std::uint64_t words[kLeafWords];
};
static_assert(sizeof(Leaf) == 128);

struct Node {
  std::uint8_t shift;   // bits of the leaf number still to be consumed below
  std::uint8_t offset;  // own slot number in the parent
  std::uint8_t count;   // slots in use
  std::uint8_t unused_exceptional;
  Node* parent;
  // The kernel's node also has its owning tree, a list or RCU head, and three
  // tag masks. This family reads none of them, but they are part of what a
  // node costs.
  void* unused_root;
  void* unused_list[2];
  void* slots[kSlots];  // Node*, or Leaf* where shift is 0; null if absent
  std::uint64_t unused_tags[3];
};
static_assert(sizeof(Node) == 576);

inline constexpr CacheSpec kNodeCache{
    .name = "radix_tree_node", .size = sizeof(Node), .has_constructor = true};

// Where nodes and leaves come from; null means "not now".
template <class M>
concept TreeMemory = requires(M& memory, Gfp gfp, Node* node, Leaf* leaf) {
  { memory.AllocateNode(gfp) } -> std::same_as<void*>;
  { memory.AllocateLeaf(gfp) } -> std::same_as<void*>;
  memory.FreeNode(node);
  memory.FreeLeaf(leaf);
};

enum class SetResult : std::uint8_t {
  kOk,
  kNoNode,  // a node could not be had
  kNoLeaf,  // the path is there, the leaf could not be had
};

template <TreeMemory Memory>
class Tree {
 public:
  // `memory` must outlive the tree.
  explicit Tree(Memory& memory) : memory_(memory) {}
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;
  ~Tree() {
    if (root_ != nullptr) FreeSubtree(root_, levels_);
  }

  SetResult Set(Pfn pfn, Gfp gfp) {
    Leaf* leaf = FindLeaf(LeafNumber(pfn));
    if (leaf == nullptr) [[unlikely]] {
      if (const SetResult result = AddLeaf(LeafNumber(pfn), gfp, leaf);
          result != SetResult::kOk) {
        return result;
      }
    }
    bits::Set(leaf->words, Offset(pfn));
    return SetResult::kOk;
  }

  bool Test(Pfn pfn) const {
    const Leaf* leaf = FindLeaf(LeafNumber(pfn));
    return leaf != nullptr && bits::Test(leaf->words, Offset(pfn));
  }

  void Clear(Pfn pfn) {
    const std::uint64_t number = LeafNumber(pfn);
    Leaf* leaf = FindLeaf(number);
    if (leaf == nullptr) return;
    bits::Clear(leaf->words, Offset(pfn));
    if (bits::AllZero(leaf->words, kLeafWords)) RemoveLeaf(number, leaf);
  }

  // Clears first..last, looking at existing leaves only.
  void ClearRange(PfnRange range) {
    const std::uint64_t last_number = LeafNumber(range.last);
    std::uint64_t number = LeafNumber(range.first);
    while (Leaf* leaf = NextLeaf(number, last_number)) {
      const std::uint64_t begin =
          number == LeafNumber(range.first) ? Offset(range.first) : 0;
      const std::uint64_t end =
          number == last_number ? Offset(range.last) + 1 : kLeafBits;
      bits::ClearSpan(leaf->words, begin, end);
      const bool whole = end - begin == kLeafBits;
      if (whole || bits::AllZero(leaf->words, kLeafWords)) {
        RemoveLeaf(number, leaf);
      }
      if (number == last_number) return;
      ++number;
    }
  }

  // The lowest member in [from, max].
  std::optional<Pfn> FindSet(Pfn from, Pfn max) const {
    const std::uint64_t last_number = LeafNumber(max);
    Cursor cursor;
    std::uint64_t number = LeafNumber(from);
    while (const Leaf* leaf = NextLeaf(number, last_number, cursor)) {
      const std::uint64_t begin = number == LeafNumber(from) ? Offset(from) : 0;
      const std::uint64_t end =
          number == last_number ? Offset(max) + 1 : kLeafBits;
      const std::uint64_t found = bits::FindSet(leaf->words, begin, end);
      if (found != end) return FirstPage(number) + found;
      if (number == last_number) break;
      ++number;
    }
    return std::nullopt;
  }

  // The lowest page in [from, max] that is not a member.
  std::optional<Pfn> FindZero(Pfn from, Pfn max) const {
    const std::uint64_t last_number = LeafNumber(max);
    Cursor cursor;
    for (std::uint64_t number = LeafNumber(from);; ++number) {
      const std::uint64_t begin = number == LeafNumber(from) ? Offset(from) : 0;
      const Leaf* leaf = LeafAt(number, cursor);
      if (leaf == nullptr) return FirstPage(number) + begin;
      const std::uint64_t end =
          number == last_number ? Offset(max) + 1 : kLeafBits;
      const std::uint64_t found = bits::FindZero(leaf->words, begin, end);
      if (found != end) return FirstPage(number) + found;
      if (number == last_number) return std::nullopt;
    }
  }

  // Whether counts, back links and shape are consistent.
  bool Validate() const {
    if (root_ == nullptr) return levels_ == 0;
    if (levels_ == 0) return !IsEmpty(*static_cast<Leaf*>(root_));
    return ValidateNode(static_cast<const Node*>(root_), nullptr, levels_);
  }

  unsigned levels() const { return levels_; }

 private:
  // The lowest-level node that a walk looked at last, so that the next of its
  // 64 slots needs no descent.
  struct Cursor {
    const Node* node = nullptr;
    std::uint64_t base = 0;  // number of its first leaf
  };

  static constexpr std::uint64_t LeafNumber(Pfn pfn) {
    return pfn >> kLeafShift;
  }
  static constexpr std::uint64_t Offset(Pfn pfn) { return pfn % kLeafBits; }
  static constexpr Pfn FirstPage(std::uint64_t leaf_number) {
    return leaf_number << kLeafShift;
  }
  // The highest leaf number that a tree of `levels` can hold.
  static constexpr std::uint64_t Highest(unsigned levels) {
    return (std::uint64_t{1} << (kSlotShift * levels)) - 1;
  }
  static constexpr unsigned SlotAt(std::uint64_t number, unsigned shift) {
    return (number >> shift) % kSlots;
  }
  static bool IsEmpty(const Leaf& leaf) {
    return bits::AllZero(leaf.words, kLeafWords);
  }

  Leaf* FindLeaf(std::uint64_t number) const {
    if (number > Highest(levels_)) return nullptr;
    void* entry = root_;
    for (unsigned shift = kSlotShift * levels_; shift != 0;) {
      if (entry == nullptr) return nullptr;
      shift -= kSlotShift;
      entry = static_cast<Node*>(entry)->slots[SlotAt(number, shift)];
    }
    return static_cast<Leaf*>(entry);
  }

  // FindLeaf, with one descent per 64 leaves of an ascending walk.
  const Leaf* LeafAt(std::uint64_t number, Cursor& cursor) const {
    if (cursor.node == nullptr || number - cursor.base >= kSlots) {
      cursor.node = FindLowestNode(number);
      cursor.base = number - number % kSlots;
      if (cursor.node == nullptr) return FindLeaf(number);
    }
    return static_cast<const Leaf*>(cursor.node->slots[number % kSlots]);
  }

  // The node whose slots hold the leaves around `number`, or null.
  const Node* FindLowestNode(std::uint64_t number) const {
    if (levels_ == 0 || number > Highest(levels_)) return nullptr;
    const Node* node = static_cast<const Node*>(root_);
    for (unsigned shift = kSlotShift * (levels_ - 1);
         node != nullptr && shift != 0; shift -= kSlotShift) {
      node = static_cast<const Node*>(node->slots[SlotAt(number, shift)]);
    }
    return node;
  }

  // The first existing leaf at or after `number` and up to `max`; `number`
  // becomes its number. Null if there is none.
  Leaf* NextLeaf(std::uint64_t& number, std::uint64_t max) const {
    Cursor cursor;
    return NextLeaf(number, max, cursor);
  }
  Leaf* NextLeaf(std::uint64_t& number, std::uint64_t max,
                 Cursor& cursor) const {
    if (levels_ == 0) {
      return number == 0 ? static_cast<Leaf*>(root_) : nullptr;
    }
    max = std::min(max, Highest(levels_));
    while (number <= max) {
      if (cursor.node == nullptr || number - cursor.base >= kSlots) {
        if (!SeekNode(number, max, cursor)) return nullptr;
      }
      const std::uint64_t last = std::min(max, cursor.base + (kSlots - 1));
      for (;; ++number) {
        if (void* leaf = cursor.node->slots[number % kSlots]) {
          return static_cast<Leaf*>(leaf);
        }
        if (number == last) break;
      }
      ++number;  // cannot wrap: leaf numbers have 54 bits
    }
    return nullptr;
  }

  // Moves the cursor to the first lowest-level node that holds leaves at or
  // after `number`, skipping missing subtrees at their parent, and `number` to
  // the first leaf number of it that counts.
  bool SeekNode(std::uint64_t& number, std::uint64_t max,
                Cursor& cursor) const {
    while (number <= max) {
      const Node* node = static_cast<const Node*>(root_);
      unsigned shift = kSlotShift * (levels_ - 1);
      for (; node != nullptr && shift != 0; shift -= kSlotShift) {
        const Node* child =
            static_cast<const Node*>(node->slots[SlotAt(number, shift)]);
        if (child == nullptr) break;
        node = child;
      }
      if (node == nullptr) return false;
      if (shift == 0) {
        cursor = {node, number - number % kSlots};
        return true;
      }
      // No child here: on to the next slot of this node that has one.
      do {
        number = ((number >> shift) + 1) << shift;
      } while (number <= max && SlotAt(number, shift) != 0 &&
               node->slots[SlotAt(number, shift)] == nullptr);
    }
    return false;
  }

  // Makes the path to `number` and hangs a zeroed leaf on it.
  SetResult AddLeaf(std::uint64_t number, Gfp gfp, Leaf*& leaf) {
    if (!Extend(number, gfp)) return SetResult::kNoNode;
    Node* parent = nullptr;
    void** slot = &root_;
    for (unsigned shift = kSlotShift * levels_; shift != 0;) {
      shift -= kSlotShift;
      if (*slot == nullptr) {
        Node* node = NewNode(shift, parent, gfp);
        if (node == nullptr) {
          if (root_ == nullptr) levels_ = 0;
          return SetResult::kNoNode;
        }
        node->offset = parent == nullptr
                           ? 0
                           : static_cast<std::uint8_t>(slot - parent->slots);
        Link(parent, slot, node);
      }
      parent = static_cast<Node*>(*slot);
      slot = &parent->slots[SlotAt(number, shift)];
    }
    leaf = static_cast<Leaf*>(memory_.AllocateLeaf(gfp));
    if (leaf == nullptr) return SetResult::kNoLeaf;
    std::memset(leaf, 0, sizeof(Leaf));
    Link(parent, slot, leaf);
    return SetResult::kOk;
  }

  static void Link(Node* parent, void** slot, void* entry) {
    *slot = entry;
    if (parent != nullptr) ++parent->count;
  }

  // Makes the tree high enough for `number`. An empty tree gets its height at
  // once; otherwise each new top is linked before the next is asked for.
  bool Extend(std::uint64_t number, Gfp gfp) {
    while (number > Highest(levels_)) {
      if (root_ != nullptr) {
        Node* top = NewNode(kSlotShift * levels_, nullptr, gfp);
        if (top == nullptr) return false;
        top->slots[0] = root_;
        top->count = 1;
        if (levels_ != 0) static_cast<Node*>(root_)->parent = top;
        root_ = top;
      }
      ++levels_;
    }
    return true;
  }

  Node* NewNode(unsigned shift, Node* parent, Gfp gfp) {
    Node* node = static_cast<Node*>(memory_.AllocateNode(gfp));
    if (node == nullptr) return nullptr;
    std::memset(node, 0, sizeof(Node));
    node->shift = static_cast<std::uint8_t>(shift);
    node->parent = parent;
    return node;
  }

  // Frees an empty leaf, every node that becomes empty by it, and top nodes
  // that are no longer needed.
  void RemoveLeaf(std::uint64_t number, Leaf* leaf) {
    Node* node = const_cast<Node*>(FindLowestNode(number));
    memory_.FreeLeaf(leaf);
    if (node == nullptr) {
      root_ = nullptr;
      return;
    }
    node->slots[number % kSlots] = nullptr;
    while (--node->count == 0) {
      Node* parent = node->parent;
      const unsigned offset = node->offset;
      memory_.FreeNode(node);
      if (parent == nullptr) {
        root_ = nullptr;
        levels_ = 0;
        return;
      }
      node = parent;
      node->slots[offset] = nullptr;
    }
    Shrink();
  }

  // While the top node has one child, in slot 0, that child is the tree.
  void Shrink() {
    while (levels_ != 0) {
      Node* top = static_cast<Node*>(root_);
      if (top->count != 1 || top->slots[0] == nullptr) return;
      root_ = top->slots[0];
      memory_.FreeNode(top);
      --levels_;
      if (levels_ != 0) {
        static_cast<Node*>(root_)->parent = nullptr;
      }
    }
  }

  void FreeSubtree(void* entry, unsigned levels) {
    if (levels == 0) {
      memory_.FreeLeaf(static_cast<Leaf*>(entry));
      return;
    }
    Node* node = static_cast<Node*>(entry);
    for (void* child : node->slots) {
      if (child != nullptr) FreeSubtree(child, levels - 1);
    }
    memory_.FreeNode(node);
  }

  static bool ValidateNode(const Node* node, const Node* parent,
                           unsigned levels) {
    if (node->parent != parent || node->shift != kSlotShift * (levels - 1)) {
      return false;
    }
    unsigned count = 0;
    for (unsigned i = 0; i < kSlots; ++i) {
      const void* child = node->slots[i];
      if (child == nullptr) continue;
      ++count;
      if (levels == 1) {
        if (IsEmpty(*static_cast<const Leaf*>(child))) return false;
        continue;
      }
      const Node* below = static_cast<const Node*>(child);
      if (below->offset != i) return false;
      if (!ValidateNode(below, node, levels - 1)) return false;
    }
    return count == node->count;
  }

  Memory& memory_;
  void* root_ = nullptr;  // a Node*, or a Leaf* if levels_ is 0
  unsigned levels_ = 0;
};

}  // namespace pfn::xbitmap

#endif  // PFNBENCH_STRUCTURES_PARTS_XBITMAP_TREE_H_
