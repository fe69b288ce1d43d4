// SPDX-License-Identifier: MIT
//
// One chunk of a roaring bitmap: the members among 2^16 consecutive pages, in
// whichever of three containers describes them in the fewest bytes.
//
//   array    the members in ascending order, 2 bytes each, at most 4,096;
//   bitset   65,536 bits, 8,192 bytes;
//   runs     the maximal runs of members in ascending order, 4 bytes each.
//
// Layout      a chunk is a descriptor of 24 bytes in the table of chunks plus
//             one buffer of 32 to 8,192 bytes, a power of two, so that a bitset
//             is exactly kmalloc-8192. The free slots of an array, of values or
//             of runs, are at its end, as published, or a gap at the place of
//             its last change: then what is below the gap lies at the front of
//             the buffer, the rest at its back.
// Cost        array, runs: a binary search, if the page is not behind all
//             others, and a move of what lies behind. With a gap, a change
//             moves what lies between it and the change before, and so nothing
//             while pages come in sequence, ascending or descending. Bitset:
//             O(1).
// Failure     nothing here allocates. A change that finds no room says so and
//             leaves the membership as it is.
//
// A guest hands out its pages in descending order and takes them back in
// ascending order: in the recorded traces there are as many steps of -1 as of
// +1. An array whose free slots are at its end would move all its values for
// each page of the former: docs/notebook.md has the figures.

#pragma once

#include <cstdint>
#include <cstring>

#include "structures/core/bits.h"
#include "structures/roaring/array.h"
#include "structures/roaring/bitset.h"
#include "structures/roaring/gapped.h"
#include "structures/roaring/layout.h"
#include "structures/roaring/runs.h"

namespace pfn::roaring {

inline bool Contains(const Chunk& chunk, Low low) {
  switch (chunk.kind) {
    case Kind::kArray:
      return array::Contains(chunk, low);
    case Kind::kRuns:
      return runs::Contains(chunk, low);
    case Kind::kBitset:
      break;
  }
  return bits::Test(chunk.words(), low);
}

template <Containers kWith>
[[gnu::always_inline]] inline Change Insert(Chunk& chunk, Low low) {
  if constexpr (kWith.runs) {
    if (chunk.kind == Kind::kRuns) return runs::Insert<kWith.gap>(chunk, low);
  }
  return chunk.kind == Kind::kArray
             ? array::Insert<kWith>(chunk, low)
             : bitset::Insert<kWith.count_runs>(chunk, low);
}

// How many members `span` has. An array has its gap there then, if any, so that
// removing them is not another search.
template <Containers kWith>
inline std::uint32_t Count(Chunk& chunk, LowRange span) {
  switch (chunk.kind) {
    case Kind::kArray:
      return array::Count<kWith.gap>(chunk, span);
    case Kind::kRuns:
      return runs::Count<kWith.gap>(chunk, span);
    case Kind::kBitset:
      break;
  }
  return bitset::Count(chunk, span);
}

// Calls `emit` with each maximal run within `span`, clipped, ascending, as long
// as it returns true.
template <class Emit>
void VisitRuns(const Chunk& chunk, LowRange span, Emit emit) {
  switch (chunk.kind) {
    case Kind::kArray:
      return array::VisitRuns(chunk, span, emit);
    case Kind::kRuns:
      return runs::VisitRuns(chunk, span, emit);
    case Kind::kBitset:
      break;
  }
  bitset::VisitRuns(chunk, span, emit);
}

inline constexpr LowRange kWholeChunk = {0, kMaxLow};

// How many runs meet `span`.
inline std::uint32_t CountRuns(const Chunk& chunk, LowRange span) {
  std::uint32_t count = 0;
  VisitRuns(chunk, span, [&](LowRange) { return ++count != 0; });
  return count;
}

// Removes the `count` members of `span`, which are some of the chunk's but not
// all.
template <Containers kWith>
Change Remove(Chunk& chunk, LowRange span, std::uint32_t count) {
  if constexpr (kWith.runs) {
    if (chunk.kind == Kind::kRuns) {
      return runs::Remove<kWith.gap>(chunk, span, count);
    }
  }
  // What a removal does to the runs can be seen from one page around it.
  LowRange around = span;
  std::uint32_t before = 0;
  if constexpr (kWith.count_runs) {
    if (around.first != 0) --around.first;
    if (around.last != kMaxLow) ++around.last;
    before = CountRuns(chunk, around);
  }
  if (chunk.kind == Kind::kArray) {
    array::Remove<kWith.gap>(chunk, span, count);
  } else {
    bitset::Remove(chunk, span, count);
  }
  if constexpr (kWith.count_runs) {
    chunk.runs = static_cast<std::uint16_t>(chunk.runs - before +
                                            CountRuns(chunk, around));
  }
  return Change::kDone;
}

// Copies the members of `from` into `to`, a copy of it in all but its kind,
// order and buffer. One of the two is no bitset.
inline void Fill(Chunk& to, const Chunk& from) {
  if (to.kind == from.kind) {
    return to.kind == Kind::kArray ? gapped::Copy<Low>(to, from)
                                   : gapped::Copy<LowRange>(to, from);
  }
  to.gap = 0;
  switch (to.kind) {
    case Kind::kArray:
      VisitRuns(from, kWholeChunk,
                [&](LowRange run) { return array::Append(to, run), true; });
      break;
    case Kind::kBitset:
      std::memset(to.buffer, 0, BufferBytes(to.order));
      VisitRuns(from, kWholeChunk,
                [&](LowRange run) { return bitset::Append(to, run), true; });
      break;
    case Kind::kRuns:
      to.runs = 0;
      VisitRuns(from, kWholeChunk,
                [&](LowRange run) { return runs::Append(to, run), true; });
      break;
  }
}

// Whether container and counts agree.
template <Containers kWith>
bool IsConsistent(const Chunk& chunk) {
  if (chunk.order > kMaxOrder) return false;
  if (!kWith.runs && chunk.kind == Kind::kRuns) return false;
  if (kWith.count_runs && chunk.runs != CountRuns(chunk, kWholeChunk)) {
    return false;
  }
  if (chunk.kind == Kind::kBitset
          ? chunk.order != kMaxOrder
          : OrderFor(chunk.kind, chunk.members(), chunk.runs) > chunk.order) {
    return false;
  }
  if (chunk.kind != Kind::kBitset) {
    const std::uint32_t size =
        chunk.kind == Kind::kArray ? chunk.members() : chunk.runs;
    if (kWith.gap ? chunk.gap > size : chunk.gap != size) return false;
  }
  std::uint32_t members = 0;
  std::uint32_t next_free = 0;  // the first page that a further run may have
  bool ascending = true;
  const auto look = [&](LowRange run) {
    ascending &= run.first >= next_free && run.first <= run.last;
    next_free = run.last + 2u;
    members += run.last - run.first + 1u;
    return true;
  };
  VisitRuns(chunk, kWholeChunk, look);
  return ascending && members == chunk.members();
}

}  // namespace pfn::roaring
