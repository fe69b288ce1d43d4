// SPDX-License-Identifier: MIT

#include "harness/run/profiles.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>
#include <set>
#include <string>
#include <utility>

#include "harness/run/interrupt.h"
#include "harness/run/measuring_worker.h"
#include "harness/run/progress.h"

namespace pfn {
namespace {

// Of so many shares a run may take, which is then cut off. A profile can have
// two such runs.
constexpr int kPatience = 4;
// Below that there would be nothing to see.
constexpr std::chrono::nanoseconds kLeastShare = std::chrono::milliseconds(5);

}  // namespace

std::vector<const Row*> PlanProfiles(std::span<const Row> rows) {
  std::vector<const Row*> plan;
  std::set<std::pair<const Workload*, const Structure*>> planned;
  for (const Row& row : rows) {
    if (row.job.structure == nullptr ||
        row.job.operation == Operation::kReplay) {
      continue;
    }
    if (planned.emplace(row.job.workload, row.job.structure).second) {
      plan.push_back(&row);
    }
  }
  return plan;
}

void NameProfile(const Row& row, Profile& profile) {
  profile.workload = row.job.workload->name();
  profile.structure = row.job.structure->traits.name;
  const JsonObject conditions = row.key.Conditions();
  if (!conditions.is_empty()) profile.conditions = conditions.Text();
}

ProfileBudget::ProfileBudget(std::span<const Row* const> plan,
                             const RowBudget::Limits& limits)
    : limits_(limits), left_(limits.whole_run) {
  for (const Row* row : plan) {
    pages_.push_back(row->job.workload->pages());
    pages_left_ += pages_.back();
  }
}

ProfileTime ProfileBudget::TimeFor(std::size_t profile) const {
  if (limits_.whole_run.count() == 0) {
    return {limits_.per_row, limits_.per_row * RowBudget::kPatience};
  }
  const double part =
      static_cast<double>(pages_[profile]) /
      static_cast<double>(std::max<std::uint64_t>(pages_left_, 1));
  const auto share = std::max(
      kLeastShare,
      std::chrono::duration_cast<std::chrono::nanoseconds>(left_ * part));
  return {share, share * kPatience};
}

void ProfileBudget::Spend(std::size_t profile, std::chrono::nanoseconds time) {
  left_ -= time;
  pages_left_ -= pages_[profile];
}

std::size_t AddProfiles(std::span<const Row> rows, Rounds& rounds,
                        const RowBudget::Limits& limits, ResultsFile& results) {
  const std::vector<const Row*> plan = PlanProfiles(rows);
  ProfileBudget budget(plan, limits);
  Progress progress(plan.size(), 1);
  const auto goes_on = [&] {
    progress.Tick();
    return interrupted == 0;
  };
  std::size_t wrong = 0;
  std::vector<std::string> short_ones;
  for (std::size_t i = 0; i < plan.size() && interrupted == 0; ++i) {
    const Row& row = *plan[i];
    const std::string place = fmt::format("{}/{}", row.job.workload->name(),
                                          row.job.structure->traits.name);
    progress.Begin("profile " + place, 0);
    const auto start = std::chrono::steady_clock::now();
    MeasuringWorker::MadeProfile made{.json = {},
                                      .error = rounds.WhyNotRun(row)};
    bool is_short = !made.error.empty();
    if (!is_short) {
      const auto number = static_cast<std::size_t>(&row - rows.data());
      switch (rounds.worker().MakeProfile(number, budget.TimeFor(i), goes_on,
                                          made)) {
        case Worker::End::kStopped:
          continue;
        case Worker::End::kDied:
          rounds.NoteDeath(row, "profile " + place);
          made.error = "failed: " + rounds.worker().death();
          made.is_wrong = true;
          break;
        case Worker::End::kAnswered:
          is_short = !made.error.empty() && !made.is_wrong;
          break;
      }
    }
    if (made.json.empty()) {
      Profile profile;
      NameProfile(row, profile);
      profile.error = made.error;
      made.json = ToJson(profile);
    }
    budget.Spend(i, std::chrono::steady_clock::now() - start);
    progress.End(i);
    if (made.is_wrong) {
      ++wrong;
      progress.Clear();
      fmt::print(stderr, "pfnbench: profile {}: {}\n", place, made.error);
    } else if (is_short) {
      short_ones.push_back(place);
    }
    results.AddProfile(std::move(made.json));
  }
  progress.Clear();
  if (!short_ones.empty()) {
    fmt::print(stderr,
               "pfnbench: {} of {} profiles are not whole, for they take too "
               "long or their structure crashed: {}\n",
               short_ones.size(), plan.size(), fmt::join(short_ones, ", "));
  }
  return wrong;
}

}  // namespace pfn
