// SPDX-License-Identifier: MIT
//
// File: harness/measure/stopwatch.h
//
// Time around short stretches of work. A pass of a real trace can be as short
// as 30 pages, so the clock's own cost matters: on x86-64 the time-stamp
// counter is read between fences, where it is invariant, and what a pair of
// readings costs is measured once and subtracted from every stretch. Elsewhere
// the monotonic clock serves, with the same correction.

#ifndef PFNBENCH_HARNESS_MEASURE_STOPWATCH_H_
#define PFNBENCH_HARNESS_MEASURE_STOPWATCH_H_

#include <chrono>
#include <cstdint>
#include <string>

#if defined(__x86_64__)
#include <x86intrin.h>  // __rdtsc
#endif

namespace pfn {

// How ticks become nanoseconds; measured once, at the first use.
struct Timer {
  bool uses_tsc;
  double ns_per_tick;
  double overhead_ticks;  // of a pair of readings around nothing

  static const Timer& Get();

  // One line for the results: which clock, its rate, what was subtracted.
  std::string Describe() const;
};

// Sums up stretches of time. Nothing may be allocated or printed within one.
class Stopwatch {
 public:
  Stopwatch() : timer_(Timer::Get()) {}

  void Start() { start_ = Now(); }
  void Stop() {
    ticks_ += static_cast<double>(Now() - start_) - timer_.overhead_ticks;
  }
  // Never negative, although a correction could make a sum of nothing so.
  double nanoseconds() const {
    return ticks_ > 0 ? ticks_ * timer_.ns_per_tick : 0;
  }

 private:
  friend struct Timer;

  std::uint64_t Now() const {
#if defined(__x86_64__)
    if (timer_.uses_tsc) [[likely]] {
      return ReadTsc();
    }
#endif
    return ReadMonotonic();
  }

#if defined(__x86_64__)
  static std::uint64_t ReadTsc() {
    // What comes before has finished; what comes after has not begun.
    _mm_lfence();
    const std::uint64_t ticks = __rdtsc();
    _mm_lfence();
    return ticks;
  }
#endif
  static std::uint64_t ReadMonotonic() {
    return static_cast<std::uint64_t>(
        std::chrono::steady_clock::now().time_since_epoch().count());
  }

  const Timer& timer_;
  std::uint64_t start_ = 0;
  double ticks_ = 0;
};

}  // namespace pfn

#endif  // PFNBENCH_HARNESS_MEASURE_STOPWATCH_H_
