// SPDX-License-Identifier: MIT

#include "harness/profile/time_steps.h"

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>

#include "harness/profile/pass_steps.h"
#include "workloads/trace/page_blocks.h"

namespace pfn {
namespace {

static_assert(TailRecorder::kAtOnce <= PageBlocks::kBlockPages);

class StepTimer : public PassSteps<StepTimer> {
 public:
  StepTimer(const Job& job, Rig& rig, AnySet& set, TailRecorder& tails)
      : PassSteps(job, rig, set), tails_(tails) {}

  template <class Body>
  void Take(Step step, std::span<const Pfn> pages, Body body) {
    tails_.TimeEach(step, pages.size(), [&](std::size_t i) {
      body(i);
      return true;
    });
  }

  // Range by range, as a query that restarts would.
  bool Walk(PfnRange span, RangeDigest& digest) {
    std::array<PfnRange, TailRecorder::kAtOnce> ranges;
    Pfn from = span.first;
    for (bool goes_on = true; goes_on;) {
      std::size_t found = 0;
      goes_on =
          tails_.TimeEach(Step::kNextRange, ranges.size(), [&](std::size_t) {
            const std::optional<PfnRange> range =
                set_.NextRange(from, span.last);
            if (!range) return false;
            ranges[found++] = *range;
            from = range->last + 2;
            return span.last - range->last >= 2;
          });
      for (std::size_t i = 0; i < found; ++i) digest(ranges[i]);
      if (goes_on && deadline_.HasPassed()) return false;
    }
    return true;
  }

 private:
  TailRecorder& tails_;
};

}  // namespace

StepsOutcome TimeSteps(const Job& job, std::size_t passes,
                       TailRecorder& tails) {
  Rig rig(job);
  std::unique_ptr<AnySet> set = job.structure->make(rig.heap());
  StepsOutcome outcome = StepTimer(job, rig, *set, tails).RunPasses(passes);
  if (!outcome.error.empty()) return outcome;
  tails.Time(Step::kDestroy, [&] { set.reset(); });
  return {rig.LedgerError()};
}

}  // namespace pfn
