// SPDX-License-Identifier: MIT

#include "harness/driver/round_check.h"

#include "harness/driver/merge.h"

namespace pfn {

void RoundCheck::Recorded(std::span<const Pfn> pages) {
  pages_ += pages.size();
  JoinNeighbours(pages, ranges_);
}

void RoundCheck::Finish() { SortAndJoin(ranges_); }

}  // namespace pfn
