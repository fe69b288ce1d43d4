// SPDX-License-Identifier: MIT
//
// Fail the first request of an operation, then the second, and so on until the
// operation ends without a failure: each time membership is what it was, the
// set can be used and emptied, and no memory is lost. The sweep is that of the
// kernel's fail-nth; once with a single failure (a moment of pressure) and once
// with every later request failing too (memory is gone).

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <limits>
#include <string>
#include <vector>

#include "tests/structures/rig.h"

namespace pfn::testing {
namespace {

using Mode = FailuresToOrder::Mode;
using Operations = std::vector<Operation>;

struct Scenario {
  std::string name;    // of the property that records the number of requests
  Operations before;   // nothing fails
  Operations failing;  // what is swept
};

std::vector<Scenario> SetScenarios() {
  std::vector<Scenario> scenarios = {
      {"first_page", {}, {SetPage(5)}},
      {"first_page_is_the_last_of_all", {}, {SetPage(kMaxPfn)}},
      {"next_segment", {SetPage(5)}, {SetPage(1024 + 5)}},
      {"next_chunk", {SetPage(5)}, {SetPage(65536 + 5)}},
      {"between_two",
       {SetPage(5), SetPage(1 << 20)},
       {SetPage(1 << 16), SetPage(1 << 18)}},
      {"growing_upwards",
       {SetPage(0)},
       {SetPage(1 << 16), SetPage(1 << 22), SetPage(Pfn{1} << 28),
        SetPage(Pfn{1} << 34), SetPage(kMaxPfn)}},
      {"growing_at_once", {SetPage(0)}, {SetPage(kMaxPfn)}},
      {"growing_downwards",
       {SetPage(1 << 22)},
       {SetPage(1 << 20), SetPage(1 << 16), SetPage(0)}},
      {"segment_becomes_full",
       {SetEach({0, 1022}), SetEach({1024, 2047})},
       {SetPage(1023)}},
      {"beyond_an_inline_set",
       {SetEach({0, 60})},
       {SetPage(61), SetPage(62), SetPage(63), SetPage(64)}},
      {"joining_two_runs", {SetPage(10), SetPage(12)}, {SetPage(11)}},
      {"many_lone_pages", {}, {SetEach({1, 401}, 2)}},
      {"many_lone_segments", {}, {SetEach({7, 7 + 100 * 1024}, 1024)}},
      {"page_in_the_middle_of_many",
       {SetEach({0, 3000}, 3)},
       {SetPage(1501), SetPage(1), SetPage(2999)}},
      {"a_thousand_lone_pages", {}, {SetEach({0, 2000}, 2)}},
  };
  // Where arrays and hash tables grow, and a sorted array of 4,096 numbers of
  // 16 bits becomes a bitmap.
  for (const std::uint64_t full : {63, 127, 511, 1023, 4095}) {
    scenarios.push_back(
        {"after_" + std::to_string(full) + "_lone_pages",
         {SetEach({0, 2 * (full - 1)}, 2)},
         {SetPage(2 * full), SetPage(2 * full + 2), SetPage(2 * full + 1)}});
  }
  return scenarios;
}

std::vector<Scenario> ClearScenarios() {
  const Operation run = SetEach({1000, 7000});
  return {
      {"splitting_a_run", {run}, {ClearPage(3000)}},
      {"clearing_its_ends", {run}, {ClearPage(1000), ClearPage(7000)}},
      {"many_splits", {run}, {ClearEach({1500, 2100}, 2)}},
      {"more_splits_than_a_page_holds", {run}, {ClearEach({1500, 2900}, 2)}},
      {"hole_in_a_run", {run}, {ClearWhole({3000, 5000})}},
      {"clear_range_over_an_end", {run}, {ClearWhole({0, 2000})}},
      {"clear_range_over_many",
       {SetEach({0, 4000}, 2)},
       {ClearWhole({1001, 3001})}},
      {"clear_all", {run, SetEach({10000, 14000}, 2)}, {ClearWhole(kAllPages)}},
  };
}

void ApplyAll(const Operations& operations, Rig& rig) {
  for (const Operation& operation : operations) {
    ASSERT_TRUE(rig.Apply(operation)) << operation;
  }
}

struct Round {
  std::uint64_t injected = 0;
  std::uint64_t requests = 0;  // of the operations that were to fail
};

// The n-th request fails.
Round FailNth(const SetKind& kind, const Scenario& scenario, std::uint64_t n,
              Mode mode) {
  Rig rig(kind);
  ApplyAll(scenario.before, rig);
  EXPECT_TRUE(rig.Check());

  const std::uint64_t before = rig.failures().requests();
  rig.failures().Arm(n, mode);
  for (const Operation& operation : scenario.failing) {
    EXPECT_TRUE(rig.Apply(operation)) << operation;
    // The oracle knows of successes alone, so this is the strong guarantee.
    EXPECT_TRUE(rig.Check()) << operation;
  }
  rig.failures().Disarm();
  const Round round = {rig.failures().injected(),
                       rig.failures().requests() - before};

  // Right away again, with whatever the failure left behind.
  ApplyAll(scenario.failing, rig);
  EXPECT_TRUE(rig.Check());
  EXPECT_TRUE(rig.EmptyWithoutMemory());
  ApplyAll(scenario.before, rig);
  ApplyAll(scenario.failing, rig);
  EXPECT_TRUE(rig.Check());
  EXPECT_TRUE(rig.Destroy());
  return round;
}

// As the round above, but what a failure left behind is emptied at once.
void FailNthThenEmpty(const SetKind& kind, const Scenario& scenario,
                      std::uint64_t n, Mode mode) {
  Rig rig(kind);
  ApplyAll(scenario.before, rig);
  rig.failures().Arm(n, mode);
  ApplyAll(scenario.failing, rig);
  EXPECT_TRUE(rig.EmptyWithoutMemory());
  EXPECT_TRUE(rig.Destroy());
}

class FailureTest : public SetTest {
 protected:
  // Returns how often a request failed.
  std::uint64_t Sweep(const Scenario& scenario, Mode mode) {
    std::uint64_t injected = 0;
    // Each of the first requests, then a sample of them.
    for (std::uint64_t n = 1; !HasFailure(); n += 1 + n / 32) {
      SCOPED_TRACE(::testing::Message()
                   << scenario.name << ": request " << n << " fails"
                   << (mode == Mode::kOnce ? "" : ", and all later"));
      const Round round = FailNth(GetParam(), scenario, n, mode);
      if (round.injected == 0) {
        RecordProperty(scenario.name + "_requests",
                       std::to_string(round.requests));
        break;
      }
      FailNthThenEmpty(GetParam(), scenario, n, mode);
      injected += round.injected;
    }
    return injected;
  }

