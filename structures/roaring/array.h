// SPDX-License-Identifier: MIT
//
// The container for few members: they themselves, ascending, 2 bytes each.

#pragma once

#include <cstdint>

#include "structures/roaring/gapped.h"
#include "structures/roaring/layout.h"

namespace pfn::roaring {

namespace array {

using View = gapped::View<Low>;

inline bool Contains(const Chunk& chunk, Low low) {
  const View view(chunk);
  const Low* const at = gapped::FirstFrom(view, low);
  return at != view.end && *at == low;
}

template <Containers kWith>
[[gnu::always_inline]] inline Change Insert(Chunk& chunk, Low low) {
  const View view = gapped::Seek<Low, kWith.gap>(chunk, low);
  if (view.HasTail() && *view.tail == low) return Change::kNone;
  if (gapped::IsFull<kWith.gap>(chunk, view)) return Change::kNoRoom;
  const bool left = view.HasHead() && view.gap[-1] + 1 == low;
  if constexpr (kWith.count_runs) {
    const bool right = view.HasTail() && *view.tail == low + 1;
    chunk.runs = static_cast<std::uint16_t>(chunk.runs + 1 - left - right);
  }
  ++chunk.last_index;
  if constexpr (!kWith.gap) {
    gapped::MoveTail(chunk, view, view.tail, view.tail + 1);
    *view.tail = low;
    return Change::kDone;
  }
  // On the side from which a run, ascending or descending, goes on.
  if (left) {
    *view.gap = low;
    ++chunk.gap;
  } else {
    view.tail[-1] = low;
  }
  return Change::kDone;
}

template <bool kGap>
inline std::uint32_t Count(Chunk& chunk, LowRange span) {
  const View view = gapped::Seek<Low, kGap>(chunk, span.first);
  const Low* const end = FirstNot(
      view.tail, view.end, [span](Low value) { return value <= span.last; });
  return static_cast<std::uint32_t>(end - view.tail);
}

// Widens the gap over `span`.
template <bool kGap>
inline void Remove(Chunk& chunk, LowRange span, std::uint32_t count) {
  const View view = gapped::Seek<Low, kGap>(chunk, span.first);
  if constexpr (!kGap) {
    gapped::MoveTail(chunk, view, view.tail + count, view.tail);
  }
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

}  // namespace pfn::roaring
