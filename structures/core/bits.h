// SPDX-License-Identifier: MIT
//
// Searching and clearing in an array of 64-bit words, bit i being bit i % 64 of
// word i / 64: what the kernel's find_next_bit() family does. Positions are bit
// numbers; `end` is exclusive and may not pass the array. Allocates nothing.

#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace pfn::bits {

inline constexpr std::uint64_t kWordBits = 64;

constexpr std::uint64_t Mask(std::uint64_t bit) {
  return std::uint64_t{1} << (bit % kWordBits);
}

inline bool Test(const std::uint64_t* words, std::uint64_t bit) {
  return (words[bit / kWordBits] & Mask(bit)) != 0;
}
inline void Set(std::uint64_t* words, std::uint64_t bit) {
  words[bit / kWordBits] |= Mask(bit);
}
inline void Clear(std::uint64_t* words, std::uint64_t bit) {
  words[bit / kWordBits] &= ~Mask(bit);
}

namespace internal {
// The first bit in [begin, end) whose word, xored with `flip`, has a one there;
// `end` if there is none.
inline std::uint64_t Find(const std::uint64_t* words, std::uint64_t begin,
                          std::uint64_t end, std::uint64_t flip) {
  if (begin >= end) return end;
  std::uint64_t index = begin / kWordBits;
  std::uint64_t word =
      (words[index] ^ flip) & (~std::uint64_t{0} << (begin % kWordBits));
  const std::uint64_t last = (end - 1) / kWordBits;
  while (word == 0) {
    if (index == last) return end;
    word = words[++index] ^ flip;
  }
  const std::uint64_t found = index * kWordBits + std::countr_zero(word);
  return found < end ? found : end;
}
}  // namespace internal

// The first one (zero) in [begin, end), or `end`. O(words between).
inline std::uint64_t FindSet(const std::uint64_t* words, std::uint64_t begin,
                             std::uint64_t end) {
  return internal::Find(words, begin, end, 0);
}
inline std::uint64_t FindZero(const std::uint64_t* words, std::uint64_t begin,
                              std::uint64_t end) {
  return internal::Find(words, begin, end, ~std::uint64_t{0});
}

// Clears [begin, end).
inline void ClearSpan(std::uint64_t* words, std::uint64_t begin,
                      std::uint64_t end) {
  if (begin >= end) return;
  const std::uint64_t first = begin / kWordBits;
  const std::uint64_t last = (end - 1) / kWordBits;
  const std::uint64_t head = ~std::uint64_t{0} << (begin % kWordBits);
  const std::uint64_t tail =
      ~std::uint64_t{0} >> (kWordBits - 1 - (end - 1) % kWordBits);
  if (first == last) {
    words[first] &= ~(head & tail);
    return;
  }
  words[first] &= ~head;
  for (std::uint64_t i = first + 1; i < last; ++i) words[i] = 0;
  words[last] &= ~tail;
}

// Whether all of `kCount` words are `kValue`. Stops at the first that is not.
// Unrolled, because for a word there is nothing to do but to compare and to
// jump: a loop around them would double that.
template <std::size_t kCount, std::uint64_t kValue>
bool AllAre(const std::uint64_t* words) {
#pragma GCC unroll 16
  for (std::size_t i = 0; i < kCount; ++i) {
    if (words[i] != kValue) return false;
  }
  return true;
}
template <std::size_t kCount>
bool AllZero(const std::uint64_t* words) {
  return AllAre<kCount, 0>(words);
}
template <std::size_t kCount>
bool AllOnes(const std::uint64_t* words) {
  return AllAre<kCount, ~std::uint64_t{0}>(words);
}

inline std::uint64_t CountSet(const std::uint64_t* words, std::size_t count) {
  std::uint64_t ones = 0;
  for (std::size_t i = 0; i < count; ++i) ones += std::popcount(words[i]);
  return ones;
}

}  // namespace pfn::bits
