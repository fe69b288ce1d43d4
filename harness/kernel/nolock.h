// SPDX-License-Identifier: MIT
//
// Allocation without locks (alloc_pages_nolock(), first try_alloc_pages(),
// Linux 6.15): trylock on the pcp and zone locks, the min watermark, no slow
// path, no waking of kswapd. Orders above 3 fail, but for that of a huge page.

#pragma once

#include <cstdint>

#include "harness/kernel/page_model.h"
#include "harness/kernel/zone_wmark.h"
#include "workloads/base/random.h"

namespace pfn {

class Nolock final : public PageModel {
 public:
  Nolock(Zone::Settings settings, double trylock_miss, std::uint64_t seed)
      : zone_(WithoutWaking(settings)),
        trylock_miss_(trylock_miss),
        random_(seed) {}

  bool Fail(unsigned order) override {
    zone_.Advance();
    // Drawn in any case, so that the orders asked for do not change it.
    const bool is_locked = random_.Fraction() < trylock_miss_;
    if (order > kMaxPcpOrder && order != kHugePageOrder) return true;
    return is_locked || !zone_.Take(order);
  }
  void NoteOtherPages(std::int64_t taken) override { zone_.TakeOther(taken); }

 private:
  static constexpr unsigned kMaxPcpOrder = 3;
  static constexpr unsigned kHugePageOrder = 9;

  static Zone::Settings WithoutWaking(Zone::Settings settings) {
    settings.requests_wake_kswapd = false;
    return settings;
  }

  Zone zone_;
  double trylock_miss_;
  SplitMix64 random_;
};

}  // namespace pfn
