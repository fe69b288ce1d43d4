// SPDX-License-Identifier: MIT
//
// The promises of a trace in memory: canonical runs and passes, and
// its beginning.

#include "workloads/trace/trace.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/workloads/testing.h"

namespace pfn::testing {
namespace {

using Runs = std::vector<PfnRun>;

Runs RunsOf(const std::vector<Pfn>& pages) {
  const Trace trace = InflationOf(pages);
  return {trace.runs().begin(), trace.runs().end()};
}

Runs Joined(PfnRun first, PfnRun second) {
  Trace trace;
  trace.AppendArray(Direction::kInflate, Runs{first, second});
  return {trace.runs().begin(), trace.runs().end()};
}

TEST(Trace, TakesTheDirectionOfARunFromItsSecondPage) {
  EXPECT_EQ(RunsOf({5}), (Runs{{5, 1}}));
  EXPECT_EQ(RunsOf({5, 6, 7}), (Runs{{5, 3}}));
  EXPECT_EQ(RunsOf({7, 6, 5}), (Runs{{7, -3}}));
}

TEST(Trace, EndsARunWhereItTurnsRepeatsOrJumps) {
  EXPECT_EQ(RunsOf({5, 6, 5, 4}), (Runs{{5, 2}, {5, -2}}));
  EXPECT_EQ(RunsOf({5, 5}), (Runs{{5, 1}, {5, 1}}));
  EXPECT_EQ(RunsOf({5, 7, 8}), (Runs{{5, 1}, {7, 2}}));
}

TEST(Trace, JoinsARunThatGoesOnInTheSameDirection) {
  EXPECT_EQ(Joined({5, 3}, {8, 4}), (Runs{{5, 7}}));
  EXPECT_EQ(Joined({9, -2}, {7, -3}), (Runs{{9, -5}}));
  EXPECT_EQ(Joined({5, 1}, {4, -3}), (Runs{{5, -4}}));
  EXPECT_EQ(Joined({5, 3}, {8, 1}), (Runs{{5, 4}}));
}

TEST(Trace, JoinsOnlyTheFirstPageOfARunThatTurnsRound) {
  EXPECT_EQ(Joined({5, 3}, {8, -4}), (Runs{{5, 4}, {7, -3}}));
  EXPECT_EQ(Joined({5, 3}, {8, -2}), (Runs{{5, 4}, {7, 1}}));
  EXPECT_EQ(Joined({5, 1}, {4, 2}), (Runs{{5, -2}, {5, 1}}));
}

TEST(Trace, DoesNotJoinAcrossTheEndOfTheNumbers) {
  EXPECT_EQ(Joined({kPfnLimit - 1, 1}, {0, 1}),
            (Runs{{kPfnLimit - 1, 1}, {0, 1}}));
}

TEST(Trace, NeverJoinsRunsOfTwoArrays) {
  const Trace trace = InflationOf(Runs{{5, 1}, {6, 1}});
  EXPECT_EQ(trace.arrays(), 2u);
  EXPECT_EQ(trace.runs().size(), 2u);
}

TEST(Trace, ForgetsAnArrayThatStaysEmpty) {
  Trace trace;
  trace.BeginArray(Direction::kInflate);
  EXPECT_EQ(trace, Trace());
  trace.AppendTarget(1);
  EXPECT_EQ(trace.arrays(), 0u);
  EXPECT_EQ(trace.events().size(), 1u);
}

TEST(Trace, CountsTargetsArraysAndPages) {
  const Trace trace = SmallTrace();
  EXPECT_EQ(trace.targets(), 2u);
  EXPECT_EQ(trace.arrays(), 4u);
  EXPECT_EQ(trace.pages_inflated(), 8u);
  EXPECT_EQ(trace.pages_deflated(), 8u);
}

TEST(Trace, HoldsATebibyteGuestInRuns) {
  Trace trace;
  for (Pfn array = 0; array < (Pfn{1} << 20); ++array) {
    trace.AppendArray(Direction::kInflate, {array * 256 + 255, -256});
  }
  EXPECT_EQ(trace.pages_inflated(), Pfn{1} << 28);
  EXPECT_EQ(trace.runs().size(), std::size_t{1} << 20);
  EXPECT_EQ(trace.Passes().size(), 1u);
}

TEST(Passes, GatherArraysOfOneDirection) {
  const std::vector<Pass> passes = SmallTrace().Passes();
  ASSERT_EQ(passes.size(), 2u);
  EXPECT_EQ(passes[0].direction, Direction::kInflate);
  EXPECT_EQ(passes[0].pages, 8u);
  EXPECT_EQ(passes[0].end_run - passes[0].first_run, 3u);
  EXPECT_EQ(passes[1].direction, Direction::kDeflate);
  EXPECT_EQ(passes[1].pages, 8u);
}

TEST(Passes, EndWithTheirTarget) {
  Trace trace;
  for (const Pfn pfn : {1, 2}) {
    trace.AppendTarget(pfn);
    trace.AppendArray(Direction::kInflate, {pfn, 1});
  }
  EXPECT_EQ(trace.Passes().size(), 2u);
}

TEST(Passes, EndWhereTheDirectionChanges) {
  Trace trace;
  for (int i = 0; i < 6; ++i) {
    trace.AppendArray(i % 3 == 0 ? Direction::kInflate : Direction::kDeflate,
                      {7, 1});
  }
  EXPECT_EQ(trace.Passes().size(), 4u);
}

Trace Sample() {
  Trace trace;
  trace.provenance.kernel = "Linux 6.1";
  trace.AppendTarget(8);
  trace.AppendArray(Direction::kInflate, Runs{{100, 3}, {90, -4}});
  trace.AppendArray(Direction::kInflate, {50, 1});
  trace.AppendTarget(0);
  trace.AppendArray(Direction::kDeflate, {100, 2});
  return trace;
}

TEST(FirstPages, AreThePagesThatTheTraceBeginsWithWhereverItIsCut) {
  const Trace sample = Sample();
  const std::vector<Pfn> all = PagesOf(sample.runs());
  for (std::uint64_t pages = 0; pages <= all.size(); ++pages) {
    const Trace first = FirstPages(Sample(), pages);
    EXPECT_EQ(PagesOf(first.runs()),
              std::vector<Pfn>(all.begin(), all.begin() + pages));
    EXPECT_EQ(first.pages_inflated() + first.pages_deflated(), pages);
  }
}

TEST(FirstPages, OfAllPagesAreTheTrace) {
  EXPECT_EQ(FirstPages(Sample(), 10), Sample());
  EXPECT_EQ(FirstPages(Sample(), 1000), Sample());
}

TEST(FirstPages, KeepProvenanceAndTheDirectionOfRuns) {
  const Trace first = FirstPages(Sample(), 5);
  EXPECT_EQ(first.provenance, Sample().provenance);
  ASSERT_EQ(first.runs().size(), 2);
  EXPECT_EQ(first.runs()[1], (PfnRun{90, -2}));
}

TEST(FirstPages, EndBeforeAnArrayOfWhichNoPageIsLeft) {
  EXPECT_EQ(FirstPages(Sample(), 7).arrays(), 1);
  EXPECT_EQ(FirstPages(Sample(), 8).arrays(), 2);
  EXPECT_EQ(FirstPages(Sample(), 9).arrays(), 3);
}

}  // namespace
}  // namespace pfn::testing
