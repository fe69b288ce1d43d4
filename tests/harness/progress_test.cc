// SPDX-License-Identifier: MIT
//
// The progress line: on a terminal never wider than one, and gone at the end;
// elsewhere a line now and then.

#include "harness/run/progress.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <unistd.h>

#include <cstdio>
#include <sstream>
#include <string>
#include <thread>

namespace pfn {
namespace {

constexpr std::string_view kClearLine = "\r\033[K";

// While it lives, stderr is a terminal of its own.
class TerminalOnStderr {
 public:
  TerminalOnStderr() {
    int terminal = -1;
    EXPECT_EQ(openpty(&reader_, &terminal, nullptr, nullptr, nullptr), 0);
    std::fflush(stderr);
    saved_ = dup(STDERR_FILENO);
    dup2(terminal, STDERR_FILENO);
    close(terminal);
  }
  ~TerminalOnStderr() {
    dup2(saved_, STDERR_FILENO);
    close(saved_);
    close(reader_);
  }
  TerminalOnStderr(const TerminalOnStderr&) = delete;
  TerminalOnStderr& operator=(const TerminalOnStderr&) = delete;

  // What has been written since the last call.
  std::string Read() {
    std::fflush(stderr);
    fcntl(reader_, F_SETFL, O_NONBLOCK);
    std::string text(1 << 16, '\0');
    const ssize_t bytes = read(reader_, text.data(), text.size());
    text.resize(bytes < 0 ? 0 : static_cast<std::size_t>(bytes));
    return text;
  }

 private:
  int reader_ = -1;
  int saved_ = -1;
};

TEST(Progress, IsSilentForAWhileWhereThereIsNoTerminal) {
  ::testing::internal::CaptureStderr();
  {
    Progress progress(2, 3);
    progress.Begin("set/idle-8g/flat", 0);
    progress.End(0);
    progress.Tick();
    progress.Begin("set/idle-8g/flat", 1);
  }
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

TEST(Progress, IsALineNowAndThenWhereThereIsNoTerminal) {
  ::testing::internal::CaptureStderr();
  {
    Progress progress(2, 3, std::chrono::milliseconds(50));
    progress.Begin("set/idle-8g/flat", 0);
    progress.Tick();
    progress.End(0);
    std::this_thread::sleep_for(std::chrono::milliseconds(60));
    progress.Begin("set/idle-8g/cvbmp", 0);
    progress.Tick();
    std::this_thread::sleep_for(std::chrono::milliseconds(60));
    progress.Tick();
  }
  EXPECT_EQ(::testing::internal::GetCapturedStderr(),
            "pfnbench: round 1/3  2/6  0:00 left\n"
            "pfnbench: round 1/3  2/6  0:00 left\n");
}

TEST(Progress, SaysRoundRowAndTimeLeftAndGoesAway) {
  TerminalOnStderr terminal;
  {
    Progress progress(2, 3);
    progress.Begin("set/idle-8g/flat", 0);
    EXPECT_EQ(terminal.Read(),
              std::string(kClearLine) + "round 1/3  1/6  set/idle-8g/flat");
    progress.End(0);
    progress.Begin("set/idle-8g/cvbmp", 0);
    EXPECT_EQ(terminal.Read(),
              std::string(kClearLine) +
                  "round 1/3  2/6  0:00 left  set/idle-8g/cvbmp");
  }
  EXPECT_EQ(terminal.Read(), kClearLine);
}

TEST(Progress, NeverWrapsAround) {
  TerminalOnStderr terminal;
  Progress progress(1, 1);
  progress.Begin(std::string(300, 'x'), 0);
  EXPECT_EQ(terminal.Read().size(), kClearLine.size() + 79);
}

// "... 1:05 left ..." -> 65
int SecondsLeft(const std::string& line) {
  std::istringstream words(line);
  int minutes = -1;
  int seconds = -1;
  for (std::string word; words >> word;) {
    std::sscanf(word.c_str(), "%d:%d", &minutes, &seconds);
  }
  EXPECT_GE(seconds, 0) << line;
  return minutes * 60 + seconds;
}

TEST(Progress, EveryRowIsExpectedToCostWhatItCostLast) {
  TerminalOnStderr terminal;
  Progress progress(2, 101);
  progress.Begin("slow", 0);
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  progress.End(0);
  terminal.Read();
  progress.Begin("fast", 0);
  // Row 1 was never seen, so all 201 runs that are left cost 0.2 s.
  const int unseen = SecondsLeft(terminal.Read());
  EXPECT_GE(unseen, 40);
  progress.End(1);
  progress.Begin("slow", 1);
  // The fast one costs nothing now: 100 runs of 0.2 s.
  const int seen = SecondsLeft(terminal.Read());
  EXPECT_GE(seen, 20);
  EXPECT_LT(seen, unseen * 6 / 10);
}

}  // namespace
}  // namespace pfn
