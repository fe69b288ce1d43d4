// SPDX-License-Identifier: MIT
//
// What all structures stand on: VisitRanges with and without a walk of the
// structure's own, and the searches in words of bits, compared with the same
// done bit by bit.

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "harness/check/oracle.h"
#include "structures/core/bits.h"
#include "structures/core/pfn_set.h"

namespace pfn {
namespace {

// -------------------------------------------------------------- VisitRanges

using List = std::vector<PfnRange>;

// Holds a list of ranges and notes how it is asked.
class ListedRanges {
 public:
  static constexpr StructureTraits kTraits{
      .name = "listed", .family = "test", .origin = "this file"};

  explicit ListedRanges(List ranges) : ranges_(std::move(ranges)) {}

  Status Set(Pfn, Gfp) { return Status::kNoMemory; }
  Status Clear(Pfn, Gfp) { return Status::kNoMemory; }
  Status ClearRange(PfnRange, Gfp) { return Status::kNoMemory; }
  bool Test(Pfn pfn) { return NextRange(pfn, pfn).has_value(); }
  std::optional<PfnRange> NextRange(Pfn from, Pfn max) {
    queries_.push_back({from, max});
    for (const PfnRange range : ranges_) {
      if (range.last < from || range.first > max) continue;
      return PfnRange{std::max(range.first, from), std::min(range.last, max)};
    }
    return std::nullopt;
  }

  const List& queries() const { return queries_; }

 private:
  List ranges_;
  List queries_;
};
static_assert(PfnSet<ListedRanges> && !HasForEachRange<ListedRanges>);

// The same with a walk of its own.
class WalkedRanges : public ListedRanges {
 public:
  using ListedRanges::ListedRanges;

  template <class Visitor>
  void ForEachRange(PfnRange range, Visitor&& visitor) {
    walks_.push_back(range);
    visitor(range);
  }

  const List& walks() const { return walks_; }

