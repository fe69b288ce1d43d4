// SPDX-License-Identifier: MIT

#include "harness/run/row_budget.h"

#include <fmt/format.h>

#include <algorithm>

namespace pfn {
RowBudget::RowBudget(std::size_t rows, int rounds, Limits limits)
    : rounds_(rounds),
      limits_(limits),
      is_limited_(limits.per_row != Duration::zero()),
      per_row_(limits.per_row),
      rows_(rows) {}

RowBudget::Duration RowBudget::time_limit(std::size_t rows) const {
  if (limits_.whole_run != Duration::zero()) {
    return limits_.whole_run / kPartOfRun;
  }
  return kPatience * static_cast<Duration::rep>(rows) * limits_.per_row;
}

void RowBudget::BeginRound(int round, Duration elapsed) {
  if (limits_.whole_run == Duration::zero() || round == 0) return;
  const Duration left = limits_.whole_run - elapsed;
  const int rounds_left = rounds_ - round;
  // The largest budget that all rows together can have: costs grow with it.
  Duration low{};
  Duration high = std::max(left, Duration::zero());
  for (const Row& row : rows_) {
    high = std::max(high, row.spent + row.last * rounds_left);
  }
  if (CostWith(high, rounds_left) <= left) {
    low = high;
  }
  while (high - low > std::chrono::microseconds(1)) {
    const Duration middle = low + (high - low) / 2;
    (CostWith(middle, rounds_left) <= left ? low : high) = middle;
  }
  // A row stays out once its budget was reported as used up.
  per_row_ = is_limited_ ? std::min(per_row_, low) : low;
  is_limited_ = true;
}

RowBudget::Duration RowBudget::CostWith(Duration per_row,
                                        int rounds_left) const {
  Duration cost{};
  for (const Row& row : rows_) {
    if (row.is_cut_off || row.last == Duration::zero()) continue;
    const auto fitting =
        std::max(per_row - row.spent, Duration::zero()) / row.last;
    cost += row.last * std::min<Duration::rep>(fitting, rounds_left);
  }
  return cost;
}

void RowBudget::Spend(std::size_t row, Duration time) {
  rows_[row].spent += time;
  rows_[row].last = time;
}

bool RowBudget::is_used_up(std::size_t row) const {
  const Row& r = rows_[row];
  return r.is_cut_off || (is_limited_ && r.last != Duration::zero() &&
                          r.spent + r.last > per_row_);
}

std::string RowBudget::Seconds() const {
  return fmt::format("{:.3g}", std::chrono::duration<double>(per_row_).count());
}

}  // namespace pfn
