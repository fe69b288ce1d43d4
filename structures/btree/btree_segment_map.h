// SPDX-License-Identifier: MIT
//
// What Tetsuo Handa's B+ tree structures share (16 Dec 2017): segments of 1024
// pages with a bitmap each, found through the kernel's B+ tree by the
// complement of the segment number, because that tree walks from the greatest
// key down. The record used last answers without the tree, if it is exactly
// the segment that is asked for.
//
// Layout      record 24 bytes (kmalloc-32) {segment, pages, bitmap} plus bitmap
//             128 bytes (kmalloc-128) for each segment that holds a page, plus
//             the tree (btree_index.h).
// Set         O(1) in the segment used last, else a descent; opening a segment
//             allocates record, bitmap, then what the tree needs.
// Test        as Set, without allocating.
// Clear       as Test; an empty segment is removed and freed.
// ClearRange  a descent for each segment of the range, whose bitmap is not read
//             if all of it goes; one walk over the nodes when no page remains.
//             Never allocates.
// Failure     Set undoes what it has allocated and returns kNoMemory.
//
// Source: linux-mm, 16 Dec 2017, by description only.

#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>

#include "structures/btree/btree_index.h"
#include "structures/core/bits.h"
#include "structures/core/nowait_allocator.h"
#include "structures/core/pfn.h"

namespace pfn::btree {

inline constexpr std::uint64_t kSegmentPages = 1024;

struct Segment {
  std::uint64_t number;
  std::uint64_t pages;  // how many are members
  std::uint64_t* bitmap;

  bool IsFull() const { return pages == kSegmentPages; }
  Pfn first_page() const { return number * kSegmentPages; }
};
static_assert(sizeof(Segment) == 24);

template <NowaitAllocator A, KeySearch kSearch>
class SegmentMap {
 public:
  explicit SegmentMap(A& heap) : heap_(heap), index_(heap) {}
  SegmentMap(const SegmentMap&) = delete;
  SegmentMap& operator=(const SegmentMap&) = delete;
  ~SegmentMap() { RemoveAll(); }

  Status Set(Pfn pfn, Gfp gfp) {
    Segment* segment = Find(NumberOf(pfn));
    if (segment == nullptr) [[unlikely]] {
      segment = Add(NumberOf(pfn), gfp);
      if (segment == nullptr) return Status::kNoMemory;
    }
    const std::uint64_t offset = pfn % kSegmentPages;
    if (bits::Test(segment->bitmap, offset)) return Status::kOk;
    bits::Set(segment->bitmap, offset);
    ++segment->pages;
    return Status::kOk;
  }

  void Clear(Pfn pfn) {
    Segment* segment = Find(NumberOf(pfn));
    const std::uint64_t offset = pfn % kSegmentPages;
    if (segment == nullptr || !bits::Test(segment->bitmap, offset)) return;
    bits::Clear(segment->bitmap, offset);
    if (--segment->pages != 0) return;
    Remove(segment);
  }

  bool Test(Pfn pfn) {
    const Segment* segment = Find(NumberOf(pfn));
    return segment != nullptr &&
           bits::Test(segment->bitmap, pfn % kSegmentPages);
  }

  void ClearRange(PfnRange range) {
    const Segment* least = First();
    if (least == nullptr) return;
    if (range.first <= FirstMember(*least) &&
        LastMember(*index_.First()) <= range.last) {
      RemoveAll();
      return;
    }
    Segment* segment = AtOrAfter(NumberOf(range.first));
    while (segment != nullptr && segment->first_page() <= range.last) {
      segment = ClearIn(segment, range);
    }
  }

  // Walking in ascending order: a descent for each step.
  Segment* First() const { return index_.Last(); }
  Segment* AtOrAfter(std::uint64_t number) const {
    return index_.AtMost(KeyOf(number));
  }
  Segment* After(const Segment& segment) const {
    return segment.number == kLastSegment ? nullptr
                                          : AtOrAfter(segment.number + 1);
  }

  // The same without a descent, if it is the segment used last.
  Segment* Seek(std::uint64_t number) const {
    return last_used_ != nullptr && last_used_->number == number
               ? last_used_
               : AtOrAfter(number);
  }
  void Remember(Segment* segment) { last_used_ = segment; }

  // The first maximal run of members in [from, max], clipped to it. `segment`
  // is the first that can hold it, or null; it becomes the one where the run
  // begins.
  std::optional<PfnRange> NextRange(Segment*& segment, Pfn from,
                                    Pfn max) const {
    for (; segment != nullptr && segment->first_page() <= max;
         segment = After(*segment)) {
      const std::uint64_t begin =
          segment->number == NumberOf(from) ? from % kSegmentPages : 0;
      const std::uint64_t offset =
          bits::FindSet(segment->bitmap, begin, kSegmentPages);
      if (offset == kSegmentPages) continue;
      const Pfn first = segment->first_page() + offset;
      if (first > max) return std::nullopt;
      return PfnRange{first, std::min(EndOfRun(*segment, offset, max), max)};
    }
    return std::nullopt;
  }

