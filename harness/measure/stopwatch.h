// SPDX-License-Identifier: MIT
//
// Time around short stretches of work. A pass of a real trace can be as short
// as 30 pages, so the clock's own cost matters: on x86-64 the time-stamp
// counter is read between fences, where it is invariant, and what a pair of
// readings costs is measured once and subtracted from every stretch. Elsewhere
// the monotonic clock serves, with the same correction. Steps that follow one
// another need one reading each, a lap.
//
// A process can choose to count instructions instead (counter.h).
// Then the same stretches of the same loops are counted, and a counter is
// called where the monotonic clock would be: the path of the time-stamp counter
// does not know of it.

#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace pfn {

// What a stopwatch reads, and how ticks become a figure; measured once, at the
// first use.
struct Timer {
  enum class Source : std::uint8_t {
    kNothing,
    kClock,
    kCallgrind,  // in a process under callgrind
    kHardware,   // after OpenHardwareCounter()
  };

  Source source = Source::kNothing;
  bool uses_tsc = false;
  std::uint64_t (*read)() = nullptr;  // unless uses_tsc
  double ns_per_tick = 0;
  double overhead_ticks = 0;  // of a pair of readings around nothing
  double lap_ticks = 0;       // that a lap adds to a step

  // What this process measures: a clock, unless another source was chosen
  // before the first call.
  static const Timer& Get();
  static void Choose(Source source);

  // For what is not measured.
  static const Timer& Nothing();

  bool counts_instructions() const {
    return source == Source::kCallgrind || source == Source::kHardware;
  }

  // A reading, in ticks.
  std::uint64_t Now() const {
#if defined(__x86_64__)
    if (uses_tsc) [[likely]] {
      return ReadTsc();
    }
#endif
    return read();
  }

  // A reading that ends one step and begins the next. What came before has
  // finished; what comes after may begin while the counter is being read, which
  // saves a second fence.
  std::uint64_t Lap() const {
#if defined(__x86_64__)
    if (uses_tsc) [[likely]] {
      return ReadTscLap();
    }
#endif
    return read();
  }

  // One line for the results: which source, its rate, what was subtracted.
  std::string Describe() const;

 private:
  static Timer Clock();
  static Timer Callgrind();

#if defined(__x86_64__)
  // Built in, because <x86intrin.h> is half of what a structure's translation
  // unit has to parse.
  static std::uint64_t ReadTsc() {
    // What comes before has finished; what comes after has not begun.
    __builtin_ia32_lfence();
    const std::uint64_t ticks = __builtin_ia32_rdtsc();
    __builtin_ia32_lfence();
    return ticks;
  }
  static std::uint64_t ReadTscLap() {
    __builtin_ia32_lfence();
    const std::uint64_t ticks = __builtin_ia32_rdtsc();
    asm volatile("" ::: "memory");  // the compiler keeps the order, too
    return ticks;
  }
#endif
  static std::uint64_t ReadMonotonic() {
    return static_cast<std::uint64_t>(
        std::chrono::steady_clock::now().time_since_epoch().count());
  }
};

// Sums up stretches of time, or of instructions. Nothing may be allocated or
// printed within one.
class Stopwatch {
 public:
  explicit Stopwatch(const Timer& timer = Timer::Get()) : timer_(timer) {}

  void Start() { start_ = timer_.Now(); }
  void Stop() {
    ticks_ +=
        static_cast<double>(timer_.Now() - start_) - timer_.overhead_ticks;
  }
  // Never negative, although a correction could make a sum of nothing so. 0
  // where instructions are counted.
  double nanoseconds() const {
    return ticks_ > 0 ? ticks_ * timer_.ns_per_tick : 0;
  }
  // Of all stretches since the last call. 0 where time is measured.
  double TakeInstructions();

 private:
  const Timer& timer_;
  std::uint64_t start_ = 0;
  double ticks_ = 0;
};

}  // namespace pfn
