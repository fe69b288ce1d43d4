// SPDX-License-Identifier: MIT

#include "harness/run/profiles.h"

#include <algorithm>
#include <set>
#include <utility>

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

}  // namespace pfn
