// SPDX-License-Identifier: MIT
//
// The radix tree of 1024-bit leaves that all xbitmap and XArray structures
// share: one descent per operation, heights read from the nodes on the way and
// tags masked, as in the kernel. Range operations are those of the last posted
// version, v21 of 9 Jan 2018 (iterating existing slots), with its known defects
// corrected. What the versions do differently is an option (TreeOptions); set,
// test and clear of the plain tree are those of v20, which reads no marks.
//
// Layout, x86-64 of Linux 4.15:
//   page p is bit p % 1024 of leaf p / 1024;
//   the leaf number is the key of a radix tree with 6 bits a level;
//   leaf: 128 bytes, nothing but the bits; node: 576 bytes, 64 slots.
// The tree grows upwards, only as far as the largest leaf number requires; with
// leaf 0 alone it is that leaf, without any node. It shrinks when leaves go.
//
// Costs, h = levels of nodes (2 up to 16 GiB, 3 up to 1 TiB):
//   Set, Test   2h + 1 dependent loads; a new leaf or node is zeroed. Set looks
//               the leaf up, and makes the path from the root if it is absent.
//   Clear       the same plus a scan of the leaf for the first non-zero word;
//               frees leaf and nodes that become empty. Never allocates.
//   FindSet/FindZero  one descent per 64 leaves walked, one look per slot.
//   ClearRange  existing leaves of the range only, one descent per 64; a leaf
//               that lies in the range is freed unread. Never allocates.
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

#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>

#include "structures/core/bits.h"
#include "structures/core/nowait_allocator.h"
#include "structures/core/pfn.h"
#include "structures/xbitmap/radix_tree.h"
#include "structures/xbitmap/small_set.h"

namespace pfn::xbitmap {

inline constexpr unsigned kLeafShift = 10;
inline constexpr std::uint64_t kLeafBits = std::uint64_t{1} << kLeafShift;
inline constexpr std::size_t kLeafWords = kLeafBits / bits::kWordBits;
inline constexpr unsigned kMaxLevels = 9;  // ceil((64 - 10) / 6)

struct Leaf {
  // From the first word on, as the kernel's bitmap_full().
  bool IsFull() const { return bits::AllOnes<kLeafWords>(words); }

  std::uint64_t words[kLeafWords];
};
static_assert(sizeof(Leaf) == 128);

struct Node {
  static constexpr unsigned kSlotShift = 6;

  std::uint8_t shift;   // bits of the leaf number still to be consumed below
  std::uint8_t offset;  // own slot number in the parent
  std::uint8_t count;   // slots in use
  std::uint8_t unused_exceptional;
  Node* parent;
  // The kernel's node also has its owning tree, a list or RCU head, and two
  // more masks of marks. Nothing here reads them, but they are part of what a
  // node costs.
  void* unused_root;
  void* unused_list[2];
  void* slots[1u << kSlotShift];
  std::uint64_t free_mask;  // see TreeOptions::free_marks
  std::uint64_t unused_marks[2];
};
static_assert(sizeof(Node) == 576);

inline constexpr CacheSpec kNodeCache{.name = "radix_tree_node",
                                      .size = sizeof(Node),
                                      .has_constructor = true,
                                      .is_freed_by_rcu = true};

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

// What distinguishes the structures. An option that is off costs nothing.
struct TreeOptions {
  // While all members of a leaf lie in its first so many pages, the slot itself
  // holds them and there is no leaf. 62 in the radix tree, 63 in the XArray.
  unsigned small_set_bits = 0;
  // Every node keeps exact FREE marks: bit i says that a page below slot i is
  // not a member (an absent leaf included). Set tests the mark at each level,
  // leaves full leaves alone, and scans its leaf for fullness every time; a
  // search for a non-member skips full leaves and subtrees by mask. The mark of
  // the root, which the kernel keeps in a flag, is that the top node's mask is
  // not zero.
  bool free_marks = false;
  // Set, Test and Clear look first whether the leaf is the one used last.
  bool leaf_hint = false;
  // Walks descend for each leaf number, absent or not.
  bool each_number = false;
  // A leaf stays, with its nodes, when its last page goes.
  bool keep_leaves = false;
};

// How the walks of radix::Tree read what hangs in a lowest-level slot.
template <unsigned kSmallSetBits>
struct Entry {
  using Small = SmallSet<kSmallSetBits>;
  static constexpr unsigned kShift = kLeafShift;
  // The radix tree tags nodes with 1 and small sets with 2, the XArray the
  // other way round.
  static constexpr std::uintptr_t kNodeTag = kSmallSetBits == 63 ? 2 : 1;

