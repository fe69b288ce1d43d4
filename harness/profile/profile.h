// SPDX-License-Identifier: MIT
//
// What a row cannot say of a structure on a workload: the memory that it holds
// pass by pass, and how long its single operations take. The "profiles" of
// results.json are these, as ToJson() writes them. Sizes are bytes, times ns.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/kernel/nowait_heap.h"
#include "structures/core/pfn.h"

namespace pfn {

// How many pages of a pass of `pages` are cleared one by one.
constexpr std::uint64_t PagesClearedSingly(std::uint64_t pages) {
  return (pages + 7) / 8;
}

// What is held: as the structure asked for it; rounded to kmalloc classes,
// cache strides and pages; the pages of slabs; and these together with the
// pages of larger requests, if those are blocks of 2^n pages, or exactly the
// pages that hold them.
struct HeldBytes {
  std::uint64_t requested = 0;
  std::uint64_t rounded = 0;
  std::uint64_t slab = 0;
  std::uint64_t pow2 = 0;
  std::uint64_t exact = 0;

  friend bool operator==(const HeldBytes&, const HeldBytes&) = default;
};

struct PassEnd {
  std::size_t pass;
  std::uint64_t pages;  // recorded in this pass
  HeldBytes held;

  friend bool operator==(const PassEnd&, const PassEnd&) = default;
};

struct TimelinePoint {
  std::uint64_t pages;  // recorded so far, over all passes
  std::uint64_t requested;
  std::uint64_t rounded;

  friend bool operator==(const TimelinePoint&, const TimelinePoint&) = default;
};

struct MemoryProfile {
  unsigned cpus = 0;  // of the modelled machine
  std::vector<PassEnd> pass_ends;
  HeldBytes peak;
  HeldBytes retained;  // when everything was drained
  std::vector<CacheUsage> caches;
  std::uint64_t allocations = 0;
  std::uint64_t frees = 0;
  std::uint64_t sets = 0;
  unsigned largest_order = 0;
  std::vector<TimelinePoint> timeline;
};

// The single operations that are timed.
enum class Step : std::uint8_t {
  kSet,
  kClear,
  kNextRange,
  kClearRange,
  kDestroy
};

inline constexpr std::array<std::string_view, 5> kStepNames = {
    "set", "clear", "next_range", "clear_range", "destroy"};

constexpr std::string_view Name(Step step) {
  return kStepNames[static_cast<std::size_t>(step)];
}

struct TimeBucket {
  double lower_ns;
  double upper_ns;  // not in it
  std::uint64_t count;
};

// A step that took long: the how manyth of its kind in the run, and where that
// was. Until a second run has found it there is no place.
struct SlowStep {
  struct Place {
    std::size_t pass;
    Pfn pfn;
    std::uint64_t allocations;

    friend bool operator==(const Place&, const Place&) = default;
  };

  std::uint64_t position;
  double ns;
  std::optional<Place> place = {};
};

struct StepTimes {
  std::uint64_t count = 0;
  double p50 = 0;
  double p90 = 0;
  double p99 = 0;
  double p99_9 = 0;
  double max = 0;
  double max_raw = 0;  // of all repetitions, interrupts included
  std::vector<TimeBucket> histogram;
  std::vector<SlowStep> worst;  // longest first
};

struct TailProfile {
  double overhead_ns = 0;  // of the clock, subtracted
  double cost_ns = 0;      // by which a run takes longer for each step
  int repetitions = 0;
  std::size_t passes = 0;  // of the workload, from its start
  std::array<StepTimes, kStepNames.size()> steps;

  StepTimes& of(Step step) { return steps[static_cast<std::size_t>(step)]; }
  const StepTimes& of(Step step) const {
    return steps[static_cast<std::size_t>(step)];
  }
};

// How a run over all steps ended: without an error, cut off by the time limit,
// or with a wrong answer.
struct StepsOutcome {
  std::string error = {};
  bool is_cut_off = false;
};

struct Profile {
  std::string workload;
  std::string structure;
  std::string conditions;  // in JSON, as rows have them; empty: there are none
  std::string error;       // empty, or why something is missing
  std::optional<MemoryProfile> memory;
  std::optional<TailProfile> tails;
  // Whether allocations are those of the heap, and may be shown.
  bool accounts_memory = true;
};

// An object in JSON.
std::string ToJson(const Profile& profile);

}  // namespace pfn
