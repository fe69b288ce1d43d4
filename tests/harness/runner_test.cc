// SPDX-License-Identifier: MIT
//
// Rows in rounds: every row once a round, an answer that is wrong has no figure
// and is named, and the results hold the rest.

#include "harness/run/runner.h"

#include <benchmark/benchmark.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "tests/harness/testing.h"
#include "tests/workloads/testing.h"

namespace pfn {
namespace {

using testing::Honest;
using testing::ReadBytes;
using testing::ScratchFolder;

std::size_t Count(const std::string& text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != text.npos;
       at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

// Google Benchmark keeps one context in a process, and says so about each entry
// of another.
std::string WithoutContext(const std::string& text) {
  std::istringstream lines(text);
  std::string kept;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("Failed to add custom context")) kept += line + "\n";
  }
  return kept;
}

template <class A>
class LosesAPage : public Honest<A> {
 public:
  using Honest<A>::Honest;
  Status Set(Pfn pfn, Gfp gfp) {
    return pfn == 9 ? Status::kOk : Honest<A>::Set(pfn, gfp);
  }
};

class Runner : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    std::string name = "runner_test";
    char* argv[] = {name.data(), nullptr};
    int argc = 1;
    benchmark::Initialize(&argc, argv);
  }

  Row MakeRow(const std::string& name, Measurement (*measure)(const Job&)) {
    return {name,
            {.operation = Operation::kSet,
             .workload = workload_.get(),
             .fault = {},
             .fault_seed = 1,
             .arena = &arena_},
            measure};
  }
  RunOutcome Run(const std::vector<Row>& rows, int rounds) {
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    const RunOutcome outcome =
        RunRows(rows, {.rounds = rounds,
                       .out = scratch_.path(),
                       .context = {{"command_line", "pfnbench --x"}},
                       .executable = "/bin/pfnbench"});
    out_ = ::testing::internal::GetCapturedStdout();
    err_ = WithoutContext(::testing::internal::GetCapturedStderr());
    json_ = ReadBytes(outcome.results);
    return outcome;
  }

  ScratchFolder scratch_;
  PageArena arena_;
  std::unique_ptr<Workload> workload_ =
      testing::MakeWorkload("w", {{5, 6, 7, 9}});
  std::string out_;
  std::string err_;
  std::string json_;
};

std::vector<char>* order = nullptr;

template <char kName>
Measurement NoteOrder(const Job&) {
  order->push_back(kName);
  return {.ns = 10, .pages = 4};
}

TEST_F(Runner, RunsEveryRowOnceInEveryRound) {
  std::vector<char> ran;
  order = &ran;
  constexpr int kRounds = 20;
  const RunOutcome outcome =
      Run({MakeRow("a", &NoteOrder<'a'>), MakeRow("b", &NoteOrder<'b'>),
           MakeRow("c", &NoteOrder<'c'>)},
          kRounds);
  EXPECT_EQ(outcome.failed_rows, 0);
  EXPECT_FALSE(outcome.interrupted);
  ASSERT_EQ(ran.size(), 3 * kRounds);
  for (auto round = ran.begin(); round != ran.end(); round += 3) {
    std::string names(round, round + 3);
    std::sort(names.begin(), names.end());
    EXPECT_EQ(names, "abc");
  }
  for (const char* name : {"a", "b", "c"}) {
    EXPECT_EQ(Count(json_, "\"name\": \"" + std::string(name) + "\""), kRounds);
  }
}

TEST_F(Runner, ARowThatDoesNotMatchTheOracleHasNoFigureAndIsNamed) {
  const RunOutcome outcome =
      Run({MakeRow("set/w/honest", &Measurer<Honest<NowaitHeap>>::Run),
           MakeRow("set/w/loses", &Measurer<LosesAPage<NowaitHeap>>::Run)},
          3);
  EXPECT_EQ(outcome.failed_rows, 1) << "a row, however often it ran";
  EXPECT_EQ(err_,
            "pfnbench: set/w/loses: pass 0: set: 1 ranges that differ from "
            "the oracle's 2 ranges\n");
  EXPECT_EQ(Count(json_, "\"error_occurred\": true"), 3);
  EXPECT_EQ(Count(json_, "\"ns_per_page\""), 3) << "of the honest one";
  EXPECT_EQ(Count(out_, "set/w/honest"), 1);
  EXPECT_EQ(Count(out_, "loses"), 0) << out_;
}

std::vector<std::size_t>* sizes = nullptr;

Measurement NoteSize(const Job& job) {
  sizes->push_back(1 + job.more.size());
  Measurement result{.ns = 10, .pages = 10};
  for (const Operation operation : job.more) {
    EXPECT_EQ(operation, Operation::kDrain);
    result.more.push_back({.ns = 70, .pages = 10});
  }
  return result;
}

TEST_F(Runner, RowsThatShareRecordingsAreMeasuredOnceARound) {
  std::vector<std::size_t> seen;
  sizes = &seen;
  Row set = MakeRow("set/w/s", &NoteSize);
  Row drain = MakeRow("drain/w/s", &NoteSize);
  set.shares_recordings = drain.shares_recordings = true;
  drain.job.operation = Operation::kDrain;
  Run({set, drain}, 3);
  EXPECT_EQ(seen, (std::vector<std::size_t>{2, 2, 2}));
  EXPECT_EQ(out_,
            "ns per page      median       least        most\n"
            "set/w/s           1.000       1.000       1.000\n"
            "drain/w/s         7.000       7.000       7.000\n");
}

Measurement Known(const Job&) {
  static int calls = 0;
  constexpr double kNs[] = {30, 10, 80, 20};
  return {.ns = kNs[calls++ % 4], .pages = 10};
}

TEST_F(Runner, TheSummaryIsMedianLeastAndMost) {
  Run({MakeRow("known", &Known)}, 4);
  EXPECT_EQ(out_,
            "ns per page      median       least        most\n"
            "known             2.500       1.000       8.000\n");
}

TEST_F(Runner, IsSilentOnStderrThatIsNoTerminal) {
  Run({MakeRow("set/w/honest", &Measurer<Honest<NowaitHeap>>::Run)}, 2);
  EXPECT_EQ(err_, "");
}

}  // namespace
}  // namespace pfn
