// SPDX-License-Identifier: MIT
//
// A process of its own for what may crash: it answers, its death is told and
// survived, and it is gone when nobody needs it.

#include "harness/run/worker.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>

namespace pfn {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

bool Always() { return true; }

// Requests by name; "pid" and "count" show which process answers.
Worker::Handler Begin() {
  return [count = 0](const std::string& request) mutable -> std::string {
    ++count;
    if (request == "pid") return std::to_string(getpid());
    if (request == "count") return std::to_string(count);
    if (request == "segv") {
      signal(SIGSEGV, SIG_DFL);  // without a sanitizer's own
      raise(SIGSEGV);
    }
    if (request == "abort") {
      signal(SIGABRT, SIG_DFL);
      std::abort();
    }
    if (request == "exit") std::exit(7);
    if (request == "hang") {
      for (;;) pause();
    }
    return request + request;
  };
}

bool IsAlive(pid_t pid) { return kill(pid, 0) == 0; }

TEST(Worker, AnswersFromOneProcessThatIsNotThisOne) {
  Worker worker(&Begin);
  const Worker::Outcome first = worker.Ask("pid", seconds(0), &Always);
  EXPECT_EQ(first.end, Worker::End::kAnswered);
  EXPECT_NE(first.text, std::to_string(getpid()));
  EXPECT_EQ(worker.Ask("pid", seconds(0), &Always).text, first.text);
  EXPECT_EQ(worker.Ask("count", seconds(0), &Always).text, "3");
}

TEST(Worker, CarriesEmptyAndLargeMessages) {
  Worker worker(&Begin);
  EXPECT_EQ(worker.Ask("", seconds(0), &Always).text, "");
  const std::string large(5 << 20, 'x');
  EXPECT_EQ(worker.Ask(large, seconds(0), &Always).text, large + large);
}

TEST(Worker, SaysOfWhatItDiedAndTheNextRequestGetsAnotherProcess) {
  Worker worker(&Begin);
  const auto death = [&](const std::string& request) {
    const Worker::Outcome outcome = worker.Ask(request, seconds(0), &Always);
    EXPECT_EQ(outcome.end, Worker::End::kDied);
    EXPECT_EQ(worker.Ask("count", seconds(0), &Always).text, "1");
    return outcome.text;
  };
  EXPECT_EQ(death("segv"), "crashed: SIGSEGV");
  EXPECT_EQ(death("abort"), "crashed: SIGABRT");
  EXPECT_EQ(death("exit"), "crashed: it exits with status 7");
}

TEST(Worker, IsEndedWhenItGivesNoAnswerInTime) {
  Worker worker(&Begin);
  const auto pid = static_cast<pid_t>(
      std::stol(worker.Ask("pid", seconds(0), &Always).text));
  const Worker::Outcome outcome =
      worker.Ask("hang", milliseconds(300), &Always);
  EXPECT_EQ(outcome.end, Worker::End::kDied);
  EXPECT_EQ(outcome.text, "hangs: no answer in 0.3 s");
  EXPECT_FALSE(IsAlive(pid));
  EXPECT_EQ(worker.Ask("count", seconds(0), &Always).text, "1");
}

TEST(Worker, IsStoppedWhenAsked) {
  Worker worker(&Begin);
  const auto start = steady_clock::now();
  const Worker::Outcome outcome = worker.Ask("hang", seconds(0), [&] {
    return steady_clock::now() - start < milliseconds(300);
  });
  EXPECT_EQ(outcome.end, Worker::End::kStopped);
}

TEST(Worker, LeavesInterruptsToItsParent) {
  Worker worker(&Begin);
  const auto pid = static_cast<pid_t>(
      std::stol(worker.Ask("pid", seconds(0), &Always).text));
  kill(pid, SIGINT);
  kill(pid, SIGTERM);
  EXPECT_EQ(worker.Ask("count", seconds(0), &Always).text, "2");
}

TEST(Worker, DoesNotOutliveAParentThatIsKilled) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t parent = fork();
  if (parent == 0) {
    Worker worker(&Begin);
    const auto pid = static_cast<pid_t>(
        std::stol(worker.Ask("pid", seconds(0), &Always).text));
    if (write(ends[1], &pid, sizeof pid) != sizeof pid) _exit(1);
    (void)worker.Ask("hang", seconds(0), &Always);
    _exit(0);
  }
  pid_t pid = 0;
  ASSERT_EQ(read(ends[0], &pid, sizeof pid), sizeof pid);
  kill(parent, SIGKILL);
  waitpid(parent, nullptr, 0);
  // Where nobody collects orphans it stays as a zombie, which runs no more.
  const auto runs = [&] {
    std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
    std::string line;
    return std::getline(stat, line) && line.find(") Z ") == line.npos;
  };
  for (int i = 0; i < 100 && runs(); ++i) {
    std::this_thread::sleep_for(milliseconds(50));
  }
  EXPECT_FALSE(runs());
  close(ends[0]);
  close(ends[1]);
}

}  // namespace
}  // namespace pfn
