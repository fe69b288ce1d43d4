// SPDX-License-Identifier: MIT
//
// One fault attribute set of the kernel's fault-injection framework: the same
// attributes under the same names, and the same order of checks, because its
// users know them by heart. Failures depend on the seed and on the sequence of
// calls alone.

#pragma once

#include <cstddef>
#include <cstdint>

#include "workloads/base/random.h"

namespace pfn {

class FaultAttr {
 public:
  // `probability` in percent, of which there may be fractions; every
  // `interval`-th eligible call; at most `times` injections, -1 for no limit;
  // `space` bytes pass first.
  struct Settings {
    double probability = 0;
    std::uint64_t interval = 1;
    std::int64_t times = -1;
    std::int64_t space = 0;

    friend bool operator==(const Settings&, const Settings&) = default;
  };

  FaultAttr(const Settings& settings, std::uint64_t seed)
      : settings_(settings), random_(seed) {}

  // Arms fail-nth: the n-th call from now fails, once. While it is armed no
  // attribute is looked at and none of their counters move. 0 disarms.
  void set_fail_nth(std::uint64_t n) { fail_nth_ = n; }
  // 0: has fired, or was never armed. Else: calls still to go.
  std::uint64_t fail_nth() const { return fail_nth_; }

  // Whether a request of `size` fails (bytes for slab objects, pages for the
  // page allocator).
  bool ShouldFail(std::size_t size);

  // What is left of `space` and `times`, and the calls that reached the
  // interval.
  std::int64_t space_left() const { return settings_.space; }
  std::int64_t times_left() const { return settings_.times; }
  std::uint64_t count() const { return count_; }

 private:
  bool Roll();
  bool Inject();

  Settings settings_;
  SplitMix64 random_;
  std::uint64_t count_ = 0;
  std::uint64_t fail_nth_ = 0;
};

}  // namespace pfn
