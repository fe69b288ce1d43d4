// SPDX-License-Identifier: MIT
//
// File: workloads/import/balloon_count.h
//
// Two accounts of one balloon, compared: the pages seen in a QEMU log, with the
// direction their kick gave them, and the count that the guest writes into the
// configuration after each fill or leak (set_config). A lost line or a wrong
// direction drives them apart for good.
//
// They may differ for a moment. The guest fills its balloon and, when memory
// runs out, leaks it at the same time; the count is written after the lock is
// gone, before or after the other side's kick. In five recordings, 165,379
// set_configs, of which one recording fought its OOM notifier all the time:
//
//   * oldactual was the actual of the set_config before: always;
//   * the count and the pages agreed: always but 19 times;
//   * the difference was at most 189 pages, and 0 again at the next set_config.
//
// So the first is a rule here, and the difference may be one array of each
// queue, for a few set_configs. Balloon compaction moves a page with one
// inflate and one deflate and no set_config: no difference once it is done.

#ifndef PFNBENCH_WORKLOADS_IMPORT_BALLOON_COUNT_H_
#define PFNBENCH_WORKLOADS_IMPORT_BALLOON_COUNT_H_

#include <cstdint>
#include <string>

#include "workloads/trace/trace.h"

namespace pfn {

class BalloonCount {
 public:
  // The pages of two arrays, one in flight on each queue.
  static constexpr std::int64_t kMaxLag = 512;
  // Consecutive set_configs that may differ from the pages.
  static constexpr std::uint64_t kMaxLagStreak = 16;

  void CountPages(Direction direction, std::uint64_t pages) {
    const auto change = static_cast<std::int64_t>(pages);
    pages_ += direction == Direction::kInflate ? change : -change;
  }

  // Takes the set_config of log line `line`. Returns "" or what contradicts.
  std::string SetConfig(std::int64_t actual, std::int64_t old_actual,
                        std::uint64_t line);

  // set_configs whose count was not the pages seen.
  std::uint64_t lagging() const { return lagging_; }
  std::int64_t largest_lag() const { return largest_lag_; }

 private:
  std::string CheckLag(std::int64_t lag, std::uint64_t line);

  std::int64_t pages_ = 0;   // Inflated minus deflated since the log began.
  std::int64_t offset_ = 0;  // Pages in the balloon before the log began.
  std::int64_t last_actual_ = 0;
  bool known_ = false;  // Whether a set_config was seen.
  std::uint64_t streak_ = 0;
  std::uint64_t streak_line_ = 0;
  std::uint64_t lagging_ = 0;
  std::int64_t largest_lag_ = 0;
};

}  // namespace pfn

#endif  // PFNBENCH_WORKLOADS_IMPORT_BALLOON_COUNT_H_
