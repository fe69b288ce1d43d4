// SPDX-License-Identifier: MIT
//
// The array that is sorted when somebody looks: what a page costs, that looking
// and clearing never need memory, and that sorting page by page loses nothing.

#include "structures/array/sorted_array.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

#include "harness/check/oracle.h"
#include "harness/kernel/nowait_heap.h"
#include "tests/structures/rig.h"

namespace pfn::testing {
namespace {

using BareArray = Bare<SortedArray<NowaitHeap>>;
using List = std::vector<PfnRange>;

constexpr std::uint64_t kPageBytes = SortedArray<NowaitHeap>::kPageBytes;
constexpr std::uint64_t kPageValues = 508;

Status Set(BareArray& array, Pfn pfn) { return array->Set(pfn, Gfp::kNowait); }
void SetAll(BareArray& array, const std::vector<Pfn>& pages) {
  for (const Pfn pfn : pages) ASSERT_EQ(Set(array, pfn), Status::kOk);
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
}

TEST(SortedArrayTest, LookingAndClearingNeedNoMemory) {
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
    ASSERT_EQ(array->Clear(pfn, Gfp::kNowait), Status::kOk);
    ASSERT_FALSE(array->Test(pfn));
  }
  EXPECT_TRUE(array.Ranges().empty());
  EXPECT_EQ(array.usage().allocations, allocations);
  EXPECT_LE(array.usage().live_objects(), 2) << "spare pages";
}

// A page that is there more than once goes with one Clear.
TEST(SortedArrayTest, APageSetOftenIsOneMember) {
  BareArray array;
  for (unsigned i = 0; i < 5 * kPageValues; ++i) {
    ASSERT_EQ(Set(array, 1000 + i % 3), Status::kOk);
  }
  EXPECT_EQ(array.Ranges(), (List{{1000, 1002}}));
  ASSERT_EQ(array->Clear(1001, Gfp::kNowait), Status::kOk);
  EXPECT_EQ(array.Ranges(), (List{{1000, 1000}, {1002, 1002}}));
  EXPECT_LE(array.usage().live_objects(), 3) << "one page, two spares";
}

TEST(SortedArrayTest, APageSetTwiceMayEndOnePageAndBeginTheNext) {
  BareArray array;
  SetAll(array, Pages(0, kPageValues));
  SetAll(array, Pages(kPageValues - 1, kPageValues));
  EXPECT_TRUE(array->Validate());
  EXPECT_EQ(array.Ranges(), (List{{0, 2 * kPageValues - 2}}));
}

TEST(SortedArrayTest, AnyOrderIsSorted) {
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
      BareArray array;
      SetAll(array, pages);
      array.FailAll();
      ASSERT_EQ(array.Ranges(), RangesOf(pages));
      ASSERT_TRUE(array->Validate());
    }
  }
}

TEST(SortedArrayTest, ClearRangeCutsTheArrayWhetherSortedOrNot) {
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
      BareArray array;
      SetAll(array, pages);
      if (sorted) {
        ASSERT_TRUE(array->Test(0));
      }
      array.FailAll();
      ASSERT_EQ(array->ClearRange(range, Gfp::kNowait), Status::kOk);
      std::vector<Pfn> left;
      for (const Pfn pfn : pages) {
        if (pfn < range.first || pfn > range.last) left.push_back(pfn);
      }
      ASSERT_EQ(array.Ranges(), RangesOf(left));
      ASSERT_TRUE(array->Validate());
      array.failures().Disarm();
      ASSERT_EQ(Set(array, range.first), Status::kOk);
      left.push_back(range.first);
      ASSERT_EQ(array.Ranges(), RangesOf(left));
      ASSERT_TRUE(array->Validate());
    }
  }
}

TEST(SortedArrayTest, PagesThatBecameEmptyAreGivenBackByHalves) {
  BareArray array;
  SetAll(array, Pages(0, 64 * kPageValues));
  ASSERT_TRUE(array->Test(0));
  for (Pfn pfn = 0; pfn < 63 * kPageValues; ++pfn) {
    ASSERT_EQ(array->Clear(pfn, Gfp::kNowait), Status::kOk);
    const std::uint64_t needed = 64 - (pfn + 1) / kPageValues;
    ASSERT_LE(array.usage().live_objects(), 2 * needed + 2);
  }
  EXPECT_TRUE(array->Validate());
  EXPECT_EQ(array.Ranges(), (List{{63 * kPageValues, 64 * kPageValues - 1}}));
}

// The second page of the array is three allocations.
TEST(SortedArrayTest, APageThatCannotBeHadChangesNothing) {
  for (const std::uint64_t n : {1, 2, 3}) {
    BareArray array;
    SetAll(array, Pages(0, kPageValues));
    array.FailOnce(n);
    EXPECT_EQ(Set(array, 5000), Status::kNoMemory);
    EXPECT_EQ(array.Ranges(), (List{{0, kPageValues - 1}}));
    EXPECT_TRUE(array->Validate());
    EXPECT_EQ(Set(array, 5000), Status::kOk);
    EXPECT_EQ(array.usage().live_objects(), 4);
    EXPECT_EQ(array.Ranges(), (List{{0, kPageValues - 1}, {5000, 5000}}));
    array.FailAll();
    SetAll(array, Pages(6000, kPageValues - 1));
    EXPECT_EQ(Set(array, 9000), Status::kNoMemory);
    EXPECT_FALSE(array->Test(9000));
  }
}

TEST(SortedArrayTest, LongRandomLivesAgreeAlsoWhenMemoryIsScarce) {
  std::mt19937_64 random(4);
  BareArray array;
  Oracle oracle;
  std::uint64_t refused = 0;
  for (unsigned i = 0; i < 3000; ++i) {
    const Pfn first = random() % 9000;
    const std::uint64_t length = 1 + random() % (i % 5 == 0 ? 2000 : 20);
    const Pfn step = random() % 2 == 0 ? 1 : ~Pfn{0};
    switch (random() % 6) {
      case 0:
        ASSERT_EQ(array->ClearRange({first, first + length}, Gfp::kNowait),
                  Status::kOk);
        (void)oracle.ClearRange({first, first + length});
        break;
      case 1:
        for (std::uint64_t j = 0; j < length; ++j) {
          ASSERT_EQ(array->Clear(first + j * step, Gfp::kNowait), Status::kOk);
          (void)oracle.Clear(first + j * step);
        }
        break;
      case 2:
        ASSERT_EQ(array->Test(first), oracle.Test(first));
        ASSERT_EQ(array->NextRange(first, first + length),
                  oracle.NextRange(first, first + length));
        break;
      default:
        for (std::uint64_t j = 0; j < length; ++j) {
          const Pfn pfn = 5000 + first + j * step;
          if (j % 97 == 0) array.FailOnce(1 + random() % 3);
          if (Set(array, pfn) == Status::kOk) {
            (void)oracle.Set(pfn);
          } else {
            ++refused;
          }
        }
        break;
    }
    if (i % 20 != 0) continue;
    List expected;
    VisitRanges(oracle, kAllPages,
                [&](PfnRange range) { expected.push_back(range); });
    ASSERT_EQ(array.Ranges(), expected) << i;
    ASSERT_TRUE(array->Validate()) << i;
  }
  EXPECT_GT(refused, 0);
}

}  // namespace
}  // namespace pfn::testing
