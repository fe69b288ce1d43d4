// SPDX-License-Identifier: MIT
//
// lines: a radix tree of leaves that are two cache lines each, with nothing but
// pointers and bits in it, that remembers the word of 64 pages which it touched
// last. A guest hands out neighbours: 71 to 98 % of the pages of the recorded
// guests lie in the word of the page before. Such a page costs one comparison
// and one OR, less than a bitmap that is looked up.
//
// Layout      leaves of 128 bytes (kmalloc-128), page p being bit p % 1024 of
//             leaf p / 1024; tables of 64 pointers (kmalloc-512) above them, at
//             least two levels (16 GiB of guest), 9 at most. That is xbitmap
//             without the headers of its nodes: from two levels on the tree is
//             never larger. Bit 0 of a pointer to a leaf says that it is
//             written to, bit 1 that all its pages are members, so that a walk
//             need not read it. Such a leaf stays allocated, as Tetsuo Handa's
//             segments do: clearing a page of it needs no memory.
// Set         O(1) in the word used last; else one look at table and leaf
//             within the 16 GiB used last; else a descent. A word that is left
//             with all ones asks whether its leaf is full. Allocates 0 or 1
//             leaf and 0 to 15 tables.
// SetBatch    the same, and neighbours in a word are one OR.
// Test/Clear  the same looks; they remember too. Never allocate. A Clear that
//             empties a leaf frees it, and each table that has no other: 64
//             slots are looked at for each level.
// NextRange   find-set, then find-zero: each a descent, then leaf by leaf.
// ForEachRange  one walk; full leaves are not read.
// ClearRange  existing leaves of the range, which are freed unread where the
//             range covers them. Never allocates, never fails.
// Memory      up to kSpare leaves and kSpare tables stay when they become
//             empty. The next Set takes them before it asks.
// Reserve     Fill(gfp) makes these spares full, before a lock is taken: what a
//             preload did, but once for all pages of an array. Behind a Fill()
//             that succeeded, Set cannot fail before it has used kSpare leaves
//             or kSpare tables. A page needs one leaf, and no more tables than
//             levels, which are 4 up to 64 TiB, unless a tree of two levels
//             has to become one of four or more.
// Longest     Set: 16 requests, none above 512 bytes, each block zeroed. Clear:
// step        16 words and 9 tables of 64 slots. ClearRange and walks: linear
//             in the tables and leaves that exist in the range.
// Failure     Set returns kNoMemory; tables made on the way stay linked.
//
// Why a failed Set changes no member, and loses none that was reported:
//   1. Members are the ones in leaves that hang in the tree, and nothing else:
//      what is remembered (the word, the 16 GiB) only says where they are, and
//      no page waits elsewhere to be written.
//   2. A Set changes a leaf only by its last step, one OR into a word of a leaf
//      that already hangs in the tree, or of a zeroed one that it hangs in with
//      that step. All requests come before.
//   3. Tables that are linked before a request fails are empty but for the way
//      to what was there: a lifted tree hangs in slot 0 of its new top, which
//      is where its pages have their place. No page appears, none goes.
//   4. The mark "full" is given only to a leaf that was seen to be all ones,
//      and taken back before a page of it is cleared. The word remembered is
//      never in a marked leaf, so that no store passes the mark by.
//   5. Clear and ClearRange ask for nothing, so they have nothing to undo.
// Validate() checks what can be checked of 1 and 4.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

#include "structures/core/bit_runs.h"
#include "structures/core/bits.h"
#include "structures/core/nowait_allocator.h"
#include "structures/core/pfn.h"
#include "structures/core/pfn_set.h"
#include "structures/xbitmap/radix_tree.h"

namespace pfn::lines {

inline constexpr unsigned kSpare = 4;
inline constexpr unsigned kLeafShift = 10;
inline constexpr std::uint64_t kLeafPages = std::uint64_t{1} << kLeafShift;
inline constexpr std::size_t kLeafWords = kLeafPages / bits::kWordBits;

struct Table {
  static constexpr unsigned kSlotShift = 6;

