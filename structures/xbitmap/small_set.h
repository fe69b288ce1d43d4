// SPDX-License-Identifier: MIT
//
// A set of small numbers kept inside a pointer-sized slot, instead of the leaf
// that the slot would point to: the "exceptional entry" of the radix tree (62
// numbers, low bits binary 10) and the "value entry" of the XArray (63 numbers,
// low bit 1). A pointer has these bits zero. Allocates nothing.

#pragma once

#include <algorithm>
#include <cstdint>

#include "structures/core/bits.h"

namespace pfn {

// Sets of 0..kBits-1. With 0 there are none: Is() is false, for nothing.
template <unsigned kBits>
class SmallSet {
  static_assert(kBits == 0 || kBits == 62 || kBits == 63);

 public:
  static bool Is(const void* slot) {
    if constexpr (kBits == 0) return false;
    return (reinterpret_cast<std::uint64_t>(slot) & kTagMask) == kTag;
  }
  static constexpr bool Holds(std::uint64_t number) { return number < kBits; }

  static void* Empty() { return Make(0); }
  static std::uint64_t Bits(const void* slot) {
    return reinterpret_cast<std::uint64_t>(slot) >> kTagBits;
  }
  static bool Test(const void* slot, std::uint64_t number) {
    return Holds(number) && (Bits(slot) & bits::Mask(number)) != 0;
  }
  static void* With(const void* slot, std::uint64_t number) {
    return Make(Bits(slot) | bits::Mask(number));
  }
  // Without [begin, end).
  static void* Without(const void* slot, std::uint64_t begin,
                       std::uint64_t end) {
    std::uint64_t word = Bits(slot);
    bits::ClearSpan(&word, begin, std::min(end, bits::kWordBits));
    return Make(word);
  }

  // As in bits.h, of a set whose numbers go on beyond kBits.
  static std::uint64_t FindSet(const void* slot, std::uint64_t begin,
                               std::uint64_t end) {
    const std::uint64_t word = Bits(slot);
    const std::uint64_t limit = std::min(end, bits::kWordBits);
    const std::uint64_t found = bits::FindSet(&word, begin, limit);
    return found < limit ? found : end;
  }
  static std::uint64_t FindZero(const void* slot, std::uint64_t begin,
                                std::uint64_t end) {
    if (begin >= kBits) return std::min(begin, end);
    const std::uint64_t word = Bits(slot);  // number kBits is never a member
    return std::min(bits::FindZero(&word, begin, bits::kWordBits), end);
  }

 private:
  static constexpr unsigned kTagBits =
      bits::kWordBits - (kBits == 0 ? 63 : kBits);
  static constexpr std::uint64_t kTagMask = bits::Mask(kTagBits) - 1;
  static constexpr std::uint64_t kTag = bits::Mask(kTagBits - 1);

  static void* Make(std::uint64_t word) {
    return reinterpret_cast<void*>(word << kTagBits | kTag);
  }
};

}  // namespace pfn
