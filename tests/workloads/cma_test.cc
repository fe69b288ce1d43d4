// SPDX-License-Identifier: MIT
//
// The promises of the contiguous-memory workload: the closed form, and that the
// three ways to start a call differ in attempts and not in chunks.

#include "workloads/generate/cma.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "tests/workloads/testing.h"
#include "workloads/generate/generators.h"

namespace pfn::testing {
namespace {

using Mode = CmaOptions::Mode;

struct Row {
  double density;
  unsigned order;
  std::uint64_t chunks;
  std::uint64_t pages;
  // Of an independent implementation, with other random numbers.
  double busy;
  double attempts_from_start;
  double attempts_cached;
  double runs;
};

constexpr Row kTable[] = {
    {0.001, 4, 4800, 131'072, 73, 184'336, 4'873, 73},
    {0.01, 4, 4800, 131'072, 879, 2'118'407, 5'679, 744},
    {0.05, 4, 4800, 262'144, 6061, 14'457'091, 10'861, 2655},
    {0.01, 0, 20'000, 131'072, 217, 2'123'185, 20'217, 217},
    {0.001, 9, 100, 262'144, 53, 2'748, 153, 33},
};

std::uint64_t CountRuns(const std::vector<Pfn>& chunks, unsigned order) {
  std::uint64_t runs = 0;
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    runs += i == 0 || chunks[i] != chunks[i - 1] + (Pfn{1} << order);
  }
  return runs;
}

CmaOptions OptionsOf(const Row& row, Mode mode) {
  return {.mode = mode,
          .pages = row.pages,
          .order = row.order,
          .chunks = row.chunks,
          .pin_density = row.density,
          .seed = 7};
}

TEST(Cma, HasTheFiguresOfTheTable) {
  for (const Row& row : kTable) {
    const CmaOutcome cached = SimulateCma(OptionsOf(row, Mode::kCached));
    const CmaOutcome normal = SimulateCma(OptionsOf(row, Mode::kNormal));
    SCOPED_TRACE(row.busy);
    ASSERT_EQ(cached.chunks.size(), row.chunks);
    // Busy chunks are a binomial draw: within four deviations of the table, to
    // which another draw belongs.
    const double slack = 4 * std::sqrt(2 * row.busy);
    const double relative = slack / row.busy;
    EXPECT_NEAR(static_cast<double>(cached.busy.size()), row.busy, slack);
    EXPECT_EQ(cached.attempts, row.chunks + cached.busy.size());
    EXPECT_NEAR(static_cast<double>(cached.attempts), row.attempts_cached,
                slack);
    EXPECT_NEAR(static_cast<double>(normal.attempts), row.attempts_from_start,
                relative * row.attempts_from_start);
    EXPECT_NEAR(static_cast<double>(CountRuns(cached.chunks, row.order)),
                row.runs, 4 * std::sqrt(2 * row.runs));
  }
}

TEST(Cma, FewerChunksThanWantedIfNearlyAllAreBusy) {
  const CmaOutcome outcome = SimulateCma({.mode = Mode::kCached,
                                          .pages = 262'144,
                                          .order = 9,
                                          .chunks = 100,
                                          .pin_density = 0.01,
                                          .seed = 7});
  // (1 - 0.01)^512 of 512 chunks, that is, 3 on average.
  EXPECT_LE(outcome.chunks.size(), 12u);
  EXPECT_EQ(outcome.busy.size(), 512 - outcome.chunks.size());
}

TEST(Cma, WhereACallStartsChangesAttemptsButNoChunk) {
  for (const Row& row : kTable) {
    const CmaOutcome normal = SimulateCma(OptionsOf(row, Mode::kNormal));
    const CmaOutcome cached = SimulateCma(OptionsOf(row, Mode::kCached));
    const CmaOutcome bulk = SimulateCma(OptionsOf(row, Mode::kBulk));
    EXPECT_EQ(normal.chunks, cached.chunks);
    EXPECT_EQ(bulk.chunks, cached.chunks);
    EXPECT_EQ(normal.busy, cached.busy);
    EXPECT_GT(normal.attempts, cached.attempts);
    EXPECT_EQ(bulk.attempts, cached.attempts);
  }
}

TEST(Cma, ChunksAreAlignedAndInsideTheArea) {
  const CmaOutcome outcome =
      SimulateCma({.order = 3, .pin_run_mean = 5, .prefill = 0.3});
  ASSERT_FALSE(outcome.chunks.empty());
  for (const Pfn chunk : outcome.chunks) {
    EXPECT_EQ(chunk % 8, 0u);
    EXPECT_GE(chunk, 0x80000u);
    EXPECT_LE(chunk + 8, 0x80000u + 131'072);
  }
  std::vector<Pfn> sorted = outcome.chunks;
  std::sort(sorted.begin(), sorted.end());
  EXPECT_EQ(std::adjacent_find(sorted.begin(), sorted.end()), sorted.end());
}

TEST(Cma, PinsThatEndAreNotBusyForEver) {
  const CmaOptions options{.mode = Mode::kNormal,
                           .pages = 4096,
                           .order = 4,
                           .chunks = 256,
                           .pin_density = 0.05,
                           .pin_lifetime = 3};
  // All of the area, but for what was busy still when a call found nothing.
  const CmaOutcome outcome = SimulateCma(options);
  EXPECT_GT(outcome.busy.size(), 100u);
  EXPECT_GT(outcome.chunks.size(), 245u);
  EXPECT_LE(outcome.attempts, 256 + 3 * outcome.busy.size());

  CmaOptions gain = options;
  gain.pin_lifetime = 0;
  gain.retry_gain = 0.5;
  EXPECT_GT(SimulateCma(gain).chunks.size(), 245u);
}

TEST(Cma, MoreTriesGetMoreChunksForMoreAttempts) {
  CmaOptions options{.mode = Mode::kBulk,
                     .pages = 4096,
                     .order = 4,
                     .chunks = 256,
                     .pin_density = 0.05,
                     .retry_gain = 0.1};
  const CmaOutcome fast = SimulateCma(options);
  EXPECT_EQ(fast.attempts, 256u) << "each candidate once";
  EXPECT_EQ(fast.attempts, fast.chunks.size() + fast.busy.size());
  options.tries = 5;
  const CmaOutcome patient = SimulateCma(options);
  EXPECT_GT(patient.chunks.size(), fast.chunks.size());
  EXPECT_GT(patient.attempts, fast.attempts);
  options.tries = 0;
  const CmaOutcome hard = SimulateCma(options);
  EXPECT_EQ(hard.chunks.size(), 256u);
  EXPECT_GT(hard.attempts, patient.attempts);
  // A busy chunk takes a geometric number of attempts, ten on average, and the
  // one that succeeds.
  const double each = static_cast<double>(hard.attempts - 256) /
                      static_cast<double>(hard.busy.size());
  EXPECT_NEAR(each, 10, 2.5);
}

TEST(Cma, SaysHowManyAttemptsItTook) {
  const Trace fast = Generate("cma:mode=bulk:chunks=100:pins=0");
  EXPECT_EQ(fast.outcome, "attempts=100 chunks=100 busy=0");
  EXPECT_EQ(ErrorOf([] { Generate("cma:tries=0:gain=0"); }),
            "gen:\"cma:tries=0:gain=0\": found tries=0 where no pin ever ends; "
            "expected gain= or pin_life=; see docs/generators.md");
}

TEST(Cma, TracesAreSoundAndReleaseInTheOrderAskedFor) {
  for (const char* spec : {"cma", "cma:release=lifo", "cma:release=random",
                           "cma:emit=busy", "cma:mode=normal:chunks=200"}) {
    const Trace trace = Generate(spec);
    ExpectSound(trace);
    EXPECT_EQ(trace.pages_inflated(), trace.pages_deflated());
  }
  const Trace fifo = Generate("cma");
  EXPECT_EQ(fifo.runs().front(), fifo.runs()[fifo.runs().size() / 2]);
  const Trace lifo = Generate("cma:release=lifo");
  EXPECT_EQ(lifo.runs().front(), lifo.runs().back());
}

TEST(Cma, RefusesAnAreaThatIsNotAligned) {
  EXPECT_EQ(ErrorOf([] { Generate("cma:base=100"); }),
            "gen:\"cma:base=100\": found a base= inside of a page block; "
            "expected a multiple of 512; see docs/generators.md");
  EXPECT_TRUE(Has(ErrorOf([] { Generate("cma:pins=0:emit=busy"); }),
                  "no chunk to emit"));
}

}  // namespace
}  // namespace pfn::testing