  void* slots[1u << kSlotShift];
};

struct Leaf {
  std::uint64_t words[kLeafWords];
};

// A leaf as it hangs in a slot: its address and one of two marks. Memory from
// the allocator is aligned to 8 bytes.
struct Entry {
  static constexpr unsigned kShift = kLeafShift;
  static constexpr std::uintptr_t kOpen = 1;
  static constexpr std::uintptr_t kFull = 2;

  static void* Of(Leaf* leaf, std::uintptr_t mark) {
    return reinterpret_cast<void*>(reinterpret_cast<std::uintptr_t>(leaf) +
                                   mark);
  }
  static bool Has(const void* entry, std::uintptr_t mark) {
    return (reinterpret_cast<std::uintptr_t>(entry) & mark) != 0;
  }
  static Leaf* LeafOf(const void* entry) {
    return reinterpret_cast<Leaf*>(reinterpret_cast<std::uintptr_t>(entry) &
                                   ~(kOpen | kFull));
  }

  static std::uint64_t FindSet(const void* entry, std::uint64_t begin,
                               std::uint64_t end) {
    return bits::FindSet(LeafOf(entry)->words, begin, end);
  }
  static std::uint64_t FindZero(const void* entry, std::uint64_t begin,
                                std::uint64_t end) {
    if (Has(entry, kFull)) return end;
    return bits::FindZero(LeafOf(entry)->words, begin, end);
  }
};

// What distinguishes the structures.
struct Options {
  // A Set that needs a new leaf calls Fill() first.
  bool fills = false;
  // All leaves and tables that become empty stay, not kSpare of each.
  bool keeps = false;
};

template <NowaitAllocator A, Options kOptions = Options{}>
class Tree : private radix::Tree<Table, Entry> {
 public:
  explicit Tree(A& heap) : heap_(heap) {}
  ~Tree() {
    if (root_ != nullptr) Drop(root_, levels());
    while (leaves_.count != 0) Free(Pop(leaves_));
    while (tables_.count != 0) Free(Pop(tables_));
  }

  Status Set(Pfn pfn, Gfp gfp) {
    if (pfn / bits::kWordBits != number_) return SetElsewhere(pfn, gfp);
    *word_ |= bits::Mask(pfn);
    return Status::kOk;
  }

  // As set_batch.h says. Neighbours within a word, down or up, are counted and
  // are one OR; each page is in its leaf before another is looked at.
  std::size_t SetBatch(std::span<const Pfn> pages, Gfp gfp) {
    const Pfn* at = pages.data();
    const Pfn* const end = at + pages.size();
    while (at != end) {
      const Pfn pfn = *at;
      if (pfn / bits::kWordBits != number_) {
        if (SetElsewhere(pfn, gfp) != Status::kOk) return at - pages.data();
        if (pfn / bits::kWordBits != number_) {  // of a full leaf
          ++at;
          continue;
        }
      }
      const unsigned bit = pfn % bits::kWordBits;
      const std::ptrdiff_t left = end - at;
      const Pfn* next = at + 1;
      if (next != end && *next == pfn + 1) {
        const Pfn* const stop =
            at + std::min<std::ptrdiff_t>(left, bits::kWordBits - bit);
        for (Pfn want = pfn + 1; next != stop && *next == want; ++want) ++next;
        *word_ |= LowBits(next - at) << bit;
      } else {
        const Pfn* const stop = at + std::min<std::ptrdiff_t>(left, bit + 1);
        for (Pfn want = pfn - 1; next != stop && *next == want; --want) ++next;
        *word_ |= LowBits(next - at) << (bit - (next - at - 1));
      }
      at = next;
    }
    return pages.size();
  }

  Status Clear(Pfn pfn, Gfp) {
    if (pfn / bits::kWordBits != number_) return ClearElsewhere(pfn);
    *word_ &= ~bits::Mask(pfn);
    return *word_ != 0 ? Status::kOk : Prune(pfn);
  }

  bool Test(Pfn pfn) {
    if (pfn / bits::kWordBits != number_) return TestElsewhere(pfn);
    return (*word_ & bits::Mask(pfn)) != 0;
  }

