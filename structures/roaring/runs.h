// SPDX-License-Identifier: MIT
//
// The container for few runs of members: they themselves, ascending, 4 bytes
// each, no two of them adjacent.

#pragma once

#include <algorithm>
#include <cstdint>

#include "structures/roaring/gapped.h"
#include "structures/roaring/layout.h"

namespace pfn::roaring {

namespace runs {

using View = gapped::View<LowRange>;

inline bool Contains(const Chunk& chunk, Low low) {
  const View view(chunk);
  const LowRange* const at = gapped::FirstFrom(view, low);
  return at != view.end && at->first <= low;
}

template <bool kGap>
[[gnu::always_inline]] inline Change Insert(Chunk& chunk, Low low) {
  const View view = gapped::Seek<LowRange, kGap>(chunk, low);
  if (view.HasTail() && view.tail->first <= low) return Change::kNone;
  const bool left = view.HasHead() && view.gap[-1].last + 1 == low;
  const bool right = view.HasTail() && view.tail->first == low + 1;
  if (left && right) {
    view.tail->first = view.gap[-1].first;
    if constexpr (kGap) {
      --chunk.gap;
    } else {
      gapped::MoveTail(chunk, view, view.tail, view.tail - 1);
    }
    --chunk.runs;
  } else if (right) {
    view.tail->first = low;
  } else if (left) {
    view.gap[-1].last = low;
  } else {
    if (gapped::IsFull<kGap>(chunk, view)) return Change::kNoRoom;
    if constexpr (!kGap) {
      gapped::MoveTail(chunk, view, view.tail, view.tail + 1);
    }
    view.tail[kGap ? -1 : 0] = {low, low};
    ++chunk.runs;
  }
  ++chunk.last_index;
  return Change::kDone;
}

template <bool kGap>
inline std::uint32_t Count(Chunk& chunk, LowRange span) {
  const View view = gapped::Seek<LowRange, kGap>(chunk, span.first);
  std::uint32_t count = 0;
  for (const LowRange* run = view.tail;
       run != view.end && run->first <= span.last; ++run) {
    count +=
        std::min(run->last, span.last) + 1u - std::max(run->first, span.first);
  }
  return count;
}

// Needs room when `span` lies within a run.
template <bool kGap>
inline Change Remove(Chunk& chunk, LowRange span, std::uint32_t count) {
  const View view = gapped::Seek<LowRange, kGap>(chunk, span.first);
  LowRange* run = view.tail;
  if (run->first < span.first) {
    const bool splits = run->last > span.last;
    if (splits && gapped::IsFull<kGap>(chunk, view)) return Change::kNoRoom;
    const LowRange before = {run->first, static_cast<Low>(span.first - 1)};
    if constexpr (kGap) {
      *view.gap = before;
      ++chunk.gap;
      if (!splits) ++run;
    } else {
      if (splits) gapped::MoveTail(chunk, view, run, run + 1);
      *run++ = before;
    }
    if (splits) {
      ++chunk.runs;
      run->first = span.last + 1;
      chunk.last_index = static_cast<std::uint16_t>(chunk.last_index - count);
      return Change::kDone;
    }
  }
  LowRange* const begin = run;
  while (run != view.end && run->last <= span.last) {
    --chunk.runs;
    ++run;
  }
  if (run != view.end && run->first <= span.last) run->first = span.last + 1;
  if constexpr (!kGap) gapped::MoveTail(chunk, view, run, begin);
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

}  // namespace pfn::roaring
