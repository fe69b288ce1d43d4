// SPDX-License-Identifier: MIT

#include "harness/run/estimate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "harness/measure/stopwatch.h"
#include "harness/run/profiles.h"

namespace pfn {
namespace {

using Ns = std::chrono::duration<double, std::nano>;

// The means of the default run (docs/notebook.md, 2026-11-30): a structure that
// is far from them is what the bar, or the lines, are for.
constexpr double kPageNs = 8;
constexpr double kRangeNs = 315;
constexpr double kPassNs = 30;
// Recording without its checks: one part in so many.
constexpr double kLossPart = 2;

Ns CostOf(const Workload& workload) {
  return Ns(kPageNs * static_cast<double>(workload.pages()) +
            kRangeNs * static_cast<double>(workload.ranges()) +
            kPassNs * static_cast<double>(workload.passes().size()));
}

std::chrono::seconds Bounded(Ns time, std::size_t count,
                             const RowBudget::Limits& limits) {
  if (limits.whole_run.count() != 0)
    time = std::min<Ns>(time, limits.whole_run);
  if (limits.per_row.count() != 0) {
    time = std::min<Ns>(time, limits.per_row * static_cast<double>(count));
  }
  return std::chrono::round<std::chrono::seconds>(time);
}

}  // namespace

std::chrono::seconds EstimateRounds(std::span<const Row> rows,
                                    std::span<const Visit> visits, int rounds,
                                    const RowBudget::Limits& limits) {
  Ns time{};
  for (const Visit& visit : visits) {
    // Recording and its checks, then about as much for each operation.
    time += CostOf(*rows[visit.front()].job.workload) *
            (1 + static_cast<double>(visit.size())) / 2 * rounds;
  }
  return Bounded(time, rows.size(), limits);
}

std::chrono::seconds EstimateProfiles(std::span<const Row* const> plan,
                                      const RowBudget::Limits& limits) {
  Ns time{};
  // Three repetitions, each step timed, and one that looks at memory.
  for (const Row* row : plan) time += 5 * CostOf(*row->job.workload);
  return Bounded(time, plan.size(), limits);
}

std::chrono::seconds EstimateLosses(std::span<const Row* const> plan,
                                    const RowBudget::Limits& limits) {
  Ns time{};
  for (const Row* row : plan) {
    const Workload& workload = *row->job.workload;
    const double share = std::min(
        1.0,
        static_cast<double>(kLossPages) /
            static_cast<double>(std::max<std::uint64_t>(workload.pages(), 1)));
    time += share * kLossSeeds * CostOf(workload) / kLossPart;
  }
  return Bounded(time, plan.size(), limits);
}

std::string InWords(std::chrono::seconds time) {
  const auto seconds = time.count();
  if (seconds < 60) return fmt::format("{} s", seconds);
  if (seconds < 120) return fmt::format("1 min {} s", seconds - 60);
  return fmt::format("{} min", (seconds + 30) / 60);
}

void PrintEstimate(std::span<const Row> rows, std::span<const Visit> visits,
                   const RunSettings& settings) {
  constexpr std::chrono::seconds kLong{5};
  if (Timer::Get().counts_instructions()) return;
  auto time = EstimateRounds(rows, visits, settings.rounds * settings.processes,
                             settings.limits);
  std::string more;
  if (settings.profiles) {
    const std::vector<const Row*> plan = PlanProfiles(rows);
    time += EstimateProfiles(plan, *settings.profiles);
    more = fmt::format(", {} profiles", plan.size());
  }
  if (settings.losses) {
    const std::vector<const Row*> plan = PlanLosses(rows);
    time += EstimateLosses(plan, settings.losses->limits);
    more +=
        fmt::format(", lost pages of {} for {} seeds", plan.size(), kLossSeeds);
  }
  if (time < kLong) return;
  fmt::print(stderr, "pfnbench: about {} for {} rows x {} rounds{}\n",
             InWords(time), rows.size(), settings.rounds, more);
}

}  // namespace pfn
