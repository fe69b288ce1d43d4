// SPDX-License-Identifier: MIT
//
// File: structures/parts/roaring_chunk.h
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
//             of runs, are a gap at the place of its last change, not at its
//             end: what is below the gap lies at the front of the buffer, the
//             rest at its back.
// Cost        array, runs: a change moves what lies between it and the change
//             before, and so nothing while pages come in sequence, ascending or
//             descending: a look at both sides of the gap. A change elsewhere
//             is a binary search and a memmove. Bitset: O(1).
// Failure     nothing here allocates. A change that finds no room says so and
//             leaves the membership as it is.
//
// A guest hands out its pages in descending order (99 % of the steps in the
// recorded traces). An array whose free slots are at its end would move all
// its values for each of them: docs/notebook.md has the figures.

#ifndef PFNBENCH_STRUCTURES_PARTS_ROARING_CHUNK_H_
#define PFNBENCH_STRUCTURES_PARTS_ROARING_CHUNK_H_

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "structures/core/pfn.h"
#include "structures/parts/bits.h"

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
  std::uint16_t gap;         // values or runs before the gap
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

// How a change to a chunk ended.
enum class Change : std::uint8_t {
  kNone,  // the page was a member before
  kDone,
  kNoRoom,  // the buffer is too small; nothing happened
};

// ------------------------------------------- arrays, of values or of runs

namespace gapped {

inline std::uint32_t SizeOf(const Chunk& chunk, const Low*) {
  return chunk.members();
}
inline std::uint32_t SizeOf(const Chunk& chunk, const LowRange*) {
  return chunk.runs;
}
inline Low LastOf(Low value) { return value; }
inline Low LastOf(LowRange run) { return run.last; }

// The elements are [front, gap) and [tail, end).
template <class T>
struct View {
  explicit View(const Chunk& chunk)
      : front(static_cast<T*>(chunk.buffer)),
        gap(front + chunk.gap),
        end(front + BufferBytes(chunk.order) / sizeof(T)),
        tail(end - (SizeOf(chunk, front) - chunk.gap)) {}

  bool HasHead() const { return gap != front; }
  bool HasTail() const { return tail != end; }
  bool IsFull() const { return gap == tail; }

  T* front;
  T* gap;
  T* end;
  T* tail;
};

// The first element that does not end before `low`.
template <class T>
T* LowerBound(T* begin, T* end, Low low) {
  return FirstNot(begin, end, [low](T value) { return LastOf(value) < low; });
}

// The same in both parts; the end of the tail if there is none.
template <class T>
const T* FirstFrom(const View<T>& view, Low low) {
  const bool in_head = view.HasHead() && LastOf(view.gap[-1]) >= low;
  return in_head ? LowerBound(view.front, view.gap, low)
                 : LowerBound(view.tail, view.end, low);
}

// Calls `visit` with each element that does not end before `low`, ascending, as
// long as it returns true.
template <class T, class Visit>
void VisitFrom(const Chunk& chunk, Low low, Visit visit) {
  const View<T> view(chunk);
  const T* at = FirstFrom(view, low);
  if (at < view.gap) {
    for (; at != view.gap; ++at) {
      if (!visit(*at)) return;
    }
    at = view.tail;
  }
  for (; at != view.end; ++at) {
    if (!visit(*at)) return;
  }
}

// Moves the gap down before the first element that does not end before `low`.
// There is one before the gap.
template <class T>
[[gnu::noinline]] void MoveDown(Chunk& chunk, Low low) {
  const View<T> view(chunk);
  const T* const from = LowerBound(view.front, view.gap - 1, low);
  const std::size_t moved = view.gap - from;
  std::memmove(view.tail - moved, from, moved * sizeof(T));
  chunk.gap = static_cast<std::uint16_t>(chunk.gap - moved);
}

// Moves the gap up behind the last element that ends before `low`. There is one
// behind it.
template <class T>
[[gnu::noinline]] void MoveUp(Chunk& chunk, Low low) {
  const View<T> view(chunk);
  const std::size_t moved =
      LowerBound(view.tail + 1, view.end, low) - view.tail;
  std::memmove(view.gap, view.tail, moved * sizeof(T));
  chunk.gap = static_cast<std::uint16_t>(chunk.gap + moved);
}

// Moves the gap to where `low` is or would be: the tail starts with the first
// element that does not end before it.
template <class T>
[[gnu::always_inline]] inline View<T> Seek(Chunk& chunk, Low low) {
  View<T> view(chunk);
  if (view.HasHead() && LastOf(view.gap[-1]) >= low) {
    MoveDown<T>(chunk, low);
    view = View<T>(chunk);
  } else if (view.HasTail() && LastOf(*view.tail) < low) {
    MoveUp<T>(chunk, low);
    view = View<T>(chunk);
  }
  return view;
}

// Into a chunk with the same counts, with the gap at the same place.
template <class T>
void Copy(Chunk& to, const Chunk& from) {
  to.gap = from.gap;
  const View<T> source(from);
  const View<T> target(to);
  std::copy(source.front, source.gap, target.front);
  std::copy(source.tail, source.end, target.tail);
}

}  // namespace gapped

