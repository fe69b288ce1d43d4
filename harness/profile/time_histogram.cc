// SPDX-License-Identifier: MIT

#include "harness/profile/time_histogram.h"

#include <algorithm>
#include <cmath>

namespace pfn {

std::uint64_t TimeHistogram::Quantile(double share) const {
  const auto rank = std::max<std::uint64_t>(
      1, static_cast<std::uint64_t>(
             std::ceil(share * static_cast<double>(total_))));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    seen += counts_[i];
    if (seen >= rank) return FirstOf(i + 1) - 1;
  }
  return 0;
}

std::vector<TimeHistogram::Bucket> TimeHistogram::Buckets() const {
  constexpr std::size_t kTogether = kFine / 4;
  std::vector<Bucket> buckets;
  for (std::size_t i = 0; i < kBuckets; i += kTogether) {
    std::uint64_t count = 0;
    for (std::size_t j = i; j < i + kTogether; ++j) count += counts_[j];
    if (count == 0) continue;
    buckets.push_back({FirstOf(i), FirstOf(i + kTogether) - 1, count});
  }
  return buckets;
}

}  // namespace pfn
