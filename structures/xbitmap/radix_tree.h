// SPDX-License-Identifier: MIT
//
// What every radix tree over bitmap leaves does in the same way, for any of its
// fan-out and leaf size: find the slot of a leaf, walk existing leaves in
// order, search them for members and non-members, make the path to a new one.
// Removal, allocation and what a node keeps besides its slots are the business
// of the tree built on top.
//
//   page p is bit p % 2^Entry::kShift of leaf p / 2^Entry::kShift;
//   the leaf number is the key, with Node::kSlotShift bits a level.
//
// The tree grows upwards, only as far as the largest leaf number requires; with
// leaf 0 alone it is that leaf, without any node.
//
//   Node   has `void* slots[1 << kSlotShift]`: nodes, at the lowest level what
//          `Entry` knows to read; null if absent. If it has a `shift`, as nodes
//          of the kernel's radix tree and XArray do, then heights are read from
//          nodes, on the way down too, and pointers to nodes have the tag
//          Entry::kNodeTag in their low two bits, which ends a descent and is
//          masked at each level. Else the tree knows its height.
//   Entry  searches one leaf: FindSet(entry, begin, end) and FindZero likewise,
//          offsets as in bits.h. AddTo(scan, entry, begin, end, first)
//          gives that part of it to a scan for runs (bit_runs.h), `first`
//          being the page at offset 0.
//
// Costs: a search is one dependent load per level, two where heights are read
// from nodes. A walk descends once per lowest-level node and looks at every
// slot of it, as the kernel's untagged iteration does; missing subtrees are
// skipped at their parent. With kEachNumber it descends for each leaf number,
// as xbitmap did up to version 20.

#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

#include "structures/core/bit_runs.h"
#include "structures/core/pfn.h"

namespace pfn::radix {

// Remembers where the leaf used last is, for the structures labelled as having
// such a hint. One that is off is empty and never finds anything.
//
// `Where` leads to a leaf. One number is remembered at a time;
// the owner calls Forget() when what it leads to may go away.
template <class Where, bool kEnabled>
class LeafHint {
 public:
  const Where* Find(std::uint64_t number) const {
    return number == number_ ? &where_ : nullptr;
  }
  void Remember(std::uint64_t number, Where where) {
    number_ = number;
    where_ = where;
  }
  void Forget() { number_ = kNone; }

  // What is remembered, for the checks of tests.
  std::optional<std::pair<std::uint64_t, Where>> remembered() const {
    if (number_ == kNone) return std::nullopt;
    return std::pair(number_, where_);
  }

 private:
  // No leaf has this number: leaves hold more than one page.
  static constexpr std::uint64_t kNone = ~std::uint64_t{0};

  std::uint64_t number_ = kNone;
  Where where_{};
};

template <class Where>
class LeafHint<Where, false> {
 public:
  static constexpr const Where* Find(std::uint64_t) { return nullptr; }
  static constexpr void Remember(std::uint64_t, Where) {}
  static constexpr void Forget() {}
  static std::optional<std::pair<std::uint64_t, Where>> remembered() {
    return std::nullopt;
  }
};

template <class Node, class Entry, bool kEachNumber = false>
class Tree {
 public:
  Tree() = default;
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;

  // Levels of nodes.
  unsigned levels() const {
    if constexpr (kTagged) {
      return IsNode(root_) ? NodeOf(root_)->shift / kSlotShift + 1 : 0;
    } else {
      return levels_;
    }
  }

  // The lowest member in [from, max].
  std::optional<Pfn> FindSet(Pfn from, Pfn max) const {
    const std::uint64_t last = LeafNumber(max);
    std::uint64_t number = LeafNumber(from);
    Cursor cursor;
    while (const void* entry = NextEntry(number, last, cursor)) {
      const Span span = SpanIn(number, {from, max});
      const std::uint64_t found = Entry::FindSet(entry, span.begin, span.end);
      if (found != span.end) return FirstPage(number) + found;
      if (number == last) break;
      ++number;
    }
    return std::nullopt;
  }

  // The lowest page in [from, max] that is not a member.
  std::optional<Pfn> FindZero(Pfn from, Pfn max) const {
    const std::uint64_t last = LeafNumber(max);
    Cursor cursor;
    for (std::uint64_t number = LeafNumber(from);; ++number) {
      const Span span = SpanIn(number, {from, max});
      const void* entry = EntryAt(number, cursor);
      if (entry == nullptr) return FirstPage(number) + span.begin;
      const std::uint64_t found = Entry::FindZero(entry, span.begin, span.end);
      if (found != span.end) return FirstPage(number) + found;
      if (number == last) return std::nullopt;
    }
  }

