// SPDX-License-Identifier: MIT
//
// The model's own lists do what a plain vector and a plain set do.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>
#include <vector>

#include "harness/driver/merge.h"
#include "harness/driver/page_bitmap.h"
#include "harness/driver/page_stack.h"
#include "harness/driver/round_check.h"

namespace pfn {
namespace {

RC_GTEST_PROP(PageStack, GivesBackInReverseWhatAVectorWould, ()) {
  PageStack stack;
  std::vector<Pfn> expected;
  // Few values, so that pages follow each other both ways.
  for (const int action :
       *rc::gen::container<std::vector<int>>(rc::gen::inRange(-4, 12))) {
    if (action < 0) {
      if (expected.empty()) continue;
      RC_ASSERT(stack.Pop() == expected.back());
      expected.pop_back();
    } else {
      stack.Push(static_cast<Pfn>(action));
      expected.push_back(static_cast<Pfn>(action));
    }
    RC_ASSERT(stack.size() == expected.size());
    RC_ASSERT(stack.empty() == expected.empty());
  }
  for (; !expected.empty(); expected.pop_back()) {
    RC_ASSERT(stack.Pop() == expected.back());
  }
}

RC_GTEST_PROP(ArrayMerger, MakesTheFewestChunksOfThePagesOfAnArray, ()) {
  // Few values, so that pages are neighbours, and some are there twice.
  std::vector<Pfn> array;
  for (const int page : *rc::gen::nonEmpty(
           rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 40)))) {
    array.push_back(static_cast<Pfn>(page));
  }
  const Buffer buffers[] = {
      {Direction::kDeflate, 7, 3, nullptr},
      {Direction::kInflate, 0, static_cast<std::uint32_t>(array.size()),
       array.data()}};
  ArrayMerger merger;
  const std::span<const Buffer> merged = merger.Merge(buffers);
  RC_ASSERT(merged[0].direction == Direction::kDeflate);
  RC_ASSERT(merged[0].first == Pfn{7});
  RC_ASSERT(merged[0].pages == 3u);
  const std::set<Pfn> expected(array.begin(), array.end());
  std::size_t ranges = 0;
  for (const Pfn page : expected) ranges += !expected.contains(page - 1);
  RC_ASSERT(merged.size() == 1 + ranges);
  auto next = expected.begin();
  for (const Buffer& chunk : merged.subspan(1)) {
    RC_ASSERT(chunk.direction == Direction::kInflate);
    RC_ASSERT(chunk.array == nullptr);
    for (std::uint32_t i = 0; i < chunk.pages; ++i) {
      RC_ASSERT(next != expected.end());
      RC_ASSERT(*next++ == chunk.first + i);
    }
  }
  RC_ASSERT(next == expected.end());
}

RC_GTEST_PROP(PageBitmap, HoldsWhatASetWould, ()) {
  PageBitmap bitmap;
  std::set<Pfn> expected;
  const auto page = [] {
    return Pfn{*rc::gen::element<Pfn>(0, 32'700, 65'530, Pfn{1} << 51)} +
           *rc::gen::inRange<Pfn>(0, 150);
  };
  for (int i = 0; i < 20; ++i) {
    const Pfn first = page();
    const PfnRange range{first, first + *rc::gen::inRange<Pfn>(0, 200)};
    const bool inserts = *rc::gen::arbitrary<bool>();
    std::uint64_t changed = 0;
    for (Pfn each = range.first; each <= range.last; ++each) {
      changed += inserts ? expected.insert(each).second : expected.erase(each);
    }
    RC_ASSERT((inserts ? bitmap.Insert(range) : bitmap.Erase(range)) ==
              changed);
    RC_ASSERT(bitmap.size() == expected.size());
    const Pfn looked_at = page();
    RC_ASSERT(bitmap.Contains(looked_at) == expected.contains(looked_at));
  }
}

TEST(PageBitmap, CountsThePagesOfOneSideOnly) {
  PageBitmap a;
  PageBitmap b;
  a.Insert({10, 19});
  b.Insert({15, 24});
  b.Insert({Pfn{1} << 40, (Pfn{1} << 40) + 2});
  a.Insert(Pfn{1} << 45);
  EXPECT_EQ(PageBitmap::CountDifferent(a, b), 5 + 5 + 3 + 1);
  EXPECT_EQ(PageBitmap::CountDifferent(b, a), 14);
  EXPECT_EQ(PageBitmap::CountDifferent(a, a), 0);
}

RC_GTEST_PROP(RoundCheck, ExpectsTheMaximalRangesOfAnyOrder, ()) {
  const auto pages =
      *rc::gen::unique<std::vector<Pfn>>(rc::gen::inRange<Pfn>(0, 60));
  RoundCheck check;
  check.Begin();
  check.Recorded(pages);
  check.Finish();
  const std::set<Pfn> sorted(pages.begin(), pages.end());
  for (auto page = sorted.begin(); page != sorted.end();) {
    PfnRange range{*page, *page};
    while (++page != sorted.end() && *page == range.last + 1) ++range.last;
    check.Found(range);
  }
  RC_ASSERT(check.IsRight());
}

TEST(RoundCheck, NoticesWhatIsMissingAddedOrChanged) {
  const auto is_right = [](std::vector<PfnRange> found) {
    RoundCheck check;
    check.Begin();
    const Pfn pages[] = {7, 3, 2, 9, 8};
    check.Recorded(pages);
    check.Finish();
    for (const PfnRange& range : found) check.Found(range);
    return check.IsRight();
  };
  EXPECT_TRUE(is_right({{2, 3}, {7, 9}}));
  EXPECT_FALSE(is_right({{2, 3}}));
  EXPECT_FALSE(is_right({{2, 3}, {7, 8}}));
  EXPECT_FALSE(is_right({{7, 9}, {2, 3}}));
  EXPECT_FALSE(is_right({{2, 3}, {7, 9}, {11, 11}}));
}

}  // namespace
}  // namespace pfn
