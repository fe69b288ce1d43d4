// SPDX-License-Identifier: MIT
//
// What the driver needs of a PFN set, and what it says to its surroundings. The
// driver sees a Recorder; SetRecorder makes one of any set.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "structures/core/pfn_set.h"

namespace pfn {

class Recorder {
 public:
  using TakeRanges = std::function<void(std::span<const PfnRange>)>;

  virtual ~Recorder() = default;

  // Records `pages` in order with kNowait, up to the first that fails. Returns
  // how many it recorded.
  virtual std::size_t Record(std::span<const Pfn> pages) = 0;
  // Gives all ranges within `range`, in order, in portions.
  virtual void Walk(PfnRange range, const TakeRanges& take) = 0;
  // False: it failed for want of memory and was done with memory that may
  // sleep.
  virtual bool Clear(PfnRange range) = 0;
  // Whether `range` has no member. Not timed.
  virtual bool IsEmpty(PfnRange range) = 0;
  // What the set's work took so far, as measured.
  virtual double nanoseconds() const = 0;
};

// What happens around the driver: hooks for models of memory that runs out.
class Surroundings {
 public:
  virtual ~Surroundings() = default;

  // The balloon took `pages` from the guest's free memory, or gave them back.
  virtual void PagesTaken(std::int64_t pages) = 0;
  // The driver holds no lock and may sleep: memory kept aside is filled up.
  virtual void RefillReserve() = 0;
};

// `Watch` has Start(), Stop() and nanoseconds(); it runs within the operations
// of the set and nowhere else.
template <class S, class Watch>
class SetRecorder final : public Recorder {
 public:
  SetRecorder(S& set, Watch& watch) : set_(set), watch_(watch) {}

  std::size_t Record(std::span<const Pfn> pages) override {
    watch_.Start();
    const std::size_t recorded = SetUntilFailure(pages);
    watch_.Stop();
    return recorded;
  }

  void Walk(PfnRange range, const TakeRanges& take) override {
    std::array<PfnRange, 512> portion;
    std::size_t size = 0;
    watch_.Start();
    VisitRanges(set_, range, [&](PfnRange found) {
      portion[size++] = found;
      if (size < portion.size()) return;
      watch_.Stop();
      take(portion);
      size = 0;
      watch_.Start();
    });
    watch_.Stop();
    take(std::span(portion).first(size));
  }

  bool Clear(PfnRange range) override {
    watch_.Start();
    const Status status = set_.ClearRange(range, Gfp::kNowait);
    watch_.Stop();
    if (status == Status::kOk) return true;
    (void)set_.ClearRange(range, Gfp::kKernel);
    return false;
  }

  bool IsEmpty(PfnRange range) override {
    return !set_.NextRange(range.first, range.last);
  }

  double nanoseconds() const override { return watch_.nanoseconds(); }

 private:
  [[gnu::noinline]] std::size_t SetUntilFailure(std::span<const Pfn> pages) {
    for (std::size_t i = 0; i < pages.size(); ++i) {
      if (set_.Set(pages[i], Gfp::kNowait) != Status::kOk) [[unlikely]] {
        return i;
      }
    }
    return pages.size();
  }

  S& set_;
  Watch& watch_;
};

}  // namespace pfn
