// SPDX-License-Identifier: MIT
//
// What a run is said to take: in proportion to its pages and rounds, never more
// than it may take, and in words.

#include "harness/run/estimate.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/harness/testing.h"

namespace pfn {
namespace {

using std::chrono::seconds;

TEST(Estimate, GrowsWithRoundsAndIsBoundedByTheLimits) {
  const auto workload = testing::ScatteredWorkload(10, 50000);
  const std::vector<Row> rows(200, Row{.name = "set/w/s",
                                       .job = {.operation = Operation::kSet,
                                               .workload = workload.get()},
                                       .measure = nullptr});
  const std::vector<Visit> visits = MakeVisits(rows, true);
  const seconds once = EstimateRounds(rows, visits, 10, {});
  EXPECT_GT(once, seconds(1));
  const seconds more = EstimateRounds(rows, visits, 100, {});
  EXPECT_GE(more, 9 * once);
  EXPECT_LE(more, 11 * once);
  EXPECT_EQ(EstimateRounds(rows, visits, 100, {.whole_run = seconds(3)}),
            seconds(3));
  EXPECT_EQ(EstimateRounds(rows, visits, 100,
                           {.per_row = std::chrono::milliseconds(10)}),
            seconds(2));
}

TEST(Estimate, OfLostPagesIsOfAllSeedsAndBounded) {
  const auto workload = testing::ScatteredWorkload(10, 50000);
  const Row row{
      .name = "set/w/s",
      .job = {.operation = Operation::kSet, .workload = workload.get()},
      .measure = nullptr};
  const std::vector<const Row*> plan(100, &row);
  EXPECT_GT(EstimateLosses(plan, {}), seconds(1));
  EXPECT_EQ(EstimateLosses(plan, {.whole_run = seconds(1)}), seconds(1));
}

TEST(Estimate, IsInSecondsAsLongAsTheseSaySomething) {
  EXPECT_EQ(InWords(seconds(0)), "0 s");
  EXPECT_EQ(InWords(seconds(59)), "59 s");
  EXPECT_EQ(InWords(seconds(100)), "1 min 40 s");
  EXPECT_EQ(InWords(seconds(120)), "2 min");
  EXPECT_EQ(InWords(seconds(170)), "3 min");
}

}  // namespace
}  // namespace pfn
