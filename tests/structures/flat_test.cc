// SPDX-License-Identifier: MIT
//
// How flat grows, what it costs, and where it ends.

#include "structures/flat/flat.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "tests/structures/rig.h"

namespace pfn::testing {
namespace {

using BareFlat = Bare<Flat<NowaitHeap>>;
using List = std::vector<PfnRange>;

constexpr std::uint64_t kMinPages = Flat<NowaitHeap>::kMinWords * 64;

TEST(FlatTest, ItAllocatesNothingBeforeTheFirstPage) {
  BareFlat flat;
  flat.Clear(7);
  EXPECT_FALSE(flat->Test(7));
  EXPECT_EQ(flat.usage().allocations, 0);
}

TEST(FlatTest, TheFirstBitmapStartsAtTheWordOfItsPage) {
  BareFlat flat;
  constexpr Pfn kFirst = 1000 * 64 + 5;
  flat.Set(kFirst);
  EXPECT_EQ(flat.usage().live_requested, kMinPages / 8);
  // All of the span is there without another allocation.
  flat.Set(1000 * 64);
  flat.Set(1000 * 64 + kMinPages - 1);
  EXPECT_EQ(flat.usage().allocations, 1);
  flat.Set(1000 * 64 + kMinPages);
  EXPECT_EQ(flat.usage().allocations, 2);
}

TEST(FlatTest, ItGrowsToTheNextPowerOfTwo) {
  BareFlat flat;
  flat.Set(0);
  for (std::uint64_t pages = kMinPages; pages < 1 << 20; pages *= 2) {
    flat.Set(pages);
    EXPECT_EQ(flat.usage().live_requested, 2 * pages / 8);
    EXPECT_EQ(flat.usage().live_objects(), 1);
  }
}

TEST(FlatTest, AscendingPagesAllocateALogarithmicNumberOfTimes) {
  BareFlat flat;
  flat.Fill({500000, 500000 + (1 << 20) - 1});
  EXPECT_LE(flat.usage().allocations, 10);
  EXPECT_EQ(flat.Ranges(), (List{{500000, 500000 + (1 << 20) - 1}}));
}

// Balloons inflate from the top down: the slack must be below.
TEST(FlatTest, DescendingPagesAllocateALogarithmicNumberOfTimes) {
  BareFlat flat;
  for (Pfn pfn = 1 << 20; pfn != 0; --pfn) flat.Set(pfn);
  EXPECT_LE(flat.usage().allocations, 10);
  EXPECT_EQ(flat.Ranges(), (List{{1, 1 << 20}}));
}

TEST(FlatTest, SlackBelowDoesNotPassPageZero) {
  BareFlat flat;
  flat.Set(10 * kMinPages);
  flat.Set(1);
  flat.Set(0);
  EXPECT_EQ(flat.Ranges(), (List{{0, 1}, {10 * kMinPages, 10 * kMinPages}}));
}

TEST(FlatTest, SlackAboveDoesNotPassTheLastPage) {
  BareFlat flat;
  flat.Set(kMaxPfn - 10 * kMinPages);
  flat.Set(kMaxPfn);
  flat.Set(kMaxPfn - 1);
  EXPECT_EQ(flat.Ranges(),
            (List{{kMaxPfn - 10 * kMinPages, kMaxPfn - 10 * kMinPages},
                  {kMaxPfn - 1, kMaxPfn}}));
}

TEST(FlatTest, AGrowthThatFailsKeepsTheOldBitmap) {
  BareFlat flat;
  flat.Set(100);
  for (const Pfn beyond : {Pfn{1} << 20, Pfn{1} << 14}) {
    flat.FailOnce(1);
    flat.SetFails(beyond);
    EXPECT_EQ(flat.failures().injected(), 1);
    EXPECT_EQ(flat.Ranges(), (List{{100, 100}}));
    EXPECT_EQ(flat.usage().live_requested, kMinPages / 8);
  }
}

// More than the kernel gives in one piece: 2^10 pages are 2^25 bits.
TEST(FlatTest, ASpanWiderThanTheLargestBlockIsRefused) {
  BareFlat flat;
  flat.Set(0);
  flat.Set((Pfn{1} << 25) - 1);
  EXPECT_EQ(flat.usage().live_requested, std::uint64_t{1} << 22);
  EXPECT_EQ(flat.usage().largest_order, kMaxOrderOfKernel);
  flat.SetFails(Pfn{1} << 25);
  EXPECT_EQ(flat.Ranges(), (List{{0, 0}, {(1 << 25) - 1, (1 << 25) - 1}}));
}

TEST(FlatTest, ASpanBeyondTheLimitAsksForNothing) {
  BareFlat flat;
  flat.Set(0);
  const std::uint64_t failures = flat.usage().failures;
  flat.SetFails(Flat<NowaitHeap>::kTraits.max_distance + 64);
  EXPECT_EQ(flat.usage().failures, failures);
}

// A request of 32 GiB, which no kernel gives; but it is made.
TEST(FlatTest, ASpanAtTheLimitIsAskedFor) {
  constexpr std::uint64_t kLimit = Flat<NowaitHeap>::kTraits.max_distance;
  for (const auto& [first, second] :
       {PfnRange{Pfn{1} << 40, (Pfn{1} << 40) - kLimit},
        PfnRange{(Pfn{1} << 40) - kLimit, Pfn{1} << 40}}) {
    BareFlat flat;
    flat.Set(first);
    const std::uint64_t failures = flat.usage().failures;
    flat.SetFails(second);
    EXPECT_EQ(flat.usage().failures, failures + 1);
  }
}

// Slack is not span: what was allocated but never set does not count.
TEST(FlatTest, MemoryIsAtMostTwiceTheSpan) {
  const std::vector<std::vector<std::int64_t>> orders = {
      {0, 64, -1, 128},
      {0, -64, 1, -128, 70, -200, 300},
      {0, 1000, -1000, 1100, -1100, 5000, -5000},
  };
  for (const std::vector<std::int64_t>& words : orders) {
    BareFlat flat;
    List expected;
    std::int64_t low = 0;
    std::int64_t high = 0;
    for (const std::int64_t word : words) {
      const Pfn pfn = (Pfn{1} << 20) + static_cast<Pfn>(word) * 64;
      flat.Set(pfn);
      expected.push_back({pfn, pfn});
      low = std::min(low, word);
      high = std::max(high, word);
      const auto span = static_cast<std::uint64_t>(high - low + 1);
      EXPECT_LE(flat.usage().live_requested,
                8 * std::max(Flat<NowaitHeap>::kMinWords, 2 * span - 1))
          << word;
    }
    std::sort(expected.begin(), expected.end(),
              [](PfnRange a, PfnRange b) { return a.first < b.first; });
    EXPECT_EQ(flat.Ranges(), expected);
  }
}

TEST(FlatTest, MovingWithinTheMemoryNeedsNone) {
  BareFlat flat;
  flat.Set((1000 + 63) * 64);
  flat.Set((1000 + 64) * 64);
  EXPECT_EQ(flat.usage().allocations, 1);
  flat.FailAll();
  flat.Set(1002 * 64);
  flat.Set((1002 + 63) * 64);
  EXPECT_EQ(flat.usage().allocations, 1);
  EXPECT_EQ(flat.Ranges(), (List{{1002 * 64, 1002 * 64},
                                 {1063 * 64, 1063 * 64},
                                 {1064 * 64, 1064 * 64},
                                 {1065 * 64, 1065 * 64}}));
}

// Takes minutes if one end gets all of the slack: each turn moves all words.
TEST(FlatTest, GrowingAtBothEndsInTurnMovesSeldom) {
  BareFlat flat;
  constexpr Pfn kMiddle = Pfn{1} << 30;
  const auto word_of = [&](std::uint64_t i) {
    return i % 2 == 0 ? kMiddle + i / 2 * 64 : kMiddle - (i / 2 + 1) * 64;
  };
  for (std::uint64_t i = 0; i < 1 << 19; ++i) flat.Set(word_of(i));
  EXPECT_LE(flat.usage().allocations, 14);
  EXPECT_EQ(flat.usage().live_requested, 8u << 19);
}

TEST(FlatTest, ClearingKeepsTheMemory) {
  BareFlat flat;
  flat.Set(1);
  flat.Set(1 << 20);
  const std::uint64_t before = flat.usage().live_requested;
  flat.ClearRange(kAllPages);
  EXPECT_EQ(flat.Ranges(), List{});
  EXPECT_EQ(flat.usage().live_requested, before);
}

}  // namespace
}  // namespace pfn::testing