  static std::uint64_t NumberOf(Pfn pfn) { return pfn / kSegmentPages; }

  bool Validate() const {
    if (!index_.Validate()) return false;
    bool last_used_found = last_used_ == nullptr;
    std::optional<std::uint64_t> previous;
    for (const Segment* segment = First(); segment != nullptr;
         segment = After(*segment)) {
      if (previous && segment->number <= *previous) return false;
      previous = segment->number;
      if (segment->pages == 0) return false;
      if (segment->pages != bits::CountSet(segment->bitmap, kBitmapWords)) {
        return false;
      }
      last_used_found |= segment == last_used_;
    }
    return last_used_found;
  }

  const Index<A, Segment, kSearch>& index() const { return index_; }

 private:
  static constexpr std::size_t kBitmapWords = kSegmentPages / bits::kWordBits;
  static constexpr std::size_t kBitmapBytes = kSegmentPages / 8;
  static constexpr std::uint64_t kLastSegment = kMaxPfn / kSegmentPages;

  static std::uint64_t KeyOf(std::uint64_t number) { return ~number; }

  Segment* Find(std::uint64_t number) {
    if (last_used_ != nullptr && last_used_->number == number) [[likely]] {
      return last_used_;
    }
    Segment* segment = index_.Find(KeyOf(number));
    if (segment != nullptr) last_used_ = segment;
    return segment;
  }

  Segment* Add(std::uint64_t number, Gfp gfp) {
    auto* segment = static_cast<Segment*>(
        heap_.Allocate(sizeof(Segment), alignof(Segment), gfp));
    if (segment == nullptr) return nullptr;
    auto* bitmap =
        static_cast<std::uint64_t*>(heap_.Allocate(kBitmapBytes, 8, gfp));
    *segment = {.number = number, .pages = 0, .bitmap = bitmap};
    if (bitmap == nullptr ||
        index_.Insert(KeyOf(number), segment, gfp) != Status::kOk) {
      Free(segment);
      return nullptr;
    }
    std::memset(bitmap, 0, kBitmapBytes);
    return last_used_ = segment;
  }

  static Pfn FirstMember(const Segment& segment) {
    return segment.first_page() +
           bits::FindSet(segment.bitmap, 0, kSegmentPages);
  }
  static Pfn LastMember(const Segment& segment) {
    std::size_t i = kBitmapWords - 1;
    while (segment.bitmap[i] == 0) --i;
    return segment.first_page() + i * bits::kWordBits +
           (std::bit_width(segment.bitmap[i]) - 1);
  }

  // Gives the segment that follows, or null.
  Segment* Remove(Segment* segment) {
    if (segment == last_used_) last_used_ = nullptr;
    Segment* const next = index_.Remove(KeyOf(segment->number));
    Free(segment);
    return next;
  }

  void RemoveAll() {
    last_used_ = nullptr;
    index_.RemoveAll([this](Segment* segment) { Free(segment); });
  }

  void Free(Segment* segment) {
    if (segment->bitmap != nullptr) {
      heap_.Free(segment->bitmap, kBitmapBytes, 8);
    }
    heap_.Free(segment, sizeof(Segment), alignof(Segment));
  }

  // Clears the pages of `range`, which the segment intersects. Gives the
  // segment that follows, or null.
  Segment* ClearIn(Segment* segment, PfnRange range) {
    const std::uint64_t begin = segment->number == NumberOf(range.first)
                                    ? range.first % kSegmentPages
                                    : 0;
    const std::uint64_t end = segment->number == NumberOf(range.last)
                                  ? range.last % kSegmentPages + 1
                                  : kSegmentPages;
    if (end - begin == kSegmentPages) return Remove(segment);
    bits::ClearSpan(segment->bitmap, begin, end);
    if (bits::AllZero<kBitmapWords>(segment->bitmap)) return Remove(segment);
    segment->pages = bits::CountSet(segment->bitmap, kBitmapWords);
    return After(*segment);
  }

  // The last page of the run that holds `offset` of `segment`, or one that is
  // not below `max`.
  Pfn EndOfRun(const Segment& segment, std::uint64_t offset, Pfn max) const {
    const std::uint64_t zero =
        bits::FindZero(segment.bitmap, offset, kSegmentPages);
    if (zero != kSegmentPages) return segment.first_page() + zero - 1;
    const Segment* end = &segment;
    while (end->number < NumberOf(max)) {
      const Segment* next = After(*end);
      if (next == nullptr || next->number != end->number + 1) break;
      if (!next->IsFull()) {
        return next->first_page() +
               bits::FindZero(next->bitmap, 0, kSegmentPages) - 1;
      }
      end = next;
    }
    return end->first_page() + (kSegmentPages - 1);
  }

  A& heap_;
  Index<A, Segment, kSearch> index_;
  Segment* last_used_ = nullptr;
};

}  // namespace pfn::btree
