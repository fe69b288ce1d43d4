// SPDX-License-Identifier: MIT
//
// A list of ranges in one number, so that millions of them can be compared
// without being kept.

#pragma once

#include <cstdint>

#include "structures/core/pfn.h"

namespace pfn {

// An order-dependent digest of a sequence of ranges. One multiplication a range
// on the critical path, because it runs inside measured walks.
class RangeDigest {
 public:
  void operator()(PfnRange range) {
    digest_ = (digest_ ^ (range.first * 0x9e3779b97f4a7c15 +
                          range.last * 0xc2b2ae3d27d4eb4f)) *
              0xff51afd7ed558ccd;
    ++ranges_;
  }

  std::uint64_t ranges() const { return ranges_; }

  friend bool operator==(const RangeDigest&, const RangeDigest&) = default;

 private:
  std::uint64_t digest_ = 0x2545f4914f6cdd1d;
  std::uint64_t ranges_ = 0;
};

}  // namespace pfn
