// SPDX-License-Identifier: MIT
//
// Lost pages: for each seed as many as a row under that fault loses, of a
// structure that answers rightly, as far as there is time.

#include "harness/profile/losses.h"

#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <string>
#include <thread>

#include "harness/run/profiler.h"
#include "tests/harness/testing.h"

namespace pfn {
namespace {

using testing::Honest;

class LossesTest : public ::testing::Test {
 protected:
  template <class S>
  Losses Count(const std::string& fault, std::size_t seeds = 5,
               std::chrono::nanoseconds limit = {}) {
    return CountLosses({.operation = Operation::kDrain,
                        .workload = workload_.get(),
                        .structure = &testing::StructureOf<S>(),
                        .fault = ParseFaultSpec(fault),
                        .arena = &arena_,
                        .time_limit = limit},
                       2, seeds);
  }

  std::unique_ptr<Workload> workload_ = testing::ScatteredWorkload(3, 2000);
  PageArena arena_;
};

TEST_F(LossesTest, AreThoseOfARowUnderEachSeed) {
  const auto pages =
      workload_->passes()[0].pages + workload_->passes()[1].pages;
  for (const char* fault : {"ge_heavy", "failslab:probability=3"}) {
    const Losses losses = Count<Honest<NowaitHeap>>(fault);
    EXPECT_EQ(losses.error, "");
    EXPECT_EQ(losses.pages, pages);
    EXPECT_EQ(losses.passes, 2);
    ASSERT_EQ(losses.lost.size(), 5);
    EXPECT_GT(std::set(losses.lost.begin(), losses.lost.end()).size(), 1);
    for (std::size_t i = 0; i < losses.lost.size(); ++i) {
      Conditions conditions;
      conditions.fault_seed = 1 + i;
      const auto first_two = testing::ScatteredWorkload(2, 2000);
      const Measurement row = testing::MeasureOn(
          *first_two, Operation::kSet,
          testing::StructureOf<Honest<NowaitHeap>>(), fault, conditions);
      EXPECT_EQ(losses.lost[i], row.failed_sets) << fault << ", seed " << i;
    }
  }
}

TEST_F(LossesTest, AreNoneWithoutAFault) {
  const Losses losses = Count<Honest<NowaitHeap>>("none");
  EXPECT_EQ(losses.error, "");
  EXPECT_EQ(losses.lost, std::vector<std::uint64_t>(5, 0));
}

// Its pages are lost, and nobody hears of it.
class HidesFailures : public Honest<NowaitHeap> {
 public:
  using Honest<NowaitHeap>::Honest;
  Status Set(Pfn pfn, Gfp gfp) {
    (void)Honest<NowaitHeap>::Set(pfn, gfp);
    return Status::kOk;
  }
};

TEST_F(LossesTest, OfAWrongAnswerAreNotCounted) {
  const Losses losses = Count<HidesFailures>("ge_heavy");
  EXPECT_TRUE(losses.is_wrong);
  EXPECT_TRUE(losses.error.starts_with("failed: seed "));
  EXPECT_TRUE(losses.error.ends_with(": ranges that differ from the oracle's"));
  EXPECT_TRUE(losses.lost.empty());
}

class Sleeps : public Honest<NowaitHeap> {
 public:
  using Honest<NowaitHeap>::Honest;
  Status ClearRange(PfnRange range, Gfp gfp) {
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    return Honest<NowaitHeap>::ClearRange(range, gfp);
  }
};

TEST_F(LossesTest, AreOfTheSeedsThereIsTimeFor) {
  const Losses few =
      Count<Sleeps>("ge_heavy", 1000, std::chrono::milliseconds(500));
  EXPECT_EQ(few.error, "");
  EXPECT_GT(few.lost.size(), 0);
  EXPECT_LT(few.lost.size(), 10);
  const Losses none = Count<Sleeps>("ge_heavy", 5, std::chrono::nanoseconds(1));
  EXPECT_EQ(none.error, "over 0 ns per page: cut off before one seed was done");
  EXPECT_FALSE(none.is_wrong);
}

TEST(LossesJson, IsTheGoldenOne) {
  Losses losses{.workload = "w",
                .structure = "s",
                .conditions = R"({"fault":"nth:1"})",
                .passes = 2,
                .pages = 9,
                .lost = {0, 3}};
  EXPECT_EQ(ToJson(losses),
            R"({"workload":"w","structure":"s","conditions":{"fault":"nth:1"},)"
            R"("passes":2,"pages":9,"lost":[0,3]})");
  losses.error = "over 7 ns per page: cut off";
  EXPECT_EQ(ToJson(losses),
            R"({"workload":"w","structure":"s","conditions":{"fault":"nth:1"},)"
            R"("error":"over 7 ns per page: cut off"})");
}

TEST(PassesOf, AreWholeAndHaveAsManyPages) {
  const auto workload =
      testing::MakeWorkload("w", {{1, 2, 3}, {4, 5}, {6, 7, 8}});
  EXPECT_EQ(PassesOf(*workload, 1), 1);
  EXPECT_EQ(PassesOf(*workload, 3), 1);
  EXPECT_EQ(PassesOf(*workload, 4), 2);
  EXPECT_EQ(PassesOf(*workload, 100), 3);
}

}  // namespace
}  // namespace pfn
