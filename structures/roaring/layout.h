// SPDX-License-Identifier: MIT
//
// What a chunk of a roaring bitmap is in memory: a descriptor of 24 bytes and a
// buffer of 32 to 8,192 bytes, a power of two.

#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "structures/core/bits.h"

namespace pfn::roaring {

inline constexpr unsigned kChunkShift = 16;
inline constexpr std::uint32_t kChunkPages = 1u << kChunkShift;
inline constexpr std::uint32_t kMaxArrayMembers = 4096;
// More of them take a buffer as large as a bitset's.
inline constexpr std::uint32_t kMaxWorthyArray = kMaxArrayMembers / 2;
inline constexpr std::size_t kBitsetWords = kChunkPages / bits::kWordBits;

// A page within its chunk.
using Low = std::uint16_t;
inline constexpr Low kMaxLow = kChunkPages - 1;

enum class Kind : std::uint8_t { kArray, kBitset, kRuns };

// Inclusive at both ends.
struct LowRange {
  Low first;
  Low last;
};

struct Chunk {
  std::uint64_t key;  // pfn >> kChunkShift
  void* buffer;
  std::uint16_t last_index;  // members - 1: a chunk is never empty
  std::uint16_t runs;        // of a kRuns chunk, or of all if they are counted
  std::uint16_t gap;         // values or runs before the gap, if any: else all
  Kind kind;
  std::uint8_t order;  // of the buffer

  std::uint32_t members() const { return last_index + 1u; }
  Low* values() const { return static_cast<Low*>(buffer); }
  std::uint64_t* words() const { return static_cast<std::uint64_t*>(buffer); }
  LowRange* ranges() const { return static_cast<LowRange*>(buffer); }
};
static_assert(sizeof(Chunk) == 24);

// ----------------------------------------------------------------- buffers

inline constexpr std::size_t kMinBufferBytes = 32;
inline constexpr unsigned kMaxOrder = 8;
constexpr std::size_t BufferBytes(unsigned order) {
  return kMinBufferBytes << order;
}
static_assert(BufferBytes(kMaxOrder) == kBitsetWords * sizeof(std::uint64_t));

// The smallest buffer for so much content in a container of that kind. More
// than kMaxOrder if there is none.
constexpr unsigned OrderFor(Kind kind, std::uint32_t members,
                            std::uint32_t runs) {
  if (kind == Kind::kBitset) return kMaxOrder;
  const std::size_t bytes =
      kind == Kind::kArray ? members * sizeof(Low) : runs * sizeof(LowRange);
  return std::bit_width((std::max(bytes, kMinBufferBytes) - 1) /
                        kMinBufferBytes);
}

// The first element in [begin, end) for which `below`, true for those before
// it, is false. Without branches: the answer is as good as random for them.
template <class T, class Below>
T* FirstNot(T* begin, T* end, Below below) {
  std::size_t size = end - begin;
  while (size > 1) {
    const std::size_t half = size / 2;
    begin += half * std::size_t{below(begin[half - 1])};
    size -= half;
  }
  return size == 1 && below(*begin) ? begin + 1 : begin;
}

// What distinguishes the chunks of a set.
struct Containers {
  bool runs = false;        // there are containers of runs
  bool count_runs = false;  // chunk.runs is kept for the other kinds as well
  // The free slots of an array, of values or of runs, are a gap at the place of
  // its last change; else they are at its end.
  bool gap = false;
};

// How a change to a chunk ended.
enum class Change : std::uint8_t {
  kNone,  // the page was a member before
  kDone,
  kNoRoom,  // the buffer is too small; nothing happened
};

}  // namespace pfn::roaring