  std::optional<PfnRange> NextRange(Pfn from, Pfn max) {
    const std::optional<Pfn> first = FindSet(from, max);
    if (!first) return std::nullopt;
    const std::optional<Pfn> after = FindZero(*first, max);
    return PfnRange{*first, after ? *after - 1 : max};
  }

  template <class Visitor>
  void ForEachRange(PfnRange range, Visitor&& visitor) {
    if (*word_ == kOnes) LeaveFullWord();
    bits::RunScan scan(visitor);
    const std::uint64_t number = LeafNumber(range.first);
    if (LeafNumber(range.last) == number) {
      void* const* const slot = FindSlot(range.first);
      if (slot != nullptr && *slot != nullptr) {
        AddLeaf(scan, *slot, FirstPage(number), SpanIn(number, range));
      }
      return scan.Finish();
    }
    const std::optional<PfnRange> within = Clip(range);
    if (!within) return;
    WalkTable(scan, static_cast<const Table*>(root_), TopShift(), 0,
              within->first, within->last);
    scan.Finish();
  }

  Status ClearRange(PfnRange range, Gfp) {
    Forget();
    if (low_ == high_ && LeafNumber(range.first) == low_ &&
        LeafNumber(range.last) == low_) {
      ClearOnlyLeaf(range);
      return Status::kOk;
    }
    const std::optional<PfnRange> within = Clip(range);
    if (!within) return Status::kOk;
    region_ = kNone;
    const bool is_all =
        LeafNumber(range.first) <= low_ && LeafNumber(range.last) >= high_;
    if (ClearTable(static_cast<Table*>(root_), TopShift(), within->first,
                   within->last, is_all)) {
      BecomeEmpty();
    }
    return Status::kOk;
  }

  // Has kSpare leaves and tables ready afterwards, or returns false and has
  // what could be had.
  bool Fill(Gfp gfp) { return Fill(leaves_, gfp) && Fill(tables_, gfp); }

  bool Validate() const {
    if (root_ != nullptr && !ValidateTable(root_, TopShift(), 0)) return false;
    if (number_ == kNone) return word_ == &nowhere_ && nowhere_ == 0;
    const void* const entry = Find(number_ / kLeafWords).entry;
    return Entry::Has(entry, Entry::kOpen) &&
           word_ == &Entry::LeafOf(entry)->words[number_ % kLeafWords];
  }

  using radix::Tree<Table, Entry>::levels;
  std::uint64_t spare_leaves() const { return leaves_.count; }
  std::uint64_t spare_tables() const { return tables_.count; }

 private:
  static constexpr std::uint64_t kNone = ~std::uint64_t{0};
  static constexpr std::uint64_t kOnes = ~std::uint64_t{0};
  static constexpr unsigned kTableShift = kLeafShift + kSlotShift;
  static constexpr unsigned kRegionShift = kTableShift + kSlotShift;
  static constexpr unsigned kMinLevels = 2;

  // `count` ones, which is 1 to 64.
  static std::uint64_t LowBits(std::ptrdiff_t count) {
    return kOnes >> (bits::kWordBits - count);
  }

  // This and the next two are of a page that is not in the word used last. This
  // calls nothing but as its last step, so that it has no registers to save.
  [[gnu::noinline]] Status SetElsewhere(Pfn pfn, Gfp gfp) {
    if (*word_ == kOnes) [[unlikely]] {
      return SetAfterFullWord(pfn, gfp);
    }
    if (pfn >> kRegionShift != region_) return SetFarAway(pfn, gfp);
    const auto* table =
        static_cast<const Table*>(near_->slots[SlotAt(pfn, kTableShift)]);
    if (table == nullptr) return Insert(pfn, gfp);
    void* const entry = table->slots[SlotAt(pfn, kLeafShift)];
    if (!Entry::Has(entry, Entry::kOpen)) {
      return entry == nullptr ? Insert(pfn, gfp) : Status::kOk;
    }
    SetIn(Entry::LeafOf(entry), pfn);
    return Status::kOk;
  }

  [[gnu::noinline]] Status SetAfterFullWord(Pfn pfn, Gfp gfp) {
    LeaveFullWord();
    return SetElsewhere(pfn, gfp);
  }

