// SPDX-License-Identifier: MIT
//
// A last-in, first-out list of pages, as the balloon's lists are: the driver
// inserts at the front and removes from the front. Kept as runs, so that the
// balloon of a 64 GiB guest takes kilobytes. Push and Pop are O(1).

#pragma once

#include <cstdint>
#include <vector>

#include "structures/core/pfn.h"
#include "workloads/trace/trace.h"

namespace pfn {

class PageStack {
 public:
  bool empty() const { return runs_.empty(); }
  std::uint64_t size() const { return size_; }

  void Push(Pfn page) {
    ++size_;
    if (!runs_.empty()) {
      PfnRun& top = runs_.back();
      const Pfn last = top.last();
      if (top.length > 0 && page == last + 1) {
        ++top.length;
        return;
      }
      if (page + 1 == last && (top.length < 0 || top.length == 1)) {
        top.length = top.length == 1 ? -2 : top.length - 1;
        return;
      }
    }
    runs_.push_back({page, 1});
  }

  // Requires !empty().
  Pfn Pop() {
    --size_;
    PfnRun& top = runs_.back();
    const Pfn page = top.last();
    if (top.pages() == 1) {
      runs_.pop_back();
    } else if (top.length > 0) {
      --top.length;
    } else {
      top.length = top.length == -2 ? 1 : top.length + 1;
    }
    return page;
  }

  void Clear() {
    runs_.clear();
    size_ = 0;
  }

 private:
  std::vector<PfnRun> runs_;  // the last page of the last run is the front
  std::uint64_t size_ = 0;
};

}  // namespace pfn
