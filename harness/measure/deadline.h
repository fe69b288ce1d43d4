// SPDX-License-Identifier: MIT
//
// File: harness/measure/deadline.h
//
// When a measurement has taken too long. Some structures need minutes for what
// others do in a millisecond; they are cut off between two blocks of pages.

#ifndef PFNBENCH_HARNESS_MEASURE_DEADLINE_H_
#define PFNBENCH_HARNESS_MEASURE_DEADLINE_H_

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

#endif  // PFNBENCH_HARNESS_MEASURE_DEADLINE_H_
