// SPDX-License-Identifier: MIT

#include "harness/profile/losses.h"

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <span>

#include "harness/measure/deadline.h"
#include "harness/measure/rig.h"
#include "harness/measure/time_blocks.h"
#include "workloads/base/json.h"

namespace pfn {
namespace {

// The passes once, for one seed.
class Recording {
 public:
  Recording(const Job& job, const Deadline& deadline, bool is_checked)
      : deadline_(deadline),
        is_checked_(is_checked),
        rig_(job),
        set_(job.structure->Measured(job.conditions, rig_.heap())) {}

  // How many pages are lost; nothing: cut off, or error() says what is wrong.
  std::optional<std::uint64_t> Count(std::span<const PreparedPass> passes) {
    std::uint64_t lost = 0;
    for (const PreparedPass& pass : passes) {
      failed_.clear();
      const std::uint64_t before = rig_.usage().failures;
      if (deadline_.HasPassed() || !Record(pass)) return std::nullopt;
      lost += failed_.size();
      const bool has_failures =
          !failed_.empty() || rig_.usage().failures != before;
      had_failures_ |= has_failures;
      if (is_checked_ && has_failures && !Check(pass)) return std::nullopt;
      if (set_->ClearRange(pass.span, Gfp::kKernel) != Status::kOk ||
          set_->NextRange(pass.span.first, pass.span.last)) {
        error_ = "the set cannot be emptied";
        return std::nullopt;
      }
    }
    set_.reset();
    error_ = rig_.LedgerError();
    if (!error_.empty()) return std::nullopt;
    return lost;
  }

  bool had_failures() const { return had_failures_; }
  std::uint64_t requests() const { return rig_.usage().allocations; }
  const std::string& error() const { return error_; }

 private:
  bool Record(const PreparedPass& pass) {
    Rig::Operations operations(rig_, pass.pages);
    const auto set = [&](std::span<const Pfn> pages, std::uint64_t position) {
      set_->Set(pages, position, failed_);
    };
    return ForBlocks(pass.runs, pass.pages, deadline_,
                     [&](std::span<const Pfn> block, std::uint64_t position) {
                       operations.Run(block, position, set);
                     }) == pass.pages;
  }

  bool Check(const PreparedPass& pass) {
    RangeDigest digest;
    set_->Walk(pass.span, digest);
    if (digest == ExpectFilled(pass, failed_).digest) return true;
    error_ = "ranges that differ from the oracle's";
    return false;
  }

  const Deadline& deadline_;
  const bool is_checked_;
  Rig rig_;
  std::unique_ptr<MeasuredSet> set_;
  FailedPositions failed_;
  bool had_failures_ = false;
  std::string error_;
};

// Whether so many requests pass. What they ask for makes no difference to the
// fault.
bool LetsPass(const FaultSpec& fault, std::uint64_t seed,
              std::uint64_t requests) {
  const std::unique_ptr<FaultModel> model = fault.MakeModel(seed);
  while (requests > 0 && !model->FailObject(1, Gfp::kNowait)) --requests;
  return requests == 0;
}

}  // namespace

Losses CountLosses(const Job& job, std::size_t passes, std::size_t seeds) {
  Losses losses{.passes = passes};
  const auto counted = job.workload->passes().first(passes);
  for (const PreparedPass& pass : counted) losses.pages += pass.pages;
  Job one = job;
  one.conditions = job.conditions.WithoutLoops();
  const Deadline deadline(job.time_limit);
  bool is_checked = true;
  // Of a seed without a failure; where another has none, all would be the same.
  std::optional<std::uint64_t> requests;
  const bool can_skip = job.fault.kind == FaultSpec::Kind::kGilbertElliott &&
                        job.conditions.fault_draw == FaultDraw::kAllocation;
  for (; losses.lost.size() < seeds; ++one.conditions.fault_seed) {
    if (requests && LetsPass(job.fault, one.conditions.fault_seed, *requests)) {
      losses.lost.push_back(0);
      continue;
    }
    Recording recording(one, deadline, is_checked);
    const auto lost = recording.Count(counted);
    if (!lost && recording.error().empty()) break;
    if (!lost) {
      losses.error = fmt::format("failed: seed {}: {}",
                                 one.conditions.fault_seed, recording.error());
      losses.is_wrong = true;
      losses.lost.clear();
      return losses;
    }
    is_checked = is_checked && !recording.had_failures();
    if (can_skip && !recording.had_failures()) requests = recording.requests();
    losses.lost.push_back(*lost);
  }
  if (losses.lost.empty()) {
    losses.error = fmt::format(
        "over {} ns per page: cut off before one seed was done",
        static_cast<std::uint64_t>(job.time_limit.count()) / losses.pages);
  }
  return losses;
}

std::string ToJson(const Losses& losses) {
  JsonObject object;
  object.Add("workload", losses.workload).Add("structure", losses.structure);
  if (!losses.conditions.empty()) {
    object.AddJson("conditions", losses.conditions);
  }
  if (!losses.error.empty()) return object.Add("error", losses.error).Text();
  return object.Add("passes", losses.passes)
      .Add("pages", losses.pages)
      .AddJson("lost", JsonList(losses.lost,
                                [](std::uint64_t lost) {
                                  return std::to_string(lost);
                                }))
      .Text();
}

}  // namespace pfn
