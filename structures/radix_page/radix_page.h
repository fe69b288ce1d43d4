// SPDX-License-Identifier: MIT
//
// radix-page: a radix tree whose tables and leaves are whole pages. That is the
// geometry of the bitmap of saveable pages in hibernation and of the preserved
// memory that kexec handover passes on: 512-way tables over leaves of 32,768
// bits, nothing but pointers and bits in them.
//
// Layout      page p is bit p % 32768 of leaf p / 32768, the leaf number is the
//             key, 9 bits a level; one leaf for 128 MiB of guest. It grows
//             upwards as far as needed, as in hibernation: no table up to 128
//             MiB, one level up to 64 GiB, two up to 32 TiB, 6 at most (kexec
//             handover starts with all 6).
// Set         one descent; allocates up to 6 tables and a leaf, 4 KiB each, or
//             up to 11 when it has to lift a tree at the same time.
// Test/Clear  one descent. Clear frees nothing.
// NextRange   find-set, then find-zero: each restarts with a descent.
// ForEachRange  one walk; both users walk the whole tree in order.
// ClearRange  existing leaves of the range; never allocates, never fails.
// Memory      kept until destruction: hibernation only adds, kexec handover
//             does not free what becomes empty either. A set that is filled
//             again needs no memory; one that was emptied is walked as before,
//             512 words a leaf.
// Failure     Set returns kNoMemory; tables made on the way stay linked.
//
// The users take pages from the page allocator; here they come from
// kmalloc-4k, whose objects are pages. The row has the geometry of both and is
// neither: hibernation has a tree for each zone, makes all of it beforehand, so
// that its set cannot fail, and sets bits atomically. Both know their height,
// as this does.
//
// Source: descriptions of kernel/power/snapshot.c and of kexec handover's tree.

#pragma once

#include <cstdint>
#include <cstring>
#include <optional>

#include "structures/core/bits.h"
#include "structures/core/nowait_allocator.h"
#include "structures/core/pfn.h"
#include "structures/core/pfn_set.h"
#include "structures/xbitmap/radix_tree.h"

namespace pfn {

namespace radix_page {

inline constexpr std::size_t kPage = 4096;

struct Table {
  static constexpr unsigned kSlotShift = 9;

  void* slots[1u << kSlotShift];
};
static_assert(sizeof(Table) == kPage);

struct Leaf {
  static constexpr unsigned kShift = 15;

  static std::uint64_t FindSet(const void* leaf, std::uint64_t begin,
                               std::uint64_t end) {
    return bits::FindSet(static_cast<const Leaf*>(leaf)->words, begin, end);
  }
  static std::uint64_t FindZero(const void* leaf, std::uint64_t begin,
                                std::uint64_t end) {
    return bits::FindZero(static_cast<const Leaf*>(leaf)->words, begin, end);
  }

  template <class Scan>
  static void AddTo(Scan& scan, const void* leaf, std::uint64_t begin,
                    std::uint64_t end, Pfn first) {
    scan.AddWords(static_cast<const Leaf*>(leaf)->words, begin, end, first);
  }

  std::uint64_t words[(1u << kShift) / bits::kWordBits];
};
static_assert(sizeof(Leaf) == kPage);

// With the hint, Set, Test and Clear look first whether the leaf is the one
// used last.
template <NowaitAllocator A, bool kLeafHint>
class Tree : private radix::Tree<Table, Leaf> {
 public:
  explicit Tree(A& heap) : heap_(heap) {}
  ~Tree() {
    if (root_ != nullptr) FreeSubtree(root_, levels());
  }

  Status Set(Pfn pfn, Gfp gfp) {
    const std::uint64_t number = LeafNumber(pfn);
    if (Leaf* const* known = hint_.Find(number)) {
      bits::Set((*known)->words, Offset(pfn));
      return Status::kOk;
    }
    Leaf* leaf = Descend(number);
    if (leaf == nullptr) [[unlikely]] {
      leaf = AddLeaf(number, gfp);
      if (leaf == nullptr) return Status::kNoMemory;
    }
    bits::Set(leaf->words, Offset(pfn));
    return Status::kOk;
  }

