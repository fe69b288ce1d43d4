// SPDX-License-Identifier: MIT

#include "harness/driver/round_check.h"

#include <algorithm>

namespace pfn {

void RoundCheck::Recorded(std::span<const Pfn> pages) {
  pages_ += pages.size();
  for (const Pfn page : pages) {
    if (!ranges_.empty()) {
      PfnRange& last = ranges_.back();
      if (page + 1 == last.first) {
        last.first = page;
        continue;
      }
      if (page == last.last + 1) {
        last.last = page;
        continue;
      }
    }
    ranges_.push_back({page, page});
  }
}

void RoundCheck::Finish() {
  std::sort(
      ranges_.begin(), ranges_.end(),
      [](const PfnRange& a, const PfnRange& b) { return a.first < b.first; });
  std::size_t merged = 0;
  for (const PfnRange& range : ranges_) {
    if (merged > 0 && ranges_[merged - 1].last + 1 >= range.first) {
      PfnRange& before = ranges_[merged - 1];
      before.last = std::max(before.last, range.last);
    } else {
      ranges_[merged++] = range;
    }
  }
  ranges_.resize(merged);
}

}  // namespace pfn
