// SPDX-License-Identifier: MIT

#include "harness/run/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

namespace pfn {

Progress::Progress(std::size_t rows, int rounds,
                   std::chrono::nanoseconds now_and_then)
    : is_terminal_(isatty(STDERR_FILENO) != 0),
      now_and_then_(now_and_then),
      rounds_(rounds),
      last_line_(std::chrono::steady_clock::now()),
      last_(rows),
      times_run_(rows) {}

Progress::~Progress() { Clear(); }

void Progress::Begin(std::string_view name, int round) {
  row_start_ = std::chrono::steady_clock::now();
  round_ = round;
  if (!is_terminal_) {
    Tick();
    return;
  }
  fmt::print(stderr, "\r\033[K{:.79}", fmt::format("{}  {}", Line(), name));
  std::fflush(stderr);
}

void Progress::Tick() {
  const auto now = std::chrono::steady_clock::now();
  if (is_terminal_ || now - last_line_ < now_and_then_) return;
  last_line_ = now;
  fmt::print(stderr, "pfnbench: {}\n", Line());
}

std::string Progress::Line() const {
  const std::size_t all = last_.size() * static_cast<std::size_t>(rounds_);
  std::string line;
  if (rounds_ > 1) line = fmt::format("round {}/{}  ", round_ + 1, rounds_);
  line += fmt::format("{}/{}", done_ + 1, all);
  if (done_ != 0) {
    const auto left = static_cast<long>(TimeLeft().count());
    line += fmt::format("  {}:{:02} left", left / 60, left % 60);
  }
  return line;
}

void Progress::End(std::size_t row) {
  last_[row] = std::chrono::steady_clock::now() - row_start_;
  ++times_run_[row];
  ++done_;
}

void Progress::Leave(std::size_t row) {
  done_ += static_cast<std::size_t>(rounds_ - times_run_[row]);
  times_run_[row] = rounds_;
}

Progress::Seconds Progress::TimeLeft() const {
  Seconds seen{};
  std::size_t rows_seen = 0;
  for (const Seconds& cost : last_) {
    seen += cost;
    rows_seen += cost.count() > 0;
  }
  const Seconds mean = seen / static_cast<double>(rows_seen);
  Seconds left{};
  for (std::size_t i = 0; i < last_.size(); ++i) {
    left += (last_[i].count() > 0 ? last_[i] : mean) *
            static_cast<double>(rounds_ - times_run_[i]);
  }
  return left;
}

void Progress::Clear() {
  if (is_terminal_) fmt::print(stderr, "\r\033[K");
}

}  // namespace pfn
