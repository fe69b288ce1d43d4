// SPDX-License-Identifier: MIT
//
// The virtio balloon driver as a model: fill, leak, the OOM notifier, page
// migration and the control loop, run against a Guest (what a recorded trace
// says), a Host (modelled or real) and, unless pages go by arrays, the Recorder
// of a PFN set. Deterministic: equal inputs give equal metrics and times.
//
// The control loop is the kernel's: inflate or deflate by the difference of
// target and actual size, and if there is still one, at once again. The only
// delay is 200 ms when a page allocation fails, while the pages taken so far
// are on the local list. balloon_lock is held for recording, telling and
// releasing, and not while pages are allocated (but for Policy::kNowaitPages).
//
// A driver without progress would try for ever. After `stall_rounds` such
// rounds in a row the model lets it rest until the next target, and counts it.

#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "harness/driver/driver_metrics.h"
#include "harness/driver/driver_options.h"
#include "harness/driver/guest.h"
#include "harness/driver/host.h"
#include "harness/driver/page_bitmap.h"
#include "harness/driver/page_stack.h"
#include "harness/driver/recorder.h"
#include "harness/driver/round_check.h"
#include "harness/driver/simulated_clock.h"
#include "harness/driver/virtqueue.h"
#include "structures/core/pfn.h"

namespace pfn {

class Driver {
 public:
  // `recorder` is null for arrays, which record nothing. All must outlive the
  // driver.
  Driver(Guest& guest, const DriverOptions& options, Host& host,
         Recorder* recorder, Surroundings& surroundings);

  // Until the guest ends. Asks `is_late` between rounds and ends early, with
  // false, when it says so.
  bool Run(const std::function<bool()>& is_late);

  // After Run: "" or what is wrong: a set that gave back other pages than were
  // recorded, or a host that knows of another balloon than the guest.
  std::string Check();

  const DriverMetrics& metrics() const { return metrics_; }
  const Clock& clock() const { return clock_; }
  // The part of it that fills took, with what came in between.
  const Clock& inflating() const { return inflating_; }
  const Virtqueue& inflate_queue() const { return inflate_; }
  const Virtqueue& deflate_queue() const { return deflate_; }
  std::uint64_t balloon_pages() const { return num_pages_; }

 private:
  // How a fill ended: whether the guest had nothing more to give under this
  // target and gave nothing either.
  struct Filled {
    std::uint64_t kept = 0;
    bool found_nothing = false;
  };

  bool WorkOff(const std::function<bool()>& is_late);
  Filled Fill(std::uint64_t wanted);
  std::uint64_t Leak(std::uint64_t wanted, bool by_arrays);
  void NotifyOom();
  void Migrate(const Guest::Item& item);
  void HandleEvent(const Guest::Item& item);

  // Fill's two halves, and what Fill and Leak share.
  bool AllocatePages(std::uint64_t wanted);
  Picoseconds AllocationCost(Pfn page, Pfn& last_block) const;
  std::uint64_t RecordLocalPages();
  void BeginRound(bool by_arrays);
  // Records `pages` and deals with those that fail. Returns how many of them
  // are dealt with: all, but when deflating must stop.
  std::size_t RecordPages(std::span<const Pfn> pages, Direction direction);
  void SpendOnSet(std::uint64_t pages_recorded);
  bool SettleUnrecorded(Pfn page, Direction direction);
  void EndRound(Direction direction);
  void TellRanges(Direction direction);
  void ReleaseAll(PageStack& pages, Direction direction);

  // Telling the host.
  Virtqueue& QueueOf(Direction direction) {
    return direction == Direction::kInflate ? inflate_ : deflate_;
  }
  void AddBuffer(const Buffer& buffer);
  void EmitChunk(Direction direction, PfnRange range);
  void AddToArray(Pfn page, Direction direction);
  void EmitArray(Direction direction);
  void KickAndWait(Direction direction, Wait wait);
  void FinishTelling(Direction direction);

  void Enlist(Pfn page);
  // The page in front of the balloon's list. False: it is empty.
  bool PopListed(Pfn& page);
  std::uint64_t Clipped(std::uint64_t pages) const;
  bool UsesSet() const { return options_.transport == Transport::kChunks; }
  bool AllocatesUnderLock() const {
    return UsesSet() && options_.policy == Policy::kNowaitPages;
  }

  void Spend(Stage stage, Picoseconds time) {
    clock_.Spend(stage, time);
    guest_.Pass(time);
    if (is_filling_) inflating_.Spend(stage, time);
    if (is_hidden_) {
      metrics_.invisible_page_ms += static_cast<double>(local_.size()) *
                                    static_cast<double>(time) /
                                    kPicosecondsPerMs;
    }
  }
  // As long as the driver does when an allocation of a page failed.
  void Rest();
  void Lock() { locked_at_ = clock_.now(); }
  void Unlock();

  const DriverOptions options_;
  const CostTable& costs_ = options_.costs;
  Host& host_;
  Recorder* const recorder_;
  Surroundings& surroundings_;
  Guest& guest_;
  Virtqueue inflate_;
  Virtqueue deflate_;
  Clock clock_;
  Clock inflating_;
  DriverMetrics metrics_;
  RoundCheck check_;

  std::uint64_t target_ = 0;
  std::uint64_t num_pages_ = 0;
  PageStack list_;     // the balloon, with pages that compaction took out
  PageBitmap listed_;  // the balloon, without them
  PageStack local_;    // of the fill in progress, unseen by the notifier
  PageBitmap told_;    // what the host takes the balloon to be
  bool is_stalled_ = false;
  bool is_left_over_ = false;  // something in the set, after a round
  bool is_filling_ = false;
  bool is_hidden_ = false;  // the local list, because the lock is not held
  Picoseconds locked_at_ = 0;
  Picoseconds set_time_ = 0;  // of the set's watch, that is spent already
  // Events that came up under the lock and wait for it.
  std::vector<Guest::Item> waiting_;

  // The round in progress.
  double set_ns_ = 0;  // of the set's watch, when it began
  std::uint64_t recorded_ = 0;
  PfnRange span_ = {kMaxPfn, 0};
  bool by_arrays_ = false;      // the driver, or the notifier, uses no set
  bool rest_by_array_ = false;  // by the policy
  bool had_chunks_ = false;
  bool had_arrays_ = false;
  std::vector<Pfn> block_;
  // One array for each ring entry and one that is being written.
  std::vector<std::array<Pfn, kArrayPages>> arrays_;
  std::size_t array_ = 0;
  std::uint32_t array_size_ = 0;
};

}  // namespace pfn
