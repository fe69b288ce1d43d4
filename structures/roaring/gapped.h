// SPDX-License-Identifier: MIT
//
// A sorted array in a chunk's buffer whose free slots are a gap at the place of
// its last change. What is below the gap lies at the front of the buffer, the
// rest at its back, so that changes in sequence, ascending or descending, move
// nothing. Elements are values or runs.
//
// Where a structure has its free slots at the end, as published, the gap is
// there all the time, and a change moves what lies behind it.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "structures/roaring/layout.h"

namespace pfn::roaring {

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

  // Of an array without a gap: cut before `at`.
  View(const Chunk& chunk, T* at)
      : front(static_cast<T*>(chunk.buffer)),
        gap(at),
        end(front + SizeOf(chunk, front)),
        tail(at) {}

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

// Cuts where `low` is or would be: the tail starts with the first element that
// does not end before it. If there is a gap, it moves there.
template <class T, bool kGap>
[[gnu::always_inline]] inline View<T> Seek(Chunk& chunk, Low low) {
  View<T> view(chunk);
  if constexpr (!kGap) {
    const bool in_head = view.HasHead() && LastOf(view.gap[-1]) >= low;
    return {chunk, in_head ? LowerBound(view.front, view.gap, low) : view.gap};
  }
  if (view.HasHead() && LastOf(view.gap[-1]) >= low) {
    MoveDown<T>(chunk, low);
    view = View<T>(chunk);
  } else if (view.HasTail() && LastOf(*view.tail) < low) {
    MoveUp<T>(chunk, low);
    view = View<T>(chunk);
  }
  return view;
}

// For what is cut: whether there is no room for one element more.
template <bool kGap, class T>
bool IsFull(const Chunk& chunk, const View<T>& view) {
  if constexpr (kGap) return view.IsFull();
  return view.end == view.front + BufferBytes(chunk.order) / sizeof(T);
}

// Without a gap: moves what lies behind `from` to `to`, which has the chunk so
// many elements more, or less.
template <class T>
void MoveTail(Chunk& chunk, const View<T>& view, T* from, T* to) {
  std::memmove(to, from, (view.end - from) * sizeof(T));
  chunk.gap = static_cast<std::uint16_t>(chunk.gap + (to - from));
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

}  // namespace pfn::roaring
