// SPDX-License-Identifier: MIT
//
// The steps of a profile, which both of its runs take. A pass is recorded page
// by page, walked, cleared page by page for its first eighth in trace order,
// and emptied by one ClearRange over its span, which meets the rest. A run says
// how a step is taken, and notes what it likes.

#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "harness/measure/deadline.h"
#include "harness/measure/job.h"
#include "harness/measure/rig.h"
#include "harness/measure/time_blocks.h"
#include "harness/profile/profile.h"
#include "harness/profile/tail_recorder.h"
#include "workloads/trace/range_digest.h"
#include "workloads/trace/workload.h"

namespace pfn {

// `Run` derives from it and has
//   void Take(Step step, std::span<const Pfn> pages, Body body);
//     steps of one kind, up to TailRecorder::kAtOnce: body(0), body(1), and so
//     on for each of `pages`; whether it succeeds is what body() returns;
//   bool Walk(PfnRange span, RangeDigest& digest);
//     false: cut off;
// and perhaps Filled() and Emptied() of its own.
template <class Run>
class PassSteps {
 public:
  PassSteps(const Job& job, Rig& rig, AnySet& set)
      : deadline_(job.time_limit), rig_(rig), set_(set), job_(job) {
    if (job.fault.kind == FaultSpec::Kind::kNone) return;
    std::uint64_t most = 0;
    for (const PreparedPass& pass : job.workload->passes()) {
      most = std::max(most, pass.pages);
    }
    failed_.reserve(most);  // noting a failure must not allocate
  }

  // The first `passes` of them.
  StepsOutcome RunPasses(std::size_t passes) {
    for (pass_ = 0; pass_ < passes; ++pass_) {
      if (!RunPass(job_.workload->passes()[pass_])) {
        return {fmt::format("{} in pass {} of {}", error_, pass_, passes),
                is_cut_off_};
      }
    }
    return {};
  }

 protected:
  void Filled(const PreparedPass&) {}
  void Emptied() {}

  std::size_t pass() const { return pass_; }
  const FailedPositions& failed_sets() const { return failed_; }

  const Deadline deadline_;
  Rig& rig_;
  AnySet& set_;

 private:
  Run& run() { return static_cast<Run&>(*this); }

  bool RunPass(const PreparedPass& pass) {
    failed_.clear();
    // Of the first something is there, however short the time was.
    if (pass_ != 0 && deadline_.HasPassed()) {
      return CutOff(Step::kSet, 0, pass.pages);
    }
    const bool is_recorded = ForPages(
        Step::kSet, pass, pass.pages, [this](Pfn pfn, std::uint64_t position) {
          const Status status = set_.Set(pfn, Gfp::kNowait);
          if (status != Status::kOk) [[unlikely]] {
            failed_.push_back(position);
          }
          return status == Status::kOk;
        });
    if (!is_recorded) return false;
    run().Filled(pass);
    RangeDigest digest;
    const bool is_walked = run().Walk(pass.span, digest);
    const RangeDigest expected = ExpectFilled(pass, failed_).digest;
    if (!is_walked) {
      return CutOff(Step::kNextRange, digest.ranges(), expected.ranges());
    }
    if (digest != expected) {
      error_ = "ranges that differ from the oracle's";
      return false;
    }
    const bool is_cleared =
        ForPages(Step::kClear, pass, PagesClearedSingly(pass.pages),
                 [this](Pfn pfn, std::uint64_t) {
                   return set_.Clear(pfn, Gfp::kNowait) == Status::kOk;
                 });
    return is_cleared && Empty(pass);
  }

  // `body(pfn, position)` for the first `count` pages of the pass.
  template <class Body>
  bool ForPages(Step step, const PreparedPass& pass, std::uint64_t count,
                Body body) {
    Rig::Operations operations(rig_, count);
    const std::uint64_t done = ForBlocks(
        pass.runs, count, deadline_,
        [&](std::span<const Pfn> pages, std::uint64_t position) {
          run().Take(step, pages, [&](std::size_t i) {
            operations.Begin(position + i);
            return body(pages[i], position + i);
          });
        },
        TailRecorder::kAtOnce);
    return done == count || CutOff(step, done, count);
  }

  bool Empty(const PreparedPass& pass) {
    Status status{};
    {
      Rig::Operations operations(rig_, 1);
      operations.Begin(0);
      run().Take(Step::kClearRange, {&pass.span.first, 1}, [&](std::size_t) {
        status = set_.ClearRange(pass.span, Gfp::kNowait);
        return status == Status::kOk;
      });
    }
    if (status != Status::kOk) {
      status = set_.ClearRange(pass.span, Gfp::kKernel);
    }
    if (status != Status::kOk ||
        set_.NextRange(pass.span.first, pass.span.last)) {
      error_ = "the set cannot be emptied";
      return false;
    }
    run().Emptied();
    return true;
  }

  bool CutOff(Step step, std::uint64_t done, std::uint64_t all) {
    is_cut_off_ = true;
    error_ = fmt::format("cut off after {} of {} {}", done, all, Name(step));
    return false;
  }

  const Job& job_;
  FailedPositions failed_;
  std::size_t pass_ = 0;
  std::string error_;
  bool is_cut_off_ = false;
};

}  // namespace pfn
