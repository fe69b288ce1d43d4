// SPDX-License-Identifier: MIT
//
// The random numbers of workloads and of faults: splitmix64 (Steele, Lea and
// Flood, 2014). Written out because a seed must give the same pages and the
// same failures everywhere, and the distributions of the standard library
// differ between implementations. Here because both may include this folder.

#pragma once

#include <cstdint>

namespace pfn {

class SplitMix64 {
 public:
  explicit constexpr SplitMix64(std::uint64_t seed) : state_(seed) {}

  constexpr std::uint64_t Next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  // Uniform in [0, bound), by the high half of a 64 x 64 bit product.
  constexpr std::uint64_t Below(std::uint64_t bound) {
    using Wide = unsigned __int128;
    return static_cast<std::uint64_t>((static_cast<Wide>(Next()) * bound) >>
                                      64);
  }

  // Uniform in [0, 1), a multiple of 2^-53.
  constexpr double Fraction() {
    return static_cast<double>(Next() >> 11) * 0x1p-53;
  }

 private:
  std::uint64_t state_;
};

}  // namespace pfn
