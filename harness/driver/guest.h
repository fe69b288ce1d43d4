// SPDX-License-Identifier: MIT
//
// The guest around the driver: which pages its allocator hands out, when that
// fails, and when memory runs out. A recorded guest does all as its trace says;
// a reacting one (reacting_guest.h) decides by the memory that is left.
//
// A trace comes from a driver of arrays, so what it says of the guest must be
// read out of it:
//
//   * The driver pushes pages on a list while it allocates and pops them while
//     it writes an array. So an array is the allocation order reversed, and the
//     guest's order is that of the arrays, each turned round.
//   * An array that is deflated while the balloon is larger than its target is
//     the driver's own doing, and says nothing of the guest.
//   * One that is deflated while the balloon is not larger than its target is a
//     call of the OOM notifier.
//   * A single page inflated and at once a single page deflated: compaction
//     moved a page of the balloon.
//   * An array of fewer pages than 256 and than the driver still wanted: the
//     allocation of the next one failed ("Out of puff").
//
// These are a queue of items. A driver that asks for more pages at once meets
// the same items in the same order, so that an OOM call between two arrays of
// the recording falls into the middle of a larger round, while the pages taken
// so far are on the driver's local list, where the notifier does not see them.
// If a round is still on when the next target comes up in the queue, allocation
// ends there, without a failure: the recording does not say what would have
// followed. Pages that no driver asks for before that are left out.
//
// A driver that fails, or groups differently, holds other pages than the
// recorded one. So that no page is handed out twice:
//
//   * A page that the driver frees because it could not record it is the next
//     to be allocated, as the head of a per-CPU list is.
//   * A page that the recording hands out although the driver holds it is
//     replaced by the page that the driver released last. If there is none the
//     recording got it back from a call that found nothing here, and it is left
//     out.
//   * The same holds for a page that compaction moves a page to. If the page to
//     be moved is not in the balloon here, the one in front of its list is.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "harness/driver/page_bitmap.h"
#include "harness/driver/page_stack.h"
#include "harness/driver/simulated_clock.h"
#include "harness/measure/job.h"
#include "structures/core/pfn.h"
#include "workloads/trace/trace.h"

namespace pfn {

class Guest {
 public:
  struct Item {
    enum class Kind : std::uint8_t {
      kPage,       // `page` was allocated
      kFailure,    // an allocation failed
      kOom,        // memory ran out: the notifier is called
      kMigration,  // compaction wants `page` instead of `old_page`
      kTarget,     // the host wants a balloon of `target` pages
      kEnd,
    };
    Kind kind;
    Pfn page = 0;
    Pfn old_page = 0;
    std::uint64_t target = 0;
  };

  virtual ~Guest() = default;

  // The driver asks for a page, and gets it or meets what comes before it. A
  // target and the end stay where they are.
  virtual Item Allocate() = 0;
  // Nobody asks for pages: they are left out up to the next other item, which
  // is taken.
  virtual Item NextEvent() = 0;

  // The driver gives a page back: one that it could not record, or one that
  // left the balloon.
  virtual void FreeUnrecorded(Pfn page) = 0;
  virtual void Release(Pfn page) = 0;
  // Compaction takes a free page for the balloon: `page`, or what replaces it.
  // False: there is none.
  virtual bool Take(Pfn& page) = 0;

  // The driver, or the host, was at work for so long.
  virtual void Pass(Picoseconds) {}
  // How long a driver that rests may do so before it asks whether somebody
  // waits for the OOM notifier.
  virtual Picoseconds tick() const { return ~Picoseconds{0}; }
  virtual bool IsOutOfMemory() const { return false; }
  // A call of the notifier is over.
  virtual void NotifierReleased(std::uint64_t /*pages*/) {}
  // Whether an idle driver fills the balloon again after such a call.
  virtual bool RefillsAfterOom() const { return true; }

  virtual void AddFigures(std::vector<Figure>& figures) const = 0;

  // Pages that the driver has.
  PageBitmap& held() { return held_; }

 protected:
  PageBitmap held_;
};

class RecordedGuest final : public Guest {
 public:
  // `trace` must outlive the guest.
  explicit RecordedGuest(const Trace& trace) : trace_(trace) {}

  Item Allocate() override;
  Item NextEvent() override;
  void FreeUnrecorded(Pfn page) override;
  void Release(Pfn page) override;
  bool Take(Pfn& page) override;
  void AddFigures(std::vector<Figure>& figures) const override;

  std::uint64_t replaced() const { return replaced_; }
  std::uint64_t left_out() const { return left_out_; }
  // Of the pages that the recording handed out, how many in a hundred were
  // replaced.
  double replaced_percent() const {
    return taken_from_trace_ == 0 ? 0
                                  : 100 * static_cast<double>(replaced_) /
                                        static_cast<double>(taken_from_trace_);
  }

 private:
  // The next item of the recording, with no regard to who holds the page.
  Item Read();
  Item ReadEvent();
  void BeginArray(const TraceEvent& event, std::uint64_t pages);
  bool NextIsSingle(TraceEvent::Kind kind) const;
  std::uint64_t PagesOf(const TraceEvent& event) const;
  // A page of `stack` that the driver does not hold; false: none.
  bool PopFree(PageStack& stack, Pfn& page);

  const Trace& trace_;
  std::size_t next_event_ = 0;
  // The array that is being handed out, from its end.
  std::span<const PfnRun> runs_;
  std::uint64_t taken_ = 0;  // pages of the last run
  bool fails_after_ = false;

  // The recorded balloon.
  std::uint64_t target_ = 0;
  std::uint64_t actual_ = 0;
  std::uint64_t most_since_fill_ = 0;

  std::optional<Item> waiting_;  // a target or the end that stayed

  PageStack freed_;     // could not be recorded
  PageStack released_;  // left the balloon
  std::uint64_t replaced_ = 0;
  std::uint64_t left_out_ = 0;
  std::uint64_t taken_from_trace_ = 0;
};

}  // namespace pfn
