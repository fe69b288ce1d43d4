// SPDX-License-Identifier: MIT
//
// The oracle against std::set, page by page and step by step: whatever checks
// everything else must be right itself.

#include "harness/check/oracle.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "structures/core/pfn_set.h"

namespace pfn {
namespace {

static_assert(PfnSet<Oracle>);

std::vector<PfnRange> RangesOf(Oracle& oracle, PfnRange within) {
  std::vector<PfnRange> ranges;
  VisitRanges(oracle, within, [&](PfnRange range) { ranges.push_back(range); });
  return ranges;
}

std::optional<PfnRange> NextRange(const std::set<Pfn>& pages, Pfn from,
                                  Pfn max) {
  auto it = pages.lower_bound(from);
  if (it == pages.end() || *it > max) return std::nullopt;
  PfnRange range{*it, *it};
  while (range.last < max && ++it != pages.end() && *it == range.last + 1) {
    range.last = *it;
  }
  return range;
}

TEST(Oracle, HoldsTheLowestAndTheHighestPage) {
  Oracle oracle;
  EXPECT_EQ(oracle.NextRange(0, kMaxPfn), std::nullopt);
  ASSERT_EQ(oracle.Set(0), Status::kOk);
  ASSERT_EQ(oracle.Set(kMaxPfn), Status::kOk);
  ASSERT_EQ(oracle.Set(kMaxPfn - 1), Status::kOk);
  EXPECT_TRUE(oracle.Test(0));
  EXPECT_TRUE(oracle.Test(kMaxPfn));
  EXPECT_FALSE(oracle.Test(1));
  EXPECT_EQ(RangesOf(oracle, {0, kMaxPfn}),
            (std::vector<PfnRange>{{0, 0}, {kMaxPfn - 1, kMaxPfn}}));
  EXPECT_EQ(RangesOf(oracle, {kMaxPfn, kMaxPfn}),
            (std::vector<PfnRange>{{kMaxPfn, kMaxPfn}}));
  ASSERT_EQ(oracle.Clear(kMaxPfn), Status::kOk);
  EXPECT_EQ(RangesOf(oracle, {1, kMaxPfn}),
            (std::vector<PfnRange>{{kMaxPfn - 1, kMaxPfn - 1}}));
  ASSERT_EQ(oracle.ClearRange({0, kMaxPfn}), Status::kOk);
  EXPECT_EQ(oracle.NextRange(0, kMaxPfn), std::nullopt);
}

TEST(Oracle, RangesCrossWordsAndChunksAndAreClipped) {
  Oracle oracle;
  for (Pfn pfn = 4000; pfn <= 13000; ++pfn) {
    ASSERT_EQ(oracle.Set(pfn), Status::kOk);
  }
  EXPECT_EQ(oracle.NextRange(0, kMaxPfn), (PfnRange{4000, 13000}));
  EXPECT_EQ(oracle.NextRange(4096, 8191), (PfnRange{4096, 8191}));
  EXPECT_EQ(oracle.NextRange(5000, 5000), (PfnRange{5000, 5000}));
  EXPECT_EQ(oracle.NextRange(13001, kMaxPfn), std::nullopt);
  EXPECT_EQ(oracle.NextRange(0, 3999), std::nullopt);
  ASSERT_EQ(oracle.ClearRange({4095, 12288}), Status::kOk);
  EXPECT_EQ(RangesOf(oracle, {0, kMaxPfn}),
            (std::vector<PfnRange>{{4000, 4094}, {12289, 13000}}));
}

TEST(Oracle, ForgetsWhereItWasWhenThatChunkIsCleared) {
  Oracle oracle;
  ASSERT_EQ(oracle.Set(5000), Status::kOk);
  ASSERT_EQ(oracle.ClearRange({4096, 8191}), Status::kOk);
  ASSERT_EQ(oracle.Set(5001), Status::kOk);
  EXPECT_EQ(RangesOf(oracle, {0, kMaxPfn}),
            (std::vector<PfnRange>{{5001, 5001}}));
}

struct Step {
  std::uint8_t what;
  std::uint16_t place;
  std::uint16_t length;
};

void showValue(const Step& step, std::ostream& out) {
  out << int{step.what % 4} << "@" << step.place << "+" << step.length;
}

// Pages near the borders of words and chunks, and near both ends of the PFNs.
Pfn Page(std::uint16_t place) {
  constexpr Pfn kNeighbourhoods[] = {0, 4096 - 70, std::uint64_t{1} << 32,
                                     kMaxPfn - 8191};
  return kNeighbourhoods[place % 4] + place / 4 % 8192;
}

PfnRange RangeOf(const Step& step) {
  const Pfn first = Page(step.place);
  const Pfn length = step.length % 9000;
  return {first, first + std::min(length, kMaxPfn - first)};
}

RC_GTEST_PROP(OracleProperty, AnswersAsAStandardSetDoes, ()) {
  const auto steps =
      *rc::gen::container<std::vector<Step>>(rc::gen::build<Step>(
          rc::gen::set(&Step::what), rc::gen::set(&Step::place),
          rc::gen::set(&Step::length)));
  Oracle oracle;
  std::set<Pfn> pages;
  for (const Step& step : steps) {
    const PfnRange range = RangeOf(step);
    switch (step.what % 4) {
      case 0:  // a run of pages, so that ranges arise
        for (Pfn i = 0; i <= std::min<Pfn>(range.last - range.first, 200);
             ++i) {
          RC_ASSERT(oracle.Set(range.first + i) == Status::kOk);
          pages.insert(range.first + i);
        }
        break;
      case 1:
        RC_ASSERT(oracle.Clear(range.first) == Status::kOk);
        pages.erase(range.first);
        break;
      case 2:
        RC_ASSERT(oracle.ClearRange(range) == Status::kOk);
        pages.erase(pages.lower_bound(range.first),
                    pages.upper_bound(range.last));
        break;
      default:
        RC_ASSERT(oracle.NextRange(range.first, range.last) ==
                  NextRange(pages, range.first, range.last));
        break;
    }
    RC_ASSERT(oracle.Test(range.first) == pages.contains(range.first));
    RC_ASSERT(oracle.Test(range.last) == pages.contains(range.last));
  }
  std::vector<Pfn> members;
  for (const PfnRange& range : RangesOf(oracle, {0, kMaxPfn})) {
    for (Pfn pfn = range.first;; ++pfn) {
      members.push_back(pfn);
      if (pfn == range.last) break;
    }
  }
  RC_ASSERT(members == std::vector<Pfn>(pages.begin(), pages.end()));
}

}  // namespace
}  // namespace pfn
