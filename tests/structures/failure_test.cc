// SPDX-License-Identifier: MIT
//
// Fail the first request of an operation, then the second, and so on until the
// operation ends without a failure: each time membership is what it was, the
// set can be used and emptied, and no memory is lost. The sweep is that of the
// kernel's fail-nth; once with a single failure (a moment of pressure) and once
// with every later request failing too (memory is gone).

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tests/structures/operation.h"
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
    ASSERT_TRUE(Apply(operation, rig)) << operation;
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
    EXPECT_TRUE(Apply(operation, rig)) << operation;
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

INSTANTIATE_TEST_SUITE_P(Contenders, FailureTest,
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

}  // namespace
}  // namespace pfn::testing
