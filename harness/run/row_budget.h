// SPDX-License-Identifier: MIT
//
// What rows may cost, on the wall and over all rounds, so that one structure
// that is quadratic on one trace does not make everybody wait. A row runs again
// only if another repetition, as long as its last one, fits into its budget:
// slow rows have fewer repetitions than others. A single repetition that takes
// far too long is cut off, and its row has no figure. Both are reported.
//
// The budget is either given for each row, or follows from what the whole run
// may take: once the first round has shown what rows cost, quick rows get all
// their repetitions, and what these leave over is shared evenly by the slow.

#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace pfn {

class RowBudget {
 public:
  using Duration = std::chrono::nanoseconds;

  // At most one of them; zero: no limit.
  struct Limits {
    Duration per_row{};
    Duration whole_run{};
  };

  // A late figure is worth more than none: a repetition may take this multiple
  // of the budget of its row. Rows that are measured together may take this
  // part of the whole run.
  static constexpr int kPatience = 4;
  static constexpr int kPartOfRun = 50;

  RowBudget(std::size_t rows, int rounds, Limits limits);

  // Of one repetition of this number of rows together; zero: no limit.
  Duration time_limit(std::size_t rows) const;

  // Round `round`, from 0, begins `elapsed` after the first one did. O(rows),
  // some forty times.
  void BeginRound(int round, Duration elapsed);
  void Spend(std::size_t row, Duration time);
  void CutOff(std::size_t row) { rows_[row].is_cut_off = true; }

  bool is_cut_off(std::size_t row) const { return rows_[row].is_cut_off; }
  bool is_used_up(std::size_t row) const;
  // What a row may cost, as text, in seconds; "0" while there is no limit.
  std::string Seconds() const;

 private:
  struct Row {
    Duration spent{};
    Duration last{};  // zero: never ran
    bool is_cut_off = false;
  };

  // What all rows together will still cost if each may cost `per_row`.
  Duration CostWith(Duration per_row, int rounds_left) const;

  int rounds_;
  Limits limits_;
  bool is_limited_;  // per_row_ holds
  Duration per_row_;
  std::vector<Row> rows_;
};

}  // namespace pfn
