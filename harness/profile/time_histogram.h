// SPDX-License-Identifier: MIT
//
// Counts times, which are numbers of ticks, in buckets of equal relative width:
// 32 to an octave, so that a quantile is off by 3 % at most, and single ticks
// below 64. All buckets there can be are an array in the object: adding is an
// increment and never allocates.

#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace pfn {

class TimeHistogram {
 public:
  struct Bucket {
    std::uint64_t first;  // number of ticks
    std::uint64_t last;
    std::uint64_t count;

    friend bool operator==(const Bucket&, const Bucket&) = default;
  };

  void Add(std::uint32_t ticks) {
    ++counts_[IndexOf(ticks)];
    ++total_;
  }

  std::uint64_t total() const { return total_; }

  // The least number of ticks that `share` of all times do not exceed, up to
  // the width of a bucket too large; 0 if there are none.
  std::uint64_t Quantile(double share) const;

  // Those that are not empty, ascending, four to an octave: for looking at.
  std::vector<Bucket> Buckets() const;

 private:
  static constexpr unsigned kFineBits = 5;
  static constexpr std::size_t kFine = std::size_t{1} << kFineBits;
  // The first octaves are one: below 2 * kFine every tick has its bucket.
  static constexpr std::size_t kBuckets = (32 - kFineBits + 1) * kFine;

  static constexpr std::size_t IndexOf(std::uint32_t ticks) {
    if (ticks < kFine) return ticks;
    const unsigned shift =
        static_cast<unsigned>(std::bit_width(ticks)) - 1 - kFineBits;
    return shift * kFine + (ticks >> shift);
  }
  static constexpr std::uint64_t FirstOf(std::size_t index) {
    if (index < 2 * kFine) return index;
    const unsigned shift = static_cast<unsigned>(index / kFine) - 1;
    return (index % kFine + kFine) << shift;
  }

  std::array<std::uint64_t, kBuckets> counts_{};
  std::uint64_t total_ = 0;
};

}  // namespace pfn