  static bool Test(const void* entry, std::uint64_t offset) {
    if (Small::Is(entry)) return Small::Test(entry, offset);
    return bits::Test(Words(entry), offset);
  }
  static std::uint64_t FindSet(const void* entry, std::uint64_t begin,
                               std::uint64_t end) {
    if (Small::Is(entry)) return Small::FindSet(entry, begin, end);
    return bits::FindSet(Words(entry), begin, end);
  }
  static std::uint64_t FindZero(const void* entry, std::uint64_t begin,
                                std::uint64_t end) {
    if (Small::Is(entry)) return Small::FindZero(entry, begin, end);
    return bits::FindZero(Words(entry), begin, end);
  }
  template <class Scan>
  static void AddTo(Scan& scan, const void* entry, std::uint64_t begin,
                    std::uint64_t end, Pfn first) {
    if (Small::Is(entry)) {
      const std::uint64_t word = Small::Bits(entry);
      scan.AddWords(&word, begin, std::min(end, bits::kWordBits), first);
    } else {
      scan.AddWords(Words(entry), begin, end, first);
    }
  }
  static bool IsEmpty(const void* entry) {
    if (Small::Is(entry)) return Small::Bits(entry) == 0;
    return bits::AllZero<kLeafWords>(Words(entry));
  }
  static bool IsFull(const void* entry) {
    return !Small::Is(entry) && static_cast<const Leaf*>(entry)->IsFull();
  }

