// SPDX-License-Identifier: MIT

#include "harness/measure/measure.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "harness/measure/deadline.h"
#include "harness/measure/measured_set.h"
#include "harness/measure/rig.h"
#include "harness/measure/stopwatch.h"
#include "harness/measure/time_blocks.h"
#include "structures/core/pfn_set.h"

namespace pfn {
namespace {

class Measurer {
 public:
  Measurer(const Job& job, Rig& rig, MeasuredSet& set, Measurement& result)
      : job_(job),
        deadline_(job.time_limit),
        rig_(rig),
        set_(set),
        result_(result) {
    part(job.operation).is_wanted = true;
    for (const Operation operation : job.more) part(operation).is_wanted = true;
  }

  void RunPasses() {
    const std::span<const PreparedPass> passes = job_.workload->passes();
    for (std::size_t number = 0; number < passes.size(); ++number) {
      if (deadline_.HasPassed()) {
        CutOff(fmt::format("after {} of {} passes", number, passes.size()));
        return;
      }
      look_everywhere_ =
          number % kLookEverywhere == 0 || number + 1 == passes.size();
      ReserveFailures(passes[number]);
      if (!RunPass(passes[number])) {
        result_.error = fmt::format("pass {}: {}", number, result_.error);
        return;
      }
    }
  }

  // Completes the result, which has what all parts share.
  void GiveParts() {
    for (const Operation operation : job_.more) {
      Measurement& other = result_.more.emplace_back(result_);
      other.more.clear();
      GivePart(operation, other);
    }
    GivePart(job_.operation, result_);
  }

 private:
  // What is of one operation, where others share the recording.
  struct Part {
    bool is_wanted = false;
    Stopwatch watch;
    std::uint64_t pages = 0;
    std::uint64_t failed_clears = 0;
  };

  // The check after each pass looks at the span of the pass, in every so many
  // passes and in the last at all 2^64 pages. A stray member elsewhere stays,
  // so it is found then at the latest; looking always would take longer than
  // all measurements where 134,000 passes meet a bitmap.
  static constexpr std::size_t kLookEverywhere = 64;

  Part& part(Operation operation) {
    return parts_[static_cast<std::size_t>(operation)];
  }
  bool Wants(Operation operation) { return part(operation).is_wanted; }

  void GivePart(Operation operation, Measurement& result) {
    Part& part = this->part(operation);
    if (result.cut_off) {
      result.ns_per_page_so_far = NsPerPageSoFar(operation, part);
    }
    // Half a measurement is no figure; but always taken: what a row that failed
    // has left would be the next one's.
    result.instructions = part.watch.TakeInstructions();
    if (result.error.empty()) result.ns = part.watch.nanoseconds();
    result.pages = part.pages;
    result.failed_clears = part.failed_clears;
  }

  // Recording is what takes long where nothing else was wanted yet.
  double NsPerPageSoFar(Operation operation, const Part& part) const {
    const bool is_cut = operation == cut_operation_;
    const std::uint64_t pages = part.pages + (is_cut ? cut_pages_ : 0);
    const double ns = part.watch.nanoseconds();
    if (pages != 0 && ns != 0) return ns / static_cast<double>(pages);
    if (parts_[static_cast<std::size_t>(Operation::kSet)].is_wanted ||
        !result_.recording_cut_off || cut_pages_ == 0) {
      return 0;
    }
    return std::chrono::duration<double, std::nano>(recording_time_).count() /
           static_cast<double>(result_.recorded + cut_pages_);
  }

  // Noting a failure must not allocate while the watch runs.
  void ReserveFailures(const PreparedPass& pass) {
    failed_sets_.clear();
    failed_clears_.clear();
    if (job_.fault.kind != FaultSpec::Kind::kNone) {
      failed_sets_.reserve(pass.pages);
      failed_clears_.reserve(pass.pages);
    }
  }

  bool RunPass(const PreparedPass& pass) {
    Stopwatch not_counted(Timer::Nothing());
    const bool is_recorded =
        RecordPass(pass, Wants(Operation::kSet) ? part(Operation::kSet).watch
                                                : not_counted);
    return is_recorded && Measure(pass) && Empty(pass);
  }

  // In this order; that a set has what was recorded is looked at after walks
  // that are measured, which would else find it in the caches.
  bool Measure(const PreparedPass& pass) {
    if (Wants(Operation::kTest) && !MeasureTest(pass)) return false;
    if (Wants(Operation::kExtract) && !MeasureExtract(pass)) return false;
    if (Wants(Operation::kSet) && !FinishSet(pass)) return false;
    if (Wants(Operation::kClear)) return MeasureClear(pass);
    if (Wants(Operation::kDrain)) return MeasureDrain(pass);
    return true;
  }

