// SPDX-License-Identifier: MIT
//
// The fault attributes against golden vectors, which come from an independent
// implementation of the kernel's order of checks. An index is the 1-based
// number of the call that fails.

#include "harness/kernel/fault_attr.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "workloads/base/random.h"

namespace pfn {
namespace {

using Indices = std::vector<int>;

Indices FailingCalls(FaultAttr& attr, int calls, std::size_t size) {
  Indices failing;
  for (int call = 1; call <= calls; ++call) {
    if (attr.ShouldFail(size)) failing.push_back(call);
  }
  return failing;
}

Indices First(Indices indices, std::size_t count) {
  if (indices.size() > count) indices.resize(count);
  return indices;
}

TEST(SplitMix64, GivesTheReferenceSequence) {
  SplitMix64 random(42);
  EXPECT_EQ(random.Next(), 0xbdd732262feb6e95);
  EXPECT_EQ(random.Next(), 0x28efe333b266f103);
  EXPECT_EQ(random.Next(), 0x47526757130f9f52);
}

TEST(FaultAttr, Probability100FailsEveryCall) {
  FaultAttr attr({.probability = 100}, 1);
  EXPECT_EQ(FailingCalls(attr, 5, 128), (Indices{1, 2, 3, 4, 5}));
}

TEST(FaultAttr, IntervalFailsEveryThirdCall) {
  FaultAttr attr({.probability = 100, .interval = 3}, 1);
  EXPECT_EQ(FailingCalls(attr, 10, 128), (Indices{3, 6, 9}));
  EXPECT_EQ(attr.count(), 10);
}

TEST(FaultAttr, SpacePassesFirstAndTimesEndsIt) {
  FaultAttr attr({.probability = 100, .times = 2, .space = 1000}, 1);
  EXPECT_EQ(FailingCalls(attr, 12, 128), (Indices{8, 9}));
  EXPECT_EQ(attr.space_left(), 104);
  EXPECT_EQ(attr.times_left(), 0);
}

TEST(FaultAttr, SpaceEndsAtAResidueAndNeverAtZero) {
  FaultAttr attr({.probability = 100, .space = 1024}, 1);
  EXPECT_EQ(FailingCalls(attr, 12, 128), (Indices{8, 9, 10, 11, 12}));
  EXPECT_EQ(attr.space_left(), 128);
  EXPECT_EQ(attr.times_left(), -1);
}

TEST(FaultAttr, SpaceThatOneCallExceedsIsNeverCounted) {
  FaultAttr attr({.probability = 100, .interval = 4, .times = 3, .space = 512},
                 1);
  EXPECT_EQ(FailingCalls(attr, 20, 576), (Indices{4, 8, 12}));
  EXPECT_EQ(attr.space_left(), 512);
  EXPECT_EQ(attr.times_left(), 0);
  EXPECT_EQ(attr.count(), 12);
}

TEST(FaultAttr, IntervalCountsOnlyCallsBeyondTheSpace) {
  FaultAttr attr({.probability = 100, .interval = 4, .times = 3, .space = 2048},
                 1);
  EXPECT_EQ(FailingCalls(attr, 24, 576), (Indices{7, 11, 15}));
  EXPECT_EQ(attr.space_left(), 320);
}

TEST(FaultAttr, FailNthNeedsNoProbabilityAndTakesFromTimes) {
  FaultAttr attr({.probability = 0, .times = 1}, 1);
  attr.set_fail_nth(4);
  EXPECT_EQ(FailingCalls(attr, 10, 8), (Indices{4}));
  EXPECT_EQ(attr.times_left(), 0);
  EXPECT_EQ(attr.fail_nth(), 0);
}

TEST(FaultAttr, NoCounterMovesWhileFailNthIsArmed) {
  FaultAttr attr({.probability = 100, .interval = 2}, 1);
  attr.set_fail_nth(3);
  EXPECT_EQ(FailingCalls(attr, 10, 8), (Indices{3, 5, 7, 9}));
  EXPECT_EQ(attr.count(), 7);
}

TEST(FaultAttr, FractionsOfAPercentAreMetInTheLongRun) {
  for (const double percent : {0.1, 0.5, 1.5, 99.9}) {
    FaultAttr attr({.probability = percent}, 1);
    constexpr std::size_t kCalls = 1'000'000;
    std::size_t failures = 0;
    for (std::size_t i = 0; i < kCalls; ++i) failures += attr.ShouldFail(64);
    const double expected = kCalls * percent / 100;
    EXPECT_NEAR(static_cast<double>(failures), expected,
                5 * std::sqrt(expected))
        << percent;
  }
}

TEST(FaultAttr, ProbabilityTenFollowsTheSeed) {
  struct Vector {
    std::uint64_t seed;
    std::size_t failures;
    Indices first;
  };
  for (const Vector& vector :
       {Vector{1, 112, {21, 22, 26, 29}}, Vector{2, 94, {21, 29, 38, 43}},
        Vector{3, 89, {4, 48, 72, 76}}}) {
    FaultAttr attr({.probability = 10}, vector.seed);
    const Indices failing = FailingCalls(attr, 1000, 64);
    EXPECT_EQ(failing.size(), vector.failures) << "seed " << vector.seed;
    EXPECT_EQ(First(failing, 4), vector.first) << "seed " << vector.seed;
  }
}

TEST(FaultAttr, OneHugeRequestBreaksThroughTheSpace) {
  FaultAttr attr({.probability = 100, .space = 1 << 20}, 1);
  EXPECT_FALSE(attr.ShouldFail(128));
  EXPECT_TRUE(attr.ShouldFail(std::size_t{2} << 20));
  EXPECT_EQ(attr.space_left(), (1 << 20) - 128);
  EXPECT_FALSE(attr.ShouldFail(128));
}

TEST(FaultAttr, ARequestOfExactlyTheSpaceLeftFails) {
  FaultAttr attr({.probability = 100, .space = 128}, 1);
  EXPECT_TRUE(attr.ShouldFail(128));
  EXPECT_EQ(attr.space_left(), 128);
  EXPECT_FALSE(attr.ShouldFail(127));
  EXPECT_EQ(attr.space_left(), 1);
}

TEST(FaultAttr, IntervalsZeroAndOneAreTheSame) {
  FaultAttr zero({.probability = 100, .interval = 0}, 1);
  FaultAttr one({.probability = 100, .interval = 1}, 1);
  EXPECT_EQ(FailingCalls(zero, 6, 8), (Indices{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(FailingCalls(one, 6, 8), (Indices{1, 2, 3, 4, 5, 6}));
}

// The dice are thrown behind the interval: a roll that misses waits for a whole
// further interval, and the rolls are those of interval 1.
TEST(FaultAttr, AMissedRollWaitsForAWholeFurtherInterval) {
  FaultAttr every({.probability = 10}, 1);
  Indices expected = FailingCalls(every, 100, 64);
  ASSERT_GT(expected.size(), 5);
  for (int& index : expected) index *= 3;
  FaultAttr third({.probability = 10, .interval = 3}, 1);
  EXPECT_EQ(FailingCalls(third, 300, 64), expected);
}

TEST(FaultAttr, AnInjectionByFailNthUsesUpTimes) {
  FaultAttr attr({.probability = 100, .times = 1}, 1);
  attr.set_fail_nth(2);
  EXPECT_EQ(FailingCalls(attr, 10, 8), (Indices{2}));
}

TEST(FaultAttr, FailNthFiresOnceAndCanBeDisarmed) {
  FaultAttr attr({.probability = 0}, 1);
  attr.set_fail_nth(5);
  EXPECT_EQ(FailingCalls(attr, 2, 8), Indices{});
  EXPECT_EQ(attr.fail_nth(), 3);
  attr.set_fail_nth(0);
  EXPECT_EQ(FailingCalls(attr, 10, 8), Indices{});
}

TEST(FaultAttr, TimesMinusOneHasNoLimit) {
  FaultAttr attr({.probability = 100, .times = -1}, 1);
  EXPECT_EQ(FailingCalls(attr, 1000, 8).size(), 1000);
  EXPECT_EQ(attr.times_left(), -1);
}

TEST(FaultAttr, NothingMovesAtProbabilityZero) {
  FaultAttr attr({.probability = 0, .interval = 2, .times = 1, .space = 100},
                 1);
  EXPECT_EQ(FailingCalls(attr, 10, 8), Indices{});
  EXPECT_EQ(attr.space_left(), 100);
  EXPECT_EQ(attr.count(), 0);
}

TEST(FaultAttr, NothingMovesWhenTimesIsUsedUp) {
  FaultAttr attr({.probability = 100, .interval = 2, .times = 0, .space = 100},
                 1);
  EXPECT_EQ(FailingCalls(attr, 10, 8), Indices{});
  EXPECT_EQ(attr.space_left(), 100);
  EXPECT_EQ(attr.count(), 0);
}

}  // namespace
}  // namespace pfn
