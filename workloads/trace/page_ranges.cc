// SPDX-License-Identifier: MIT

#include "workloads/trace/page_ranges.h"

#include <algorithm>
#include <cstddef>
#include <iterator>

namespace pfn {

// Both walk down from the last range that begins in or right behind `range`,
// take what they touch out of the tree, and put back what has to stay.

std::uint64_t PageRanges::Insert(PfnRange range) {
  PfnRange merged = range;
  std::uint64_t members = 0;
  auto it = ranges_.upper_bound(range.last + 1);
  while (it != ranges_.begin()) {
    --it;
    const auto [first, last] = *it;
    if (last + 1 < range.first) break;
    const Pfn overlap_begin = std::max(first, range.first);
    const Pfn overlap_end = std::min(last, range.last) + 1;
    if (overlap_end > overlap_begin) members += overlap_end - overlap_begin;
    merged.first = std::min(merged.first, first);
    merged.last = std::max(merged.last, last);
    it = ranges_.erase(it);
  }
  ranges_[merged.first] = merged.last;
  return members;
}

std::uint64_t PageRanges::Remove(PfnRange range) {
  std::uint64_t members = 0;
  auto it = ranges_.upper_bound(range.last);
  while (it != ranges_.begin()) {
    --it;
    const auto [first, last] = *it;
    if (last < range.first) break;
    members += std::min(last, range.last) - std::max(first, range.first) + 1;
    it = ranges_.erase(it);
    if (last > range.last) it = ranges_.emplace(range.last + 1, last).first;
    if (first < range.first) it = ranges_.emplace(first, range.first - 1).first;
  }
  return range.last - range.first + 1 - members;
}

bool PageRanges::Intersects(PfnRange range) const {
  const auto behind = ranges_.upper_bound(range.last);
  return behind != ranges_.begin() && std::prev(behind)->second >= range.first;
}

std::vector<PfnRange> MaximalRanges(std::span<const PfnRun> runs) {
  std::vector<PfnRange> ranges;
  ranges.reserve(runs.size());
  for (const PfnRun& run : runs) {
    ranges.push_back(run.range());
  }
  std::sort(ranges.begin(), ranges.end(),
            [](PfnRange a, PfnRange b) { return a.first < b.first; });
  // Merges in place: `grown` ranges are done, but for the last one's end.
  std::size_t grown = 0;
  for (const PfnRange& range : ranges) {
    if (grown > 0 && range.first <= ranges[grown - 1].last + 1) {
      ranges[grown - 1].last = std::max(ranges[grown - 1].last, range.last);
    } else {
      ranges[grown++] = range;
    }
  }
  ranges.resize(grown);
  return ranges;
}

}  // namespace pfn