  // Records the pass, timed by `watch`.
  bool RecordPass(const PreparedPass& pass, Stopwatch& watch) {
    const auto start = Deadline::Clock::now();
    const bool is_done =
        TimeDrawn(Operation::kSet, pass, watch,
                  [&](std::span<const Pfn> block, std::uint64_t position) {
                    set_.Set(block, position, failed_sets_);
                  });
    recording_time_ += Deadline::Clock::now() - start;
    result_.recording_cut_off = !is_done;
    if (!is_done) return false;
    const std::uint64_t recorded = pass.pages - failed_sets_.size();
    result_.failed_sets += failed_sets_.size();
    result_.recorded += recorded;
    if (recorded > result_.largest_pass) {
      result_.largest_pass = recorded;
      result_.requested_when_full = rig_.usage().live_requested;
      result_.rounded_when_full = rig_.usage().live_rounded;
    }
    expected_ = ExpectFilled(pass, failed_sets_);
    result_.ranges += expected_.digest.ranges();
    return true;
  }

  // Runs `body` over all pages of `runs`, which are as many as the pass has.
  // False: cut off by the time limit.
  template <class Body>
  bool TimeAll(Operation operation, const PreparedPass& pass,
               std::span<const PfnRun> runs, Stopwatch& watch, Body body) {
    const std::uint64_t done =
        TimeBlocks(runs, pass.pages, watch, deadline_, body);
    if (done == pass.pages) return true;
    cut_operation_ = operation;
    cut_pages_ = done;
    CutOff(fmt::format("{} after {} of {} pages",
                       operation == Operation::kSet     ? "recording"
                       : operation == Operation::kClear ? "clearing"
                                                        : "testing",
                       done, pass.pages));
    return false;
  }

  // The same for all pages of the pass and an operation that can fail.
  template <class Body>
  bool TimeDrawn(Operation operation, const PreparedPass& pass,
                 Stopwatch& watch, Body body) {
    Rig::Operations operations(rig_, pass.pages);
    return TimeAll(operation, pass, pass.runs, watch,
                   [&](std::span<const Pfn> block, std::uint64_t position) {
                     operations.Run(block, position, body);
                   });
  }

  void CutOff(const std::string& where) {
    result_.cut_off = true;
    result_.error = "cut off " + where;
  }

  bool FinishSet(const PreparedPass& pass) {
    part(Operation::kSet).pages += pass.pages;
    // A walk that is measured shows what is within the span, that of drain
    // next.
    const bool is_walked =
        Wants(Operation::kExtract) || Wants(Operation::kDrain);
    const bool is_checked =
        is_walked && (!look_everywhere_ || IsEmptyOutside(pass.span));
    return is_checked || CheckFilled("set", pass);
  }

  bool MeasureTest(const PreparedPass& pass) {
    std::uint64_t hits = 0;
    std::uint64_t ghosts = 0;
    if (!CountMembers(pass, pass.runs, hits)) return false;
    if (!CountMembers(pass, pass.absent, ghosts)) return false;
    part(Operation::kTest).pages += 2 * pass.pages;
    if (hits == expected_.hits && ghosts == 0) return true;
    result_.error = fmt::format(
        "test: {} of the recorded and {} of the absent pages found, the "
        "oracle has {} and 0",
        hits, ghosts, expected_.hits);
    return false;
  }

  bool CountMembers(const PreparedPass& pass, std::span<const PfnRun> runs,
                    std::uint64_t& members) {
    return TimeAll(Operation::kTest, pass, runs, part(Operation::kTest).watch,
                   [&](std::span<const Pfn> block, std::uint64_t) {
                     members += set_.Test(block);
                   });
  }

  bool MeasureExtract(const PreparedPass& pass) {
    Part& extract = part(Operation::kExtract);
    RangeDigest digest;
    extract.watch.Start();
    set_.Walk(pass.span, digest);
    extract.watch.Stop();
    extract.pages += pass.pages;
    return Check("extract", digest, expected_.digest);
  }

