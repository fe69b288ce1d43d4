// SPDX-License-Identifier: MIT
//
// The page models against what is known of them: closed forms, and reference
// figures of an independent implementation.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <tuple>
#include <vector>

#include "harness/kernel/gilbert_elliott.h"
#include "harness/kernel/nolock.h"
#include "harness/kernel/order_limit.h"
#include "harness/kernel/pcp_only.h"
#include "harness/kernel/zone_wmark.h"

namespace pfn {
namespace {

// What became of requests for single pages. A burst that the end cut off is
// none.
struct Outcome {
  std::int64_t failures = 0;
  std::vector<std::int64_t> bursts;
  std::int64_t first_failure = -1;  // 0-based

  double mean_burst() const {
    const double sum = std::accumulate(bursts.begin(), bursts.end(), 0.0);
    return bursts.empty() ? 0 : sum / static_cast<double>(bursts.size());
  }
  std::int64_t longest_burst() const {
    return bursts.empty() ? 0 : *std::max_element(bursts.begin(), bursts.end());
  }
};

Outcome Simulate(PageModel& model, std::int64_t calls) {
  Outcome outcome;
  std::int64_t burst = 0;
  for (std::int64_t call = 0; call < calls; ++call) {
    if (model.Fail(0)) {
      if (outcome.first_failure < 0) outcome.first_failure = call;
      ++outcome.failures;
      ++burst;
    } else if (burst != 0) {
      outcome.bursts.push_back(burst);
      burst = 0;
    }
  }
  return outcome;
}

// ---- gilbert_elliott ----

TEST(GilbertElliott, LosesTheShareInBurstsOfTheMeanLength) {
  // Enough for the burst to be within 5 %: its deviation is about as large as
  // itself, so 3 deviations of the mean need 3,600 bursts.
  for (const auto& [loss, burst, calls] : {std::tuple{0.001, 8, 40'000'000},
                                           {0.01, 63, 40'000'000},
                                           {0.1, 252, 20'000'000}}) {
    GilbertElliott model(loss, burst, 1);
    const Outcome outcome = Simulate(model, calls);
    EXPECT_NEAR(outcome.mean_burst() / burst, 1, 0.05) << loss;
    EXPECT_NEAR(static_cast<double>(outcome.failures) / calls / loss, 1, 0.06)
        << loss;
  }
}

TEST(GilbertElliott, IsIndependentAtTheShortestNaturalBurst) {
  constexpr double kLoss = 0.2;
  GilbertElliott model(kLoss, GilbertElliott::IndependentBurst(kLoss), 3);
  // The share of failures after a failure and after a success is the same.
  std::int64_t after[2] = {0, 0};
  std::int64_t failing[2] = {0, 0};
  bool last = false;
  for (int i = 0; i < 400'000; ++i) {
    const bool fails = model.Fail(0);
    ++after[last];
    failing[last] += fails;
    last = fails;
  }
  for (const int state : {0, 1}) {
    EXPECT_NEAR(
        static_cast<double>(failing[state]) / static_cast<double>(after[state]),
        kLoss, 0.01);
  }
}

TEST(GilbertElliott, GoesOnWhileOthersTakePages) {
  GilbertElliott asked(0.1, 20, 5);
  GilbertElliott skipping(0.1, 20, 5);
  int failures = 0;
  for (int i = 0; i < 2000; ++i) {
    for (int other = 0; other < 30; ++other) (void)asked.Fail(0);
    skipping.NoteOtherPages(30);
    skipping.NoteOtherPages(-100);  // given back: no request
    const bool fails = asked.Fail(0);
    ASSERT_EQ(skipping.Fail(0), fails) << i;
    failures += fails;
  }
  EXPECT_GT(failures, 100);
}

// ---- zone_wmark ----

Zone::Settings Without2MiBPages() {
  return {.min = 1418,
          .low = 1917,
          .high = 2416,
          .latency = 100,
          .demand = 16,
          .step = 32};
}
Zone::Settings With2MiBPages() {
  Zone::Settings zone = Without2MiBPages();
  zone.min = 11176;
  zone.low = 13970;
  zone.high = 16764;
  return zone;
}
// Nobody else takes pages, and kswapd comes late.
Zone::Settings Quiet() {
  Zone::Settings zone = Without2MiBPages();
  zone.demand = 0;
  zone.latency = 1'000'000;
  return zone;
}

double ClosedForm(const Zone::Settings& zone) {
  return static_cast<double>(zone.latency) -
         static_cast<double>(zone.low - zone.min) /
             static_cast<double>(zone.demand + 1);
}

TEST(ZoneWmark, BurstsHaveTheLengthOfTheClosedForm) {
  const Zone::Settings small = Without2MiBPages();
  ZoneWmark model(small);
  const Outcome outcome = Simulate(model, 100'000);
  EXPECT_NEAR(ClosedForm(small), 70.6, 0.05);
  EXPECT_NEAR(outcome.mean_burst(), 70.0, 0.05);
  EXPECT_EQ(outcome.bursts.size(), 513);

  Zone::Settings large = With2MiBPages();
  large.latency = 400;
  ZoneWmark slow(large);
  EXPECT_NEAR(ClosedForm(large), 235.6, 0.05);
  EXPECT_NEAR(Simulate(slow, 100'000).mean_burst(), 235.0, 0.05);
}

TEST(ZoneWmark, ALargeGapBetweenMinAndLowRemovesFailures) {
  ZoneWmark model(With2MiBPages());
  EXPECT_EQ(Simulate(model, 100'000).failures, 0);
}

TEST(ZoneWmark, AClosedFormOfNoneHasNoBursts) {
  for (const std::int64_t demand : {0, 3, 7, 15, 30}) {
    for (const std::int64_t latency : {1, 20, 60, 150}) {
      Zone::Settings zone = Without2MiBPages();
      zone.demand = demand;
      zone.latency = latency;
      ZoneWmark model(zone);
      const Outcome outcome = Simulate(model, 50'000);
      const double expected = ClosedForm(zone);
      if (expected > 2) {
        EXPECT_NEAR(outcome.mean_burst(), expected, 2)
            << demand << " " << latency;
      } else if (expected < -2) {
        EXPECT_EQ(outcome.failures, 0) << demand << " " << latency;
      }
    }
  }
}

TEST(ZoneWmark, FollowsWhatOthersTakeAndGiveBack) {
  ZoneWmark model(Quiet());
  EXPECT_EQ(Simulate(model, 10).failures, 0);
  model.NoteOtherPages(2416 - 10 - 1418);
  EXPECT_EQ(Simulate(model, 10).failures, 10);
  model.NoteOtherPages(-4);
  EXPECT_EQ(Simulate(model, 10).failures, 6);
}

TEST(ZoneWmark, LargerBlocksFailEarlier) {
  ZoneWmark model(Quiet());
  EXPECT_TRUE(model.Fail(10)) << "998 pages are above min";
  EXPECT_FALSE(model.Fail(9));
  EXPECT_TRUE(model.Fail(9));
  EXPECT_FALSE(model.Fail(0));
}

TEST(ZoneWmark, TheLowmemReserveIsKept) {
  Zone::Settings zone = Quiet();
  zone.lowmem = 900;
  ZoneWmark model(zone);
  const Outcome outcome = Simulate(model, 200);
  EXPECT_EQ(outcome.first_failure, 2416 - 1418 - 900);
}

// ---- nolock ----

TEST(Nolock, FailsAsTheZoneDoesAndWhenTheLockIsTaken) {
  Nolock never_locked(Without2MiBPages(), 0, 1);
  ZoneWmark zone(Without2MiBPages());
  for (int i = 0; i < 10'000; ++i) {
    ASSERT_EQ(never_locked.Fail(0), zone.Fail(0)) << i;
  }
  Nolock locked(With2MiBPages(), 0.25, 1);
  EXPECT_NEAR(static_cast<double>(Simulate(locked, 100'000).failures) / 100'000,
              0.25, 0.01);
}

TEST(Nolock, DoesNotWakeKswapd) {
  Zone::Settings alone = Quiet();
  alone.latency = 10;
  Nolock nolock(alone, 0, 1);
  const Outcome outcome = Simulate(nolock, 100'000);
  EXPECT_EQ(outcome.first_failure, 2416 - 1418);
  EXPECT_EQ(outcome.failures, 100'000 - (2416 - 1418)) << "for ever";
  ZoneWmark wakes(alone);
  EXPECT_EQ(Simulate(wakes, 100'000).failures, 0);
}

TEST(Nolock, HasNoBlocksBeyondOrder3ButHugePages) {
  Nolock model(With2MiBPages(), 0, 1);
  for (const unsigned order : {4u, 8u, 10u}) EXPECT_TRUE(model.Fail(order));
  for (const unsigned order : {0u, 3u, 9u}) EXPECT_FALSE(model.Fail(order));
}

// ---- pcp_only ----

PcpOnly::Settings Rates(double allocations, double frees) {
  return {.allocations = allocations, .frees = frees};
}

// 10^5 attempts, batch 63, high 252, seed 9.
TEST(PcpOnly, GivesTheReferenceFigures) {
  struct Reference {
    double allocations;
    double frees;
    double failing;
    double tolerance;
    std::size_t bursts;
    double mean;
    std::int64_t longest;
  };
  for (const Reference& reference :
       {Reference{0, 0, 0.9994, 0.00005, 0, 0, 0},
        Reference{1.0 / 63, 0, 0.50, 0.005, 810, 61.7, 381},
        Reference{1.0 / 8, 0, 0.113, 0.0005, 1433, 7.9, 63},
        Reference{1.0 / 8, 1.0 / 8, 0.089, 0.0005, 2120, 4.2, 25},
        Reference{0.5, 0.5, 0.012, 0.0005, 926, 1.3, 6},
        Reference{1, 1, 0, 0, 0, 0, 0}, Reference{0.5, 1.5, 0, 0, 0, 0, 0}}) {
    PcpOnly model(Rates(reference.allocations, reference.frees), 9);
    const Outcome outcome = Simulate(model, 100'000);
    SCOPED_TRACE(reference.allocations);
    EXPECT_NEAR(static_cast<double>(outcome.failures) / 100'000,
                reference.failing, reference.tolerance);
    EXPECT_EQ(outcome.bursts.size(), reference.bursts);
    EXPECT_NEAR(outcome.mean_burst(), reference.mean, 0.05);
    EXPECT_EQ(outcome.longest_burst(), reference.longest);
  }
}

TEST(PcpOnly, OnlyTheFirstBatchSucceedsWhenNobodyRefills) {
  PcpOnly model(Rates(0, 0), 9);
  const Outcome outcome = Simulate(model, 1000);
  EXPECT_EQ(outcome.first_failure, 63);
  EXPECT_EQ(outcome.failures, 1000 - 63);
}

TEST(PcpOnly, DoubledRefillsFailLess) {
  PcpOnly::Settings settings = Rates(1.0 / 63, 0);
  PcpOnly fixed(settings, 9);
  settings.refill = PcpOnly::Refill::kDouble;
  settings.high = 4032;
  PcpOnly doubled(settings, 9);
  const auto fixed_failures = Simulate(fixed, 100'000).failures;
  const auto doubled_failures = Simulate(doubled, 100'000).failures;
  EXPECT_GT(doubled_failures, 0);
  EXPECT_LT(doubled_failures, fixed_failures / 5);
}

TEST(PcpOnly, OrdersHaveListsOfTheirOwn) {
  PcpOnly model(Rates(0, 0), 9);
  for (const auto& [order, blocks] :
       {std::pair{0u, 63}, std::pair{1u, 31}, std::pair{2u, 15},
        std::pair{3u, 7}, std::pair{4u, 0}}) {
    int got = 0;
    while (!model.Fail(order)) ++got;
    EXPECT_EQ(got, blocks) << order;
  }
}

TEST(PcpOnly, APrecheckCostsALookAndChangesNothing) {
  PcpOnly::Settings settings = Rates(1.0 / 8, 1.0 / 8);
  PcpOnly on_empty(settings, 9);
  settings.ask = PcpOnly::Ask::kPrecheck;
  PcpOnly precheck(settings, 9);
  for (int i = 0; i < 10'000; ++i) {
    ASSERT_EQ(on_empty.Fail(0), precheck.Fail(0)) << i;
  }
  EXPECT_EQ(on_empty.checks(), 0);
  EXPECT_EQ(precheck.checks(), 10'000);
  EXPECT_EQ(precheck.lost_races(), 0);
}

TEST(PcpOnly, ARaceLosesPagesBetweenCheckAndUse) {
  PcpOnly::Settings settings = Rates(0.5, 0.5);
  settings.ask = PcpOnly::Ask::kRace;
  PcpOnly race(settings, 9);
  EXPECT_GT(Simulate(race, 100'000).failures, 0);
  EXPECT_EQ(race.checks(), 100'000);
  EXPECT_GT(race.lost_races(), 0);
  // With nobody else on the CPU there is nothing to lose.
  settings = Rates(0, 0);
  settings.ask = PcpOnly::Ask::kRace;
  PcpOnly alone(settings, 9);
  EXPECT_EQ(Simulate(alone, 1000).failures, 1000 - 63);
  EXPECT_EQ(alone.lost_races(), 0);
}

// ---- order ----

TEST(OrderLimit, FailsBlocksOfTheOrderAndMore) {
  OrderLimit model(2);
  EXPECT_FALSE(model.Fail(0));
  EXPECT_FALSE(model.Fail(1));
  EXPECT_TRUE(model.Fail(2));
  EXPECT_TRUE(model.Fail(9));
}

}  // namespace
}  // namespace pfn