 private:
  static const std::uint64_t* Words(const void* entry) {
    return static_cast<const Leaf*>(entry)->words;
  }
};

template <TreeMemory Memory, TreeOptions kOptions = TreeOptions{}>
class Tree : private radix::Tree<Node, Entry<kOptions.small_set_bits>,
                                 kOptions.each_number> {
 private:
  using LeafEntry = Entry<kOptions.small_set_bits>;
  using Small = typename LeafEntry::Small;
  using Base = radix::Tree<Node, LeafEntry, kOptions.each_number>;
  using Base::Find;
  using Base::FirstPage;
  using Base::Highest;
  using Base::IsNode;
  using Base::IsOutside;
  using Base::kSlots;
  using Base::kSlotShift;
  using Base::LeafNumber;
  using Base::NextEntry;
  using Base::NodeOf;
  using Base::Offset;
  using Base::root_;
  using Base::Slot;
  using Base::SlotAt;
  using Base::SpanIn;
  using typename Base::Cursor;
  using typename Base::Place;
  using typename Base::Span;

 public:
  using Base::FindSet;
  using Base::ForEachRange;
  using Base::levels;

  // `memory` must outlive the tree.
  explicit Tree(Memory& memory) : memory_(memory) {}
  ~Tree() {
    if (root_ != nullptr) FreeSubtree(root_);
  }

  // Inlined into every structure's Set, of any size that the options make it.
  [[gnu::always_inline]] SetResult Set(Pfn pfn, Gfp gfp) {
    const std::uint64_t number = LeafNumber(pfn);
    if (const LeafPlace* known = hint_.Find(number)) {
      if (IsFree(known->node, SlotAt(number, 0))) SetInLeaf(*known, pfn);
      return SetResult::kOk;
    }
    Place place;
    if constexpr (kOptions.free_marks) {
      // What has no FREE page has this one already.
      if (!FindFree(number, place)) return SetResult::kOk;
    } else {
      place = Find(number);
    }
    if (place.entry == nullptr) [[unlikely]] {
      return Insert(pfn, gfp);
    }
    if (Small::Is(place.entry)) return SetInSmall(place.node, pfn, gfp);
    SetInLeaf(Remember(number, place), pfn);
    return SetResult::kOk;
  }

  bool Test(Pfn pfn) const {
    const std::uint64_t number = LeafNumber(pfn);
    if (const LeafPlace* known = hint_.Find(number)) {
      return bits::Test(known->leaf->words, Offset(pfn));
    }
    const Place place = Find(number);
    if (place.entry == nullptr) return false;
    if (!Small::Is(place.entry)) Remember(number, place);
    return LeafEntry::Test(place.entry, Offset(pfn));
  }

  void Clear(Pfn pfn) {
    const std::uint64_t number = LeafNumber(pfn);
    if (const LeafPlace* known = hint_.Find(number)) {
      ClearInLeaf(*known, pfn);
      return;
    }
    const Place place = Find(number);
    if (place.entry == nullptr) return;
    if (Small::Is(place.entry)) {
      const std::uint64_t offset = Offset(pfn);
      ClearInSmall(place.node, number, {offset, offset + 1});
      return;
    }
    ClearInLeaf(Remember(number, place), pfn);
  }

  // Clears first..last, looking at existing leaves only.
  void ClearRange(PfnRange range) {
    const std::uint64_t last = LeafNumber(range.last);
    std::uint64_t number = LeafNumber(range.first);
    Cursor cursor;
    while (void* entry = NextEntry(number, last, cursor)) {
      const Place place{cursor.node, entry};
      if (!ClearSpan(place, number, SpanIn(number, range))) cursor = {};
      if (number == last) return;
      ++number;
    }
  }

  // The lowest page in [from, max] that is not a member.
  std::optional<Pfn> FindZero(Pfn from, Pfn max) const {
    if constexpr (!kOptions.free_marks) {
      return Base::FindZero(from, max);
    } else {
      const std::uint64_t last = LeafNumber(max);
      std::uint64_t number = LeafNumber(from);
      for (;; ++number) {
        const void* entry = SeekFree(number);
        if (number > last) return std::nullopt;
        const Span span = SpanIn(number, {from, max});
        if (entry == nullptr) return FirstPage(number) + span.begin;
        const std::uint64_t found =
            LeafEntry::FindZero(entry, span.begin, span.end);
        if (found != span.end) return FirstPage(number) + found;
        if (number == last) return std::nullopt;
      }
    }
  }

  // Whether counts, back links, shape, marks and hint are consistent.
  bool Validate() const {
    if (const auto hint = hint_.remembered()) {
      const auto& [number, known] = *hint;
      const Place place = Find(number);
      if (place.entry != known.leaf || place.node != known.node) return false;
    }
    if (root_ == nullptr) return true;
    if (!IsNode(root_)) return MayStand(root_);
    return ValidateNode(NodeOf(root_), nullptr, levels());
  }

 private:
  // A leaf, and the node that it hangs in; null if it is the root.
  struct LeafPlace {
    Leaf* leaf;
    Node* node;
  };

  LeafPlace Remember(std::uint64_t number, Place place) const {
    const LeafPlace found{static_cast<Leaf*>(place.entry), place.node};
    hint_.Remember(number, found);
    return found;
  }

  static bool IsFree(const Node* node, unsigned slot) {
    return !kOptions.free_marks || node == nullptr ||
           (node->free_mask & bits::Mask(slot)) != 0;
  }

  // As Find, if each slot on the way is marked FREE. The mark is tested at each
  // level, as the IDR does that is asked for a FREE slot.
  [[gnu::noinline]] bool FindFree(std::uint64_t number, Place& place) const {
    if (IsOutside(number)) [[unlikely]] {
      return true;
    }
    place.entry = root_;
    while (IsNode(place.entry)) {
      place.node = NodeOf(place.entry);
      const unsigned slot = SlotAt(number, place.node->shift);
      if (!IsFree(place.node, slot)) return false;
      place.entry = place.node->slots[slot];
    }
    return true;
  }

  void SetInLeaf(LeafPlace place, Pfn pfn) {
    bits::Set(place.leaf->words, Offset(pfn));
    if constexpr (kOptions.free_marks) {
      if (place.leaf->IsFull()) [[unlikely]] {
        ClearFreeMark(place.node, SlotAt(LeafNumber(pfn), 0));
      }
    }
  }

  // Sets a page of a leaf that has only a small set so far.
  [[gnu::noinline]] SetResult SetInSmall(Node* node, Pfn pfn, Gfp gfp) {
    void*& slot = Slot(node, LeafNumber(pfn));
    if (Small::Holds(Offset(pfn))) {
      slot = Small::With(slot, Offset(pfn));
      return SetResult::kOk;
    }
    Leaf* leaf = NewLeaf(gfp);
    if (leaf == nullptr) return SetResult::kNoLeaf;
    leaf->words[0] = Small::Bits(slot);
    bits::Set(leaf->words, Offset(pfn));
    slot = leaf;
    return SetResult::kOk;
  }

  // Makes the path to a leaf that does not exist, and the leaf with one page.
  [[gnu::noinline]] SetResult Insert(Pfn pfn, Gfp gfp) {
    const std::optional<Node*> path = Base::MakePath(
        LeafNumber(pfn),
        [&](unsigned shift, Node* parent, unsigned offset) {
          return NewNode(shift, parent, offset, gfp);
        },
        [&](Node* top) { Adopt(top); });
    if (!path) return SetResult::kNoNode;
    void*& slot = Slot(*path, LeafNumber(pfn));
    if (Small::Holds(Offset(pfn))) {
      slot = Small::With(Small::Empty(), Offset(pfn));
    } else {
      Leaf* leaf = NewLeaf(gfp);
      if (leaf == nullptr) return SetResult::kNoLeaf;
      bits::Set(leaf->words, Offset(pfn));
      slot = leaf;
    }
    if (*path != nullptr) ++(*path)->count;
    return SetResult::kOk;
  }

  Leaf* NewLeaf(Gfp gfp) {
    auto* leaf = static_cast<Leaf*>(memory_.AllocateLeaf(gfp));
    if (leaf != nullptr) std::memset(leaf, 0, sizeof(Leaf));
    return leaf;
  }

  Node* NewNode(unsigned shift, Node* parent, unsigned offset, Gfp gfp) {
    auto* node = static_cast<Node*>(memory_.AllocateNode(gfp));
    if (node == nullptr) return nullptr;
    std::memset(node, 0, sizeof(Node));
    node->shift = static_cast<std::uint8_t>(shift);
    node->offset = static_cast<std::uint8_t>(offset);
    node->parent = parent;
    node->free_mask = ~std::uint64_t{0};
    if (parent != nullptr) ++parent->count;
    return node;
  }

  // `top` is the new top over the old tree, which hangs in its slot 0.
  void Adopt(Node* top) {
    hint_.Forget();  // a leaf that was the root has a node now
    top->count = 1;
    bool is_free = true;
    if (IsNode(top->slots[0])) {
      Node* child = NodeOf(top->slots[0]);
      child->parent = top;
      is_free = child->free_mask != 0;
    } else if constexpr (kOptions.free_marks) {
      is_free = !LeafEntry::IsFull(top->slots[0]);
    }
    if (!is_free) top->free_mask &= ~bits::Mask(0);
  }

  void ClearInLeaf(LeafPlace place, Pfn pfn) {
    const std::uint64_t number = LeafNumber(pfn);
    SetFreeMark(place.node, SlotAt(number, 0));
    bits::Clear(place.leaf->words, Offset(pfn));
    if (!MayStand(place.leaf)) Remove(place.node, number);
  }

  // Whether the tree has this leaf, or small set.
  static bool MayStand(const void* entry) {
    return kOptions.keep_leaves || !LeafEntry::IsEmpty(entry);
  }

  // This and the next say what Remove says; true if nothing is removed.
  bool ClearInSmall(Node* node, std::uint64_t number, Span span) {
    void*& slot = Slot(node, number);
    slot = Small::Without(slot, span.begin, span.end);
    return MayStand(slot) || Remove(node, number);
  }

  bool ClearSpan(Place place, std::uint64_t number, Span span) {
    if (Small::Is(place.entry)) {
      return ClearInSmall(place.node, number, span);
    }
    SetFreeMark(place.node, SlotAt(number, 0));
    if (!kOptions.keep_leaves && span.end - span.begin == kLeafBits) {
      return Remove(place.node, number);
    }
    auto* leaf = static_cast<Leaf*>(place.entry);
    bits::ClearSpan(leaf->words, span.begin, span.end);
    return MayStand(leaf) || Remove(place.node, number);
  }

  // The leaf in `slot` of `node` is full now, and with it all that lies above
  // and has no other FREE slot.
  void ClearFreeMark(Node* node, unsigned slot) {
    while (node != nullptr) {
      node->free_mask &= ~bits::Mask(slot);
      if (node->free_mask != 0) return;
      slot = node->offset;
      node = node->parent;
    }
  }

  void SetFreeMark(Node* node, unsigned slot) {
    if constexpr (kOptions.free_marks) {
      while (node != nullptr && (node->free_mask & bits::Mask(slot)) == 0) {
        node->free_mask |= bits::Mask(slot);
        slot = node->offset;
        node = node->parent;
      }
    }
  }

  // Moves `number` to the first leaf at or after it that has a FREE page, by
  // the masks alone, and returns that leaf; null if it is absent. `number` may
  // end behind the tree, where all leaves are absent.
  const void* SeekFree(std::uint64_t& number) const {
    if (!IsNode(root_)) return number == 0 ? root_ : nullptr;
    while (!IsOutside(number)) {
      const Node* node = NodeOf(root_);
      for (;;) {
        const unsigned shift = node->shift;
        const std::uint64_t mask = node->free_mask >> SlotAt(number, shift);
        if (mask == 0) {
          // Full from here to the end of this node: on behind it.
          number = ((number >> shift >> kSlotShift) + 1) << shift << kSlotShift;
          break;
        }
        if (const int skipped = std::countr_zero(mask); skipped != 0) {
          number = ((number >> shift) + skipped) << shift;
        }
        const void* entry = node->slots[SlotAt(number, shift)];
        if (shift == 0 || entry == nullptr) return entry;
        node = NodeOf(entry);
      }
    }
    return nullptr;
  }

  // Frees leaf `number`, which hangs in `node`, every node that becomes empty
  // by it, and top nodes that are no longer needed. True if no node went.
  bool Remove(Node* node, std::uint64_t number) {
    hint_.Forget();
    void*& slot = Slot(node, number);
    FreeEntry(slot);
    slot = nullptr;
    if (node == nullptr) return true;
    if (--node->count != 0) return !Shrink();
    do {
      Node* parent = node->parent;
      const unsigned offset = node->offset;
      memory_.FreeNode(node);
      if (parent == nullptr) {
        root_ = nullptr;
        return false;
      }
      node = parent;
      node->slots[offset] = nullptr;
    } while (--node->count == 0);
    Shrink();
    return false;
  }

  // While the top node has one child, in slot 0, that child is the tree. True
  // if a node went.
  bool Shrink() {
    const void* const before = root_;
    while (IsNode(root_)) {
      Node* top = NodeOf(root_);
      if (top->count != 1 || top->slots[0] == nullptr) break;
      root_ = top->slots[0];
      memory_.FreeNode(top);
      if (IsNode(root_)) NodeOf(root_)->parent = nullptr;
    }
    return root_ != before;
  }

  void FreeEntry(void* entry) {
    if (!Small::Is(entry)) memory_.FreeLeaf(static_cast<Leaf*>(entry));
  }

  void FreeSubtree(void* entry) {
    if (!IsNode(entry)) {
      FreeEntry(entry);
      return;
    }
    Node* node = NodeOf(entry);
    for (void* child : node->slots) {
      if (child != nullptr) FreeSubtree(child);
    }
    memory_.FreeNode(node);
  }

  static bool ValidateNode(const Node* node, const Node* parent,
                           unsigned height) {
    if (node->parent != parent || node->shift != kSlotShift * (height - 1)) {
      return false;
    }
    unsigned count = 0;
    for (unsigned i = 0; i < kSlots; ++i) {
      const bool marked_free = (node->free_mask & bits::Mask(i)) != 0;
      const void* child = node->slots[i];
      bool is_free = true;
      if (child != nullptr) {
        ++count;
        if (IsNode(child) != (height > 1)) return false;
        if (height == 1) {
          if (!MayStand(child)) return false;
          is_free = !kOptions.free_marks || !LeafEntry::IsFull(child);
        } else {
          const Node* below = NodeOf(child);
          if (below->offset != i) return false;
          if (!ValidateNode(below, node, height - 1)) return false;
          is_free = below->free_mask != 0;
        }
      }
      if (marked_free != is_free) return false;
    }
    return count == node->count;
  }

  Memory& memory_;
  [[no_unique_address]] mutable radix::LeafHint<LeafPlace, kOptions.leaf_hint>
      hint_;
};

}  // namespace pfn::xbitmap
