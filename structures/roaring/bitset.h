// SPDX-License-Identifier: MIT
//
// The container for many members: a bit for each of the 2^16 pages.

#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "structures/core/bits.h"
#include "structures/roaring/layout.h"

namespace pfn::roaring {

namespace bitset {

// The bits of word `index` that belong to `span`.
inline std::uint64_t MaskIn(LowRange span, std::size_t index) {
  std::uint64_t mask = ~std::uint64_t{0};
  if (index == span.first / bits::kWordBits) {
    mask <<= span.first % bits::kWordBits;
  }
  if (index == span.last / bits::kWordBits) {
    mask &= ~std::uint64_t{0} >>
            (bits::kWordBits - 1 - span.last % bits::kWordBits);
  }
  return mask;
}

// Calls `visit` with each word of `span` and the bits of it that count.
template <class Visit>
void VisitWords(const Chunk& chunk, LowRange span, Visit visit) {
  for (std::size_t i = span.first / bits::kWordBits;
       i <= span.last / bits::kWordBits; ++i) {
    visit(chunk.words()[i], MaskIn(span, i));
  }
}

// How many of the pages next to `low` are members.
inline unsigned Neighbours(const Chunk& chunk, Low low) {
  return (low != 0 && bits::Test(chunk.words(), low - 1u)) +
         (low != kMaxLow && bits::Test(chunk.words(), low + 1u));
}

// Without a branch: whether a page is new is not to be predicted.
template <bool kCountRuns>
Change Insert(Chunk& chunk, Low low) {
  std::uint64_t& word = chunk.words()[low / bits::kWordBits];
  const std::uint64_t absent = ~word >> low % bits::kWordBits & 1;
  word |= bits::Mask(low);
  if constexpr (kCountRuns) {
    const std::uint64_t change = absent * (1 - Neighbours(chunk, low));
    chunk.runs = static_cast<std::uint16_t>(chunk.runs + change);
  }
  chunk.last_index = static_cast<std::uint16_t>(chunk.last_index + absent);
  return absent != 0 ? Change::kDone : Change::kNone;
}

// Without a branch as well.
inline void Erase(Chunk& chunk, Low low) {
  std::uint64_t& word = chunk.words()[low / bits::kWordBits];
  const std::uint64_t present = word >> low % bits::kWordBits & 1;
  word &= ~bits::Mask(low);
  chunk.last_index = static_cast<std::uint16_t>(chunk.last_index - present);
}

inline std::uint32_t Count(const Chunk& chunk, LowRange span) {
  std::uint32_t count = 0;
  VisitWords(chunk, span, [&](std::uint64_t word, std::uint64_t mask) {
    count += static_cast<std::uint32_t>(std::popcount(word & mask));
  });
  return count;
}

// Whether there is a member outside of `span`. Cheaper than to count those
// within.
inline bool HasOutside(const Chunk& chunk, LowRange span) {
  return bits::FindSet(chunk.words(), 0, span.first) != span.first ||
         bits::FindSet(chunk.words(), span.last + 1u, kChunkPages) !=
             kChunkPages;
}

inline void Remove(Chunk& chunk, LowRange span, std::uint32_t count) {
  bits::ClearSpan(chunk.words(), span.first, span.last + std::uint64_t{1});
  chunk.last_index = static_cast<std::uint16_t>(chunk.last_index - count);
}

inline void Append(Chunk& chunk, LowRange run) {
  VisitWords(chunk, run,
             [](std::uint64_t& word, std::uint64_t mask) { word |= mask; });
}

template <class Emit>
void VisitRuns(const Chunk& chunk, LowRange span, Emit emit) {
  const std::uint64_t end = span.last + std::uint64_t{1};
  std::uint64_t from = span.first;
  for (;;) {
    const std::uint64_t first = bits::FindSet(chunk.words(), from, end);
    if (first == end) return;
    from = bits::FindZero(chunk.words(), first, end);
    if (!emit(LowRange{static_cast<Low>(first), static_cast<Low>(from - 1)})) {
      return;
    }
  }
}

}  // namespace bitset

}  // namespace pfn::roaring
