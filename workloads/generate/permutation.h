// SPDX-License-Identifier: MIT
//
// File: workloads/generate/permutation.h
//
// A random order of 0, 1, ..., n-1 that needs no memory: four rounds of a
// Feistel network over the next power of four, stepped on until the value is
// below n. Distinct pages at random in a terabyte come from here.

#ifndef PFNBENCH_WORKLOADS_GENERATE_PERMUTATION_H_
#define PFNBENCH_WORKLOADS_GENERATE_PERMUTATION_H_

#include <array>
#include <bit>
#include <cstdint>

#include "workloads/base/random.h"

namespace pfn {

class Permutation {
 public:
  // `size` from 1 to 2^62.
  Permutation(std::uint64_t size, std::uint64_t seed)
      : size_(size),
        half_bits_((static_cast<unsigned>(std::bit_width(size - 1)) + 1) / 2),
        mask_((std::uint64_t{1} << half_bits_) - 1) {
    SplitMix64 random(seed);
    for (std::uint64_t& key : keys_) key = random.Next();
  }

  // The `index`-th value, index < size.
  std::uint64_t operator()(std::uint64_t index) const {
    do {
      index = Step(index);
    } while (index >= size_);  // at most four times on average
    return index;
  }

 private:
  std::uint64_t Step(std::uint64_t value) const {
    std::uint64_t left = value >> half_bits_;
    std::uint64_t right = value & mask_;
    for (const std::uint64_t key : keys_) {
      const std::uint64_t next =
          left ^ (SplitMix64(right ^ key).Next() & mask_);
      left = right;
      right = next;
    }
    return left << half_bits_ | right;
  }

  std::uint64_t size_;
  unsigned half_bits_;
  std::uint64_t mask_;
  std::array<std::uint64_t, 4> keys_;
};

}  // namespace pfn

#endif  // PFNBENCH_WORKLOADS_GENERATE_PERMUTATION_H_
