// SPDX-License-Identifier: MIT
//
// The arrays that are sorted when somebody looks: what a page costs before and
// after, that looking never needs memory, that sorting page by page loses
// nothing, and how a run is cut in two.

#include "structures/array/sorted_array.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

#include "harness/kernel/nowait_heap.h"
#include "tests/structures/random_life.h"
#include "tests/structures/rig.h"

namespace pfn::testing {
namespace {

using BareArray = Bare<SortedArray<NowaitHeap>>;
using BareFirecracker = Bare<FirecrackerArray<NowaitHeap>>;
using List = std::vector<PfnRange>;

constexpr std::uint64_t kPageBytes = array::kPageBytes;
constexpr std::uint64_t kPageValues = 508;

template <class S>
void SetAll(Bare<S>& array, const std::vector<Pfn>& pages) {
  for (const Pfn pfn : pages) array.Set(pfn);
}
std::vector<Pfn> Pages(Pfn first, std::uint64_t count, Pfn step = 1) {
  std::vector<Pfn> pages(count);
  for (Pfn& pfn : pages) {
    pfn = first;
    first += step;
  }
  return pages;
}
// What a set of these pages is.
List RangesOf(std::vector<Pfn> pages) {
  std::sort(pages.begin(), pages.end());
  List ranges;
  for (const Pfn pfn : pages) {
    if (!ranges.empty() && pfn - ranges.back().last <= 1) {
      ranges.back().last = pfn;
    } else {
      ranges.push_back({pfn, pfn});
    }
  }
  return ranges;
}

TEST(SortedArrayTest, ItTakes8BytesAPageAndTwoSparePages) {
  BareArray array;
  SetAll(array, Pages(0, kPageValues));
  EXPECT_EQ(array.usage().live_requested, kPageBytes);
  for (std::uint64_t pages = 2; pages < 9; ++pages) {
    SetAll(array, Pages(pages * 10'000, kPageValues));
    EXPECT_EQ(array.usage().live_requested, (pages + 2) * kPageBytes);
    EXPECT_EQ(array.usage().live_objects(), pages + 2) << "all of 4 KiB";
  }
}

TEST(SortedArrayTest, Dense7GiB) {
  BareArray array;
  SetAll(array, Pages(2'000'000, 1'835'008, ~Pfn{0}));
  // 3,613 pages that are used.
  static_assert((1'835'008 + kPageValues - 1) / kPageValues == 3'613);
  EXPECT_EQ(array.usage().live_requested, (3'613 + 2) * kPageBytes);
  EXPECT_EQ(array.Ranges(), (List{{2'000'000 - 1'835'007, 2'000'000}}));
  EXPECT_EQ(array.usage().live_requested, 3 * kPageBytes)
      << "448 runs of 4,096 pages, and two spare pages";
  EXPECT_TRUE(array->Validate());
}

TEST(SortedArrayTest, LookingNeedsNoMemoryNorClearingOfLonePages) {
  std::mt19937_64 random(1);
  std::vector<Pfn> pages = Pages(77, 20'000, 2);
  std::shuffle(pages.begin(), pages.end(), random);
  BareArray array;
  SetAll(array, pages);
  SetAll(array, {pages.begin(), pages.begin() + 3000});  // a second time
  array.FailAll();
  const std::uint64_t allocations = array.usage().allocations;
  EXPECT_EQ(array.Ranges(), RangesOf(pages));
  EXPECT_TRUE(array->Validate());
  EXPECT_TRUE(array->Test(77));
  EXPECT_FALSE(array->Test(78));
  for (const Pfn pfn : pages) {
    array.Clear(pfn);
    ASSERT_FALSE(array->Test(pfn));
  }
  EXPECT_TRUE(array.Ranges().empty());
  EXPECT_EQ(array.usage().allocations, allocations);
  EXPECT_LE(array.usage().live_objects(), 2) << "spare pages";
}

TEST(SortedArrayTest, APageSetTwiceMayEndOnePageAndBeginTheNext) {
  BareArray array;
  SetAll(array, Pages(0, kPageValues));
  SetAll(array, Pages(kPageValues - 1, kPageValues));
  EXPECT_TRUE(array->Validate());
  EXPECT_EQ(array.Ranges(), (List{{0, 2 * kPageValues - 2}}));
}

TEST(SortedArrayTest, PagesThatBecameEmptyAreGivenBackByHalves) {
  BareArray array;
  SetAll(array, Pages(0, 64 * kPageValues, 2));
  ASSERT_TRUE(array->Test(0));
  EXPECT_EQ(array.usage().live_objects(), 64 + 2);
  for (Pfn pfn = 0; pfn < 63 * kPageValues; ++pfn) {
    array.Clear(2 * pfn);
    const std::uint64_t needed = 64 - (pfn + 1) / kPageValues;
    ASSERT_LE(array.usage().live_objects(), 2 * needed + 2);
  }
  EXPECT_TRUE(array->Validate());
  EXPECT_EQ(array.Ranges().size(), kPageValues);
}

// The second page of the array is three allocations.
TEST(SortedArrayTest, APageThatCannotBeHadChangesNothing) {
  const std::vector<Pfn> pages = Pages(0, kPageValues, 2);
  for (const std::uint64_t n : {1, 2, 3}) {
    BareArray array;
    SetAll(array, pages);
    array.FailOnce(n);
    array.SetFails(5000);
    EXPECT_EQ(array.Ranges(), RangesOf(pages));
    EXPECT_TRUE(array->Validate());
    array.Set(5000);
    EXPECT_EQ(array.usage().live_objects(), 4);
    EXPECT_EQ(array.Ranges().size(), kPageValues + 1);
    array.FailAll();
    SetAll(array, Pages(6000, kPageValues - 1, 2));
    array.SetFails(9000);
    EXPECT_FALSE(array->Test(9000));
  }
}

// 508 runs of three pages fill a page.
TEST(SortedArrayTest, ARunIsCutInTwoOnlyWithASparePageInHand) {
  for (const Pfn runs : {Pfn{7}, Pfn{kPageValues}}) {
    BareArray array;
    std::vector<Pfn> pages;
    for (Pfn run = 0; run < runs; ++run) {
      for (const Pfn pfn : Pages(10 * run, 3)) pages.push_back(pfn);
    }
    SetAll(array, pages);
    EXPECT_EQ(array.Ranges().size(), runs);
    const bool is_full = runs == kPageValues;
    EXPECT_EQ(array.usage().live_objects(), is_full ? 1 + 2 : 1);
    array.FailAll();
    const PfnRange middle = {21, 21};
    EXPECT_EQ(array->Clear(21, Gfp::kNowait), Status::kNoMemory);
    EXPECT_EQ(array->ClearRange(middle, Gfp::kNowait), Status::kNoMemory);
    EXPECT_EQ(array.Ranges(), RangesOf(pages));
    array.Clear(20);  // an end
    array.Clear(32);
    array.failures().Disarm();
    array.Clear(41);
    EXPECT_TRUE(array->Validate());
    EXPECT_EQ(array.usage().live_objects(), is_full ? 2 + 3 : 1 + 3);
    EXPECT_EQ(array.Ranges().size(), runs + 1);
    EXPECT_EQ(array.Ranges({40, 42}), (List{{40, 40}, {42, 42}}));
  }
}

TEST(SortedArrayTest, PagesFarFromEachOtherNeverShareAPage) {
  constexpr Pfn kFar = Pfn{1} << 52;
  BareArray array;
  std::vector<Pfn> pages;
  for (Pfn i = 0; i < 40; ++i) {
    pages.push_back(i % 4 * kFar + 7 * i);
    pages.push_back(i % 4 * kFar - 1);
  }
  SetAll(array, pages);
  array.FailAll();
  std::sort(pages.begin(), pages.end());
  pages.erase(std::unique(pages.begin(), pages.end()), pages.end());
  EXPECT_EQ(array.Ranges(), RangesOf(pages));
  EXPECT_TRUE(array->Validate());
  array.ClearRange({3 * kFar - 1, 3 * kFar + 20});
  EXPECT_TRUE(array->Validate());
  EXPECT_FALSE(array->Test(3 * kFar - 1));
  EXPECT_TRUE(array->Test(2 * kFar - 1));
}

// ---------------------------------------------------------------- a buffer

constexpr std::uint64_t kFixedBytes = 4 * array::kBufferPages + 7 * kPageBytes;

TEST(FirecrackerArrayTest, ABufferOfPagesInSequenceIsOneRun) {
  BareFirecracker array;
  array.Set(1'000'000);
  EXPECT_EQ(array.usage().live_requested, kFixedBytes);
  SetAll(array, Pages(999'999, 200 * array::kBufferPages, ~Pfn{0}));
  EXPECT_EQ(array.usage().live_requested, kFixedBytes + kPageBytes)
      << "a word for each buffer";
  EXPECT_EQ(array.Ranges(),
            (List{{1'000'000 - 200 * array::kBufferPages, 1'000'000}}));
}

TEST(FirecrackerArrayTest, ALookNeedsNoMemoryHoweverFullTheBufferIs) {
  std::mt19937_64 random(5);
  for (const std::uint64_t count : {1, 2047, 2048, 2049, 5000, 20'000}) {
    std::vector<Pfn> pages = Pages(77, count, 2);
    std::shuffle(pages.begin(), pages.end(), random);
    BareFirecracker array;
    SetAll(array, pages);
    array.FailAll();
    EXPECT_EQ(array.Ranges(), RangesOf(pages));
    EXPECT_TRUE(array->Validate());
  }
}

TEST(FirecrackerArrayTest, OtherUpperBitsEndABuffer) {
  BareFirecracker array;
  constexpr Pfn kFar = Pfn{1} << 32;
  const std::vector<Pfn> pages = {kFar - 1, kFar, 5, 3 * kFar, kFar + 1};
  SetAll(array, pages);
  EXPECT_EQ(array.Ranges(),
            (List{{5, 5}, {kFar - 1, kFar + 1}, {3 * kFar, 3 * kFar}}));
}

TEST(FirecrackerArrayTest, WithoutMemoryForAnotherBufferNothingChanges) {
  BareFirecracker array;
  const std::vector<Pfn> pages = Pages(0, array::kBufferPages, 2);
  SetAll(array, pages);
  array.FailAll();
  array.SetFails(1);
  EXPECT_EQ(array.Ranges(), RangesOf(pages));
  array.failures().Disarm();
  array.Set(1);
  EXPECT_TRUE(array->Test(1));
}

// ------------------------------------------------------------------- both

template <class S>
class BothArraysTest : public ::testing::Test {};
using Both =
    ::testing::Types<SortedArray<NowaitHeap>, FirecrackerArray<NowaitHeap>>;
TYPED_TEST_SUITE(BothArraysTest, Both);

TYPED_TEST(BothArraysTest, AnyOrderIsSorted) {
  std::mt19937_64 random(2);
  for (const std::uint64_t count :
       {kPageValues - 1, kPageValues, kPageValues + 1, 2 * kPageValues,
        3 * kPageValues + 5, 37 * kPageValues}) {
    for (unsigned order = 0; order < 6; ++order) {
      SCOPED_TRACE(::testing::Message() << count << " in order " << order);
      std::vector<Pfn> pages = Pages(kMaxPfn - 3 * (count - 1), count, 3);
      switch (order) {
        case 0:
          break;
        case 1:
          std::reverse(pages.begin(), pages.end());
          break;
        case 2:
          std::shuffle(pages.begin(), pages.end(), random);
          break;
        case 3:  // descending blocks that follow each other upwards
          for (std::uint64_t i = 0; i < count; i += 256) {
            std::reverse(pages.begin() + i,
                         pages.begin() + std::min(count, i + 256));
          }
          break;
        case 4: {  // every second one, then the others: all pages overlap
          const auto even = [&](Pfn pfn) { return pfn % 2 == 0; };
          std::stable_partition(pages.begin(), pages.end(), even);
          break;
        }
        case 5:  // ends that no other page lies beyond
          std::rotate(pages.begin(), pages.begin() + count / 2, pages.end());
          std::swap(pages.front(),
                    *std::min_element(pages.begin(), pages.end()));
          break;
      }
      Bare<TypeParam> array;
      SetAll(array, pages);
      array.FailAll();
      ASSERT_EQ(array.Ranges(), RangesOf(pages));
      ASSERT_TRUE(array->Validate());
    }
  }
}

TYPED_TEST(BothArraysTest, ClearRangeCutsTheArrayWhetherSortedOrNot) {
  std::mt19937_64 random(3);
  std::vector<Pfn> pages = Pages(0, 6000);
  std::shuffle(pages.begin(), pages.end(), random);
  for (const PfnRange range :
       {PfnRange{0, 0}, PfnRange{5999, 5999}, PfnRange{100, 4000},
        PfnRange{0, 5998}, PfnRange{1, 5999}, PfnRange{508, 1015},
        PfnRange{7000, 8000}, PfnRange{0, kMaxPfn}}) {
    for (const bool sorted : {false, true}) {
      SCOPED_TRACE(::testing::Message() << range.first << " to " << range.last
                                        << (sorted ? ", sorted" : ""));
      Bare<TypeParam> array;
      SetAll(array, pages);
      if (sorted) {
        ASSERT_TRUE(array->Test(0));
      }
      array.ClearRange(range);
      std::vector<Pfn> left;
      for (const Pfn pfn : pages) {
        if (pfn < range.first || pfn > range.last) left.push_back(pfn);
      }
      ASSERT_EQ(array.Ranges(), RangesOf(left));
      ASSERT_TRUE(array->Validate());
      array.failures().Disarm();
      array.Set(range.first);
      left.push_back(range.first);
      ASSERT_EQ(array.Ranges(), RangesOf(left));
      ASSERT_TRUE(array->Validate());
    }
  }
}

// Looked at so seldom that much is there to be sorted.
TYPED_TEST(BothArraysTest, LongRandomLivesAgreeAlsoWhenMemoryIsScarce) {
  EXPECT_GT(
      PlayRandomLife(
          SetKindOf<TypeParam>(),
          {.pages = 14'000, .steps = 3000, .longest = 2000, .look_every = 6}),
      0);
}

// A page that is there more than once goes with one Clear.
TYPED_TEST(BothArraysTest, APageSetOftenIsOneMember) {
  Bare<TypeParam> array;
  for (unsigned i = 0; i < 5 * kPageValues; ++i) array.Set(1000 + i % 3);
  EXPECT_EQ(array.Ranges(), (List{{1000, 1002}}));
  array.Clear(1001);
  EXPECT_EQ(array.Ranges(), (List{{1000, 1000}, {1002, 1002}}));
  EXPECT_TRUE(array->Validate());
}

}  // namespace
}  // namespace pfn::testing
