// SPDX-License-Identifier: MIT

#include "harness/driver/page_bitmap.h"

#include <algorithm>
#include <bit>

namespace pfn {

PageBitmap::Chunk& PageBitmap::ChunkOf(std::uint64_t number) {
  if (recent_ == nullptr || recent_number_ != number) {
    recent_ = &chunks_[number];  // made of zeros; never moves
    recent_number_ = number;
  }
  return *recent_;
}

// Calls change(word, mask) for each word that `range` touches; returns the sum
// of what it returns.
template <class Change>
std::uint64_t PageBitmap::ForEachWord(PfnRange range, Change change) {
  std::uint64_t changed = 0;
  for (Pfn page = range.first;;) {
    const Pfn end_of_word = page | 63;
    const Pfn last = std::min(range.last, end_of_word);
    const std::uint64_t mask = (~std::uint64_t{0} >> (63 - (last - page)))
                               << (page % 64);
    changed +=
        change(ChunkOf(page / kChunkPages)[page % kChunkPages / 64], mask);
    if (last == range.last) return changed;
    page = last + 1;
  }
}

bool PageBitmap::Contains(Pfn page) {
  return ChunkOf(page / kChunkPages)[page % kChunkPages / 64] >> (page % 64) &
         1;
}

std::uint64_t PageBitmap::Insert(PfnRange range) {
  const std::uint64_t changed =
      ForEachWord(range, [](std::uint64_t& word, std::uint64_t mask) {
        const std::uint64_t fresh = mask & ~word;
        word |= mask;
        return static_cast<std::uint64_t>(std::popcount(fresh));
      });
  size_ += changed;
  return changed;
}

std::uint64_t PageBitmap::Erase(PfnRange range) {
  const std::uint64_t changed =
      ForEachWord(range, [](std::uint64_t& word, std::uint64_t mask) {
        const std::uint64_t gone = mask & word;
        word &= ~mask;
        return static_cast<std::uint64_t>(std::popcount(gone));
      });
  size_ -= changed;
  return changed;
}

std::uint64_t PageBitmap::CountDifferent(PageBitmap& a, PageBitmap& b) {
  std::uint64_t different = 0;
  for (const auto& [number, chunk] : a.chunks_) {
    const auto other = b.chunks_.find(number);
    for (std::size_t i = 0; i < kWords; ++i) {
      const std::uint64_t theirs =
          other == b.chunks_.end() ? 0 : other->second[i];
      different += static_cast<std::uint64_t>(std::popcount(chunk[i] ^ theirs));
    }
  }
  for (const auto& [number, chunk] : b.chunks_) {
    if (a.chunks_.contains(number)) continue;
    for (const std::uint64_t word : chunk) {
      different += static_cast<std::uint64_t>(std::popcount(word));
    }
  }
  return different;
}

}  // namespace pfn
