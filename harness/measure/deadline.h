// SPDX-License-Identifier: MIT
//
// When a measurement has taken too long. Some structures need minutes for what
// others do in a millisecond; they are cut off between two blocks of pages.

#pragma once

#include <chrono>

namespace pfn {

class Deadline {
 public:
  using Clock = std::chrono::steady_clock;

  Deadline() = default;  // never
  // `limit` from now; zero is never.
  explicit Deadline(Clock::duration limit) {
    if (limit != Clock::duration::zero()) at_ = Clock::now() + limit;
  }

  bool HasPassed() const {
    return at_ != Clock::time_point::max() && Clock::now() >= at_;
  }

 private:
  Clock::time_point at_ = Clock::time_point::max();
};

}  // namespace pfn