namespace array {

using View = gapped::View<Low>;

inline bool Contains(const Chunk& chunk, Low low) {
  const View view(chunk);
  const Low* const at = gapped::FirstFrom(view, low);
  return at != view.end && *at == low;
}

template <bool kCountRuns>
[[gnu::always_inline]] inline Change Insert(Chunk& chunk, Low low) {
  const View view = gapped::Seek<Low>(chunk, low);
  if (view.HasTail() && *view.tail == low) return Change::kNone;
  if (view.IsFull()) return Change::kNoRoom;
  const bool left = view.HasHead() && view.gap[-1] + 1 == low;
  if constexpr (kCountRuns) {
    const bool right = view.HasTail() && *view.tail == low + 1;
    chunk.runs = static_cast<std::uint16_t>(chunk.runs + 1 - left - right);
  }
  ++chunk.last_index;
  // On the side from which a run, ascending or descending, goes on.
  if (left) {
    *view.gap = low;
    ++chunk.gap;
  } else {
    view.tail[-1] = low;
  }
  return Change::kDone;
}

inline std::uint32_t Count(Chunk& chunk, LowRange span) {
  const View view = gapped::Seek<Low>(chunk, span.first);
  const Low* const end = FirstNot(
      view.tail, view.end, [span](Low value) { return value <= span.last; });
  return static_cast<std::uint32_t>(end - view.tail);
}

// Widens the gap over `span`.
inline void Remove(Chunk& chunk, LowRange span, std::uint32_t count) {
  gapped::Seek<Low>(chunk, span.first);
  chunk.last_index = static_cast<std::uint16_t>(chunk.last_index - count);
}

inline void Append(Chunk& chunk, LowRange run) {
  for (std::uint32_t low = run.first; low <= run.last; ++low) {
    chunk.values()[chunk.gap++] = static_cast<Low>(low);
  }
}

template <class Emit>
void VisitRuns(const Chunk& chunk, LowRange span, Emit emit) {
  LowRange run = {1, 0};  // none yet
  bool go_on = true;
  gapped::VisitFrom<Low>(chunk, span.first, [&](Low value) {
    if (value > span.last) return false;
    if (run.first <= run.last && value == run.last + 1) {
      run.last = value;
      return true;
    }
    if (run.first <= run.last) go_on = emit(run);
    run = {value, value};
    return go_on;
  });
  if (go_on && run.first <= run.last) emit(run);
}

}  // namespace array

// ------------------------------------------------------------------ bitset

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

// How many of the pages beside `low` are members.
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

// -------------------------------------------------------------------- runs

