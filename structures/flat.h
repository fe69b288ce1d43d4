// SPDX-License-Identifier: MIT
//
// File: structures/flat.h
//
// flat: one bitmap over the span of the set. Not a proposal but the limit to
// compare with: no search structure can record a page with less work.
//
// Layout      one allocation of 2^k words, one bit per page, that starts at the
//             word of some page `base`; covers the lowest page ever set to the
//             highest.
// Set         O(1); when a page lies outside, the bitmap grows to the next
//             power of two that holds old span and new page: O(span), amortised
//             O(1). Growing downwards puts the slack below, upwards above.
// Test/Clear  O(1), never allocate.
// NextRange   O(words walked).
// ClearRange  O(words in range within the span); keeps the memory.
// Memory      span / 8 bytes, up to twice that after growth: one contiguous
//             request, above 8 KiB straight from the page allocator.
// Failure     a growth that fails returns kNoMemory and changes nothing. The
//             span is limited to kMaxWords words (2^38 pages, 1 PiB of guest).

#ifndef PFNBENCH_STRUCTURES_FLAT_H_
#define PFNBENCH_STRUCTURES_FLAT_H_

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>

#include "structures/core/nowait_allocator.h"
#include "structures/core/pfn.h"
#include "structures/core/pfn_set.h"
#include "structures/parts/bits.h"

namespace pfn {

template <NowaitAllocator A>
class Flat {
 public:
  static constexpr std::uint64_t kMinWords = 64;
  static constexpr std::uint64_t kMaxWords = std::uint64_t{1} << 32;

  static constexpr ContenderTraits kTraits{
      .name = "flat",
      .family = "bitmap",
      .origin = "the limit to compare with",
      .max_distance = (kMaxWords - 1) * bits::kWordBits,
  };

  explicit Flat(A& heap) : heap_(heap) {}
  Flat(const Flat&) = delete;
  Flat& operator=(const Flat&) = delete;
  ~Flat() { Release(); }

  Status Set(Pfn pfn, Gfp gfp) {
    // Unsigned wrap-around makes one comparison serve for both ends.
    std::uint64_t index = pfn / bits::kWordBits - base_;
    if (index >= size_) [[unlikely]] {
      if (Grow(pfn / bits::kWordBits, gfp) != Status::kOk) {
        return Status::kNoMemory;
      }
      index = pfn / bits::kWordBits - base_;
    }
    words_[index] |= bits::Mask(pfn);
    return Status::kOk;
  }

  Status Clear(Pfn pfn, Gfp) {
    const std::uint64_t index = pfn / bits::kWordBits - base_;
    if (index < size_) words_[index] &= ~bits::Mask(pfn);
    return Status::kOk;
  }

  bool Test(Pfn pfn) const {
    const std::uint64_t index = pfn / bits::kWordBits - base_;
    return index < size_ && (words_[index] & bits::Mask(pfn)) != 0;
  }

  std::optional<PfnRange> NextRange(Pfn from, Pfn max) const {
    const std::optional<Window> window = Clip({from, max});
    if (!window) return std::nullopt;
    return NextInWindow(window->begin, window->end);
  }

  template <class Visitor>
  void ForEachRange(PfnRange range, Visitor&& visitor) const {
    const std::optional<Window> window = Clip(range);
    if (!window) return;
    std::uint64_t begin = window->begin;
    while (std::optional<PfnRange> found = NextInWindow(begin, window->end)) {
      visitor(*found);
      begin = found->last - origin() + 1;
    }
  }

  Status ClearRange(PfnRange range, Gfp) {
    if (const std::optional<Window> window = Clip(range)) {
      bits::ClearSpan(words_, window->begin, window->end);
    }
    return Status::kOk;
  }

 private:
  // Positions within words_, in bits; end is exclusive.
  struct Window {
    std::uint64_t begin;
    std::uint64_t end;
  };

  Pfn origin() const { return base_ * bits::kWordBits; }

  // The part of `range` that the bitmap covers.
  std::optional<Window> Clip(PfnRange range) const {
    if (size_ == 0) return std::nullopt;
    const Pfn last = origin() + (size_ * bits::kWordBits - 1);
    if (range.last < origin() || range.first > last) return std::nullopt;
    const std::uint64_t begin =
        range.first < origin() ? 0 : range.first - origin();
    return Window{begin, std::min(range.last, last) - origin() + 1};
  }

  std::optional<PfnRange> NextInWindow(std::uint64_t begin,
                                       std::uint64_t end) const {
    const std::uint64_t first = bits::FindSet(words_, begin, end);
    if (first == end) return std::nullopt;
    const std::uint64_t after = bits::FindZero(words_, first, end);
    return PfnRange{origin() + first, origin() + after - 1};
  }

  // Makes word number `word` of the PFN space part of the bitmap.
  Status Grow(std::uint64_t word, Gfp gfp) {
    constexpr std::uint64_t kAllWords = kMaxPfn / bits::kWordBits + 1;
    std::uint64_t low = word;
    std::uint64_t high = word;
    if (size_ != 0) {
      low = std::min(low, base_);
      high = std::max(high, base_ + size_ - 1);
    }
    if (high - low >= kMaxWords) return Status::kNoMemory;
    const std::uint64_t size =
        std::max(kMinWords, std::bit_ceil(high - low + 1));
    const bool downwards = size_ != 0 && word < base_;
    // The slack goes where the growth goes, as far as there are page numbers.
    std::uint64_t base = low;
    if (downwards) {
      base = high + 1 >= size ? high + 1 - size : 0;
    }
    base = std::min(base, kAllWords - size);

    auto* words = static_cast<std::uint64_t*>(
        heap_.Allocate(size * sizeof(std::uint64_t), 8, gfp));
    if (words == nullptr) return Status::kNoMemory;
    std::memset(words, 0, size * sizeof(std::uint64_t));
    if (size_ != 0) {
      std::memcpy(words + (base_ - base), words_,
                  size_ * sizeof(std::uint64_t));
    }
    Release();
    words_ = words;
    base_ = base;
    size_ = size;
    return Status::kOk;
  }

  void Release() {
    if (words_ != nullptr) {
      heap_.Free(words_, size_ * sizeof(std::uint64_t), 8);
    }
  }

  A& heap_;
  std::uint64_t* words_ = nullptr;
  std::uint64_t base_ = 0;  // word number, in the PFN space, of words_[0]
  std::uint64_t size_ = 0;  // words
};

}  // namespace pfn

#endif  // PFNBENCH_STRUCTURES_FLAT_H_
