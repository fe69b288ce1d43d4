// SPDX-License-Identifier: MIT

#include "workloads/import/balloon_count.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace pfn {

std::string BalloonCount::SetConfig(std::int64_t actual,
                                    std::int64_t old_actual,
                                    std::uint64_t line) {
  if (!known_) {
    // The log may begin with pages in the balloon: nothing to compare with yet.
    known_ = true;
    offset_ = actual - pages_;
  } else if (old_actual != last_actual_) {
    return fmt::format(
        "found oldactual: {}; expected {}, the actual of the set_config "
        "before; lines are missing between the two",
        old_actual, last_actual_);
  }
  last_actual_ = actual;
  return CheckLag(actual - (offset_ + pages_), line);
}

std::string BalloonCount::CheckLag(std::int64_t lag, std::uint64_t line) {
  if (lag == 0) {
    streak_ = 0;
    return "";
  }
  ++lagging_;
  largest_lag_ = std::max(largest_lag_, std::abs(lag));
  if (streak_++ == 0) streak_line_ = line;
  if (streak_ <= kMaxLagStreak && std::abs(lag) <= kMaxLag) return "";
  return fmt::format(
      "found actual: {}; expected {}, which is what the pages kicked so far "
      "add up to; they have differed since line {}: lines are missing before "
      "it",
      last_actual_, last_actual_ - lag, streak_line_);
}

}  // namespace pfn