  [[gnu::noinline]] Status SetFarAway(Pfn pfn, Gfp gfp) {
    return FindRegion(pfn) ? SetElsewhere(pfn, gfp) : Insert(pfn, gfp);
  }

  // Makes the path to a leaf that does not exist, and the leaf with one page.
  [[gnu::noinline]] Status Insert(Pfn pfn, Gfp gfp) {
    if constexpr (kOptions.fills) (void)Fill(gfp);
    if (root_ == nullptr) SetLevels(kMinLevels);
    const std::uint64_t number = LeafNumber(pfn);
    low_ = std::min(low_, number);
    high_ = std::max(high_, number);
    const std::optional<Table*> path = MakePath(
        number, [&](unsigned, Table*, unsigned) { return Take(tables_, gfp); },
        [](Table*) {});
    if (!path) return Status::kNoMemory;
    Leaf* const leaf = Take(leaves_, gfp);
    if (leaf == nullptr) return Status::kNoMemory;
    Slot(*path, number) = Entry::Of(leaf, Entry::kOpen);
    SetIn(leaf, pfn);
    return Status::kOk;
  }

  [[gnu::noinline]] Status ClearElsewhere(Pfn pfn) {
    if (*word_ == kOnes) LeaveFullWord();
    void** const slot = FindSlot(pfn);
    if (slot == nullptr || *slot == nullptr) return Status::kOk;
    Leaf* const leaf = Entry::LeafOf(*slot);
    *slot = Entry::Of(leaf, Entry::kOpen);
    Remember(leaf, pfn);
    *word_ &= ~bits::Mask(pfn);
    return *word_ != 0 ? Status::kOk : Prune(pfn);
  }

  [[gnu::noinline]] bool TestElsewhere(Pfn pfn) {
    if (*word_ == kOnes) LeaveFullWord();
    void* const* const slot = FindSlot(pfn);
    if (slot == nullptr || *slot == nullptr) return false;
    if (Entry::Has(*slot, Entry::kFull)) return true;
    Remember(Entry::LeafOf(*slot), pfn);
    return (*word_ & bits::Mask(pfn)) != 0;
  }

  void SetIn(Leaf* leaf, Pfn pfn) {
    Remember(leaf, pfn);
    *word_ |= bits::Mask(pfn);
  }

  void Remember(Leaf* leaf, Pfn pfn) {
    word_ = &leaf->words[Offset(pfn) / bits::kWordBits];
    number_ = pfn / bits::kWordBits;
  }

  void Forget() {
    number_ = kNone;
    word_ = &nowhere_;
  }

  // Of the word used last.
  [[gnu::noinline]] void LeaveFullWord() {
    Leaf* const leaf = reinterpret_cast<Leaf*>(word_ - number_ % kLeafWords);
    // The last word first, which ascending pages fill last.
    if (leaf->words[kLeafWords - 1] == kOnes &&
        bits::AllOnes<kLeafWords>(leaf->words)) {
      *FindSlot(number_ * bits::kWordBits) = Entry::Of(leaf, Entry::kFull);
    }
    Forget();
  }

  // Frees the leaf of an absent page if it has no other, and tables likewise.
  // What it returns is what Clear returns.
  [[gnu::noinline]] Status Prune(Pfn pfn) {
    if (!bits::AllZero<kLeafWords>(Entry::LeafOf(*FindSlot(pfn))->words)) {
      return Status::kOk;
    }
    return ClearRange({pfn, pfn}, Gfp::kNowait);
  }

  // Where the leaf of a page hangs, or would; null if it has no table.
  void** FindSlot(Pfn pfn) {
    if (pfn >> kRegionShift != region_ && !FindRegion(pfn)) return nullptr;
    auto* table = static_cast<Table*>(near_->slots[SlotAt(pfn, kTableShift)]);
    return table == nullptr ? nullptr : &table->slots[SlotAt(pfn, kLeafShift)];
  }

