// SPDX-License-Identifier: MIT

#include "harness/kernel/zone_wmark.h"

#include <algorithm>

namespace pfn {

void Zone::Advance() {
  // The others may not go below min either.
  if (free_ > settings_.min) {
    free_ = std::max(settings_.min, free_ - settings_.demand);
  }
  if (kswapd_ == Kswapd::kDue && now_ >= due_) kswapd_ = Kswapd::kRunning;
  if (kswapd_ == Kswapd::kRunning) {
    free_ += settings_.step;
    if (free_ >= settings_.high) kswapd_ = Kswapd::kAsleep;
  }
  const bool can_wake = settings_.requests_wake_kswapd || settings_.demand > 0;
  if (kswapd_ == Kswapd::kAsleep && can_wake && free_ <= settings_.low) {
    kswapd_ = Kswapd::kDue;
    due_ = now_ + settings_.latency;
  }
  ++now_;
}

bool Zone::Take(unsigned order) {
  const std::int64_t pages = std::int64_t{1} << order;
  // The last page of the request is the one that is compared.
  if (free_ - (pages - 1) <= settings_.min + settings_.lowmem) return false;
  free_ -= pages;
  return true;
}

void Zone::TakeOther(std::int64_t pages) {
  free_ = std::max<std::int64_t>(0, free_ - pages);
}

}  // namespace pfn
