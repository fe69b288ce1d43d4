// SPDX-License-Identifier: MIT
//
// Which profiles a run makes, and what each may take. Rows of many operations,
// rounds and conditions have one profile for each structure and workload, under
// the first condition that is asked for.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "harness/results/results_file.h"
#include "harness/run/profiler.h"
#include "harness/run/rounds.h"
#include "harness/run/row_budget.h"
#include "harness/run/rows.h"

namespace pfn {

// One row for each profile, in the order of the rows.
std::vector<const Row*> PlanProfiles(std::span<const Row> rows);

// Fills in whose profile it is.
void NameProfile(const Row& row, Profile& profile);

// Shares time among profiles by the pages of their workloads. Time that one
// profile saves or overspends is shared among the profiles after it.
class ProfileBudget {
 public:
  ProfileBudget(std::span<const Row* const> plan,
                const RowBudget::Limits& limits);

  ProfileTime TimeFor(std::size_t profile) const;
  void Spend(std::size_t profile, std::chrono::nanoseconds time);

 private:
  RowBudget::Limits limits_;
  std::chrono::nanoseconds left_;
  std::vector<std::uint64_t> pages_;
  std::uint64_t pages_left_ = 0;
};

// Profiles all structures of the rows after `rounds`, and returns how many
// failed.
std::size_t AddProfiles(std::span<const Row> rows, Rounds& rounds,
                        const RowBudget::Limits& limits, ResultsFile& results);

}  // namespace pfn