  // Remembers the table of tables that a page belongs to, if it exists.
  [[gnu::noinline]] bool FindRegion(Pfn pfn) {
    const std::uint64_t number = LeafNumber(pfn);
    if (root_ == nullptr || number > Highest(levels())) return false;
    auto* table = static_cast<Table*>(root_);
    for (unsigned level = levels(); level != kMinLevels; --level) {
      table = static_cast<Table*>(
          table->slots[SlotAt(number, kSlotShift * (level - 1))]);
      if (table == nullptr) return false;
    }
    near_ = table;
    region_ = pfn >> kRegionShift;
    return true;
  }

  // How many pages a slot of the top table is of, as a power of two.
  unsigned TopShift() const { return kLeafShift + kSlotShift * (levels() - 1); }

  // The part of `range` that the tree can hold.
  std::optional<PfnRange> Clip(PfnRange range) const {
    const std::uint64_t highest = Highest(levels());
    if (root_ == nullptr || LeafNumber(range.first) > highest) {
      return std::nullopt;
    }
    const Pfn last = FirstPage(highest) + (kLeafPages - 1);
    return PfnRange{range.first, std::min(range.last, last)};
  }

  // The first slot from `i` on that has something, or a number beyond `end`.
  static std::uint64_t NextSlot(const Table* table, std::uint64_t i,
                                std::uint64_t end) {
    void* const* const slots = table->slots;
    for (; i + 3 <= end; i += 4) {
      if (slots[i] != nullptr) return i;
      if (slots[i + 1] != nullptr) return i + 1;
      if (slots[i + 2] != nullptr) return i + 2;
      if (slots[i + 3] != nullptr) return i + 3;
    }
    while (i <= end && slots[i] == nullptr) ++i;
    return i;
  }

  // Gives pages [first, last] of a table whose slots are 2^shift pages each,
  // the first of all being `start`. What follows has offsets as this has: from
  // the start of what they belong to. There is a table of leaves below.
  template <class Scan>
  static void WalkTable(Scan& scan, const Table* table, unsigned shift,
                        Pfn start, std::uint64_t first, std::uint64_t last) {
    const std::uint64_t mask = (std::uint64_t{1} << shift) - 1;
    const std::uint64_t begin = first >> shift;
    const std::uint64_t end = last >> shift;
    for (std::uint64_t i = begin; (i = NextSlot(table, i, end)) <= end; ++i) {
      const auto* const child = static_cast<const Table*>(table->slots[i]);
      const Pfn at = start + (i << shift);
      const std::uint64_t from = i == begin ? first & mask : 0;
      const std::uint64_t to = i == end ? last & mask : mask;
      if (shift == kTableShift) {
        WalkLeaves(scan, child, at, from, to);
      } else {
        WalkTable(scan, child, shift - kSlotShift, at, from, to);
      }
    }
  }

  template <class Scan>
  static void WalkLeaves(Scan& scan, const Table* table, Pfn start,
                         std::uint64_t first, std::uint64_t last) {
    const std::uint64_t end = LeafNumber(last);
    for (std::uint64_t i = LeafNumber(first);
         (i = NextSlot(table, i, end)) <= end; ++i) {
      AddLeaf(scan, table->slots[i], start + FirstPage(i),
              SpanIn(i, {first, last}));
    }
  }

  template <class Scan>
  static void AddLeaf(Scan& scan, const void* entry, Pfn start, Span span) {
    if (Entry::Has(entry, Entry::kFull)) {
      scan.AddRun({start + span.begin, start + (span.end - 1)});
    } else {
      scan.AddWords(Entry::LeafOf(entry)->words, span.begin, span.end, start);
    }
  }

  // Clears pages [first, last] of a table. True: it had nothing else, and is
  // gone. `is_all`: nothing else has a leaf.
  bool ClearTable(Table* table, unsigned shift, std::uint64_t first,
                  std::uint64_t last, bool is_all) {
    const std::uint64_t mask = (std::uint64_t{1} << shift) - 1;
    const std::uint64_t begin = first >> shift;
    const std::uint64_t end = last >> shift;
    bool is_empty = true;
    for (std::uint64_t i = begin; (i = NextSlot(table, i, end)) <= end; ++i) {
      auto* const child = static_cast<Table*>(table->slots[i]);
      const std::uint64_t from = i == begin ? first & mask : 0;
      const std::uint64_t to = i == end ? last & mask : mask;
      const bool is_gone =
          shift == kTableShift
              ? ClearLeaves(child, from, to, is_all)
              : ClearTable(child, shift - kSlotShift, from, to, is_all);
      if (is_gone) {
        table->slots[i] = nullptr;
      } else {
        is_empty = false;
      }
    }
    return is_empty && GiveBackIfEmpty(table, is_all);
  }

