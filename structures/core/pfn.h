// SPDX-License-Identifier: MIT
//
// The vocabulary that every part of pfnbench speaks: page frame numbers,
// ranges of them, and the outcome of an operation that may run out of memory.
// The words are those of an mm developer and of no implementation, so that
// changing the structure renames nothing.

#pragma once

#include <cstdint>

namespace pfn {

// A page frame number. All 64 bits are legal, so 2^64-1 can be a member.
using Pfn = std::uint64_t;

inline constexpr Pfn kMaxPfn = ~Pfn{0};

// The pages first, first+1, ..., last: inclusive at both ends, so that a range
// can end at 2^64-1. Never empty: first <= last.
struct PfnRange {
  Pfn first;
  Pfn last;

  friend constexpr bool operator==(const PfnRange&, const PfnRange&) = default;
};

// How an operation that may allocate ended. After kNoMemory the membership of
// the set is exactly what it was before the call.
enum class [[nodiscard]] Status : std::uint8_t{
    kOk,
    kNoMemory,
};

}  // namespace pfn
