// SPDX-License-Identifier: MIT
//
// A zone with its watermarks and kswapd. GFP_NOWAIT cannot reclaim: below the
// min watermark it fails until kswapd, woken below low, has been scheduled and
// has freed pages up to high. Failures come in bursts whose length has a closed
// form: where latency * (demand + 1) > low - min, about
// latency - (low - min) / (demand + 1) calls, as long as demand + 1 < step.

#pragma once

#include <cstdint>

#include "harness/kernel/page_model.h"

namespace pfn {

class Zone {
 public:
  struct Settings {
    std::int64_t min;
    std::int64_t low;
    std::int64_t high;
    std::int64_t lowmem = 0;   // lowmem_reserve of the request's class
    std::int64_t latency = 0;  // requests between kswapd's waking and running
    std::int64_t demand = 0;   // pages that others take for each request
    std::int64_t step = 0;     // pages that kswapd frees for each request
    bool requests_wake_kswapd = true;
  };

  explicit Zone(const Settings& settings)
      : settings_(settings), free_(settings.high) {}

  // What goes on in the zone between two requests.
  void Advance();
  // Takes 2^order pages above the watermark; false: they are not there.
  bool Take(unsigned order);
  // Not below none.
  void TakeOther(std::int64_t pages);

  std::int64_t free() const { return free_; }

 private:
  enum class Kswapd : std::uint8_t { kAsleep, kDue, kRunning };

  Settings settings_;
  std::int64_t free_;
  std::int64_t now_ = 0;  // requests
  std::int64_t due_ = 0;
  Kswapd kswapd_ = Kswapd::kAsleep;
};

class ZoneWmark final : public PageModel {
 public:
  explicit ZoneWmark(const Zone::Settings& settings) : zone_(settings) {}

  bool Fail(unsigned order) override {
    zone_.Advance();
    return !zone_.Take(order);
  }
  void NoteOtherPages(std::int64_t taken) override { zone_.TakeOther(taken); }

 private:
  Zone zone_;
};

}  // namespace pfn
