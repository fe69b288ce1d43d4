// SPDX-License-Identifier: MIT
//
// Which pages somebody holds: the guest's view and the host's view of the
// balloon, kept by the model itself and by no structure, so that the two can be
// compared at the end. Chunks of 32,768 pages in a hash table; the chunk used
// last is remembered, because traces are local. Ranges are O(words).

#pragma once

#include <array>
#include <cstdint>
#include <unordered_map>

#include "structures/core/pfn.h"

namespace pfn {

class PageBitmap {
 public:
  PageBitmap() = default;
  // A copy would remember a place in the chunks of the original.
  PageBitmap(const PageBitmap&) = delete;
  PageBitmap& operator=(const PageBitmap&) = delete;

  std::uint64_t size() const { return size_; }
  bool Contains(Pfn page);
  // Both return how many pages changed.
  std::uint64_t Insert(PfnRange range);
  std::uint64_t Erase(PfnRange range);
  std::uint64_t Insert(Pfn page) { return Insert({page, page}); }
  std::uint64_t Erase(Pfn page) { return Erase({page, page}); }

  // Pages that only one of the two has. O(chunks).
  static std::uint64_t CountDifferent(PageBitmap& a, PageBitmap& b);

 private:
  static constexpr std::uint64_t kWords = 512;
  static constexpr std::uint64_t kChunkPages = 64 * kWords;
  using Chunk = std::array<std::uint64_t, kWords>;

  Chunk& ChunkOf(std::uint64_t number);
  template <class Change>
  std::uint64_t ForEachWord(PfnRange range, Change change);

  std::unordered_map<std::uint64_t, Chunk> chunks_;
  std::uint64_t recent_number_ = 0;
  Chunk* recent_ = nullptr;
  std::uint64_t size_ = 0;
};

}  // namespace pfn
