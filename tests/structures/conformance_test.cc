// SPDX-License-Identifier: MIT
//
// What structures/core/pfn_set.h promises holds for every structure, with
// memory to be had.

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "tests/structures/rig.h"

namespace pfn::testing {
namespace {

constexpr Pfn kM = kMaxPfn;
constexpr Pfn kFar = (Pfn{1} << 63) + (Pfn{1} << 24);

// Ends of words, of inline sets of 62 or 63 pages, of leaves and segments of
// 1,024 pages, of chunks of 32,768 and 65,536, of what a 32-bit number and a
// pointer with tags can say, and of everything.
const std::vector<Pfn> kBorders = [] {
  std::vector<Pfn> borders = {0,    1,    30,    31,    61,    62,
                              63,   64,   700,   1023,  1024,  1025,
                              4095, 4096, 32767, 32768, 65535, 65536};
  constexpr Pfn k32 = Pfn{1} << 32;
  constexpr Pfn k52 = Pfn{1} << 52;
  borders.insert(borders.end(), {k32 - 1, k32, k32 + 1, k52 - 1, k52, kFar,
                                 kFar + 70, kM - 1024, kM - 63, kM - 1, kM});
  return borders;
}();

using ConformanceTest = SetTest;

INSTANTIATE_TEST_SUITE_P(Structures, ConformanceTest,
                         ::testing::ValuesIn(StructureKinds()),
                         SetTest::NameOf);

TEST_P(ConformanceTest, AnEmptySetHasNothing) {
  for (const Pfn pfn : kBorders) {
    EXPECT_TRUE(rig().CheckTest(pfn));
    EXPECT_TRUE(rig().CheckNextRange(pfn, pfn));
    EXPECT_TRUE(rig().CheckNextRange(0, pfn));
    EXPECT_TRUE(rig().CheckNextRange(pfn, kM));
  }
  EXPECT_TRUE(rig().Check());
}

TEST_P(ConformanceTest, ClearingAnEmptySetIsFine) {
  Clear(kBorders);
  for (const PfnRange range :
       {kAllPages, PfnRange{0, 0}, PfnRange{kM, kM}, PfnRange{1024, 2047}}) {
    ClearRange(range);
  }
  EXPECT_TRUE(rig().Check());
}

TEST_P(ConformanceTest, APageComesAndGoes) {
  for (const Pfn pfn : kBorders) {
    SCOPED_TRACE(pfn);
    // A set for each page: one of them alone is within reach of all.
    Rig one(GetParam());
    for (const int round : {1, 2}) {
      SCOPED_TRACE(round);
      ASSERT_TRUE(one.CheckTest(pfn));
      ASSERT_TRUE(one.Set(pfn));
      ASSERT_EQ(one.status(), Status::kOk);
      EXPECT_TRUE(one.Set(pfn)) << "idempotent";
      EXPECT_TRUE(one.Check());
      EXPECT_TRUE(one.CheckTest(pfn));
      EXPECT_TRUE(one.CheckNextRange(pfn, pfn));
      EXPECT_TRUE(one.CheckNextRange(0, pfn));
      EXPECT_TRUE(one.CheckNextRange(pfn, kM));
      if (pfn > 0) {
        EXPECT_TRUE(one.CheckTest(pfn - 1));
        EXPECT_TRUE(one.CheckNextRange(0, pfn - 1));
        EXPECT_TRUE(one.CheckNextRange(pfn - 1, pfn));
      }
      if (pfn < kM) {
        EXPECT_TRUE(one.CheckTest(pfn + 1));
        EXPECT_TRUE(one.CheckNextRange(pfn + 1, kM));
        EXPECT_TRUE(one.CheckNextRange(pfn, pfn + 1));
      }
      EXPECT_TRUE(one.Clear(pfn));
      EXPECT_TRUE(one.Check());
      EXPECT_TRUE(one.Clear(pfn)) << "idempotent";
      EXPECT_TRUE(one.Check());
      EXPECT_TRUE(one.CheckTest(pfn));
    }
  }
}

// A structure that cannot hold two pages so far apart refuses the second and
// is unchanged; the rig judges whether it may.
TEST_P(ConformanceTest, TwoPagesDoNotDisturbEachOther) {
  for (const Pfn a : kBorders) {
    for (const Pfn b : kBorders) {
      SCOPED_TRACE(::testing::Message() << a << " and " << b);
      Rig two(GetParam());
      ASSERT_TRUE(two.Set(a));
      ASSERT_TRUE(two.Set(b));
      ASSERT_TRUE(two.Check());
      EXPECT_TRUE(two.CheckTest(a));
      EXPECT_TRUE(two.CheckTest(b));
      EXPECT_TRUE(two.CheckNextRange(std::min(a, b), std::max(a, b)));
      EXPECT_TRUE(two.Clear(a));
      ASSERT_TRUE(two.Check());
      EXPECT_TRUE(two.Clear(b));
      ASSERT_TRUE(two.Check());
    }
  }
}

TEST_P(ConformanceTest, AllBordersInOneSet) {
  for (const bool descending : {false, true}) {
    Rig all(GetParam());
    std::vector<Pfn> pages = kBorders;
    if (descending) std::ranges::reverse(pages);
    for (const Pfn pfn : pages) ASSERT_TRUE(all.Set(pfn));
    ASSERT_TRUE(all.Check());
    for (const Pfn from : pages) {
      EXPECT_TRUE(all.CheckTest(from));
      for (const Pfn max : pages) {
        if (max < from) continue;
        EXPECT_TRUE(all.CheckNextRange(from, max));
      }
    }
    for (const Pfn pfn : pages) {
      EXPECT_TRUE(all.Clear(pfn));
      ASSERT_TRUE(all.Check());
    }
  }
}

TEST_P(ConformanceTest, NextRangeIsClippedAtBothEnds) {
  ASSERT_TRUE(HoldsRange({1000, 1099}));
  ASSERT_TRUE(HoldsRange({1101, 1101}));
  ASSERT_TRUE(HoldsRange({2048, 4095}));
  struct Case {
    Pfn from;
    Pfn max;
    std::optional<PfnRange> expected;
  };
  const std::vector<Case> cases = {
      {0, kM, PfnRange{1000, 1099}},      {0, 999, std::nullopt},
      {0, 1000, PfnRange{1000, 1000}},    {999, 1050, PfnRange{1000, 1050}},
      {1000, 1099, PfnRange{1000, 1099}}, {1023, 1024, PfnRange{1023, 1024}},
      {1050, 1050, PfnRange{1050, 1050}}, {1050, kM, PfnRange{1050, 1099}},
      {1099, 1101, PfnRange{1099, 1099}}, {1100, 1100, std::nullopt},
      {1100, 1101, PfnRange{1101, 1101}}, {1102, 2047, std::nullopt},
      {1102, kM, PfnRange{2048, 4095}},   {3000, 3500, PfnRange{3000, 3500}},
      {3071, 3072, PfnRange{3071, 3072}}, {4095, kM, PfnRange{4095, 4095}},
      {4096, kM, std::nullopt},           {kM, kM, std::nullopt},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(rig().set().NextRange(c.from, c.max), c.expected)
        << c.from << ", " << c.max;
  }
}

TEST_P(ConformanceTest, AWalkIsClippedAtBothEnds) {
  ASSERT_TRUE(HoldsRange({100, 199}));
  ASSERT_TRUE(HoldsRange({1000, 3000}));
  ASSERT_TRUE(HoldsRange({3002, 3002}));
  const auto walk = [&](Pfn first, Pfn last) {
    return rig().set().Ranges({first, last});
  };
  using Found = std::vector<PfnRange>;
  EXPECT_EQ(walk(0, kM), (Found{{100, 199}, {1000, 3000}, {3002, 3002}}));
  EXPECT_EQ(walk(150, 2000), (Found{{150, 199}, {1000, 2000}}));
  EXPECT_EQ(walk(200, 999), Found{});
  EXPECT_EQ(walk(1024, 2047), (Found{{1024, 2047}}));
  EXPECT_EQ(walk(199, 199), (Found{{199, 199}}));
  EXPECT_EQ(walk(3000, 3002), (Found{{3000, 3000}, {3002, 3002}}));
  EXPECT_EQ(walk(3003, kM), Found{});
}

TEST_P(ConformanceTest, ARangeMayEndAtTheLastPage) {
  ASSERT_TRUE(HoldsRange({kM - 3000, kM}));
  EXPECT_TRUE(rig().Check());
  EXPECT_TRUE(rig().CheckNextRange(0, kM));
  EXPECT_TRUE(rig().CheckNextRange(kM - 10, kM));
  EXPECT_TRUE(rig().CheckNextRange(kM, kM));
  EXPECT_TRUE(rig().CheckNextRange(0, kM - 3000));
  ClearRange({kM - 100, kM - 50});
  EXPECT_TRUE(rig().Check());
  ClearRange({kM, kM});
  EXPECT_TRUE(rig().Check());
  ClearRange({kM - 40, kM});
  EXPECT_TRUE(rig().Check());
  ClearRange(kAllPages);
  EXPECT_TRUE(rig().Check());
}

TEST_P(ConformanceTest, ClearRangeTakesItsPagesOnly) {
  const std::vector<PfnRange> cleared = {
      {0, 0},       {0, 499},     {500, 500},     {600, 700},   {1000, 1023},
      {1024, 1024}, {1024, 2047}, {1020, 2050},   {3000, 3000}, {2999, 3001},
      {3500, 3503}, {0, 1023},    {501, 2999},    {0, 1000000}, {3001, 100000},
      {4000, 4999}, {5000, 6000}, {10000, 20000}, {0, kM},      {4096, kM},
      {700, kM},    {kM, kM},
  };
  for (const PfnRange range : cleared) {
    SCOPED_TRACE(::testing::PrintToString(range));
    Rig filled(GetParam());
    for (Pfn pfn = 500; pfn <= 3000; ++pfn) ASSERT_TRUE(filled.Set(pfn));
    for (Pfn pfn = 3501; pfn <= 5001; pfn += 2) ASSERT_TRUE(filled.Set(pfn));
    EXPECT_TRUE(filled.ClearRange(range));
    EXPECT_EQ(filled.status(), Status::kOk);
    EXPECT_TRUE(filled.Check());
    // What is left can be used.
    for (Pfn pfn = 990; pfn <= 1030; ++pfn) EXPECT_TRUE(filled.Set(pfn));
    EXPECT_TRUE(filled.Check());
  }
}

TEST_P(ConformanceTest, RunsGrowJoinAndSplit) {
  ASSERT_TRUE(Holds({10, 12, 11, 9, 13}));  // both ends, and a hole closed
  EXPECT_EQ(Ranges(), (std::vector<PfnRange>{{9, 13}}));
  Clear({11});
  EXPECT_EQ(Ranges(), (std::vector<PfnRange>{{9, 10}, {12, 13}}));
  Clear({9, 13});
  EXPECT_EQ(Ranges(), (std::vector<PfnRange>{{10, 10}, {12, 12}}));
  Clear({10, 12});
  EXPECT_TRUE(rig().Check());
}

TEST_P(ConformanceTest, ADrainedSetCanBeFilledAgain) {
  for (const Pfn base : {Pfn{4096}, Pfn{4096}, Pfn{70000}, Pfn{1}}) {
    SCOPED_TRACE(base);
    ASSERT_TRUE(HoldsRange({base, base + 2999}));
    ASSERT_TRUE(rig().Check());
    ClearRange({base, base + 2999});
    ASSERT_TRUE(rig().Check());
  }
}

TEST_P(ConformanceTest, FullSegmentsWithAHoleAnywhere) {
  constexpr Pfn kBase = 7 * 1024;
  ASSERT_TRUE(HoldsRange({kBase, kBase + 4 * 1024 - 1}));
  for (const Pfn offset : {0, 1, 63, 64, 511, 1023, 1024, 1025, 2047, 2048,
                           3000, 3072, 4094, 4095}) {
    SCOPED_TRACE(offset);
    Clear({kBase + offset});
    ASSERT_TRUE(rig().Check());
    ASSERT_TRUE(Holds({kBase + offset}));
    ASSERT_TRUE(rig().Check());
  }
}

TEST_P(ConformanceTest, APageOutOfReachIsRefusedAndNothingChanges) {
  const std::uint64_t reach = rig().traits().max_distance;
  if (reach == kMaxPfn) {
    GTEST_SKIP() << "it holds any two pages";
  }
  ASSERT_TRUE(Holds({5, 6}));
  ASSERT_TRUE(rig().Set(kM));
  EXPECT_EQ(rig().status(), Status::kNoMemory);
  EXPECT_TRUE(rig().Check());
  ASSERT_TRUE(Holds({7}));
  EXPECT_TRUE(rig().Check());
}

// Not that no request is refused: the posted xbitmap asks with a gfp of its own
// first, and has the pool for when that fails.
TEST_P(ConformanceTest, NothingFailsForACallerThatMaySleep) {
  rig().failures().Arm(1, FailuresToOrder::Mode::kFromThenOn);
  for (Pfn pfn = 0; pfn < 5000; pfn += 3) {
    ASSERT_TRUE(rig().Set(pfn, Gfp::kKernel));
    ASSERT_EQ(rig().status(), Status::kOk);
  }
  ASSERT_TRUE(rig().Clear(300, Gfp::kKernel));
  EXPECT_EQ(rig().status(), Status::kOk);
  ASSERT_TRUE(rig().ClearRange({1000, 2000}, Gfp::kKernel));
  EXPECT_EQ(rig().status(), Status::kOk);
  EXPECT_TRUE(rig().Check());
}

}  // namespace
}  // namespace pfn::testing
