// SPDX-License-Identifier: MIT
//
// The promises of the simulated page allocator and of the balloon filled from
// it: five oracles that do not depend on how it is written.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tests/workloads/testing.h"
#include "workloads/generate/buddy_sim.h"
#include "workloads/generate/generators.h"
#include "workloads/trace/trace_stats.h"

namespace pfn::testing {
namespace {

using BootOrder = BuddySim::BootOrder;

// Runs of the allocator's answers: over the whole inflation, not cut at arrays.
std::uint64_t CountRuns(const Trace& trace) {
  std::uint64_t runs = 0;
  Pfn last = ~Pfn{0} - 5;
  for (const TraceEvent& event : trace.events()) {
    std::vector<Pfn> pages = PagesOf(trace.runs_of(event));
    std::reverse(pages.begin(), pages.end());  // the order of allocation
    for (const Pfn pfn : pages) {
      runs += pfn != last + 1;
      last = pfn;
    }
  }
  return runs;
}

// How many runs `pages` pages make if the smallest blocks are used up first.
double Staircase(const BuddyZone::Buddyinfo& blocks, std::uint64_t pages) {
  double runs = 0;
  for (std::size_t order = 0; order < blocks.size() && pages > 0; ++order) {
    const std::uint64_t of_order = std::min(pages, blocks[order] << order);
    runs += static_cast<double>(of_order) / static_cast<double>(1u << order);
    pages -= of_order;
  }
  return runs;
}

std::uint64_t FreePages(const BuddyZone& zone) {
  std::uint64_t pages = 0;
  for (unsigned order = 0; order <= BuddyZone::kMaxOrder; ++order) {
    pages += zone.buddyinfo()[order] << order;
  }
  return pages;
}

TEST(Buddy, GivesEveryPageOnceAndNoneOutsideOfTheZone) {
  for (const char* spec :
       {"buddy", "buddy:preset=recycled:managed=70001", "buddy:preset=allfreed",
        "buddy:preset=punched:run=3", "buddy:preset=mixed",
        "buddy:preset=mixed:migrate=0.01:boot=shuffle:auto=1"}) {
    SCOPED_TRACE(spec);
    const Trace trace = Generate(spec);
    ExpectSound(trace);
    EXPECT_EQ(trace.pages_inflated(), trace.pages_deflated());
    EXPECT_GT(trace.pages_inflated(), 30'000u);
    EXPECT_LT(ComputeStats(trace).span.last, 499'193u);
  }
}

TEST(Buddy, IsAsBeforeWhenAllPagesAreBack) {
  for (const BootOrder order :
       {BootOrder::kAscending, BootOrder::kDescending, BootOrder::kInterleaved,
        BootOrder::kShuffled}) {
    BuddySim guest({.managed_pages = 70'001});
    guest.Boot(order);
    const BuddyZone::Buddyinfo before = guest.zone().buddyinfo();
    EXPECT_EQ(FreePages(guest.zone()), 70'001u);
    guest.MakeStale(2000);
    EXPECT_EQ(guest.Inflate(100'000, nullptr), 70'001u) << "all there is";
    EXPECT_EQ(FreePages(guest.zone()), 0u);
    guest.Deflate(50'000, nullptr);
    guest.Inflate(20'000, nullptr);
    guest.Deflate(guest.balloon_pages(), nullptr);
    guest.DrainCpus();
    EXPECT_EQ(guest.zone().buddyinfo(), before);
  }
}

TEST(Buddy, ArraysOfAFreshZoneGoDown) {
  const Trace trace =
      Generate("buddy:boot=asc:stale=0:managed=256K:pages=261120");
  const std::span<const PfnRun> runs = trace.runs();
  ASSERT_EQ(trace.arrays(), 2u * 1020);
  for (std::size_t i = 0; i < 1020; ++i) {
    ASSERT_EQ(runs[i], (PfnRun{256 * i + 255, -256}));
    ASSERT_EQ(runs[1020 + i], (PfnRun{256 * (1019 - i), 256}));
  }
  const TraceStats stats = ComputeStats(trace);
  EXPECT_EQ(stats.steps_down, 1020u * 255);
  EXPECT_EQ(stats.steps_up + stats.steps_other, 0u);
}

TEST(Buddy, RunsGrowLikeAStaircase) {
  for (const auto& [freed, pages] :
       {std::pair{0.5, 131'072u}, {0.8, 200'000u}}) {
    BuddySim guest({.seed = 7});
    guest.Boot(BootOrder::kAscending);
    guest.Punch(358'400, freed, 1);
    guest.DrainCpus();
    const double expected = Staircase(guest.zone().buddyinfo(), pages);
    Trace trace;
    ASSERT_EQ(guest.Inflate(pages, &trace), pages);
    EXPECT_NEAR(static_cast<double>(CountRuns(trace)), expected,
                0.01 * expected);
  }
}

TEST(Buddy, PunchedMemoryHasBlocksInTheClosedForm) {
  constexpr double kPages = 358'400;
  BuddySim guest({.seed = 3});
  guest.Boot(BootOrder::kAscending);
  guest.Punch(static_cast<std::uint64_t>(kPages), 0.5, 1);
  guest.DrainCpus();
  double free_share = 0.5;  // q^(2^k)
  for (unsigned order = 0; order <= 2; ++order) {
    const double expected =
        kPages / (1 << order) * free_share * (1 - free_share);
    EXPECT_NEAR(static_cast<double>(guest.zone().buddyinfo()[order]), expected,
                0.02 * expected)
        << order;
    free_share *= free_share;
  }
}

TEST(Buddy, ABuddyinfoIsPlacedAsItWasCounted) {
  const BuddyZone::Buddyinfo blocks = {300, 200, 150, 100, 50, 40,
                                       30,  20,  10,  5,   100};
  BuddySim guest({.managed_pages = 499'193});
  ASSERT_TRUE(guest.PlaceBuddyinfo(blocks));
  EXPECT_EQ(guest.zone().buddyinfo(), blocks);
  // Nothing merges: a page that comes and goes leaves all as it was.
  guest.Inflate(1, nullptr);
  guest.Deflate(1, nullptr);
  guest.DrainCpus();
  EXPECT_EQ(guest.zone().buddyinfo(), blocks);

  BuddySim small({.managed_pages = 4096});
  EXPECT_FALSE(small.PlaceBuddyinfo({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5}));
  EXPECT_FALSE(small.PlaceBuddyinfo({3000}));
}

TEST(Buddy, AnotherCpuLeavesHolesOfOneBatch) {
  const Trace trace = Generate("buddy:boot=asc:stale=0:other=0.25:pages=64K");
  std::uint64_t holes = 0;
  std::uint64_t steps = 0;
  for (const TraceEvent& event : trace.events()) {
    if (event.kind != TraceEvent::Kind::kInflate) continue;
    const std::span<const PfnRun> runs = trace.runs_of(event);
    for (std::size_t i = 1; i < runs.size(); ++i) {
      ++steps;
      holes += runs[i - 1].last() - runs[i].first == 64;
    }
  }
  EXPECT_GT(holes, 100u);
  EXPECT_GT(2 * holes, steps);
}

TEST(Buddy, CompactionIsOnePageEachWay) {
  const Trace trace =
      Generate("buddy:boot=asc:stale=0:migrate=0.001:pages=64K");
  std::uint64_t singles = 0;
  for (const TraceEvent& event : trace.events()) {
    singles += event.kind != TraceEvent::Kind::kTarget &&
               trace.runs_of(event).front().pages() == 1;
  }
  EXPECT_GT(singles, 2u * 40);
}

TEST(Buddy, DependsOnItsSeedAlone) {
  EXPECT_EQ(Generate("buddy:preset=mixed:pages=9000"),
            Generate("buddy:preset=mixed:pages=9000"));
  EXPECT_NE(Generate("buddy:preset=mixed:pages=9000").runs().size(),
            Generate("buddy:preset=mixed:pages=9000:seed=2").runs().size());
}

TEST(Buddy, RefusesABuddyinfoThatDoesNotFit) {
  const std::string spec = "buddy:preset=from_buddyinfo:managed=4096:blocks=";
  EXPECT_EQ(ErrorOf([&] { Generate(spec + "0+0+0+0+0+0+0+0+0+0+5"); }),
            "gen:\"buddy:preset=from_buddyinfo:managed=4096...\": found more "
            "blocks than the zone has room for; expected blocks that fit into "
            "managed=; see docs/generators.md");
  for (const char* blocks : {"", "1+2", "0+0+0+0+0+0+0+0+0+0+0+0", "a"}) {
    EXPECT_TRUE(Has(ErrorOf([&] { Generate(spec + blocks); }), "blocks="));
  }
}

}  // namespace
}  // namespace pfn::testing
