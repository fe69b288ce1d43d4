// SPDX-License-Identifier: MIT
//
// What is too slow is bounded and says so: a measurement that reaches its time
// limit has no figure, a row that has used up its budget runs no more, and
// neither counts as a wrong answer.

#include <benchmark/benchmark.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "harness/measure/deadline.h"
#include "harness/run/row_budget.h"
#include "harness/run/runner.h"
#include "tests/harness/testing.h"
#include "tests/workloads/testing.h"

namespace pfn {
namespace {

using std::chrono::milliseconds;
using testing::Honest;
using testing::ReadBytes;
using testing::ScratchFolder;

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

std::size_t Count(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != text.npos;
       at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

Measurement Fast(const Job&) { return {.ns = 10, .pages = 4}; }
Measurement TakesTooLong(const Job&) {
  std::this_thread::sleep_for(kTooLong);
  return {.ns = 10, .pages = 4};
}
Measurement IsCutOff(const Job& job) {
  Measurement result;
  result.error = job.time_limit == RowBudget::kPatience * kLimit
                     ? "pass 7: cut off there"
                     : "another limit";
  result.cut_off = true;
  result.ns_per_page_so_far = 2799.9;
  return result;
}
Measurement RecordsForever(const Job&) {
  Measurement result;
  result.error = "cut off recording";
  result.cut_off = true;
  result.recording_cut_off = true;
  return result;
}
Measurement OutsideTheHeap(const Job&) {
  Measurement result{.ns = 10, .pages = 4};
  result.accounts_memory = false;
  return result;
}

class BudgetedRun : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    std::string name = "budget_test";
    char* argv[] = {name.data(), nullptr};
    int argc = 1;
    benchmark::Initialize(&argc, argv);
  }

  Row MakeRow(const std::string& name, Measurement (*measure)(const Job&)) {
    const std::size_t first = name.find('/');
    const std::size_t last = name.rfind('/');
    Row row{name,
            {.operation = Operation::kSet, .workload = workload_.get()},
            measure};
    row.key = {.operation = name.substr(0, first),
               .workload = name.substr(first + 1, last - first - 1),
               .structure = name.substr(last + 1)};
    return row;
  }
  RunOutcome Run(const std::vector<Row>& rows) {
    ::testing::internal::CaptureStderr();
    const RunOutcome outcome = RunRows(rows, {.rounds = 5,
                                              .limits = {.per_row = kLimit},
                                              .out = scratch_.path(),
                                              .context = {},
                                              .executable = "pfnbench",
                                              .print_summary = false});
    err_ = ::testing::internal::GetCapturedStderr();
    json_ = ReadBytes(outcome.results);
    return outcome;
  }
  // Besides Google Benchmark, which complains of a second run in one process.
  void ExpectOnlySaid(const std::string& line) const {
    EXPECT_TRUE(err_.ends_with(line)) << err_;
    EXPECT_EQ(Count(err_, "pfnbench: "), 1) << err_;
  }
  std::size_t Repetitions(const std::string& name) const {
    return Count(json_, "\"name\":\"" + name + "\"");
  }

  ScratchFolder scratch_;
  std::unique_ptr<Workload> workload_ = testing::MakeWorkload("w", {{1}});
  std::string err_;
  std::string json_;
};

TEST_F(BudgetedRun, ARowThatUsedUpItsBudgetHasFewerRepetitionsAndSaysSo) {
  const RunOutcome outcome =
      Run({MakeRow("set/w/fast", &Fast), MakeRow("set/w/slow", &TakesTooLong)});
  EXPECT_EQ(Repetitions("set/w/fast"), 5);
  EXPECT_EQ(Repetitions("set/w/slow"), 1);
  EXPECT_EQ(Count(json_, "\"row_budget_seconds\":\"0.5\""), 1);
  EXPECT_EQ(Count(json_, "\"ns_per_page\""), 6) << "the slow row has a figure";
  ExpectOnlySaid(
      "pfnbench: 1 of 2 rows used up the row budget of 0.5 s and have fewer "
      "than 5 repetitions\n");
  EXPECT_EQ(outcome.failed_rows, 0);
}

TEST_F(BudgetedRun, ARowThatIsCutOffHasNoFigureIsNamedAndIsNoWrongAnswer) {
  const RunOutcome outcome =
      Run({MakeRow("set/w/fast", &Fast), MakeRow("set/w/endless", &IsCutOff)});
  EXPECT_EQ(Repetitions("set/w/fast"), 5);
  EXPECT_EQ(Repetitions("set/w/endless"), 1);
  EXPECT_EQ(Count(json_, "\"ns_per_page\""), 5);
  const std::string reason =
      "over 2799 ns per page: takes over 2 s: pass 7: cut off there";
  EXPECT_EQ(Count(json_, "\"error_message\":\"" + reason + "\""), 1);
  ExpectOnlySaid("pfnbench: set/w/endless: " + reason + "\n");
  EXPECT_EQ(outcome.failed_rows, 0);
}

TEST_F(BudgetedRun, WhereRecordingTakesTooLongOtherOperationsAreNotTried) {
  const RunOutcome outcome =
      Run({MakeRow("set/w/fast", &Fast), MakeRow("set/w/s", &RecordsForever),
           MakeRow("drain/w/s", &RecordsForever)});
  EXPECT_EQ(Repetitions("set/w/s"), 1);
  EXPECT_EQ(Repetitions("drain/w/s"), 1) << "it is in the results, and why";
  // Of the one page of the workload, because not one was got through.
  EXPECT_EQ(Count(json_,
                  "over 2000000000 ns per page: takes over 2 s: cut off "
                  "recording\""),
            1);
  EXPECT_EQ(Count(json_, "not run: recording alone takes over 2 s, see "), 1);
  EXPECT_EQ(Count(err_, "cut off recording\n"), 1) << err_;
  EXPECT_EQ(Count(err_,
                  "pfnbench: 1 rows were not run, because of what others "
                  "showed of their structure; results say which\n"),
            1)
      << err_;
  EXPECT_EQ(outcome.failed_rows, 0);
}

TEST_F(BudgetedRun, MemoryThatIsNotTheHeapsHasNoFigures) {
  Run({MakeRow("set/w/inside", &Fast),
       MakeRow("set/w/outside", &OutsideTheHeap)});
  for (const char* counter :
       {"requested_bits_per_page", "bits_per_page", "peak_requested_bytes",
        "peak_rounded_bytes", "peak_slab_bytes", "allocations",
        "failed_allocations"}) {
    EXPECT_EQ(Count(json_, "\"" + std::string(counter) + "\""), 5) << counter;
  }
  EXPECT_EQ(Count(json_, "\"ns_per_page\""), 10);
}

}  // namespace
}  // namespace pfn
