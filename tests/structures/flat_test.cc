// SPDX-License-Identifier: MIT
//
// How flat grows, what it costs, and where it ends.

#include "structures/flat.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/structures/rig.h"

namespace pfn::testing {
namespace {

using BareFlat = Bare<Flat<NowaitHeap>>;
using List = std::vector<PfnRange>;

constexpr std::uint64_t kMinPages = Flat<NowaitHeap>::kMinWords * 64;

Status Set(BareFlat& flat, Pfn pfn) { return flat->Set(pfn, Gfp::kNowait); }

TEST(FlatTest, ItAllocatesNothingBeforeTheFirstPage) {
  BareFlat flat;
  ASSERT_EQ(flat->Clear(7, Gfp::kNowait), Status::kOk);
  EXPECT_FALSE(flat->Test(7));
  EXPECT_EQ(flat.usage().allocations, 0);
}

TEST(FlatTest, TheFirstBitmapStartsAtTheWordOfItsPage) {
  BareFlat flat;
  constexpr Pfn kFirst = 1000 * 64 + 5;
  ASSERT_EQ(Set(flat, kFirst), Status::kOk);
  EXPECT_EQ(flat.usage().live_requested, kMinPages / 8);
  // All of the span is there without another allocation.
  ASSERT_EQ(Set(flat, 1000 * 64), Status::kOk);
  ASSERT_EQ(Set(flat, 1000 * 64 + kMinPages - 1), Status::kOk);
  EXPECT_EQ(flat.usage().allocations, 1);
  ASSERT_EQ(Set(flat, 1000 * 64 + kMinPages), Status::kOk);
  EXPECT_EQ(flat.usage().allocations, 2);
}

TEST(FlatTest, ItGrowsToTheNextPowerOfTwo) {
  BareFlat flat;
  ASSERT_EQ(Set(flat, 0), Status::kOk);
  for (std::uint64_t pages = kMinPages; pages < 1 << 20; pages *= 2) {
    ASSERT_EQ(Set(flat, pages), Status::kOk);
    EXPECT_EQ(flat.usage().live_requested, 2 * pages / 8);
    EXPECT_EQ(flat.usage().live_objects(), 1);
  }
}

TEST(FlatTest, AscendingPagesAllocateALogarithmicNumberOfTimes) {
  BareFlat flat;
  for (Pfn pfn = 500000; pfn < 500000 + (1 << 20); ++pfn) {
    ASSERT_EQ(Set(flat, pfn), Status::kOk);
  }
  EXPECT_LE(flat.usage().allocations, 10);
  EXPECT_EQ(flat.Ranges(), (List{{500000, 500000 + (1 << 20) - 1}}));
}

// Balloons inflate from the top down: the slack must be below.
TEST(FlatTest, DescendingPagesAllocateALogarithmicNumberOfTimes) {
  BareFlat flat;
  for (Pfn pfn = 1 << 20; pfn != 0; --pfn) {
    ASSERT_EQ(Set(flat, pfn), Status::kOk);
  }
  EXPECT_LE(flat.usage().allocations, 10);
  EXPECT_EQ(flat.Ranges(), (List{{1, 1 << 20}}));
}

TEST(FlatTest, SlackBelowDoesNotPassPageZero) {
  BareFlat flat;
  ASSERT_EQ(Set(flat, 10 * kMinPages), Status::kOk);
  ASSERT_EQ(Set(flat, 1), Status::kOk);
  ASSERT_EQ(Set(flat, 0), Status::kOk);
  EXPECT_EQ(flat.Ranges(), (List{{0, 1}, {10 * kMinPages, 10 * kMinPages}}));
}

TEST(FlatTest, SlackAboveDoesNotPassTheLastPage) {
  BareFlat flat;
  ASSERT_EQ(Set(flat, kMaxPfn - 10 * kMinPages), Status::kOk);
  ASSERT_EQ(Set(flat, kMaxPfn), Status::kOk);
  ASSERT_EQ(Set(flat, kMaxPfn - 1), Status::kOk);
  EXPECT_EQ(flat.Ranges(),
            (List{{kMaxPfn - 10 * kMinPages, kMaxPfn - 10 * kMinPages},
                  {kMaxPfn - 1, kMaxPfn}}));
}

TEST(FlatTest, AGrowthThatFailsKeepsTheOldBitmap) {
  BareFlat flat;
  ASSERT_EQ(Set(flat, 100), Status::kOk);
  for (const Pfn beyond : {Pfn{1} << 20, Pfn{1} << 14}) {
    flat.FailOnce(1);
    EXPECT_EQ(Set(flat, beyond), Status::kNoMemory);
    EXPECT_EQ(flat.failures().injected(), 1);
    EXPECT_EQ(flat.Ranges(), (List{{100, 100}}));
    EXPECT_EQ(flat.usage().live_requested, kMinPages / 8);
  }
}

// More than the kernel gives in one piece: 2^10 pages are 2^25 bits.
TEST(FlatTest, ASpanWiderThanTheLargestBlockIsRefused) {
  BareFlat flat;
  ASSERT_EQ(Set(flat, 0), Status::kOk);
  ASSERT_EQ(Set(flat, (Pfn{1} << 25) - 1), Status::kOk);
  EXPECT_EQ(flat.usage().live_requested, std::uint64_t{1} << 22);
  EXPECT_EQ(flat.usage().largest_order, kMaxOrderOfKernel);
  EXPECT_EQ(Set(flat, Pfn{1} << 25), Status::kNoMemory);
  EXPECT_EQ(flat.Ranges(), (List{{0, 0}, {(1 << 25) - 1, (1 << 25) - 1}}));
}

TEST(FlatTest, ASpanBeyondTheLimitAsksForNothing) {
  BareFlat flat;
  ASSERT_EQ(Set(flat, 0), Status::kOk);
  const std::uint64_t failures = flat.usage().failures;
  EXPECT_EQ(Set(flat, Flat<NowaitHeap>::kTraits.max_distance + 64),
            Status::kNoMemory);
  EXPECT_EQ(flat.usage().failures, failures);
}

TEST(FlatTest, ClearingKeepsTheMemory) {
  BareFlat flat;
  ASSERT_EQ(Set(flat, 1), Status::kOk);
  ASSERT_EQ(Set(flat, 1 << 20), Status::kOk);
  const std::uint64_t before = flat.usage().live_requested;
  ASSERT_EQ(flat->ClearRange(kAllPages, Gfp::kNowait), Status::kOk);
  EXPECT_EQ(flat.Ranges(), List{});
  EXPECT_EQ(flat.usage().live_requested, before);
}

}  // namespace
}  // namespace pfn::testing