namespace runs {

using View = gapped::View<LowRange>;

inline bool Contains(const Chunk& chunk, Low low) {
  const View view(chunk);
  const LowRange* const at = gapped::FirstFrom(view, low);
  return at != view.end && at->first <= low;
}

[[gnu::always_inline]] inline Change Insert(Chunk& chunk, Low low) {
  const View view = gapped::Seek<LowRange>(chunk, low);
  if (view.HasTail() && view.tail->first <= low) return Change::kNone;
  const bool left = view.HasHead() && view.gap[-1].last + 1 == low;
  const bool right = view.HasTail() && view.tail->first == low + 1;
  if (left && right) {
    view.tail->first = view.gap[-1].first;
    --chunk.gap;
    --chunk.runs;
  } else if (right) {
    view.tail->first = low;
  } else if (left) {
    view.gap[-1].last = low;
  } else {
    if (view.IsFull()) return Change::kNoRoom;
    view.tail[-1] = {low, low};
    ++chunk.runs;
  }
  ++chunk.last_index;
  return Change::kDone;
}

inline std::uint32_t Count(Chunk& chunk, LowRange span) {
  const View view = gapped::Seek<LowRange>(chunk, span.first);
  std::uint32_t count = 0;
  for (const LowRange* run = view.tail;
       run != view.end && run->first <= span.last; ++run) {
    count +=
        std::min(run->last, span.last) + 1u - std::max(run->first, span.first);
  }
  return count;
}

// Needs room when `span` lies within a run.
inline Change Remove(Chunk& chunk, LowRange span, std::uint32_t count) {
  const View view = gapped::Seek<LowRange>(chunk, span.first);
  LowRange* run = view.tail;
  if (run->first < span.first) {
    const bool splits = run->last > span.last;
    if (splits && view.IsFull()) return Change::kNoRoom;
    *view.gap = {run->first, static_cast<Low>(span.first - 1)};
    ++chunk.gap;
    if (splits) {
      ++chunk.runs;
    } else {
      ++run;
    }
  }
  while (run != view.end && run->last <= span.last) {
    --chunk.runs;
    ++run;
  }
  if (run != view.end && run->first <= span.last) run->first = span.last + 1;
  chunk.last_index = static_cast<std::uint16_t>(chunk.last_index - count);
  return Change::kDone;
}

inline void Append(Chunk& chunk, LowRange run) {
  chunk.ranges()[chunk.gap++] = run;
  ++chunk.runs;
}

template <class Emit>
void VisitRuns(const Chunk& chunk, LowRange span, Emit emit) {
  gapped::VisitFrom<LowRange>(chunk, span.first, [&](LowRange run) {
    return run.first <= span.last &&
           emit(LowRange{std::max(run.first, span.first),
                         std::min(run.last, span.last)});
  });
}

}  // namespace runs

// --------------------------------------------------------- any of the three

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

// kWithRuns: there are containers of runs, and chunk.runs is kept for all.
template <bool kWithRuns>
[[gnu::always_inline]] inline Change Insert(Chunk& chunk, Low low) {
  if constexpr (kWithRuns) {
    if (chunk.kind == Kind::kRuns) return runs::Insert(chunk, low);
  }
  return chunk.kind == Kind::kArray ? array::Insert<kWithRuns>(chunk, low)
                                    : bitset::Insert<kWithRuns>(chunk, low);
}

// How many members `span` has. An array has its gap there then, so that
// removing them is not another search.
inline std::uint32_t Count(Chunk& chunk, LowRange span) {
  switch (chunk.kind) {
    case Kind::kArray:
      return array::Count(chunk, span);
    case Kind::kRuns:
      return runs::Count(chunk, span);
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
template <bool kWithRuns>
Change Remove(Chunk& chunk, LowRange span, std::uint32_t count) {
  // What a removal does to the runs can be seen from one page around it.
  LowRange around = span;
  std::uint32_t before = 0;
  if constexpr (kWithRuns) {
    if (chunk.kind == Kind::kRuns) return runs::Remove(chunk, span, count);
    if (around.first != 0) --around.first;
    if (around.last != kMaxLow) ++around.last;
    before = CountRuns(chunk, around);
  }
  if (chunk.kind == Kind::kArray) {
    array::Remove(chunk, span, count);
  } else {
    bitset::Remove(chunk, span, count);
  }
  if constexpr (kWithRuns) {
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
inline bool IsConsistent(const Chunk& chunk) {
  if (chunk.order > kMaxOrder) return false;
  if (chunk.kind == Kind::kBitset
          ? chunk.order != kMaxOrder
          : OrderFor(chunk.kind, chunk.members(), chunk.runs) > chunk.order) {
    return false;
  }
  if (chunk.kind == Kind::kArray && chunk.gap > chunk.members()) return false;
  if (chunk.kind == Kind::kRuns && chunk.gap > chunk.runs) return false;
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

#endif  // PFNBENCH_STRUCTURES_PARTS_ROARING_CHUNK_H_