  Status Clear(Pfn pfn, Gfp) {
    Leaf* leaf = FindLeaf(LeafNumber(pfn));
    if (leaf != nullptr) bits::Clear(leaf->words, Offset(pfn));
    return Status::kOk;
  }

  bool Test(Pfn pfn) {
    const Leaf* leaf = FindLeaf(LeafNumber(pfn));
    return leaf != nullptr && bits::Test(leaf->words, Offset(pfn));
  }

  std::optional<PfnRange> NextRange(Pfn from, Pfn max) const {
    const std::optional<Pfn> first = FindSet(from, max);
    if (!first) return std::nullopt;
    const std::optional<Pfn> after = FindZero(*first, max);
    return PfnRange{*first, after ? *after - 1 : max};
  }

  using radix::Tree<Table, Leaf>::ForEachRange;
  using radix::Tree<Table, Leaf>::levels;

  Status ClearRange(PfnRange range, Gfp) {
    const std::uint64_t last = LeafNumber(range.last);
    std::uint64_t number = LeafNumber(range.first);
    Cursor cursor;
    while (void* entry = NextEntry(number, last, cursor)) {
      const Span span = SpanIn(number, range);
      bits::ClearSpan(static_cast<Leaf*>(entry)->words, span.begin, span.end);
      if (number == last) break;
      ++number;
    }
    return Status::kOk;
  }

 private:
  Leaf* FindLeaf(std::uint64_t number) {
    Leaf* const* known = hint_.Find(number);
    return known != nullptr ? *known : Descend(number);
  }

  Leaf* Descend(std::uint64_t number) {
    auto* leaf = static_cast<Leaf*>(Find(number).entry);
    if (leaf != nullptr) hint_.Remember(number, leaf);
    return leaf;
  }

  [[gnu::noinline]] Leaf* AddLeaf(std::uint64_t number, Gfp gfp) {
    const std::optional<Table*> path = MakePath(
        number, [&](unsigned, Table*, unsigned) { return New<Table>(gfp); },
        [](Table*) {});
    if (!path) return nullptr;
    auto* leaf = New<Leaf>(gfp);
    Slot(*path, number) = leaf;
    return leaf;
  }

  // A zeroed page.
  template <class T>
  T* New(Gfp gfp) {
    auto* page = static_cast<T*>(heap_.Allocate(sizeof(T), alignof(T), gfp));
    if (page != nullptr) std::memset(page, 0, sizeof(T));
    return page;
  }

  void FreeSubtree(void* entry, unsigned height) {
    if (height != 0) {
      for (void* child : static_cast<Table*>(entry)->slots) {
        if (child != nullptr) FreeSubtree(child, height - 1);
      }
    }
    heap_.Free(entry, kPage, alignof(Leaf));
  }

  A& heap_;
  [[no_unique_address]] radix::LeafHint<Leaf*, kLeafHint> hint_;
};

}  // namespace radix_page

template <NowaitAllocator A>
class RadixPage : public radix_page::Tree<A, /*kLeafHint=*/false> {
 public:
  static constexpr StructureTraits kTraits{
      .name = "radix-page",
      .family = "radix",
      .origin =
          "Linux hibernation (Joerg Roedel, 2014) and kexec handover: "
          "page-sized nodes",
  };

  using RadixPage::Tree::Tree;
};

// radix-page-cursor: radix-page with the leaf used last remembered, as the
// bitmap of hibernation does with its current position.
//
// Layout      as radix-page; the set remembers one leaf number and its leaf.
// Set, Test, Clear  one comparison where the leaf is the one used last, else
//             as radix-page.
// Others      as radix-page.
// Failure     as radix-page.
template <NowaitAllocator A>
class RadixPageCursor : public radix_page::Tree<A, /*kLeafHint=*/true> {
 public:
  static constexpr StructureTraits kTraits{
      .name = "radix-page-cursor",
      .family = "radix",
      .origin = "Linux hibernation (Joerg Roedel, 2014), position remembered",
      .variant_of = "radix-page",
  };

  using RadixPageCursor::Tree::Tree;
};

}  // namespace pfn