 private:
  List walks_;
};
static_assert(PfnSet<WalkedRanges> && HasForEachRange<WalkedRanges>);
static_assert(PfnSet<Oracle> && !HasValidate<Oracle>);

template <class S>
List Visit(S& set, PfnRange range) {
  List visited;
  VisitRanges(set, range, [&](PfnRange found) { visited.push_back(found); });
  return visited;
}

TEST(VisitRangesTest, ItUsesTheWalkOfTheStructureWhereThereIsOne) {
  WalkedRanges set({{1, 2}});
  EXPECT_EQ(Visit(set, {5, 9}), (List{{5, 9}}));
  EXPECT_EQ(set.walks(), (List{{5, 9}}));
  EXPECT_TRUE(set.queries().empty());
}

TEST(VisitRangesTest, WithoutAWalkItRepeatsNextRange) {
  const List ranges = {{0, 0}, {2, 5}, {100, 100}, {1000, 2000}};
  ListedRanges set(ranges);
  EXPECT_EQ(Visit(set, {0, kMaxPfn}), ranges);
  // The page behind a run is not looked at: it is absent.
  EXPECT_EQ(set.queries(), (List{{0, kMaxPfn},
                                 {2, kMaxPfn},
                                 {7, kMaxPfn},
                                 {102, kMaxPfn},
                                 {2002, kMaxPfn}}));
}

TEST(VisitRangesTest, ItClipsAtBothEnds) {
  ListedRanges set({{10, 20}, {30, 40}});
  EXPECT_EQ(Visit(set, {15, 35}), (List{{15, 20}, {30, 35}}));
  EXPECT_EQ(Visit(set, {21, 29}), List{});
  EXPECT_EQ(Visit(set, {20, 30}), (List{{20, 20}, {30, 30}}));
}

TEST(VisitRangesTest, ItEndsAtTheLastPage) {
  for (const Pfn last : {kMaxPfn, kMaxPfn - 1, kMaxPfn - 2}) {
    ListedRanges set({{7, 7}, {last - 10, last}});
    EXPECT_EQ(Visit(set, {0, kMaxPfn}), (List{{7, 7}, {last - 10, last}}));
  }
  ListedRanges all({{0, kMaxPfn}});
  EXPECT_EQ(Visit(all, {0, kMaxPfn}), (List{{0, kMaxPfn}}));
  EXPECT_EQ(Visit(all, {kMaxPfn, kMaxPfn}), (List{{kMaxPfn, kMaxPfn}}));
}

TEST(VisitRangesTest, ItFindsTheLastPageTwoBehindARun) {
  ListedRanges set({{kMaxPfn - 2, kMaxPfn - 2}, {kMaxPfn, kMaxPfn}});
  EXPECT_EQ(Visit(set, {0, kMaxPfn}),
            (List{{kMaxPfn - 2, kMaxPfn - 2}, {kMaxPfn, kMaxPfn}}));
}

// --------------------------------------------------------------------- bits

struct Window {
  std::vector<std::uint64_t> words;
  std::uint64_t begin;
  std::uint64_t end;  // may lie before begin
};

// Words that are empty or full are what a search must pass over.
Window AnyWindow() {
  Window window;
  window.words = *rc::gen::container<std::vector<std::uint64_t>>(
      rc::gen::weightedOneOf<std::uint64_t>(
          {{3, rc::gen::just(std::uint64_t{0})},
           {3, rc::gen::just(~std::uint64_t{0})},
           {1, rc::gen::map(rc::gen::inRange<std::uint64_t>(0, 64),
                            [](std::uint64_t bit) { return bits::Mask(bit); })},
           {2, rc::gen::arbitrary<std::uint64_t>()}}));
  const std::uint64_t size = window.words.size() * bits::kWordBits;
  window.begin = *rc::gen::inRange<std::uint64_t>(0, size + 1);
  window.end = *rc::gen::inRange<std::uint64_t>(0, size + 1);
  return window;
}

bool NaiveTest(const Window& window, std::uint64_t bit) {
  return (window.words[bit / 64] >> (bit % 64) & 1) != 0;
}

std::uint64_t NaiveFind(const Window& window, bool wanted) {
  for (std::uint64_t bit = window.begin; bit < window.end; ++bit) {
    if (NaiveTest(window, bit) == wanted) return bit;
  }
  return window.end;
}

RC_GTEST_PROP(BitsTest, FindSetAndFindZeroGiveTheFirst, ()) {
  const Window window = AnyWindow();
  const std::uint64_t* words = window.words.data();
  RC_ASSERT(bits::FindSet(words, window.begin, window.end) ==
            NaiveFind(window, true));
  RC_ASSERT(bits::FindZero(words, window.begin, window.end) ==
            NaiveFind(window, false));
}

RC_GTEST_PROP(BitsTest, ClearSpanClearsNoMoreAndNoLess, ()) {
  const Window before = AnyWindow();
  Window after = before;
  bits::ClearSpan(after.words.data(), before.begin, before.end);
  for (std::uint64_t bit = 0; bit < before.words.size() * 64; ++bit) {
    const bool inside = before.begin <= bit && bit < before.end;
    RC_ASSERT(NaiveTest(after, bit) == (!inside && NaiveTest(before, bit)));
  }
}

RC_GTEST_PROP(BitsTest, SetAndClearTouchOneBit, ()) {
  const Window before = AnyWindow();
  RC_PRE(!before.words.empty());
  const std::uint64_t bit = before.begin % (before.words.size() * 64);
  Window after = before;
  bits::Set(after.words.data(), bit);
  RC_ASSERT(bits::Test(after.words.data(), bit));
  bits::Clear(after.words.data(), bit);
  RC_ASSERT(!bits::Test(after.words.data(), bit));
  if (NaiveTest(before, bit)) bits::Set(after.words.data(), bit);
  RC_ASSERT(after.words == before.words);
}

RC_GTEST_PROP(BitsTest, CountSetCounts, ()) {
  const Window window = AnyWindow();
  std::uint64_t ones = 0;
  for (std::uint64_t bit = 0; bit < window.words.size() * 64; ++bit) {
    ones += NaiveTest(window, bit);
  }
  RC_ASSERT(bits::CountSet(window.words.data(), window.words.size()) == ones);
}

RC_GTEST_PROP(BitsTest, AllZeroAndAllOnesLookAtEveryBitOfTheirWords, ()) {
  constexpr std::size_t kWords = 5;
  const bool is_zero = *rc::gen::arbitrary<bool>();
  std::array<std::uint64_t, kWords + 1> words;  // one beyond, of any value
  words.fill(is_zero ? 0 : ~std::uint64_t{0});
  words[kWords] = *rc::gen::arbitrary<std::uint64_t>();
  RC_ASSERT(bits::AllZero<kWords>(words.data()) == is_zero);
  RC_ASSERT(bits::AllOnes<kWords>(words.data()) == !is_zero);
  const auto bit = *rc::gen::inRange<std::uint64_t>(0, kWords * 64);
  words[bit / 64] ^= std::uint64_t{1} << bit % 64;
  RC_ASSERT(!bits::AllZero<kWords>(words.data()));
  RC_ASSERT(!bits::AllOnes<kWords>(words.data()));
}

}  // namespace
}  // namespace pfn
