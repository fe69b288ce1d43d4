// SPDX-License-Identifier: MIT
//
// File: harness/run/row_budget.h
//
// What a row may cost, on the wall and over all rounds, so that one structure
// that is quadratic on one trace does not make everybody wait. A row that has
// used up its budget runs in no further round and has fewer repetitions than
// others; one that takes kPatience budgets for a single repetition is cut off
// and has no figure. Both are reported.

#ifndef PFNBENCH_HARNESS_RUN_ROW_BUDGET_H_
#define PFNBENCH_HARNESS_RUN_ROW_BUDGET_H_

#include <fmt/format.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace pfn {

class RowBudget {
 public:
  using Duration = std::chrono::nanoseconds;

  // A figure that is late is worth more than none.
  static constexpr int kPatience = 4;

  // `per_row` zero: no limit.
  RowBudget(std::size_t rows, Duration per_row)
      : per_row_(per_row), spent_(rows), is_cut_off_(rows) {}

  // For one repetition; zero is none.
  Duration time_limit() const { return kPatience * per_row_; }

  void Spend(std::size_t row, Duration time) { spent_[row] += time; }
  void CutOff(std::size_t row) { is_cut_off_[row] = true; }

  bool is_cut_off(std::size_t row) const { return is_cut_off_[row]; }
  bool is_used_up(std::size_t row) const {
    return is_cut_off_[row] ||
           (per_row_ != Duration::zero() && spent_[row] >= per_row_);
  }
  // As text, in seconds.
  std::string Seconds() const {
    return fmt::format("{:.3g}",
                       std::chrono::duration<double>(per_row_).count());
  }

 private:
  Duration per_row_;
  std::vector<Duration> spent_;
  std::vector<bool> is_cut_off_;
};

}  // namespace pfn

#endif  // PFNBENCH_HARNESS_RUN_ROW_BUDGET_H_