  bool ClearLeaves(Table* table, std::uint64_t first, std::uint64_t last,
                   bool is_all) {
    const std::uint64_t end = LeafNumber(last);
    bool is_empty = true;
    for (std::uint64_t i = LeafNumber(first);
         (i = NextSlot(table, i, end)) <= end; ++i) {
      is_empty &= ClearLeaf(table->slots[i], SpanIn(i, {first, last}));
    }
    return is_empty && GiveBackIfEmpty(table, is_all);
  }

  // True: it had nothing else, and is gone.
  bool ClearLeaf(void*& slot, Span span) {
    Leaf* const leaf = Entry::LeafOf(slot);
    if (span.end - span.begin != kLeafPages) {
      bits::ClearSpan(leaf->words, span.begin, span.end);
      if (!bits::AllZero<kLeafWords>(leaf->words)) {
        slot = Entry::Of(leaf, Entry::kOpen);
        return false;
      }
    }
    slot = nullptr;
    GiveBack(leaf, leaves_);
    return true;
  }

  // Clears `range` of the only leaf that there ever was: all tables lie on the
  // way to it.
  void ClearOnlyLeaf(PfnRange range) {
    const std::uint64_t number = low_;
    void** const slot = FindSlot(range.first);
    if (slot != nullptr && *slot != nullptr &&
        !ClearLeaf(*slot, SpanIn(number, range))) {
      return;
    }
    auto* table = static_cast<Table*>(root_);
    for (unsigned shift = kSlotShift * levels(); shift != 0 && table;) {
      shift -= kSlotShift;
      void* const next =
          std::exchange(table->slots[SlotAt(number, shift)], nullptr);
      GiveBack(table, tables_);
      table = static_cast<Table*>(next);
    }
    BecomeEmpty();
  }

  void BecomeEmpty() {
    root_ = nullptr;
    SetLevels(0);
    region_ = kNone;
    low_ = kNone;
    high_ = 0;
  }

  bool GiveBackIfEmpty(Table* table, bool is_known) {
    if (!is_known && !HasNothing(table)) return false;
    GiveBack(table, tables_);
    return true;
  }

  static bool HasNothing(const Table* table) {
    return NextSlot(table, 0, kSlots - 1) == kSlots;
  }

  // Zeroed blocks but for the first word, which has the next.
  template <class T>
  struct Spare {
    T* first = nullptr;
    std::uint64_t count = 0;
  };
  template <class T>
  static void Push(T* block, Spare<T>& spare) {
    std::memcpy(static_cast<void*>(block), &spare.first, sizeof(T*));
    spare.first = block;
    ++spare.count;
  }
  template <class T>
  static T* Pop(Spare<T>& spare) {
    T* const block = spare.first;
    std::memcpy(&spare.first, block, sizeof(T*));
    std::memset(static_cast<void*>(block), 0, sizeof(T*));
    --spare.count;
    return block;
  }

  template <class T>
  T* New(Gfp gfp) {
    void* const block = heap_.Allocate(sizeof(T), alignof(T), gfp);
    if (block != nullptr) std::memset(block, 0, sizeof(T));
    return static_cast<T*>(block);
  }
  template <class T>
  void Free(T* block) {
    heap_.Free(block, sizeof(T), alignof(T));
  }

  template <class T>
  T* Take(Spare<T>& spare, Gfp gfp) {
    return spare.count != 0 ? Pop(spare) : New<T>(gfp);
  }
  template <class T>
  bool Fill(Spare<T>& spare, Gfp gfp) {
    while (spare.count < kSpare) {
      T* const block = New<T>(gfp);
      if (block == nullptr) return false;
      Push(block, spare);
    }
    return true;
  }
  // A table has nothing, a leaf may have what it had.
  template <class T>
  void GiveBack(T* block, Spare<T>& spare) {
    if (!kOptions.keeps && spare.count >= kSpare) return Free(block);
    if constexpr (std::is_same_v<T, Leaf>) std::memset(block, 0, sizeof(T));
    Push(block, spare);
  }

