// SPDX-License-Identifier: MIT

#include "harness/kernel/fault_attr.h"

namespace pfn {

bool FaultAttr::ShouldFail(std::size_t size) {
  if (fail_nth_ != 0) {
    return --fail_nth_ == 0 && Inject();
  }
  if (settings_.probability == 0) return false;
  if (settings_.times == 0) return false;
  // The space never reaches zero: it ends at a residue that one request would
  // exceed.
  const auto signed_size = static_cast<std::int64_t>(size);
  if (settings_.space > signed_size) {
    settings_.space -= signed_size;
    return false;
  }
  if (settings_.interval > 1 && ++count_ % settings_.interval != 0) {
    return false;
  }
  // After the interval, so that a roll that misses waits for a whole further
  // interval.
  return Roll() && Inject();
}

// Rolls whole percents, as the kernel does. Only the percent of which a
// fraction was asked for is rolled again, so that a whole probability fails the
// same requests as it did before there were fractions.
bool FaultAttr::Roll() {
  const double share =
      settings_.probability - static_cast<double>(random_.Below(100));
  return share >= 1 || (share > 0 && random_.Fraction() < share);
}

bool FaultAttr::Inject() {
  if (settings_.times > 0) --settings_.times;
  return true;
}

}  // namespace pfn
