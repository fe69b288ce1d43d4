// SPDX-License-Identifier: MIT

#include "harness/driver/merge.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace pfn {

void JoinNeighbours(std::span<const Pfn> pages, std::vector<PfnRange>& ranges) {
  for (const Pfn page : pages) {
    if (!ranges.empty()) {
      PfnRange& last = ranges.back();
      if (page + 1 == last.first) {
        last.first = page;
        continue;
      }
      if (page == last.last + 1) {
        last.last = page;
        continue;
      }
    }
    ranges.push_back({page, page});
  }
}

void SortAndJoin(std::vector<PfnRange>& ranges) {
  std::sort(
      ranges.begin(), ranges.end(),
      [](const PfnRange& a, const PfnRange& b) { return a.first < b.first; });
  std::size_t joined = 0;
  for (const PfnRange& range : ranges) {
    if (joined > 0 && ranges[joined - 1].last + 1 >= range.first) {
      PfnRange& before = ranges[joined - 1];
      before.last = std::max(before.last, range.last);
    } else {
      ranges[joined++] = range;
    }
  }
  ranges.resize(joined);
}

std::span<const Buffer> ArrayMerger::Merge(std::span<const Buffer> buffers) {
  merged_.clear();
  for (const Buffer& buffer : buffers) {
    if (buffer.array == nullptr) {
      merged_.push_back(buffer);
      continue;
    }
    ranges_.clear();
    JoinNeighbours({buffer.array, buffer.pages}, ranges_);
    SortAndJoin(ranges_);
    for (const PfnRange& range : ranges_) {
      merged_.push_back(
          {buffer.direction, range.first,
           static_cast<std::uint32_t>(range.last - range.first + 1), nullptr});
    }
  }
  return merged_;
}

}  // namespace pfn