  std::uint64_t SweepAll(const std::vector<Scenario>& scenarios) {
    std::uint64_t injected = 0;
    for (const Scenario& scenario : scenarios) {
      for (const Mode mode : {Mode::kOnce, Mode::kFromThenOn}) {
        injected += Sweep(scenario, mode);
      }
    }
    RecordProperty("injected", std::to_string(injected));
    return injected;
  }
};

#ifdef PFN_FEW_STRUCTURES
// Perhaps all of them abort without memory.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(FailureTest);
#endif
INSTANTIATE_TEST_SUITE_P(Structures, FailureTest,
                         ::testing::ValuesIn(FaultableKinds()),
                         SetTest::NameOf);

TEST_P(FailureTest, ASetThatFailsChangesNothing) {
  EXPECT_GT(SweepAll(SetScenarios()), 0) << "not one request failed";
}

TEST_P(FailureTest, AClearThatFailsChangesNothing) {
  const std::uint64_t injected = SweepAll(ClearScenarios());
  if (GetParam().traits.clear_can_fail) {
    EXPECT_GT(injected, 0) << "it declares that clearing can fail";
  }
}

// ------------------------------------------------ what a failure may cost

// CPU time in ns: that others run in between does not count.
std::uint64_t CpuTime() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(now.tv_nsec);
}

struct Costs {
  std::uint64_t failing_pages = 0;
  // The least of all, which nothing but the structure's own work is in.
  std::uint64_t failure_ns = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t success_ns = 0;     // the mean
  std::uint64_t most_requests = 0;  // of one failure
};

// Adds pages far from each other to `members` lone pages, each without memory
// first. An array that doubles asks once in a while, so there are many tries.
Costs CostsWith(std::uint64_t members, const SetKind& kind) {
  constexpr std::uint64_t kTries = 60'000;
  constexpr std::uint64_t kFailingPages = 4;
  Costs costs;
  Rig rig(kind);
  for (Pfn pfn = 0; pfn < 16 * members; pfn += 16) EXPECT_TRUE(rig.Set(pfn));
  std::uint64_t tries = 0;
  std::uint64_t all_success_ns = 0;
  const auto set = [&](Pfn pfn) {
    const std::uint64_t start = CpuTime();
    EXPECT_TRUE(rig.Set(pfn));
    return CpuTime() - start;
  };
  while (costs.failing_pages < kFailingPages && tries < kTries &&
         !::testing::Test::HasFailure()) {
    const Pfn pfn = 16 * members + ++tries * 4096;
    rig.failures().Arm(1, Mode::kFromThenOn);
    std::uint64_t before = rig.failures().requests();
    std::uint64_t took = set(pfn);
    if (rig.status() == Status::kNoMemory) {
      ++costs.failing_pages;
      for (int again = 0; again < 8; ++again) {
        costs.failure_ns = std::min(costs.failure_ns, took);
        costs.most_requests =
            std::max(costs.most_requests, rig.failures().requests() - before);
        before = rig.failures().requests();
        took = set(pfn);
      }
      rig.failures().Disarm();
      took = set(pfn);
    }
    rig.failures().Disarm();
    all_success_ns += took;
  }
  costs.success_ns = all_success_ns / tries;
  return costs;
}

// A driver holds the balloon's lock while a failing Set runs, at a moment when
// memory is short: it may look for memory in a few places, not walk the set.
TEST_P(FailureTest, AFailureIsAboutAsQuickAsASuccess) {
  const Costs few = CostsWith(500, GetParam());
  const Costs many = CostsWith(60'000, GetParam());
  ASSERT_GT(many.failing_pages, 0) << "not one request failed";
  EXPECT_LE(std::max(few.most_requests, many.most_requests), 64)
      << "requests of one Set, after the first of which all failed";
  // Generous: a walk over the set takes far longer, a busy machine never does.
  const std::uint64_t bound =
      8 * std::max({few.failure_ns, few.success_ns, many.success_ns}) + 50'000;
  EXPECT_LE(many.failure_ns, bound)
      << "ns of a Set that fails, with 60,000 members; one that succeeds takes "
      << many.success_ns;
}

}  // namespace
}  // namespace pfn::testing
