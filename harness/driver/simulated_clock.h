// SPDX-License-Identifier: MIT
//
// The time of the model: an integer that only the model moves, so that equal
// inputs give equal times. In picoseconds, because the costs per page that the
// posting of 2017 implies are no whole nanoseconds and are multiplied by
// millions; 64 bits are enough for half a year.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace pfn {

using Picoseconds = std::uint64_t;

inline constexpr Picoseconds kPicosecondsPerNs = 1'000;
inline constexpr Picoseconds kPicosecondsPerMs = 1'000'000'000;

// What the time of a round goes into.
enum class Stage : std::uint8_t {
  kAllocate,   // the guest allocates the pages
  kRecord,     // it writes their numbers down, in an array or a set
  kNotify,     // kick, wait, and being woken up
  kSort,       // the host sorts and merges an array
  kTranslate,  // the host finds the memory of a page
  kMadvise,    // and gives it away
  kSleep,      // out of puff
};
inline constexpr std::size_t kStages = 7;

class Clock {
 public:
  void Spend(Stage stage, Picoseconds time) {
    now_ += time;
    spent_[static_cast<std::size_t>(stage)] += time;
  }
  Picoseconds now() const { return now_; }
  Picoseconds spent(Stage stage) const {
    return spent_[static_cast<std::size_t>(stage)];
  }

 private:
  Picoseconds now_ = 0;
  std::array<Picoseconds, kStages> spent_{};
};

}  // namespace pfn
