// SPDX-License-Identifier: MIT
//
// The model's own answer to what a round has to report to the host: the pages
// that were recorded, sorted and merged, without any structure's code. The
// driver compares what the set gives back with it, range by range.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "structures/core/pfn.h"

namespace pfn {

class RoundCheck {
 public:
  void Begin() {
    ranges_.clear();
    pages_ = 0;
    next_ = 0;
  }
  void Recorded(std::span<const Pfn> pages);

  // All pages of the round are recorded.
  void Finish();
  // What the set says comes next.
  void Found(PfnRange range) {
    if (next_ >= ranges_.size() || ranges_[next_] != range) is_wrong_ = true;
    ++next_;
  }
  // Whether everything was found, here and in all rounds before.
  bool IsRight() const { return !is_wrong_ && next_ == ranges_.size(); }

  std::uint64_t pages() const { return pages_; }

 private:
  std::vector<PfnRange> ranges_;
  std::uint64_t pages_ = 0;
  std::size_t next_ = 0;
  bool is_wrong_ = false;
};

}  // namespace pfn
