// SPDX-License-Identifier: MIT
//
// The shape of the tree without headers, the word that it remembers, leaves
// known to be full, what stays of an emptied set, and the reserve.

#include "structures/lines/lines.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "tests/structures/rig.h"

namespace pfn::testing {
namespace {

using List = std::vector<PfnRange>;

constexpr Pfn kLeaf = 1024;
constexpr Pfn kTable = Pfn{1} << 16;
constexpr Pfn kRegion = Pfn{1} << 22;
constexpr std::uint64_t kReserve = 2 * lines::kSpare;

template <class S>
class LinesTest : public ::testing::Test {};
using Both = ::testing::Types<Lines<NowaitHeap>, LinesPreload<NowaitHeap>>;
TYPED_TEST_SUITE(LinesTest, Both);

TYPED_TEST(LinesTest, TheTreeHasTwoLevelsAndGrowsFromThere) {
  const struct {
    Pfn page;
    unsigned levels;
  } kCases[] = {{0, 2},
                {kRegion - 1, 2},
                {kRegion, 3},
                {(Pfn{1} << 28) - 1, 3},
                {Pfn{1} << 28, 4},
                {(Pfn{1} << 34) - 1, 4},
                {Pfn{1} << 58, 9},
                {kMaxPfn, 9}};
  for (const auto& [page, levels] : kCases) {
    Bare<TypeParam> set;
    set.Set(page);
    EXPECT_EQ(set->levels(), levels) << page;
    EXPECT_EQ(set.Ranges(), (List{{page, page}}));
    EXPECT_TRUE(set->Validate());
  }
}

TEST(LinesTest, APageTakesALeafOf128BytesAndTablesOf512) {
  Bare<Lines<NowaitHeap>> set;
  set.Set(5);
  EXPECT_EQ(set.usage().live_requested, 128 + 2 * 512);
  set.Set(6);
  EXPECT_EQ(set.usage().live_requested, 128 + 2 * 512);
  set.Set(kLeaf);
  EXPECT_EQ(set.usage().live_requested, 2 * 128 + 2 * 512);
  set.Set(kTable);
  EXPECT_EQ(set.usage().live_requested, 3 * 128 + 3 * 512);
}

TEST(LinesTest, NoSetMakesMoreThanSixteenRequests) {
  Bare<Lines<NowaitHeap>> set;
  set.Set(0);
  const std::uint64_t before = set.usage().allocations;
  set.Set(kMaxPfn);
  EXPECT_EQ(set.usage().allocations - before, 16);
  EXPECT_EQ(set.Ranges(), (List{{0, 0}, {kMaxPfn, kMaxPfn}}));
}

TYPED_TEST(LinesTest, PagesOfOneWordAreSeenBeforeAnotherWordIsTouched) {
  Bare<TypeParam> set;
  set.Set(100);
  set.Set(101);
  EXPECT_TRUE(set->Test(101));
  EXPECT_FALSE(set->Test(102));
  EXPECT_EQ(set->NextRange(0, kMaxPfn), (PfnRange{100, 101}));
  set.Clear(101);
  EXPECT_FALSE(set->Test(101));
  EXPECT_EQ(set.Ranges(), (List{{100, 100}}));
}

TYPED_TEST(LinesTest, PagesFarApartTakeTurns) {
  Bare<TypeParam> set;
  set.Set(100);
  set.Set(kRegion + 7);
  EXPECT_TRUE(set->Test(100));
  set.Clear(100);
  set.Set(kRegion + 8);
  EXPECT_EQ(set.Ranges(), (List{{kRegion + 7, kRegion + 8}}));
  EXPECT_TRUE(set->Validate());
}

TYPED_TEST(LinesTest, ALeafThatGoesTakesTheRememberedWordWithIt) {
  Bare<TypeParam> set;
  set.Set(3 * kLeaf);
  set.Set(3 * kLeaf + 200);  // remembered
  set.Clear(3 * kLeaf);
  set.Clear(3 * kLeaf + 200);
  EXPECT_EQ(set.Ranges(), List{});
  EXPECT_TRUE(set->Validate());
  set.Set(3 * kLeaf + 201);
  EXPECT_EQ(set.Ranges(), (List{{3 * kLeaf + 201, 3 * kLeaf + 201}}));
  EXPECT_TRUE(set->Validate());
}

// Whichever page of a leaf comes last, the mark is given, and taken back.
TYPED_TEST(LinesTest, AFullLeafGivesPagesBackWithoutMemory) {
  for (const Pfn hole : {Pfn{0}, Pfn{63}, Pfn{500}, kLeaf - 1}) {
    Bare<TypeParam> set;
    for (Pfn pfn = 0; pfn != kLeaf; ++pfn) {
      if (pfn != hole) set.Set(pfn);
    }
    set.Set(hole);
    EXPECT_EQ(set.Ranges(), (List{{0, kLeaf - 1}}));
    EXPECT_TRUE(set->Validate());
    EXPECT_EQ(set->NextRange(hole, kMaxPfn), (PfnRange{hole, kLeaf - 1}));
    set.Set(hole);
    set.FailAll();
    set.Clear(hole);
    EXPECT_FALSE(set->Test(hole));
    EXPECT_TRUE(set->Validate());
    set.Set(hole);
    set.ClearRange({1, kLeaf - 2});
    EXPECT_EQ(set.Ranges(), (List{{0, 0}, {kLeaf - 1, kLeaf - 1}}));
    EXPECT_TRUE(set->Validate());
  }
}

TYPED_TEST(LinesTest, ARunOverFullLeavesIsOneRange) {
  Bare<TypeParam> set;
  for (Pfn pfn = 4 * kLeaf + 3; pfn-- != 10;) set.Set(pfn);
  EXPECT_EQ(set.Ranges(), (List{{10, 4 * kLeaf + 2}}));
  EXPECT_EQ(set.Ranges({kLeaf + 1, 3 * kLeaf}), (List{{kLeaf + 1, 3 * kLeaf}}));
  EXPECT_EQ(set->NextRange(kLeaf, 2 * kLeaf), (PfnRange{kLeaf, 2 * kLeaf}));
  EXPECT_TRUE(set->Validate());
}

TYPED_TEST(LinesTest, AnEmptiedSetKeepsFourLeavesAndFourTables) {
  Bare<TypeParam> set;
  set.Fill({0, 20 * kTable}, kLeaf / 2);
  set.ClearRange(kAllPages);
  EXPECT_EQ(set->levels(), 0);
  EXPECT_EQ(set.usage().live_objects(), kReserve);
  EXPECT_EQ(set.usage().live_requested, 4 * 128 + 4 * 512);
  EXPECT_TRUE(set->Validate());
  set.FailAll();
  set.Set(kMaxPfn / 2 & (kRegion - 1));
  EXPECT_EQ(set.Ranges().size(), 1);
}

TYPED_TEST(LinesTest, ClearingPageByPageFreesLeavesAndTables) {
  Bare<TypeParam> set;
  std::vector<Pfn> pages;
  for (Pfn pfn = 7; pfn < 10 * kRegion; pfn += kTable + 333) {
    pages.push_back(pfn);
  }
  for (const Pfn pfn : pages) set.Set(pfn);
  set.FailAll();
  for (const Pfn pfn : pages) {
    set.Clear(pfn);
    ASSERT_TRUE(set->Validate()) << pfn;
  }
  EXPECT_EQ(set.Ranges(), List{});
  EXPECT_EQ(set.usage().live_objects(), kReserve);
}

TEST(LinesTest, WithKeepWhatAPassLeavesServesThePassesAfterIt) {
  Bare<LinesKeep<NowaitHeap>> set;
  set.Fill({0, 20 * kTable}, kLeaf / 2);
  const HeapUsage full = set.usage();
  set.ClearRange(kAllPages);
  EXPECT_TRUE(set->Validate());
  EXPECT_EQ(set.usage(), full);
  set.Fill({30 * kTable, 50 * kTable}, kLeaf / 2);
  EXPECT_EQ(set.usage(), full);
  set.ClearRange({31 * kTable + 7, 60 * kTable});
  EXPECT_EQ(set.Ranges().size(), 2 * 64 + 1);
  EXPECT_TRUE(set->Validate());
}

// Tables that a failed set made have no leaf: nothing may take them for gone.
TEST(LinesTest, TablesOfAFailedSetOutliveTheLastLeaf) {
  Bare<Lines<NowaitHeap>> set;
  set.Set(0);
  set.FailOnce(2);  // the leaf, behind its table
  set.SetFails(5 * kTable);
  EXPECT_EQ(set.usage().live_requested, 128 + 3 * 512);
  set.Clear(0);
  EXPECT_TRUE(set->Validate());
  set.FailAll();
  set.Set(5 * kTable);  // the leaf of page 0, and a table that is there
  EXPECT_EQ(set.Ranges(), (List{{5 * kTable, 5 * kTable}}));
  EXPECT_TRUE(set->Validate());
}

TYPED_TEST(LinesTest, TheOnlyLeafGoesWithItsTables) {
  for (const Pfn page : {Pfn{5}, kRegion + 5, kMaxPfn - 5}) {
    Bare<TypeParam> set;
    set.Set(page);
    set.Set(page + 1);
    EXPECT_EQ(set.Ranges({page, page}), (List{{page, page}}));
    set.ClearRange({page, page});
    EXPECT_EQ(set.Ranges(), (List{{page + 1, page + 1}}));
    set.ClearRange({page, page + 1});
    EXPECT_EQ(set->levels(), 0);
    EXPECT_TRUE(set->Validate());
    set.Set(page);
    EXPECT_EQ(set.Ranges(), (List{{page, page}}));
  }
  // One whose leaf or table could not be had.
  for (std::uint64_t request = 1; request <= 3; ++request) {
    Bare<Lines<NowaitHeap>> set;
    set.FailOnce(request);
    set.SetFails(7);
    EXPECT_TRUE(set->Validate());
    set.ClearRange({0, 9});
    EXPECT_EQ(set.Ranges({0, 9}), List{});
    EXPECT_EQ(set->levels(), 0);
    set.Set(7);
    EXPECT_EQ(set.Ranges(), (List{{7, 7}}));
  }
}

TYPED_TEST(LinesTest, BehindAFillNoSetFailsBeforeTheReserveIsUsed) {
  // From an empty set, of any page up to 64 TiB.
  for (const Pfn first : {Pfn{0}, kRegion, Pfn{1} << 28, (Pfn{1} << 34) - 1}) {
    Bare<TypeParam> set;
    ASSERT_TRUE(set->Fill(Gfp::kNowait));
    EXPECT_EQ(set.usage().live_objects(), kReserve);
    set.FailAll();
    set.Set(first);
    EXPECT_EQ(set.Ranges(), (List{{first, first}}));
  }
  // Leaves of one table: as many as are spare.
  Bare<TypeParam> set;
  set.Set(0);
  ASSERT_TRUE(set->Fill(Gfp::kNowait));
  set.FailAll();
  for (unsigned i = 1; i <= lines::kSpare; ++i) set.Set(i * kLeaf);
  set.SetFails((lines::kSpare + 1) * kLeaf);
  EXPECT_EQ(set.Ranges().size(), lines::kSpare + 1);
  EXPECT_TRUE(set->Validate());
}

TYPED_TEST(LinesTest, AFillThatFailsKeepsWhatItHad) {
  Bare<TypeParam> set;
  set.FailOnce(6);
  EXPECT_FALSE(set->Fill(Gfp::kNowait));
  EXPECT_EQ(set->spare_leaves(), 4);
  EXPECT_EQ(set->spare_tables(), 1);
  EXPECT_TRUE(set->Fill(Gfp::kNowait));
  EXPECT_EQ(set->spare_tables(), 4);
}

TEST(LinesTest, APreloadOutlastsFourNewLeavesWhileEveryRequestFails) {
  Bare<LinesPreload<NowaitHeap>> set;
  set.Set(0);
  set.Set(kLeaf);  // fills what the first has taken
  set.FailAll();
  for (Pfn leaf = 2; leaf != 5; ++leaf) set.Set(leaf * kLeaf);
  set.SetFails(5 * kLeaf);
  EXPECT_EQ(set.Ranges().size(), 5);
  set.Set(1);  // of a leaf that is there
}

}  // namespace
}  // namespace pfn::testing
