// SPDX-License-Identifier: MIT
//
// A trace made ready for measuring: its passes, the right answer for each, and
// the absent pages that `test` asks for.

#include "workloads/trace/workload.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include "harness/check/oracle.h"
#include "structures/core/pfn_set.h"
#include "tests/workloads/testing.h"
#include "workloads/trace/trace_io.h"

namespace pfn::testing {
namespace {

RangeDigest DigestOf(const std::vector<PfnRange>& ranges) {
  RangeDigest digest;
  for (const PfnRange& range : ranges) digest(range);
  return digest;
}

TEST(RangeDigest, DependsOnOrderOnEndsAndOnHowRangesAreCut) {
  const RangeDigest digest = DigestOf({{1, 4}, {8, 9}});
  EXPECT_EQ(digest, DigestOf({{1, 4}, {8, 9}}));
  EXPECT_EQ(digest.ranges(), 2);
  EXPECT_NE(digest, DigestOf({{8, 9}, {1, 4}}));
  EXPECT_NE(digest, DigestOf({{1, 5}, {8, 9}}));
  EXPECT_NE(digest, DigestOf({{1, 2}, {3, 4}, {8, 9}}));
  EXPECT_NE(digest, DigestOf({{1, 4}}));
  EXPECT_NE(digest, DigestOf({}));
}

TEST(Workload, PassesAreTheArraysOfOneDirectionBetweenTargets) {
  Trace trace;
  trace.AppendTarget(100);
  AppendPages(trace, Direction::kInflate, {9, 8, 7});
  AppendPages(trace, Direction::kInflate, {20, 21});
  AppendPages(trace, Direction::kDeflate, {8});
  AppendPages(trace, Direction::kInflate, {30});
  trace.AppendTarget(101);
  AppendPages(trace, Direction::kInflate, {31});
  const Workload workload("w", trace);

  ASSERT_EQ(workload.passes().size(), 4);
  EXPECT_EQ(PagesOf(workload.passes()[0].runs),
            (std::vector<Pfn>{9, 8, 7, 20, 21}));
  EXPECT_EQ(workload.passes()[0].pages, 5);
  EXPECT_EQ(workload.passes()[0].span, (PfnRange{7, 21}));
  EXPECT_EQ(workload.passes()[0].digest, DigestOf({{7, 9}, {20, 21}}));
  EXPECT_EQ(PagesOf(workload.passes()[1].runs), (std::vector<Pfn>{8}));
  EXPECT_EQ(PagesOf(workload.passes()[2].runs), (std::vector<Pfn>{30}));
  EXPECT_EQ(workload.passes()[3].digest, DigestOf({{31, 31}}));
  EXPECT_EQ(workload.pages(), 8);
  EXPECT_EQ(workload.ranges(), 5);
}

TEST(Workload, HasItsNameAndTheIdentityOfItsTrace) {
  const Trace trace = InflationOf(std::vector<Pfn>{1});
  const Workload workload("my-name", trace);
  EXPECT_EQ(workload.name(), "my-name");
  EXPECT_EQ(workload.trace_id(), TraceId(trace));
  EXPECT_EQ(workload.trace(), trace);
}

TEST(Workload, AbsentPagesAreTheGapsThenThePagesAbove) {
  Trace trace;
  AppendPages(trace, Direction::kInflate, {10, 14, 13, 20, 21});
  AppendPages(trace, Direction::kDeflate, {3});
  const Workload workload("w", trace);
  EXPECT_EQ(PagesOf(workload.passes()[0].absent),
            (std::vector<Pfn>{11, 12, 15, 16, 17}));
  EXPECT_EQ(PagesOf(workload.passes()[1].absent), (std::vector<Pfn>{4}));

  const std::vector<Pfn> dense = {5, 6, 7, 9};
  EXPECT_EQ(PagesOf(Workload("w", InflationOf(dense)).passes()[0].absent),
            (std::vector<Pfn>{8, 10, 11, 12}));
}

TEST(Workload, OfATraceWithoutArraysHasNoPasses) {
  Trace trace;
  trace.AppendTarget(5);
  const Workload workload("w", trace);
  EXPECT_TRUE(workload.passes().empty());
  EXPECT_EQ(workload.pages(), 0);
}

TEST(Workload, APageRecordedTwiceCountsTwiceAndIsOneMember) {
  Trace trace;
  AppendPages(trace, Direction::kInflate, {5, 9});
  AppendPages(trace, Direction::kInflate, {5});
  const Workload workload("w", trace);
  EXPECT_EQ(workload.passes()[0].pages, 3);
  EXPECT_EQ(workload.passes()[0].digest, DigestOf({{5, 5}, {9, 9}}));
}

// Expanded, this pass would be 2^33 pages; it would take minutes and a
// gigabyte.
TEST(Workload, CostsItsRunsAndNotItsPages) {
  const std::vector<PfnRun> runs = {
      {(Pfn{1} << 32) - 1, -(std::int64_t{1} << 32)},
      {kPfnLimit - (Pfn{1} << 32), std::int64_t{1} << 32}};
  const Workload workload("w", InflationOf(runs));
  const PreparedPass& pass = workload.passes().front();
  EXPECT_EQ(pass.pages, std::uint64_t{1} << 33);
  EXPECT_EQ(pass.span, (PfnRange{0, kPfnLimit - 1}));
  EXPECT_EQ(pass.digest,
            DigestOf({{0, (Pfn{1} << 32) - 1},
                      {kPfnLimit - (Pfn{1} << 32), kPfnLimit - 1}}));
  ASSERT_EQ(pass.absent.size(), 1u);
  EXPECT_EQ(pass.absent.front(), (PfnRun{Pfn{1} << 32, std::int64_t{1} << 33}));
}

RC_GTEST_PROP(
    WorkloadProperty, AnswersAreThoseOfTheOracle,
    (const std::vector<std::pair<std::uint16_t, std::int8_t>>& runs)) {
  Trace trace;
  Oracle oracle;
  for (const auto& [first, length] : runs) {
    if (length == 0) continue;
    const PfnRun run = {Pfn{first} + 200, length};
    trace.AppendArray(Direction::kInflate, run);
    for (Pfn pfn = run.lowest(); pfn <= run.highest(); ++pfn) {
      (void)oracle.Set(pfn);
    }
  }
  const Workload workload("w", trace);
  if (workload.passes().empty()) return;
  RangeDigest digest;
  VisitRanges(oracle, {0, kMaxPfn}, digest);
  RC_ASSERT(workload.passes().front().digest == digest);
}

RC_GTEST_PROP(WorkloadProperty, AbsentPagesAreAbsentAndAsManyAsThePages,
              (const std::vector<std::vector<std::uint16_t>>& arrays)) {
  Trace trace;
  for (const auto& pages : arrays) {
    trace.AppendTarget(pages.size());  // a pass for each array
    trace.BeginArray(Direction::kInflate);
    for (const Pfn pfn : pages) trace.AppendPage(pfn % 512);
  }
  const Workload workload("w", trace);
  for (const PreparedPass& pass : workload.passes()) {
    const std::vector<Pfn> pages = PagesOf(pass.runs);
    const std::set<Pfn> members(pages.begin(), pages.end());
    std::set<Pfn> absent;
    for (const Pfn pfn : PagesOf(pass.absent)) {
      RC_ASSERT(!members.contains(pfn));
      RC_ASSERT(absent.insert(pfn).second);
    }
    RC_ASSERT(absent.size() == pass.pages);
    RC_ASSERT(pages.size() == pass.pages);
    RC_ASSERT(pass.span == (PfnRange{*members.begin(), *members.rbegin()}));
    RangeDigest digest;
    for (auto it = members.begin(); it != members.end();) {
      PfnRange range{*it, *it};
      while (++it != members.end() && *it == range.last + 1) range.last = *it;
      digest(range);
    }
    RC_ASSERT(digest == pass.digest);
  }
}

}  // namespace
}  // namespace pfn::testing
