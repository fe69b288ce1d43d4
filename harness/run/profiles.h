// SPDX-License-Identifier: MIT
//
// Which profiles a run makes, of which structures it counts lost pages, and
// what each may take. Rows of many operations, rounds and conditions have one
// of both for each structure and workload: a profile under the first condition
// that is asked for, lost pages under a fault.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "harness/profile/losses.h"
#include "harness/results/results_file.h"
#include "harness/run/profiler.h"
#include "harness/run/rounds.h"
#include "harness/run/row_budget.h"
#include "harness/run/rows.h"
#include "harness/run/runner.h"

namespace pfn {

// One row for each profile, in the order of the rows.
std::vector<const Row*> PlanProfiles(std::span<const Row> rows);

// Those whose requests can be made to fail.
std::vector<const Row*> PlanLosses(std::span<const Row> rows);

// Fill in whose they are.
void NameProfile(const Row& row, Profile& profile);
void NameLosses(const Job& job, Losses& losses);

// Lost pages are counted for so many seeds, in as many passes from the start as
// have so many pages together.
inline constexpr std::size_t kLossSeeds = 20;
inline constexpr std::uint64_t kLossPages = std::uint64_t{1} << 21;

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
// And counts their lost pages.
std::size_t AddLosses(std::span<const Row> rows, Rounds& rounds,
                      const LossSettings& settings, ResultsFile& results);

}  // namespace pfn
