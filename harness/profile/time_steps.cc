// SPDX-License-Identifier: MIT

#include "harness/profile/time_steps.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "harness/measure/deadline.h"
#include "harness/measure/rig.h"
#include "harness/profile/profile.h"
#include "workloads/trace/page_blocks.h"

namespace pfn {
namespace {

static_assert(TailRecorder::kAtOnce <= PageBlocks::kBlockPages);

class StepTimer {
 public:
  StepTimer(const Job& job, Rig& rig, AnySet& set, TailRecorder& tails)
      : deadline_(job.time_limit), rig_(rig), set_(set), tails_(tails) {
    if (job.fault.kind == FaultSpec::Kind::kNone) return;
    std::uint64_t most = 0;
    for (const PreparedPass& pass : job.workload->passes()) {
      most = std::max(most, pass.pages);
    }
    failed_sets_.reserve(most);
  }

  // An error, or "".
  std::string RunPass(const PreparedPass& pass) {
    failed_sets_.clear();
    const bool is_done =
        TimePages(Step::kSet, pass, pass.pages,
                  [this](Pfn pfn, std::uint64_t position) {
                    const Status status = set_.Set(pfn, Gfp::kNowait);
                    if (status != Status::kOk) [[unlikely]] {
                      failed_sets_.push_back(position);
                    }
                  }) &&
        TimeWalk(pass) &&
        TimePages(Step::kClear, pass, PagesClearedSingly(pass.pages),
                  [this](Pfn pfn, std::uint64_t) {
                    (void)set_.Clear(pfn, Gfp::kNowait);
                  });
    if (is_done) Empty(pass);
    return error_;
  }
  bool is_cut_off() const { return is_cut_off_; }

 private:
  template <class Body>
  bool TimePages(Step step, const PreparedPass& pass, std::uint64_t count,
                 Body body) {
    Rig::Operations operations(rig_, count);
    PageBlocks blocks(pass.runs);
    std::uint64_t position = 0;
    while (position < count) {
      const std::span<const Pfn> pages = blocks.Next(TailRecorder::kAtOnce);
      const std::size_t some =
          std::min<std::uint64_t>(pages.size(), count - position);
      tails_.TimeEach(step, some, [&](std::size_t i) {
        operations.Begin(position + i);
        body(pages[i], position + i);
        return true;
      });
      position += some;
      if (deadline_.HasPassed()) break;
    }
    return position == count || CutOff(Name(step), position, count);
  }

  bool TimeWalk(const PreparedPass& pass) {
    const Expected expected = ExpectFilled(pass, failed_sets_);
    RangeDigest digest;
    std::array<PfnRange, TailRecorder::kAtOnce> ranges;
    Pfn from = pass.span.first;
    for (bool goes_on = true; goes_on;) {
      std::size_t found = 0;
      goes_on =
          tails_.TimeEach(Step::kNextRange, ranges.size(), [&](std::size_t) {
            const std::optional<PfnRange> range =
                set_.NextRange(from, pass.span.last);
            if (!range) return false;
            ranges[found++] = *range;
            from = range->last + 2;
            return pass.span.last - range->last >= 2;
          });
      for (std::size_t i = 0; i < found; ++i) digest(ranges[i]);
      if (goes_on && deadline_.HasPassed()) {
        return CutOff(Name(Step::kNextRange), digest.ranges(),
                      expected.digest.ranges());
      }
    }
    if (digest == expected.digest) return true;
    error_ = "ranges that differ from the oracle's";
    return false;
  }

  void Empty(const PreparedPass& pass) {
    Status status{};
    {
      Rig::Operations operations(rig_, 1);
      operations.Begin(0);
      tails_.Time(Step::kClearRange,
                  [&] { status = set_.ClearRange(pass.span, Gfp::kNowait); });
    }
    if (status != Status::kOk) {
      status = set_.ClearRange(pass.span, Gfp::kKernel);
    }
    if (status == Status::kOk &&
        !set_.NextRange(pass.span.first, pass.span.last)) {
      return;
    }
    error_ = "the set cannot be emptied";
  }

  bool CutOff(std::string_view what, std::uint64_t done, std::uint64_t all) {
    is_cut_off_ = true;
    error_ = fmt::format("cut off after {} of {} {}", done, all, what);
    return false;
  }

  const Deadline deadline_;
  Rig& rig_;
  AnySet& set_;
  TailRecorder& tails_;
  FailedPositions failed_sets_;
  std::string error_;
  bool is_cut_off_ = false;
};

}  // namespace

StepsOutcome TimeSteps(const Job& job, std::size_t passes,
                       TailRecorder& tails) {
  Rig rig(job);
  std::unique_ptr<AnySet> set = job.structure->make(rig.heap());
  StepTimer timer(job, rig, *set, tails);
  for (std::size_t i = 0; i < passes; ++i) {
    const std::string error = timer.RunPass(job.workload->passes()[i]);
    if (!error.empty()) {
      return {fmt::format("{} in pass {} of {}", error, i, passes),
              timer.is_cut_off()};
    }
  }
  tails.Time(Step::kDestroy, [&] { set.reset(); });
  return {rig.LedgerError()};
}

}  // namespace pfn
