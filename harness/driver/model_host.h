// SPDX-License-Identifier: MIT
//
// A host that takes as long as the table of costs says, and does nothing but
// merge arrays where it is one that does.

#pragma once

#include <span>

#include "harness/driver/costs.h"
#include "harness/driver/host.h"
#include "harness/driver/merge.h"

namespace pfn {

class ModelHost final : public Host {
 public:
  explicit ModelHost(const CostTable& costs, bool merges = false)
      : costs_(costs), merges_(merges) {}

  HostTime Handle(std::span<const Buffer> buffers, bool is_kick) override {
    HostTime time{.notify = is_kick ? costs_.round_trip : 0};
    if (merges_) {
      for (const Buffer& buffer : buffers) {
        if (buffer.array == nullptr) continue;
        time.sort += buffer.pages * costs_.sort_entry;
      }
      buffers = merger_.Merge(buffers);
    }
    for (const Buffer& buffer : buffers) {
      const std::uint64_t calls = buffer.array == nullptr ? 1 : buffer.pages;
      time.madvise_calls += calls;
      time.translate += calls * costs_.translate;
      time.madvise += calls * costs_.madvise_call;
      // Deflating is MADV_WILLNEED: a call that frees nothing.
      if (buffer.direction == Direction::kInflate) {
        time.madvise += buffer.pages * costs_.madvise_page;
      }
    }
    return time;
  }

  void Touch(Pfn) override {}

 private:
  CostTable costs_;
  bool merges_;
  ArrayMerger merger_;
};

}  // namespace pfn
