// SPDX-License-Identifier: MIT
//
// flat: one bitmap over the span of the set. Not a proposal but the limit to
// compare with: no search structure can record a page with less work.
//
// Layout      one allocation of 2^k words, one bit per page, that starts at the
//             word of some page `base`; covers the lowest page ever set to the
//             highest.
// Set         O(1); when a page lies outside, the bitmap becomes the smallest
//             power of two that holds old span and new page: O(span). Growing
//             downwards puts the slack below, upwards above. If the size is
//             enough already the words move within it, which needs no memory,
//             and what slack is left is shared by both ends: at most a
//             logarithmic number of moves for each doubling.
// Test/Clear  O(1), never allocate.
// NextRange   O(words walked).
// ClearRange  O(words in range within the span); keeps the memory.
// Memory      span / 8 bytes, up to twice that: one contiguous request, above
//             8 KiB straight from the page allocator. At least 64 words.
// Failure     a growth that fails returns kNoMemory and changes nothing. The
//             span is limited to kMaxWords words (2^38 pages, 1 PiB of guest).

#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>

#include "structures/core/bit_runs.h"
#include "structures/core/bits.h"
#include "structures/core/nowait_allocator.h"
#include "structures/core/pfn.h"
#include "structures/core/pfn_set.h"

namespace pfn {

template <NowaitAllocator A>
class Flat {
 public:
  static constexpr std::uint64_t kMinWords = 64;
  static constexpr std::uint64_t kMaxWords = std::uint64_t{1} << 32;

  static constexpr StructureTraits kTraits{
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
    const std::uint64_t index = pfn / bits::kWordBits - base_;
    // A tail call: nothing needs to be kept across it, or saved at the entry.
    if (index >= size_) [[unlikely]] {
      return SetOutside(pfn, gfp);
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
    const auto [begin, end] = *window;
    const std::uint64_t first = bits::FindSet(words_, begin, end);
    if (first == end) return std::nullopt;
    const std::uint64_t after = bits::FindZero(words_, first, end);
    return PfnRange{origin() + first, origin() + after - 1};
  }

  template <class Visitor>
  void ForEachRange(PfnRange range, Visitor&& visitor) const {
    const std::optional<Window> window = Clip(range);
    if (!window) return;
    bits::RunScan scan(visitor);
    scan.AddWords(words_, window->begin, window->end, origin());
    scan.Finish();
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

  [[gnu::noinline]] Status SetOutside(Pfn pfn, Gfp gfp) {
    if (Grow(pfn / bits::kWordBits, gfp) != Status::kOk) {
      return Status::kNoMemory;
    }
    return Set(pfn, gfp);
  }

  // Makes word number `word` of the PFN space part of the bitmap.
  Status Grow(std::uint64_t word, Gfp gfp) {
    constexpr std::uint64_t kAllWords = kMaxPfn / bits::kWordBits + 1;
    const bool downwards = size_ != 0 && word < base_;
    const auto [low, high] = BoundsWith(word);
    if (high - low >= kMaxWords) return Status::kNoMemory;
    const std::uint64_t size =
        std::max(kMinWords, std::bit_ceil(high - low + 1));
    const std::uint64_t slack = size - (high - low + 1);
    // The slack goes where the growth goes, as far as there are page numbers.
    const std::uint64_t below =
        size == size_ ? slack / 2 : (downwards ? slack : 0);
    const std::uint64_t base =
        std::min(low - std::min(low, below), kAllWords - size);

    std::uint64_t* words = words_;
    if (size != size_) {
      words = static_cast<std::uint64_t*>(
          heap_.Allocate(size * sizeof(std::uint64_t), 8, gfp));
      if (words == nullptr) return Status::kNoMemory;
    }
    MoveTo(words, base, size);
    if (words != words_) Release();
    words_ = words;
    base_ = base;
    size_ = size;
    low_ = low;
    high_ = high;
    return Status::kOk;
  }

  struct Bounds {
    std::uint64_t low;
    std::uint64_t high;
  };

  // The lowest and the highest word that has a page, or had one the last time,
  // or is `word`. What was allocated but never used does not count.
  Bounds BoundsWith(std::uint64_t word) const {
    Bounds bounds{word, word};
    if (size_ == 0) return bounds;
    bounds = {std::min(word, low_), std::max(word, high_)};
    std::uint64_t first = 0;
    while (base_ + first < bounds.low && words_[first] == 0) ++first;
    std::uint64_t last = size_ - 1;
    while (base_ + last > bounds.high && words_[last] == 0) --last;
    return {std::min(bounds.low, base_ + first),
            std::max(bounds.high, base_ + last)};
  }

  // Copies the words that both windows cover and zeroes the others of the new
  // one, which may lie in the same memory.
  void MoveTo(std::uint64_t* words, std::uint64_t base,
              std::uint64_t size) const {
    const std::uint64_t from = std::max(base, base_);
    const std::uint64_t end = std::min(base + size, base_ + size_);
    if (size_ == 0 || from >= end) {
      std::memset(words, 0, size * sizeof(std::uint64_t));
      return;
    }
    std::memmove(words + (from - base), words_ + (from - base_),
                 (end - from) * sizeof(std::uint64_t));
    std::memset(words, 0, (from - base) * sizeof(std::uint64_t));
    std::memset(words + (end - base), 0,
                (base + size - end) * sizeof(std::uint64_t));
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
  // As base_: what BoundsWith() found last.
  std::uint64_t low_ = 0;
  std::uint64_t high_ = 0;
};

}  // namespace pfn
