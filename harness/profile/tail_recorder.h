// SPDX-License-Identifier: MIT
//
// Takes the time of single steps, in several repetitions of a run that does the
// same in each. What counts of a step is the least of its times: an interrupt
// or a stolen CPU hits one repetition, what the structure does itself takes its
// time in all. All memory is there before a repetition begins.
//
// One reading of the clock ends a step and begins the next, and is kept as it
// is; up to kAtOnce steps are noted together when the clock is not looked at.

#pragma once

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "harness/measure/stopwatch.h"
#include "harness/profile/profile.h"
#include "harness/profile/time_histogram.h"

namespace pfn {

class TailRecorder {
 public:
  static constexpr std::size_t kWorst = 10;
  // So many steps of a kind are remembered, for 64 MiB; of those beyond, the
  // first repetition counts.
  static constexpr std::uint64_t kRemembered = std::uint64_t{1} << 24;
  // A sequence of steps: its readings are 2 KiB, a sixteenth of the smallest
  // first-level cache in use.
  static constexpr std::size_t kAtOnce = 256;

  explicit TailRecorder(const Timer& timer = Timer::Get());

  // Up to `count` steps of this kind will come.
  void Expect(Step step, std::uint64_t count);
  void BeginRepetition();
  int repetitions() const { return repetitions_; }

  // Runs `body(0)`, `body(1)` and so on, which are the next steps of their
  // kind, until one returns false, which counts as well, or `count` were made.
  // Whether all were. `count` is at most kAtOnce.
  template <class Body>
  bool TimeEach(Step step, std::size_t count, Body body) {
    assert(count <= kAtOnce);
    std::size_t made = 0;
    bool goes_on = true;
    laps_[0] = timer_.Lap();
    while (made < count && goes_on) {
      goes_on = body(made);
      laps_[++made] = timer_.Lap();
    }
    Kind& kind = of(step);
    for (std::size_t i = 0; i < made; ++i) {
      Record(kind, laps_[i + 1] - laps_[i]);
    }
    return goes_on;
  }

  // Runs `body`, which is the next step of its kind.
  template <class Body>
  void Time(Step step, Body body) {
    TimeEach(step, 1, [&](std::size_t) {
      body();
      return true;
    });
  }

  // How many nanoseconds one more step takes for being timed and noted: the
  // least of several sequences of steps that do nothing. Takes milliseconds.
  static double CostOfStep();

  // What was recorded; `passes` of the workload it was.
  TailProfile Finish(std::size_t passes);

 private:
  struct Slow {
    std::uint32_t ticks;
    std::uint64_t position;
  };
  struct Kind {
    std::vector<std::uint32_t> least;  // ticks, by position
    std::uint64_t next = 0;            // position, in this repetition
    std::uint64_t count = 0;           // in the longest repetition
    std::uint32_t longest = 0;         // in any repetition
    TimeHistogram histogram;
    std::array<Slow, kWorst> worst;  // longest first
    std::size_t worst_count = 0;
  };

  static constexpr std::uint32_t kNever =
      std::numeric_limits<std::uint32_t>::max();

  Kind& of(Step step) { return kinds_[static_cast<std::size_t>(step)]; }

  void Record(Kind& kind, std::uint64_t raw) {
    const std::uint64_t net = raw > overhead_ ? raw - overhead_ : 0;
    const auto ticks =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(net, kNever - 1));
    kind.longest = std::max(kind.longest, ticks);
    const std::uint64_t position = kind.next++;
    if (position < kind.least.size()) [[likely]] {
      kind.least[position] = std::min(kind.least[position], ticks);
    } else if (repetitions_ == 1) {
      Count(kind, position, ticks);
    }
  }

  static void Count(Kind& kind, std::uint64_t position, std::uint32_t ticks);
  StepTimes Summary(Kind& kind) const;

  const Timer& timer_;
  const std::uint64_t overhead_;
  int repetitions_ = 0;
  std::array<std::uint64_t, kAtOnce + 1> laps_;
  std::array<Kind, kStepNames.size()> kinds_;
};

}  // namespace pfn
