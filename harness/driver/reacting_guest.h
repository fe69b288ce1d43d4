// SPDX-License-Identifier: MIT
//
// A guest that reacts: one zone of memory, from which the balloon, the nodes of
// the driver's set and a program take their pages. So it depends on the driver
// when memory runs out, and for how long.
//
//   * The zone has the watermarks of Linux. A request that may not sleep, as
//     those of the set, fails where it would leave less than `min` pages free.
//     The balloon's own allocations reclaim page cache once, and fail then.
//   * kswapd wakes below `low` and reclaims page cache until `high` is reached,
//     at a rate. The cache does not grow again.
//   * The program grows at a rate, holds what it has, gives it back, pauses,
//     and begins again. Sizes and times are drawn, by a seed. Where it gets no
//     page it reclaims page cache; if there is none it calls the OOM notifier.
//     A call that releases nothing ends the program: it is killed.
//   * While the driver holds the balloon's lock the program waits for it, or
//     for free pages.
//   * The host's targets are those of a trace, in order; each stands for a
//     while. A driver that is done waits for the next: pages that the notifier
//     takes then stay with the guest.
//
// Left out: other zones, migrate types, CPU lists of pages, reserves below
// `min`, the time that reclaim takes, and fragmentation of a block that is
// asked for. Deterministic by its seed.

#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/driver/guest.h"
#include "harness/kernel/fault_model.h"
#include "workloads/base/random.h"
#include "workloads/generate/buddy_zone.h"

namespace pfn {

// Shares are of the guest's memory, in a hundred.
struct GuestOptions {
  bool reacts = false;
  std::uint64_t cache = 10;     // page cache, when it begins
  std::uint64_t demand = 25;    // what the program grows to
  std::uint64_t rate = 1000;    // MiB a second, at which it grows
  std::uint64_t reclaim = 500;  // MiB a second, by kswapd
  std::uint64_t hold = 200;     // ms that it keeps its memory
  std::uint64_t pause = 200;    // ms until it begins again
  std::uint64_t target = 5000;  // ms that each target stands

  friend bool operator==(const GuestOptions&, const GuestOptions&) = default;
};

// One of them as a flag, --guest-NAME.
struct GuestFlag {
  std::string_view name;
  std::uint64_t GuestOptions::*value;
  std::uint64_t least;
  std::uint64_t most;
  std::string_view unit;
  std::string_view what;
};
std::span<const GuestFlag> GuestFlags();

// "recorded" or "reacts", and values by GuestFlag::name. Throws BadInput.
GuestOptions ParseGuest(std::string_view kind,
                        const std::map<std::string, std::string>& flags);
// All values in one line; empty for a recorded guest.
std::string GuestToString(const GuestOptions& options);
// Throws BadInput if the trace's guest cannot react.
void CheckCanReact(const Trace& trace, std::string_view name);

class ReactingGuest final : public Guest, public FaultModel {
 public:
  static constexpr Picoseconds kTick = kPicosecondsPerMs / 10;

  // Of the memory and with the targets of `trace`. `reclaims`: whether the
  // balloon's allocations do.
  ReactingGuest(const Trace& trace, const GuestOptions& options, bool reclaims,
                std::uint64_t seed);

  // Guest.
  Item Allocate() override;
  Item NextEvent() override;
  void FreeUnrecorded(Pfn page) override { Release(page); }
  void Release(Pfn page) override;
  bool Take(Pfn&) override { return false; }  // nothing is compacted
  void Pass(Picoseconds time) override;
  Picoseconds tick() const override { return kTick; }
  // Pages that came back meanwhile are enough for the program.
  bool IsOutOfMemory() const override { return is_out_ && !HasFreePages(); }
  void NotifierReleased(std::uint64_t pages) override;
  bool RefillsAfterOom() const override { return false; }
  void AddFigures(std::vector<Figure>& figures) const override;

  // FaultModel, of the heap of the set.
  bool FailObject(std::size_t, Gfp) override { return false; }
  bool FailPages(unsigned order, PageUser user, Gfp gfp) override;
  void NoteOtherPages(std::int64_t taken) override;

  // Whether a request that may not sleep is served.
  bool HasFreePages(std::uint64_t pages = 1) const {
    return free_ >= min_ + pages;
  }
  std::uint64_t free_pages() const { return free_; }
  std::uint64_t min_pages() const { return min_; }
  std::uint64_t low_pages() const { return low_; }
  std::uint64_t high_pages() const { return high_; }

 private:
  using Page = BuddyZone::Page;
  enum class Phase : std::uint8_t { kGrows, kHolds, kPauses };

  // What a rate of pages a second gives in one tick; the rest is kept.
  class Rate {
   public:
    explicit Rate(std::uint64_t pages) : pages_(pages) {}
    std::uint64_t Next() {
      credit_ += pages_;
      const std::uint64_t whole = credit_ / kTicks;
      credit_ %= kTicks;
      return whole;
    }

   private:
    static constexpr std::uint64_t kTicks = 1000 * kPicosecondsPerMs / kTick;
    std::uint64_t pages_;
    std::uint64_t credit_ = 0;
  };

  // Requires a free page.
  Page TakePage();
  void FreePage(Page page);
  void FreeAll(std::vector<Page>& pages);
  void ReclaimCache(std::uint64_t pages);
  // By who needs a page. Whether there is one now.
  bool ReclaimDirectly();
  void Tick();
  void Reclaim();
  void Grow();
  void Begin(Phase phase);
  // Between half of `mean` and one and a half.
  std::uint64_t Around(std::uint64_t mean);
  bool IsTargetOver() const { return now_ >= target_end_; }

  const GuestOptions options_;
  const bool reclaims_;
  SplitMix64 random_;
  BuddyZone zone_;
  std::uint64_t free_;
  std::uint64_t min_;
  std::uint64_t low_;
  std::uint64_t high_;
  std::vector<std::uint64_t> targets_;
  std::size_t next_target_ = 0;

  Picoseconds now_ = 0;
  Picoseconds next_tick_ = kTick;
  Picoseconds target_end_ = 0;

  std::vector<Page> cache_;  // the oldest at the end
  std::vector<Page> slabs_;
  bool kswapd_runs_ = false;
  Rate reclaim_;

  std::vector<Page> program_;
  Rate rate_;
  Phase phase_ = Phase::kPauses;
  std::uint64_t wanted_ = 0;      // pages that the program grows to
  std::uint64_t ticks_left_ = 0;  // of the phase
  bool is_out_ = false;           // the program waits for the notifier

  std::uint64_t kills_ = 0;
  std::uint64_t stalled_ticks_ = 0;
  std::uint64_t direct_reclaims_ = 0;
  std::uint64_t program_pages_ = 0;
  // "Out of puff", ten times in five seconds at most.
  Picoseconds puffs_since_ = 0;
  std::uint64_t recent_puffs_ = 0;
  std::uint64_t printed_puffs_ = 0;
};

}  // namespace pfn
