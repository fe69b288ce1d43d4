// SPDX-License-Identifier: MIT
//
// What is too slow is bounded and says so: a measurement that reaches its time
// limit has no figure, and a row that has used up its budget runs no more.

#include <gtest/gtest.h>

#include <chrono>
#include <string_view>
#include <thread>
#include <vector>

#include "harness/measure/deadline.h"
#include "harness/run/row_budget.h"
#include "tests/harness/testing.h"

namespace pfn {
namespace {

using std::chrono::milliseconds;
using testing::Honest;

// Long, so that a busy machine does not reach it by chance.
constexpr milliseconds kLimit(500);
constexpr milliseconds kTooLong(600);

// The first page takes longer than kLimit in one of the operations.
enum class Slow { kSet, kTest, kClear };

template <Slow kSlow>
class SlowSet : public Honest<NowaitHeap> {
 public:
  using Honest<NowaitHeap>::Honest;

  Status Set(Pfn pfn, Gfp gfp) {
    DelayOnce(Slow::kSet);
    return Honest<NowaitHeap>::Set(pfn, gfp);
  }
  Status Clear(Pfn pfn, Gfp gfp) {
    DelayOnce(Slow::kClear);
    return Honest<NowaitHeap>::Clear(pfn, gfp);
  }
  bool Test(Pfn pfn) {
    DelayOnce(Slow::kTest);
    return Honest<NowaitHeap>::Test(pfn);
  }

 private:
  void DelayOnce(Slow where) {
    if (where != kSlow || is_delayed_) return;
    is_delayed_ = true;
    std::this_thread::sleep_for(kTooLong);
  }

