// SPDX-License-Identifier: MIT
//
// The promises of the figures about a trace.

#include "workloads/trace/trace_stats.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/workloads/testing.h"
#include "workloads/trace/trace_io.h"

namespace pfn::testing {
namespace {

std::string Dumped(DumpAs form) {
  std::string text;
  DumpTrace(SmallTrace(), form, [&](std::string_view part) { text += part; });
  return text;
}

TEST(TraceInfo, IsOneScreen) {
  EXPECT_EQ(FormatInfo("small", SmallTrace()),
            "small\n"
            "  page-size     4 KiB\n"
            "  guest-memory  2 GiB\n"
            "  kernel        Linux 6.1.192\n"
            "  recorder      by hand\n"
            "  provoked      inflate 8 pages, deflate all\n"
            "  source        unknown\n"
            "  targets       2\n"
            "  arrays        2 inflated, 2 deflated\n"
            "  passes        1 inflating, 1 deflating\n"
            "  pages         8 inflated, 8 deflated\n"
            "  span          0x1fc to 0x303\n"
            "  ranges        median 2, max 2 per inflating pass\n"
            "  run length    mean 2.7, p50 3, p90 4 pages, inflating\n"
            "  steps         -1: 50.00 %, +1: 33.33 %, other: 16.67 % inside "
            "inflated arrays\n"
            "  id            a40f0bfffab1ac7744e5309ed9c8e704\n");
}

TEST(TraceInfo, OfAnEmptyTraceIsNotNonsense) {
  const TraceStats stats = ComputeStats(Trace());
  EXPECT_EQ(stats.span, (PfnRange{0, 0}));
  EXPECT_EQ(stats.max_ranges, 0u);
  EXPECT_EQ(stats.p90_run, 0u);
  EXPECT_TRUE(Has(FormatInfo("empty", Trace()), "-1: 0.00 %"));
}

TEST(TraceInfo, CountsMaximalRangesHoweverTheyWereListed) {
  const std::vector<PfnRun> runs = {{20, -5}, {5, 1}, {10, 6}, {12, 2}};
  EXPECT_EQ(ComputeStats(InflationOf(runs)).max_ranges,
            2u);  // 5, and 10 to 20.
}

TEST(TraceInfo, CountsAStepOfOneBetweenRunsOfAnArray) {
  const std::vector<Pfn> pages = {5, 6, 5, 9};
  const TraceStats stats = ComputeStats(InflationOf(pages));
  EXPECT_EQ(stats.steps_up, 1u);
  EXPECT_EQ(stats.steps_down, 1u);
  EXPECT_EQ(stats.steps_other, 1u);
}

TEST(TraceFacts, FitOnOneLine) {
  EXPECT_EQ(FormatFacts(SmallTrace()),
            "2 GiB guest, 8 pages inflated in 2 arrays and 1 passes, up to 2 "
            "ranges a pass, mean run 2.7");
}

TEST(TraceDump, ShowsAbsoluteRuns) {
  EXPECT_EQ(Dumped(DumpAs::kRuns),
            "T 8\nI 1ff-1fc 300\nI 301-303\nT 0\nD 303-300\nD 1fc-1ff\n");
}

TEST(TraceDump, ShowsOnePagePerLine) {
  EXPECT_EQ(
      Dumped(DumpAs::kPages),
      "T 8\nI 1ff\nI 1fe\nI 1fd\nI 1fc\nI 300\n\nI 301\nI 302\nI 303\n\n"
      "T 0\nD 303\nD 302\nD 301\nD 300\n\nD 1fc\nD 1fd\nD 1fe\nD 1ff\n\n");
}

TEST(Membership, CountsPagesInflatedTwiceAndDeflatedWhileAbsent) {
  Trace trace;
  using enum Direction;
  trace.AppendArray(kInflate, {100, 10});
  trace.AppendArray(kInflate, {112, -5});  // 108 and 109 again.
  trace.AppendArray(kDeflate, {95, 10});   // 95 to 99 were never inflated.
  trace.AppendArray(kDeflate, {104, 2});   // 104 is gone already.
  trace.AppendArray(kInflate, {0, std::int64_t{1} << 40});  // 105 is out too.
  const Membership membership = CheckMembership(trace);
  EXPECT_EQ(membership.deflated_absent, 6u);
  EXPECT_EQ(membership.inflated_twice, 2u + 7u);  // 106 to 112.
}

}  // namespace
}  // namespace pfn::testing