  bool MeasureClear(const PreparedPass& pass) {
    Part& clear = part(Operation::kClear);
    // Pages that Set lost would be cheap to clear, and nobody would see it.
    if (!CheckFilled("clear: before", pass)) return false;
    const bool is_done =
        TimeDrawn(Operation::kClear, pass, clear.watch,
                  [&](std::span<const Pfn> block, std::uint64_t position) {
                    set_.Clear(block, position, failed_clears_);
                  });
    if (!is_done) return false;
    clear.pages += pass.pages;
    clear.failed_clears += failed_clears_.size();
    RangeDigest digest;
    set_.Walk(CheckedRange(pass), digest);
    return Check("clear", digest,
                 ExpectCleared(pass, failed_sets_, failed_clears_));
  }

  // What tell_host_sgs() of the 2017 series does.
  bool MeasureDrain(const PreparedPass& pass) {
    Part& drain = part(Operation::kDrain);
    RangeDigest digest;
    Status cleared;
    {
      Rig::Operations clearing(rig_, 1);
      clearing.Begin(0);
      drain.watch.Start();
      set_.Walk(pass.span, digest);
      cleared = set_.ClearRange(pass.span, Gfp::kNowait);
      drain.watch.Stop();
    }
    drain.pages += pass.pages;
    if (!Check("drain", digest, expected_.digest)) return false;
    if (cleared != Status::kOk) {
      ++drain.failed_clears;
      return CheckFilled("drain: after ClearRange failed", pass);
    }
    if (IsEmpty(pass)) return true;
    result_.error = "drain: the set is not empty afterwards";
    return false;
  }

  // Leaves the set empty for the next pass, with memory that may sleep.
  bool Empty(const PreparedPass& pass) {
    if (set_.ClearRange(pass.span, Gfp::kKernel) == Status::kOk &&
        IsEmpty(pass)) {
      return true;
    }
    result_.error = "the set cannot be emptied";
    return false;
  }

  PfnRange CheckedRange(const PreparedPass& pass) const {
    return look_everywhere_ ? PfnRange{0, kMaxPfn} : pass.span;
  }
  bool CheckFilled(std::string_view when, const PreparedPass& pass) {
    RangeDigest digest;
    set_.Walk(CheckedRange(pass), digest);
    return Check(when, digest, expected_.digest);
  }
  bool IsEmptyOutside(PfnRange span) {
    return (span.first == 0 || !set_.NextRange(0, span.first - 1)) &&
           (span.last == kMaxPfn || !set_.NextRange(span.last + 1, kMaxPfn));
  }
  bool IsEmpty(const PreparedPass& pass) {
    const PfnRange range = CheckedRange(pass);
    return !set_.NextRange(range.first, range.last);
  }

  bool Check(std::string_view when, const RangeDigest& found,
             const RangeDigest& expected) {
    if (found == expected) return true;
    result_.error =
        fmt::format("{}: {} ranges that differ from the oracle's {} ranges",
                    when, found.ranges(), expected.ranges());
    return false;
  }

  const Job& job_;
  const Deadline deadline_;
  Rig& rig_;
  MeasuredSet& set_;
  Measurement& result_;
  std::array<Part, kOperations.size()> parts_;
  FailedPositions failed_sets_;
  FailedPositions failed_clears_;
  Expected expected_{};
  bool look_everywhere_ = true;
  Deadline::Clock::duration recording_time_{};
  // Where the time limit was reached, within a pass, and after how many pages.
  Operation cut_operation_ = Operation::kDrain;
  std::uint64_t cut_pages_ = 0;
};

// What was counted of one of so many sets, which all did the same.
void CountSets(unsigned sets, Measurement& result) {
  result.pages *= sets;
  result.ranges *= sets;
  result.recorded *= sets;
  result.failed_sets *= sets;
  result.failed_clears *= sets;
  result.largest_pass *= sets;
  result.ns_per_page_so_far /= sets;
}

}  // namespace

Measurement Measure(const Job& job) {
  const Structure& structure = *job.structure;
  Measurement result;
  result.accounts_memory = structure.traits.accounts_memory;
  Rig rig(job);
  {
    const std::unique_ptr<MeasuredSet> set =
        structure.Measured(job.conditions, rig.heap());
    Measurer measurer(job, rig, *set, result);
    measurer.RunPasses();
    result.usage = rig.usage();
    measurer.GiveParts();
  }
  CountSets(job.conditions.sets, result);
  for (Measurement& other : result.more) CountSets(job.conditions.sets, other);
  if (result.error.empty()) result.error = rig.LedgerError();
  if (!result.error.empty() && !result.cut_off) result.more.clear();
  return result;
}

}  // namespace pfn