  bool is_delayed_ = false;
};

template <Slow kSlow>
Measurement Measure(Operation operation, const Workload& workload,
                    milliseconds limit) {
  PageArena arena;
  return pfn::Measure({.operation = operation,
                       .workload = &workload,
                       .structure = &testing::StructureOf<SlowSet<kSlow>>(),
                       .arena = &arena,
                       .time_limit = limit});
}

void ExpectCutOff(const Measurement& measurement, std::string_view error) {
  EXPECT_TRUE(measurement.cut_off);
  EXPECT_EQ(measurement.error, error);
  EXPECT_EQ(measurement.ns, 0) << "half a measurement is no figure";
}

TEST(TimeLimit, CutsOffBetweenTwoBlocksOfPages) {
  const auto workload = testing::ScatteredWorkload(2, 3000);
  ExpectCutOff(Measure<Slow::kSet>(Operation::kDrain, *workload, kLimit),
               "pass 0: cut off recording after 1024 of 3000 pages");
  ExpectCutOff(Measure<Slow::kTest>(Operation::kTest, *workload, kLimit),
               "pass 0: cut off testing after 1024 of 3000 pages");
  ExpectCutOff(Measure<Slow::kClear>(Operation::kClear, *workload, kLimit),
               "pass 0: cut off clearing after 1024 of 3000 pages");
}

TEST(TimeLimit, CutsOffBetweenTwoPassesThatAreSmallerThanABlock) {
  const auto workload = testing::ScatteredWorkload(5, 10);
  ExpectCutOff(Measure<Slow::kSet>(Operation::kSet, *workload, kLimit),
               "cut off after 1 of 5 passes");
}

TEST(TimeLimit, ShowsWhatAPageTookUntilThen) {
  const auto workload = testing::ScatteredWorkload(2, 3000);
  // 1024 pages of which the first took kTooLong.
  const double at_least =
      std::chrono::duration<double, std::nano>(kTooLong).count() / 1024;
  for (const Operation operation : {Operation::kSet, Operation::kDrain}) {
    const double ns =
        Measure<Slow::kSet>(operation, *workload, kLimit).ns_per_page_so_far;
    EXPECT_GE(ns, at_least);
    EXPECT_LT(ns, 100 * at_least);
  }
  PageArena arena;
  const Measurement both =
      pfn::Measure({.operation = Operation::kSet,
                    .more = {Operation::kTest, Operation::kDrain},
                    .workload = workload.get(),
                    .structure = &testing::StructureOf<SlowSet<Slow::kTest>>(),
                    .arena = &arena,
                    .time_limit = kLimit});
  ASSERT_EQ(both.more.size(), 2);
  EXPECT_EQ(both.ns_per_page_so_far, 0) << "it was not checked yet";
  EXPECT_GE(both.more[0].ns_per_page_so_far, at_least);
  EXPECT_EQ(both.more[1].ns_per_page_so_far, 0) << "it had not begun";
}

TEST(TimeLimit, ZeroIsNone) {
  const auto workload = testing::ScatteredWorkload(2, 3000);
  const Measurement slow =
      Measure<Slow::kSet>(Operation::kSet, *workload, milliseconds(0));
  EXPECT_EQ(slow.error, "");
  EXPECT_FALSE(slow.cut_off);
  EXPECT_GT(slow.ns, 0);
  EXPECT_FALSE(Deadline().HasPassed());
}

TEST(RowBudgets, AreUsedUpWhenNoOtherRepetitionFits) {
  RowBudget budget(2, 9, {.per_row = milliseconds(100)});
  EXPECT_EQ(budget.time_limit(1), RowBudget::kPatience * milliseconds(100));
  EXPECT_EQ(budget.time_limit(3), RowBudget::kPatience * milliseconds(300));
  budget.BeginRound(0, milliseconds(0));
  EXPECT_FALSE(budget.is_used_up(0)) << "nobody knows yet what it takes";
  budget.Spend(0, milliseconds(40));
  EXPECT_FALSE(budget.is_used_up(0));
  budget.Spend(0, milliseconds(40));
  EXPECT_TRUE(budget.is_used_up(0)) << "80 are spent, 40 would not fit";
  EXPECT_FALSE(budget.is_cut_off(0));
  EXPECT_FALSE(budget.is_used_up(1));
  budget.CutOff(1);
  EXPECT_TRUE(budget.is_used_up(1));
  EXPECT_EQ(budget.Seconds(), "0.1");
}

TEST(RowBudgets, OfZeroAreNeverUsedUp) {
  RowBudget budget(1, 9, {});
  budget.Spend(0, std::chrono::hours(1));
  budget.BeginRound(1, std::chrono::hours(1));
  EXPECT_FALSE(budget.is_used_up(0));
  EXPECT_EQ(budget.time_limit(4).count(), 0);
  EXPECT_EQ(budget.Seconds(), "0");
}

// How often each of rows with these costs runs if all together have `whole`.
std::vector<int> Repetitions(const std::vector<milliseconds>& costs,
                             milliseconds whole, int rounds) {
  RowBudget budget(costs.size(), rounds, {.whole_run = whole});
  std::vector<int> times(costs.size());
  milliseconds elapsed(0);
  milliseconds first_round(0);
  for (int round = 0; round < rounds; ++round) {
    budget.BeginRound(round, elapsed);
    for (std::size_t i = 0; i < costs.size(); ++i) {
      if (budget.is_used_up(i)) continue;
      budget.Spend(i, costs[i]);
      elapsed += costs[i];
      ++times[i];
    }
    if (round == 0) first_round = elapsed;
  }
  EXPECT_LE(elapsed, std::max(whole, first_round));
  return times;
}

TEST(BudgetsOfAWholeRun, LetEveryRowFinishWhereThereIsTime) {
  const std::vector<milliseconds> costs = {milliseconds(1), milliseconds(50)};
  EXPECT_EQ(Repetitions(costs, milliseconds(459), 9), (std::vector{9, 9}));
}

TEST(BudgetsOfAWholeRun, GiveWhatQuickRowsLeaveOverToTheSlow) {
  const std::vector<milliseconds> costs = {milliseconds(1), milliseconds(50),
                                           milliseconds(100)};
  // 9 + 4 * 50 + 2 * 100; an equal third would be one repetition of the last.
  EXPECT_EQ(Repetitions(costs, milliseconds(420), 9), (std::vector{9, 4, 2}));
}

TEST(BudgetsOfAWholeRun, AreOverAfterTheFirstRoundIfThatTookAll) {
  const std::vector<milliseconds> costs = {milliseconds(1), milliseconds(50)};
  EXPECT_EQ(Repetitions(costs, milliseconds(20), 9), (std::vector{1, 1}));
}

TEST(BudgetsOfAWholeRun, AreCutWhenRowsBecomeSlower) {
  RowBudget budget(1, 9, {.whole_run = milliseconds(90)});
  budget.Spend(0, milliseconds(10));
  budget.BeginRound(1, milliseconds(10));
  EXPECT_FALSE(budget.is_used_up(0));
  budget.Spend(0, milliseconds(50));
  budget.BeginRound(2, milliseconds(60));
  EXPECT_TRUE(budget.is_used_up(0));
}

TEST(BudgetsOfAWholeRun, LimitARepetitionFromTheFirstOne) {
  const RowBudget budget(1, 9, {.whole_run = std::chrono::seconds(200)});
  EXPECT_EQ(budget.time_limit(1), std::chrono::seconds(4));
  EXPECT_EQ(budget.time_limit(4), std::chrono::seconds(4));
}

}  // namespace
}  // namespace pfn