  // Every maximal run of members within `range`, in one walk.
  template <class Visitor>
  void ForEachRange(PfnRange range, Visitor&& visitor) const {
    const std::uint64_t last = LeafNumber(range.last);
    std::uint64_t number = LeafNumber(range.first);
    Cursor cursor;
    bits::RunScan scan(visitor);
    while (const void* entry = NextEntry(number, last, cursor)) {
      const Span span = SpanIn(number, range);
      Entry::AddTo(scan, entry, span.begin, span.end, FirstPage(number));
      if (number == last) break;
      ++number;
    }
    scan.Finish();
  }

 protected:
  static constexpr unsigned kSlotShift = Node::kSlotShift;
  static constexpr unsigned kSlots = 1u << kSlotShift;
  static constexpr std::uint64_t kLeafPages = std::uint64_t{1} << Entry::kShift;
  static constexpr bool kTagged = requires(Node node) { node.shift; };
  static constexpr std::uintptr_t kTagMask = 3;

  // A leaf, and the node that it hangs in, null if it is the root. `entry` is
  // null if there is no leaf; `node` counts only if there is one.
  struct Place {
    Node* node = nullptr;
    void* entry = nullptr;
  };

  // The lowest-level node that a walk looked at last, so that the next of its
  // slots needs no descent.
  struct Cursor {
    Node* node = nullptr;
    std::uint64_t base = 0;  // number of its first leaf
  };

  // Offsets within a leaf; end is exclusive.
  struct Span {
    std::uint64_t begin;
    std::uint64_t end;
  };

  static constexpr std::uint64_t LeafNumber(Pfn pfn) {
    return pfn >> Entry::kShift;
  }
  static constexpr std::uint64_t Offset(Pfn pfn) { return pfn % kLeafPages; }
  static constexpr Pfn FirstPage(std::uint64_t leaf_number) {
    return leaf_number << Entry::kShift;
  }
  // The highest leaf number that a tree of `levels` can hold.
  static constexpr std::uint64_t Highest(unsigned levels) {
    return (std::uint64_t{1} << (kSlotShift * levels)) - 1;
  }
  static constexpr unsigned SlotAt(std::uint64_t number, unsigned shift) {
    return (number >> shift) % kSlots;
  }
  // The part of leaf `number` that lies in `range`, which touches it.
  static constexpr Span SpanIn(std::uint64_t number, PfnRange range) {
    return {
        number == LeafNumber(range.first) ? Offset(range.first) : 0,
        number == LeafNumber(range.last) ? Offset(range.last) + 1 : kLeafPages};
  }

  static bool IsNode(const void* entry) requires kTagged {
    return (reinterpret_cast<std::uintptr_t>(entry) & kTagMask) ==
           Entry::kNodeTag;
  }
  static Node* NodeOf(const void* entry) {
    auto address = reinterpret_cast<std::uintptr_t>(entry);
    if constexpr (kTagged) address &= ~kTagMask;
    return reinterpret_cast<Node*>(address);
  }
  static void* EntryFor(Node* node) {
    auto address = reinterpret_cast<std::uintptr_t>(node);
    if constexpr (kTagged) address |= Entry::kNodeTag;
    return reinterpret_cast<void*>(address);
  }

  // A call, as the look-up in the kernel's library is.
  [[gnu::noinline]] Place Find(std::uint64_t number) const requires kTagged {
    Place place{nullptr, root_};
    if (IsOutside(number)) [[unlikely]] {
      return {};
    }
    while (IsNode(place.entry)) {
      place.node = NodeOf(place.entry);
      place.entry = place.node->slots[SlotAt(number, place.node->shift)];
    }
    return place;
  }
  bool IsOutside(std::uint64_t number) const requires kTagged {
    if (!IsNode(root_)) return number != 0;
    return number >> NodeOf(root_)->shift >= kSlots;
  }

  Place Find(std::uint64_t number) const {
    unsigned shift = kSlotShift * levels_;
    if (number > Highest(levels_)) [[unlikely]] {
      return {};
    }
    Place place{nullptr, root_};
    while (shift != 0 && place.entry != nullptr) {
      place.node = static_cast<Node*>(place.entry);
      shift -= kSlotShift;
      place.entry = place.node->slots[SlotAt(number, shift)];
    }
    return place;
  }
  // Where the pointer to leaf `number` is, in its node.
  void*& Slot(Node* node, std::uint64_t number) {
    return node == nullptr ? root_ : node->slots[SlotAt(number, 0)];
  }