  void Drop(void* entry, unsigned height) {
    if (height == 0) return Free(Entry::LeafOf(entry));
    for (void* child : static_cast<Table*>(entry)->slots) {
      if (child != nullptr) Drop(child, height - 1);
    }
    Free(static_cast<Table*>(entry));
  }

  bool ValidateTable(const void* entry, unsigned shift, Pfn start) const {
    const auto* const table = static_cast<const Table*>(entry);
    for (std::uint64_t i = 0; i != kSlots; ++i) {
      const void* const child = table->slots[i];
      const Pfn at = start + (i << shift);
      if (child == nullptr) continue;
      if (shift != kLeafShift) {
        if (!ValidateTable(child, shift - kSlotShift, at)) return false;
        continue;
      }
      const std::uint64_t* const words = Entry::LeafOf(child)->words;
      const bool is_full = Entry::Has(child, Entry::kFull);
      if (Entry::Has(child, Entry::kOpen) == is_full ||
          bits::AllZero<kLeafWords>(words) || LeafNumber(at) < low_ ||
          LeafNumber(at) > high_) {
        return false;
      }
      if (is_full && !bits::AllOnes<kLeafWords>(words)) return false;
    }
    return true;
  }

  // What every Set touches, in one line.
  std::uint64_t number_ = kNone;  // of the word used last
  std::uint64_t* word_ = &nowhere_;
  std::uint64_t region_ = kNone;  // which 2^22 pages `near_` is of
  Table* near_ = nullptr;
  std::uint64_t nowhere_ = 0;

  // No leaf and no table of leaves lies below or above these leaf numbers.
  std::uint64_t low_ = kNone;
  std::uint64_t high_ = 0;
  Spare<Leaf> leaves_;
  Spare<Table> tables_;
  A& heap_;
};

}  // namespace pfn::lines

namespace pfn {

template <NowaitAllocator A>
class Lines : public lines::Tree<A> {
 public:
  static constexpr StructureTraits kTraits{
      .name = "lines",
      .family = "radix",
      .origin =
          "pfnbench, 2026: xbitmap's leaves without headers, the word "
          "used last remembered",
  };

  using Lines::Tree::Tree;
};

// lines-preload: lines whose Set fills the reserve before it makes a new leaf,
// as the preloads of 2017 did, but only then: a page of an existing leaf pays
// nothing for it.
//
// Layout      as lines, and 4 leaves and 4 tables that stay: 2,560 bytes.
// Set         as lines; a new leaf comes from the reserve, which is filled
//             first. A request that fails is made again by the next such Set.
// Others      as lines.
// Failure     Set returns kNoMemory if a request fails and the reserve has
//             nothing left: the first new leaf excepted, four leaves in turn
//             can be made while every request fails.
template <NowaitAllocator A>
class LinesPreload : public lines::Tree<A, lines::Options{.fills = true}> {
 public:
  static constexpr StructureTraits kTraits{
      .name = "lines-preload",
      .family = "radix",
      .origin =
          "pfnbench, 2026: a reserve that a set fills, after the "
          "preloads of 2017",
      .variant_of = "lines",
  };

  using LinesPreload::Tree::Tree;
};

// lines-keep: lines that gives nothing back before it goes: what a pass leaves
// serves the next one, wherever that lies, so a set that is filled and emptied
// in turn asks once.
//
// Layout, Set, Test, NextRange  as lines.
// Clear, ClearRange  as lines, but leaves and tables become spare, all of them.
// Memory      the most that it ever held.
// Failure     as lines.
template <NowaitAllocator A>
class LinesKeep : public lines::Tree<A, lines::Options{.keeps = true}> {
 public:
  static constexpr StructureTraits kTraits{
      .name = "lines-keep",
      .family = "radix",
      .origin = "pfnbench, 2026: lines without a free before the end",
      .variant_of = "lines",
  };

  using LinesKeep::Tree::Tree;
};

}  // namespace pfn
