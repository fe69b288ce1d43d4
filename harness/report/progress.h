// SPDX-License-Identifier: MIT
//
// File: harness/report/progress.h
//
// One line on stderr, rewritten in place: what runs, how much is done, how long
// it will take. On a terminal only; silent otherwise.

#ifndef PFNBENCH_HARNESS_REPORT_PROGRESS_H_
#define PFNBENCH_HARNESS_REPORT_PROGRESS_H_

#include <chrono>
#include <cstddef>
#include <string_view>
#include <vector>

namespace pfn {

class Progress {
 public:
  Progress(std::size_t rows, int rounds);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // The row `name` begins, in round `round` (from 0); End says which it was.
  void Begin(std::string_view name, int round);
  void End(std::size_t row);
  // The row will not run again.
  void Leave(std::size_t row);
  // Takes the line away; the next Begin brings it back.
  void Clear();

 private:
  using Seconds = std::chrono::duration<double>;

  // Every row costs what it cost last time; rows never seen cost the mean of
  // those that were.
  Seconds TimeLeft() const;

  bool enabled_;
  int rounds_;
  std::size_t done_ = 0;
  std::chrono::steady_clock::time_point row_start_;
  std::vector<Seconds> last_;  // of each row; 0 if it never ran
  std::vector<int> times_run_;
};

}  // namespace pfn

#endif  // PFNBENCH_HARNESS_REPORT_PROGRESS_H_
