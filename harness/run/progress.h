// SPDX-License-Identifier: MIT
//
// On stderr, what runs, how much is done, how long it will take: on a terminal
// one line that is rewritten in place, elsewhere a line now and then.

#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace pfn {

class Progress {
 public:
  static constexpr std::chrono::seconds kNowAndThen{15};

  // `now_and_then` is how long there is no line where there is no terminal.
  Progress(std::size_t rows, int rounds,
           std::chrono::nanoseconds now_and_then = kNowAndThen);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // The row `name` begins, in round `round` (from 0); End says which it was.
  void Begin(std::string_view name, int round);
  void End(std::size_t row);
  // Called now and then while a row is waited for.
  void Tick();
  // The row will not run again.
  void Leave(std::size_t row);
  // Takes the line away; the next Begin brings it back.
  void Clear();

 private:
  using Seconds = std::chrono::duration<double>;

  // Every row costs what it cost last time; rows never seen cost the mean of
  // those that were.
  Seconds TimeLeft() const;
  // "round 2/9  13/990  0:40 left"
  std::string Line() const;

  const bool is_terminal_;
  const std::chrono::nanoseconds now_and_then_;
  int rounds_;
  int round_ = 0;
  std::size_t done_ = 0;
  std::chrono::steady_clock::time_point row_start_;
  std::chrono::steady_clock::time_point last_line_;
  std::vector<Seconds> last_;  // of each row; 0 if it never ran
  std::vector<int> times_run_;
};

}  // namespace pfn