  // Leaf `number`, with one descent per lowest-level node of an ascending walk.
  const void* EntryAt(std::uint64_t number, Cursor& cursor) const {
    if (kEachNumber || cursor.node == nullptr ||
        number - cursor.base >= kSlots) {
      const Place place = Find(number);
      // Without a leaf, the node may be one of an upper level.
      if (place.node == nullptr || place.entry == nullptr) {
        cursor = {};
        return place.entry;
      }
      cursor = {place.node, number - number % kSlots};
    }
    return cursor.node->slots[number % kSlots];
  }

  // The first existing leaf at or after `number` and up to `max`; `number`
  // becomes its number. Null if there is none.
  void* NextEntry(std::uint64_t& number, std::uint64_t max,
                  Cursor& cursor) const {
    const unsigned levels = this->levels();
    if (levels == 0) return number == 0 ? root_ : nullptr;
    max = std::min(max, Highest(levels));
    while (number <= max) {
      if (kEachNumber || cursor.node == nullptr ||
          number - cursor.base >= kSlots) {
        if (!SeekNode(number, max, cursor)) return nullptr;
      }
      const std::uint64_t last =
          kEachNumber ? number : std::min(max, cursor.base + (kSlots - 1));
      for (;; ++number) {
        if (void* entry = cursor.node->slots[number % kSlots]) return entry;
        if (number == last) break;
      }
      ++number;  // cannot wrap: leaf numbers have fewer than 64 bits
    }
    return nullptr;
  }

  // Makes the path to leaf `number` and gives the node for it, null if it will
  // be the root. `new_node(shift, parent, offset)` gives a node to be linked in
  // slot `offset` of `parent` (null: at the top), or null; `lifted(top)` is
  // told when the old tree hangs in slot 0 of a new top. When a node cannot be
  // had the result is empty, and what was linked before stays.
  template <class NewNode, class Lifted>
  std::optional<Node*> MakePath(std::uint64_t number, NewNode new_node,
                                Lifted lifted) {
    unsigned levels = this->levels();
    if (!Extend(number, levels, new_node, lifted)) return std::nullopt;
    Node* parent = nullptr;
    void** slot = &root_;
    unsigned offset = 0;
    for (unsigned shift = kSlotShift * levels; shift != 0;) {
      shift -= kSlotShift;
      if (*slot == nullptr) {
        Node* const node = new_node(shift, parent, offset);
        if (node == nullptr) {
          if (root_ == nullptr) SetLevels(0);
          return std::nullopt;
        }
        *slot = EntryFor(node);
      }
      parent = NodeOf(*slot);
      offset = SlotAt(number, shift);
      slot = &parent->slots[offset];
    }
    return parent;
  }

  // Of a tree that knows its height.
  void SetLevels(unsigned levels) {
    if constexpr (!kTagged) levels_ = levels;
  }

  void* root_ = nullptr;  // a node, or a leaf if there are no levels

 private:
  // Makes the tree high enough for `number`. An empty tree gets its height at
  // once; otherwise each new top is linked before the next is asked for.
  template <class NewNode, class Lifted>
  bool Extend(std::uint64_t number, unsigned& levels, NewNode& new_node,
              Lifted& lifted) {
    while (number > Highest(levels)) {
      if (root_ == nullptr) {
        SetLevels(++levels);
        continue;
      }
      Node* top = new_node(kSlotShift * levels, nullptr, 0);
      if (top == nullptr) return false;
      top->slots[0] = root_;
      root_ = EntryFor(top);
      SetLevels(++levels);
      lifted(top);
    }
    return true;
  }

  // Moves the cursor to the first lowest-level node that holds leaves at or
  // after `number`, skipping missing subtrees at their parent, and `number` to
  // the first leaf number of it that counts.
  bool SeekNode(std::uint64_t& number, std::uint64_t max,
                Cursor& cursor) const {
    while (number <= max) {
      Node* node = NodeOf(root_);
      unsigned shift = kSlotShift * (levels() - 1);
      for (; node != nullptr && shift != 0; shift -= kSlotShift) {
        Node* child = NodeOf(node->slots[SlotAt(number, shift)]);
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

  struct None {};
  [[no_unique_address]] std::conditional_t<kTagged, None, unsigned> levels_{};
};

}  // namespace pfn::radix
