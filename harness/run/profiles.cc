// SPDX-License-Identifier: MIT

#include "harness/run/profiles.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <set>
#include <string>
#include <string_view>
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

std::vector<const Row*> PlanLosses(std::span<const Row> rows) {
  std::vector<const Row*> plan = PlanProfiles(rows);
  std::erase_if(plan, [](const Row* row) {
    return !IsFaultable(row->job.structure->traits);
  });
  return plan;
}

void NameLosses(const Job& job, Losses& losses) {
  losses.workload = job.workload->name();
  losses.structure = job.structure->traits.name;
  Job bare = job;
  bare.conditions = job.conditions.WithoutLoops();
  JsonObject conditions;
  for (const auto& [key, value] : ConditionsOf(bare)) {
    conditions.Add(key, value);
  }
  losses.conditions = conditions.Text();
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

namespace {

// What is made once for each structure and workload.
struct Making {
  std::string_view what;
  std::string_view all;  // of them
  std::vector<const Row*> plan;
  RowBudget::Limits limits;
  std::function<Worker::End(const Row&, const ProfileTime&,
                            const MeasuringWorker::GoesOn&,
                            MeasuringWorker::Made&)>
      make;
  // Of which there is only an error.
  std::function<std::string(const Row&, const std::string& error)> without;
  std::function<void(std::string json)> add;
};

// Returns how many failed.
std::size_t MakeAll(const Making& making, Rounds& rounds) {
  const std::vector<const Row*>& plan = making.plan;
  ProfileBudget budget(plan, making.limits);
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
    const std::string name = fmt::format("{} {}", making.what, place);
    progress.Begin(name, 0);
    const auto start = std::chrono::steady_clock::now();
    MeasuringWorker::Made made{.json = {}, .error = rounds.WhyNotRun(row)};
    bool is_short = !made.error.empty();
    if (!is_short) {
      switch (making.make(row, budget.TimeFor(i), goes_on, made)) {
        case Worker::End::kStopped:
          continue;
        case Worker::End::kDied:
          rounds.NoteDeath(row, name);
          made.error = "failed: " + rounds.worker().death();
          made.is_wrong = true;
          break;
        case Worker::End::kAnswered:
          is_short = !made.error.empty() && !made.is_wrong;
          break;
      }
    }
    if (made.json.empty()) made.json = making.without(row, made.error);
    budget.Spend(i, std::chrono::steady_clock::now() - start);
    progress.End(i);
    if (made.is_wrong) {
      ++wrong;
      progress.Clear();
      fmt::print(stderr, "pfnbench: {}: {}\n", name, made.error);
    } else if (is_short) {
      short_ones.push_back(place);
    }
    making.add(std::move(made.json));
  }
  progress.Clear();
  if (!short_ones.empty()) {
    fmt::print(stderr,
               "pfnbench: {} of {} {} are not whole, for they take too long or "
               "their structure crashed: {}\n",
               short_ones.size(), plan.size(), making.all,
               fmt::join(short_ones, ", "));
  }
  return wrong;
}

}  // namespace

std::size_t AddProfiles(std::span<const Row> rows, Rounds& rounds,
                        const RowBudget::Limits& limits, ResultsFile& results) {
  return MakeAll(
      {.what = "profile",
       .all = "profiles",
       .plan = PlanProfiles(rows),
       .limits = limits,
       .make =
           [&](const Row& row, const ProfileTime& time, const auto& goes_on,
               auto& made) {
             const auto number = static_cast<std::size_t>(&row - rows.data());
             return rounds.worker().MakeProfile(number, time, goes_on, made);
           },
       .without =
           [](const Row& row, const std::string& error) {
             Profile profile;
             NameProfile(row, profile);
             profile.error = error;
             return ToJson(profile);
           },
       .add = [&](std::string json) { results.AddProfile(std::move(json)); }},
      rounds);
}

std::size_t AddLosses(std::span<const Row> rows, Rounds& rounds,
                      const LossSettings& settings, ResultsFile& results) {
  return MakeAll(
      {.what = "lost pages of",
       .all = "counts of lost pages",
       .plan = PlanLosses(rows),
       .limits = settings.limits,
       .make =
           [&](const Row& row, const ProfileTime& time, const auto& goes_on,
               auto& made) {
             const auto number = static_cast<std::size_t>(&row - rows.data());
             return rounds.worker().CountLosses(number, settings.fault,
                                                time.patience, goes_on, made);
           },
       .without =
           [&](const Row& row, const std::string& error) {
             Job job = row.job;
             job.fault = settings.fault;
             Losses losses{.error = error};
             NameLosses(job, losses);
             return ToJson(losses);
           },
       .add = [&](std::string json) { results.AddLosses(std::move(json)); }},
      rounds);
}

}  // namespace pfn
