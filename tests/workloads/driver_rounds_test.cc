// SPDX-License-Identifier: MIT
//
// A recording as passes of the scatter-gather driver: in its order, without
// what never reaches its set.

#include "workloads/trace/driver_rounds.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <vector>

#include "workloads/trace/shipped.h"
#include "workloads/trace/trace_io.h"

namespace pfn {
namespace {

// "I 3 2 1": an array; "T 4": a target.
class Recording {
 public:
  Recording& T(std::uint64_t pages) {
    trace.AppendTarget(pages);
    return *this;
  }
  Recording& I(std::initializer_list<Pfn> pages) {
    return Array(Direction::kInflate, pages);
  }
  Recording& D(std::initializer_list<Pfn> pages) {
    return Array(Direction::kDeflate, pages);
  }

  Trace trace;

 private:
  Recording& Array(Direction direction, std::initializer_list<Pfn> pages) {
    trace.BeginArray(direction);
    for (const Pfn page : pages) trace.AppendPage(page);
    return *this;
  }
};

// "+1 2" for each pass that inflates, "-1 2" for one that deflates.
std::vector<std::string> PassesOf(const Trace& trace) {
  std::vector<std::string> passes;
  for (const Pass& pass : trace.Passes()) {
    passes.emplace_back(pass.direction == Direction::kInflate ? "+" : "-");
    for (const PfnRun& run : trace.runs_of(pass)) {
      for (std::uint64_t i = 0; i < run.pages(); ++i) {
        passes.back() +=
            std::to_string(run.length < 0 ? run.first - i : run.first + i) +
            " ";
      }
    }
    passes.back().pop_back();
  }
  return passes;
}

using Passes = std::vector<std::string>;

// Arrays hold 256 pages, so each of the short ones here ends its fill unless
// nothing more was wanted.
std::vector<Pfn> Descending(Pfn last) {
  std::vector<Pfn> pages;
  for (Pfn i = 256; i > 0; --i) pages.push_back(last + i - 1);
  return pages;
}

TEST(DriverRounds, AFillRecordsTheLastArrayFirst) {
  Trace trace;
  trace.AppendTarget(514);
  for (const Pfn last : {1000, 2000}) {
    trace.BeginArray(Direction::kInflate);
    for (const Pfn page : Descending(last)) trace.AppendPage(page);
  }
  trace.BeginArray(Direction::kInflate);
  trace.AppendPage(8);
  trace.AppendPage(5);
  const Trace rounds = DriverRoundsOf(trace).trace;
  ASSERT_EQ(rounds.Passes().size(), 1);
  const auto runs = rounds.runs_of(rounds.Passes()[0]);
  ASSERT_EQ(runs.size(), 4);
  EXPECT_EQ(runs[0], (PfnRun{8, 1}));
  EXPECT_EQ(runs[1], (PfnRun{5, 1}));
  EXPECT_EQ(runs[2], (PfnRun{2255, -256}));
  EXPECT_EQ(runs[3], (PfnRun{1255, -256}));
}

TEST(DriverRounds, ALeakRecordsAsItWasRecordedAndIsOneRound) {
  Recording recording;
  recording.T(4).I({4, 3, 2, 1}).T(0).D({1, 2}).D({3, 4});
  EXPECT_EQ(PassesOf(DriverRoundsOf(recording.trace).trace),
            (Passes{"+4 3 2 1", "-1 2 3 4"}));
}

TEST(DriverRounds, AFailedAllocationEndsAFill) {
  Recording recording;
  recording.T(6).I({2, 1}).I({4, 3}).I({6, 5});
  EXPECT_EQ(PassesOf(DriverRoundsOf(recording.trace).trace),
            (Passes{"+2 1", "+4 3", "+6 5"}));
}

TEST(DriverRounds, MigrationsAndTheNotifierAreCountedAndAreNoPasses) {
  Recording recording;
  recording.T(3).I({3, 2, 1});
  recording.I({9}).D({2});  // compaction moves a page
  recording.D({1, 9});      // memory runs out
  recording.I({7, 6});      // and the driver fills up again
  recording.T(0).D({6, 7, 3});
  const DriverRounds rounds = DriverRoundsOf(recording.trace);
  EXPECT_EQ(PassesOf(rounds.trace), (Passes{"+3 2 1", "+7 6", "-6 7 3"}));
  EXPECT_EQ(rounds.migrations, 1);
  EXPECT_EQ(rounds.oom_calls, 1);
  EXPECT_EQ(rounds.oom_pages, 2);
}

TEST(DriverRounds, WhatComesAfterAnOomCallIsARoundOfItsOwn) {
  Trace trace;
  trace.AppendTarget(257);
  trace.BeginArray(Direction::kInflate);
  for (const Pfn page : Descending(1000)) trace.AppendPage(page);
  // In the middle of the fill of 257 pages, of which one is still missing.
  trace.AppendArray(Direction::kDeflate, PfnRun{1000, 2});
  trace.AppendArray(Direction::kInflate, PfnRun{1, 1});
  trace.AppendArray(Direction::kInflate, PfnRun{3, 2});
  const Trace rounds = DriverRoundsOf(trace).trace;
  ASSERT_EQ(rounds.Passes().size(), 2);
  EXPECT_EQ(rounds.Passes()[0].pages, 257);
  EXPECT_EQ(rounds.Passes()[1].pages, 2);
}

TEST(DriverRounds, OfTheShippedOomGuestMostPassesWereMigrations) {
  const Trace trace = ReadTrace(PathOfWorkload("oom-2g"));
  const DriverRounds rounds = DriverRoundsOf(trace);
  EXPECT_EQ(rounds.migrations, 66'533);
  EXPECT_EQ(rounds.oom_calls, 5'526);
  EXPECT_EQ(rounds.oom_pages, 1'414'401);
  EXPECT_EQ(rounds.trace.pages_inflated() + rounds.migrations,
            trace.pages_inflated());
  EXPECT_EQ(
      rounds.trace.pages_deflated() + rounds.migrations + rounds.oom_pages,
      trace.pages_deflated());
  EXPECT_LT(rounds.trace.Passes().size(), trace.Passes().size() / 10);
}

TEST(DriverRounds, KeepEveryPageOfAGuestWithoutEither) {
  for (const char* name : {"idle-8g", "frag-4g", "busy-2g", "punched-2g"}) {
    const Trace trace = ReadTrace(PathOfWorkload(name));
    const DriverRounds rounds = DriverRoundsOf(trace);
    EXPECT_EQ(rounds.migrations, 0) << name;
    EXPECT_EQ(rounds.oom_calls, 0) << name;
    EXPECT_EQ(rounds.trace.pages_inflated(), trace.pages_inflated()) << name;
    EXPECT_EQ(rounds.trace.pages_deflated(), trace.pages_deflated()) << name;
    EXPECT_EQ(rounds.trace.provenance, trace.provenance);
  }
}

}  // namespace
}  // namespace pfn
