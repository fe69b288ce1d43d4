// SPDX-License-Identifier: MIT
//
// An array of pages at once, against the oracle: by the structure's own
// operation, and page by page for every structure that has none.

#include "structures/core/set_batch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <vector>

#include "structures/lines/lines.h"
#include "tests/structures/rig.h"
#include "workloads/base/random.h"
#if __has_include(<roaring/roaring.hh>)
#include "structures/library/croaring.h"
#endif

namespace pfn::testing {
namespace {

using Pages = std::vector<Pfn>;

static_assert(HasSetBatch<Lines<NowaitHeap>>);

constexpr Pfn kPlaces[] = {
    0, 1000, 70'000, Pfn{1} << 22, Pfn{1} << 40, kMaxPfn - 300};
constexpr std::size_t kNear = 4;  // what every structure can hold at once

// Pages as a guest hands them out and as it does not: runs up and down, alone,
// repeated, at both ends of all pages.
Pages Draw(SplitMix64& random, std::size_t places) {
  Pages pages;
  const std::uint64_t size = random.Below(kMostPages + 1);
  while (pages.size() < size) {
    const Pfn first = kPlaces[random.Below(places)] + random.Below(200);
    const std::uint64_t length = 1 + random.Below(100);
    const std::uint64_t kind = random.Below(4);
    for (std::uint64_t i = 0; i < length && pages.size() < size; ++i) {
      pages.push_back(kind == 0   ? first + i
                      : kind == 1 ? first + (length - 1 - i)
                      : kind == 2 ? first
                                  : first + random.Below(100));
    }
  }
  return pages;
}

// Arrays and clears in turn; requests fail now and then. After each array
// exactly what was reported is there.
template <class S>
void LiveWith(S& set, FailuresToOrder* failures, std::size_t places) {
  SplitMix64 random(7);
  Oracle oracle;
  for (int round = 0; round != 60; ++round) {
    const Pages pages = Draw(random, places);
    const bool may_fail = failures != nullptr && random.Below(2) == 0;
    if (may_fail) {
      failures->Arm(1 + random.Below(6), FailuresToOrder::Mode::kOnce);
    }
    const std::size_t done = SetPages(set, pages, Gfp::kNowait);
    if (failures != nullptr) failures->Disarm();
    ASSERT_LE(done, pages.size());
    if (!may_fail) {
      ASSERT_EQ(done, pages.size());
    }
    for (std::size_t i = 0; i != done; ++i) (void)oracle.Set(pages[i]);
    for (const Pfn pfn : pages) ASSERT_EQ(set.Test(pfn), oracle.Test(pfn));
    std::vector<PfnRange> found;
    VisitRanges(set, kAllPages, [&](PfnRange run) { found.push_back(run); });
    std::vector<PfnRange> expected;
    VisitRanges(oracle, kAllPages,
                [&](PfnRange run) { expected.push_back(run); });
    ASSERT_EQ(found, expected) << "round " << round;
    if constexpr (HasValidate<S>) ASSERT_TRUE(set.Validate());
    if (!pages.empty() && random.Below(4) == 0) {
      const auto [low, high] = std::ranges::minmax(pages);
      ASSERT_EQ(set.ClearRange({low, high}, Gfp::kKernel), Status::kOk);
      (void)oracle.ClearRange({low, high});
    }
  }
}

TEST(SetBatchTest, EveryStructureHasWhatItReportsPageByPage) {
  for (const SetKind& kind : StructureKinds()) {
    SCOPED_TRACE(kind.traits.name);
    FailingHeap heap;
    const auto set = kind.make(heap);
    const bool may_fail = kind.traits.out_of_memory != OutOfMemory::kAborts;
    LiveWith(*set, may_fail ? &heap.failures() : nullptr, kNear);
  }
}

template <class S>
class OwnSetBatchTest : public ::testing::Test {};
using Own = ::testing::Types<Lines<NowaitHeap>, LinesPreload<NowaitHeap>,
                             LinesKeep<NowaitHeap>>;
TYPED_TEST_SUITE(OwnSetBatchTest, Own);

TYPED_TEST(OwnSetBatchTest, ItHasWhatItReports) {
  static_assert(HasSetBatch<TypeParam>);
  Bare<TypeParam> set;
  LiveWith(*set, &set.failures(), std::size(kPlaces));
}

TYPED_TEST(OwnSetBatchTest, NoPageIsNoPage) {
  Bare<TypeParam> set;
  EXPECT_EQ(set->SetBatch({}, Gfp::kNowait), 0);
  EXPECT_EQ(set.Ranges(), std::vector<PfnRange>{});
  EXPECT_EQ(set.usage().allocations, 0);
}

// A word half full, then a page whose leaf cannot be had: pages in front of it
// are recorded, those behind it are not.
TYPED_TEST(OwnSetBatchTest, AFailureReportsThePagesInFrontOfIt) {
  Bare<TypeParam> set;
  constexpr Pfn kKnown = 64;
  set.Set(kKnown);
  set.FailAll();
  // Until the reserve is used up.
  Pfn other = Pfn{1} << 20;
  while (set->Set(other, Gfp::kNowait) == Status::kOk) other += 1024;
  const Pages pages = {kKnown + 1, kKnown + 2, kKnown + 1, Pfn{1} << 50,
                       kKnown + 3};
  EXPECT_EQ(set->SetBatch(pages, Gfp::kNowait), 3);
  EXPECT_TRUE(set->Test(kKnown + 1));
  EXPECT_TRUE(set->Test(kKnown + 2));
  EXPECT_FALSE(set->Test(kKnown + 3));
  EXPECT_FALSE(set->Test(Pfn{1} << 50));
}

#if __has_include(<roaring/roaring.hh>)
TEST(SetBatchTest, CroaringGetsItsCallForManyValues) {
  static_assert(HasSetBatch<Croaring<NowaitHeap>>);
  Bare<Croaring<NowaitHeap>> set;
  LiveWith(*set, nullptr, std::size(kPlaces));
}
#endif

}  // namespace
}  // namespace pfn::testing
