// SPDX-License-Identifier: MIT
//
// Every set of pages with known answers that the threads of 2017 and 2018 left
// behind, and the smallest cases of the defects of the posted code, hold for
// every structure. A query for the next zero is put in our words (the page
// after a range); a "size" or an exclusive end is the inclusive max before it.
// Queries with max < from are outside our contract and left out. A structure
// that cannot hold pages so far apart skips the vector.

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "tests/structures/rig.h"

namespace pfn::testing {
namespace {

constexpr Pfn kM = kMaxPfn;
constexpr std::nullopt_t kNone = std::nullopt;
using List = std::vector<PfnRange>;

using HistoricVectorsTest = SetTest;

INSTANTIATE_TEST_SUITE_P(Structures, HistoricVectorsTest,
                         ::testing::ValuesIn(StructureKinds()),
                         SetTest::NameOf);

#define SKIP_UNLESS(held)                     \
  if (!(held)) {                              \
    GTEST_SKIP() << "its reach is too short"; \
  }

// ---------------------------------------------------------------- xbitmap

TEST_P(HistoricVectorsTest, XbitmapOnePageAtATime) {
  for (const Pfn pfn :
       {Pfn{0}, Pfn{30}, Pfn{31}, Pfn{62}, Pfn{63}, Pfn{64}, Pfn{700},
        Pfn{1023}, Pfn{1024}, Pfn{1025}, (Pfn{1} << 63) + (Pfn{1} << 24),
        (Pfn{1} << 63) + (Pfn{1} << 24) + 70}) {
    SCOPED_TRACE(pfn);
    Rig one(GetParam());
    AnySet& set = one.set();
    EXPECT_FALSE(set.Test(pfn));
    ASSERT_EQ(set.Set(pfn, Gfp::kNowait), Status::kOk);
    EXPECT_TRUE(set.Test(pfn));
    EXPECT_EQ(set.NextRange(0, kM), (PfnRange{pfn, pfn}));
    EXPECT_EQ(set.NextRange(pfn, kM), (PfnRange{pfn, pfn}));
    EXPECT_EQ(set.NextRange(pfn + 1, kM), kNone);
    for (const char* const which : {"first", "second"}) {
      ASSERT_EQ(set.Clear(pfn, Gfp::kNowait), Status::kOk) << which;
      EXPECT_EQ(set.NextRange(0, kM), kNone) << which;
    }
  }
}

TEST_P(HistoricVectorsTest, XbitmapOfSeptember2017) {
  ASSERT_TRUE(Holds({1060, 1061, 1064, 1065, 8180, 8181, 8190, 8191}));
  EXPECT_EQ(FirstSet(0, 10000), 1060);
  EXPECT_EQ(FirstZero(1061, 10000), 1062);
  EXPECT_EQ(FirstSet(1062, 10000), 1064);
  EXPECT_EQ(FirstZero(1065, 10000), 1066);
  EXPECT_EQ(FirstSet(1066, 10000), 8180);
  EXPECT_EQ(FirstZero(8180, 10000), 8182);
  ClearRange({0, 1000000});
  EXPECT_EQ(FirstSet(0, 10000), kNone);
  EXPECT_EQ(FirstZero(20000, 30000), 20000);
}

TEST_P(HistoricVectorsTest, XbitmapOfDecember12InlineLeaf) {
  ASSERT_TRUE(Holds({1030, 1031, 1034, 1035}));
  EXPECT_EQ(FirstSet(0, 9999), 1030);
  EXPECT_EQ(FirstSet(1030, 1033), 1030);
  EXPECT_EQ(FirstSet(1032, 1033), kNone);
  EXPECT_EQ(FirstZero(1030, 1031), kNone);
  EXPECT_EQ(FirstZero(1030, 1032), 1032);
}

TEST_P(HistoricVectorsTest, XbitmapOfDecember12RealLeaf) {
  ASSERT_TRUE(Holds({8260, 8261, 8264, 8265}));
  EXPECT_EQ(FirstSet(2000, 9999), 8260);
  EXPECT_EQ(FirstSet(8260, 8263), 8260);
  EXPECT_EQ(FirstSet(8262, 8263), kNone);  // a posted version answered 8264
  EXPECT_EQ(FirstZero(8260, 8261), kNone);
  EXPECT_EQ(FirstZero(8260, 8262), 8262);
  ClearRange({0, 9999});
  EXPECT_EQ(FirstSet(0, 9999), kNone);
}

TEST_P(HistoricVectorsTest, XbitmapOfDecember12TopOfTheSpace) {
  EXPECT_EQ(FirstSet(0, kM - 1), kNone);
  ASSERT_TRUE(Holds({kM - 4}));
  EXPECT_EQ(FirstSet(kM - 10, kM - 1), kM - 4);
  EXPECT_EQ(FirstSet(kM - 3, kM - 1), kNone);
  EXPECT_EQ(FirstZero(kM - 4, kM - 1), kM - 3);
  ClearRange({kM - 10, kM - 1});
  EXPECT_EQ(FirstSet(0, kM), kNone);
}

TEST_P(HistoricVectorsTest, XbitmapOfDecember19) {
  ASSERT_TRUE(Holds({2000, 2001, 2040}));
  EXPECT_EQ(FirstSet(0, 2047), 2000);
  EXPECT_EQ(FirstSet(2000, 2001), 2000);
  EXPECT_EQ(FirstSet(2002, 2040), 2040);
  EXPECT_EQ(FirstSet(2002, 2039), kNone);
  EXPECT_EQ(FirstZero(2000, 2047), 2002);
  EXPECT_EQ(FirstZero(2048, 2059), 2048);
  ClearRange({0, 2047});
  EXPECT_EQ(FirstSet(0, 2047), kNone);
}

TEST_P(HistoricVectorsTest, XbitmapOfDecember19BothEndsOfTheSpace) {
  SKIP_UNLESS(Holds({1, kM - 4}));
  EXPECT_EQ(FirstSet(kM - 4, kM - 1), kM - 4);
  ClearRange({kM - 4, kM - 1});
  EXPECT_EQ(FirstSet(kM - 10, kM - 1), kNone);
  ClearRange({0, 1});
  EXPECT_EQ(FirstSet(0, 1), kNone);
}

TEST_P(HistoricVectorsTest, XbitmapOfDecember20LeafWithoutNode) {
  ASSERT_TRUE(Holds({700}));
  EXPECT_EQ(FirstSet(0, kM - 1), 700);
  EXPECT_EQ(FirstSet(800, kM - 1), kNone);
}

TEST_P(HistoricVectorsTest, XbitmapOfDecember20OneWalkToTheLastPage) {
  ASSERT_TRUE(Holds({kM}));
  EXPECT_EQ(FirstSet(0, kM - 1), kNone);
  EXPECT_EQ(FirstSet(0, kM), kM);
}

TEST_P(HistoricVectorsTest, XbitmapOfDecember21LeafWithoutNode) {
  ASSERT_TRUE(Holds({700}));
  EXPECT_EQ(FirstSet(0, kM), 700);
  EXPECT_EQ(FirstSet(701, kM), kNone);
  ClearRange({0, 1023});
  EXPECT_EQ(FirstSet(0, kM), kNone);
}

TEST_P(HistoricVectorsTest, XbitmapOfDecember21) {
  ASSERT_TRUE(Holds({2000, 2001, 2040}));
  EXPECT_EQ(FirstSet(0, 2048), 2000);
  EXPECT_EQ(FirstSet(2002, 2041), 2040);
  EXPECT_EQ(FirstSet(2002, 2040), 2040);
  EXPECT_EQ(FirstSet(2002, 2039), kNone);
  EXPECT_EQ(FirstZero(2000, 2048), 2002);
  EXPECT_EQ(FirstZero(2048, 2060), 2048);
  ClearRange({0, 2047});
  EXPECT_EQ(FirstSet(0, 2048), kNone);
}

TEST_P(HistoricVectorsTest, XbitmapOfDecember21BothEndsOfTheSpace) {
  SKIP_UNLESS(Holds({1, kM - 4}));
  EXPECT_EQ(FirstSet(0, kM), 1);
  EXPECT_EQ(FirstSet(1, kM), 1);
  EXPECT_EQ(FirstSet(2, kM), kM - 4);
  EXPECT_EQ(FirstSet(kM - 4, kM), kM - 4);
  EXPECT_EQ(FirstSet(kM - 3, kM), kNone);
  EXPECT_EQ(FirstZero(kM - 4, kM), kM - 3);
  ClearRange({kM - 4, kM});
  EXPECT_EQ(FirstSet(kM - 10, kM), kNone);
  ClearRange({0, 1});
  EXPECT_EQ(FirstSet(0, 2), kNone);
  EXPECT_EQ(FirstSet(0, kM), kNone);
}

TEST_P(HistoricVectorsTest, XbitmapOfJanuary9ClearingEverything) {
  ClearRange(kAllPages);
  EXPECT_EQ(Ranges(), List{});
  ASSERT_TRUE(Holds({0}));
  ClearRange({kM - 10, kM});
  EXPECT_EQ(Ranges(), (List{{0, 0}}));
  SKIP_UNLESS(Holds({kM}));
  EXPECT_EQ(Ranges(), (List{{0, 0}, {kM, kM}}));
  ClearRange(kAllPages);
  EXPECT_EQ(Ranges(), List{});
}

TEST_P(HistoricVectorsTest, XbitmapFullLeaves) {
  for (const Pfn base : {Pfn{0}, Pfn{1024}, Pfn{65536}}) {
    SCOPED_TRACE(base);
    const PfnRange all = {base, base + 65535};
    ASSERT_TRUE(HoldsRange(all));
    ASSERT_TRUE(HoldsRange(all));
    EXPECT_EQ(Ranges(), (List{all}));
    // Descending, because in an array that is kept sorted the other direction
    // takes quadratic time.
    for (Pfn pfn = all.last; pfn != all.first; --pfn) Clear({pfn});
    Clear({all.first});
    EXPECT_EQ(Ranges(), List{});
  }
}

// ------------------------------------- defects of the posted xbitmap versions

TEST_P(HistoricVectorsTest, AFullFirstLeafHidesNoZeroInTheNext) {
  ASSERT_TRUE(HoldsRange({0, 1023}));
  EXPECT_EQ(FirstZero(1, kM), 1024);
  EXPECT_EQ(FirstZero(1, 1023), kNone);
  ASSERT_TRUE(Holds({3000}));
  EXPECT_EQ(FirstZero(1, kM), 1024);
  ASSERT_TRUE(Holds({1025}));
  EXPECT_EQ(FirstZero(500, kM), 1024);
}

TEST_P(HistoricVectorsTest, ARunFromLeafToLeafIsNotReportedTooLong) {
  ASSERT_TRUE(HoldsRange({0, 1023}));
  ASSERT_TRUE(Holds({3000, 3001}));
  EXPECT_EQ(Ranges(), (List{{0, 1023}, {3000, 3001}}));
}

TEST_P(HistoricVectorsTest, ARunOfTheSecondLeafIsNotReportedTooLong) {
  ASSERT_TRUE(HoldsRange({1024, 2047}));
  ASSERT_TRUE(Holds({2049, 5000}));
  EXPECT_EQ(Ranges(), (List{{1024, 2047}, {2049, 2049}, {5000, 5000}}));
}

TEST_P(HistoricVectorsTest, ClearRangeStopsAtItsEnd) {
  ASSERT_TRUE(Holds({10, 5000}));
  ClearRange({0, 100});
  EXPECT_EQ(Ranges(), (List{{5000, 5000}}));
}

TEST_P(HistoricVectorsTest, AMissingFirstLeafHidesNothing) {
  ASSERT_TRUE(Holds({2048}));
  EXPECT_EQ(FirstSet(1000, kM), 2048);
  ClearRange({1000, 5000});
  EXPECT_EQ(Ranges(), List{});
  ASSERT_TRUE(HoldsRange({1000, 1023}));
  ASSERT_TRUE(Holds({2048, 4000}));
  EXPECT_EQ(Ranges(), (List{{1000, 1023}, {2048, 2048}, {4000, 4000}}));
}

TEST_P(HistoricVectorsTest, AZeroIsFoundWhereTheTreeEnds) {
  EXPECT_EQ(FirstZero(5000, kM), 5000);
  ASSERT_TRUE(HoldsRange({5, 20}));
  EXPECT_EQ(FirstZero(5, 10), kNone);
  EXPECT_EQ(FirstZero(5, 20), kNone);
  EXPECT_EQ(FirstZero(5, 21), 21);
  EXPECT_EQ(FirstZero(21, 21), 21);
  ASSERT_TRUE(Holds({65535}));
  EXPECT_EQ(FirstZero(65535, 65535), kNone);
  EXPECT_EQ(FirstZero(65535, 65536), 65536);
  EXPECT_EQ(FirstZero(65536, 65536), 65536);
}

TEST_P(HistoricVectorsTest, TheOnlyLeafIsFound) {
  ASSERT_TRUE(Holds({700}));
  EXPECT_EQ(FirstSet(0, 2047), 700);
}

TEST_P(HistoricVectorsTest, ALonePageIsDrained) {
  ASSERT_TRUE(Holds({77}));
  EXPECT_EQ(rig().set().Ranges({77, 77}), (List{{77, 77}}));
}

TEST_P(HistoricVectorsTest, APageTwoBehindTheLastRunIsDrained) {
  ASSERT_TRUE(Holds({10, 12}));
  EXPECT_EQ(rig().set().Ranges({10, 12}), (List{{10, 10}, {12, 12}}));
}

TEST_P(HistoricVectorsTest, AMergedTailRunIsSeenFromTheLeft) {
  ASSERT_TRUE(HoldsRange({5 * 1024, 10 * 1024 - 1}));
  ASSERT_TRUE(Holds({10}));
  EXPECT_TRUE(rig().set().Test(7 * 1024));
  ASSERT_TRUE(Holds({7 * 1024}));
  EXPECT_EQ(Ranges(), (List{{10, 10}, {5 * 1024, 10 * 1024 - 1}}));
}

// --------------------------------------------- Handa's list and B+ tree tests

TEST_P(HistoricVectorsTest, HandasListOfDecember15) {
  ASSERT_TRUE(Holds({0, 10, 11, 1000000, 12}));
  Clear({11});
  ASSERT_TRUE(HoldsRange({1048576, 1051647}));
  Clear({1048600});
  const List low = {{0, 0},
                    {10, 10},
                    {12, 12},
                    {1000000, 1000000},
                    {1048576, 1048599},
                    {1048601, 1051647}};
  EXPECT_EQ(Ranges(), low);
  SKIP_UNLESS(Holds({2000000000, kM}));
  List all = low;
  all.insert(all.end(), {{2000000000, 2000000000}, {kM, kM}});
  EXPECT_EQ(Ranges(), all);
}

TEST_P(HistoricVectorsTest, HandasTreeOfDecember16) {
  SKIP_UNLESS(Holds({0, 2000000000}));
  for (Pfn pfn = kM - 1; pfn >= kM - 3072; --pfn) SKIP_UNLESS(Holds({pfn}));
  EXPECT_EQ(Ranges(),
            (List{{0, 0}, {2000000000, 2000000000}, {kM - 3072, kM - 1}}));
}

// ----------------------------------------------------- cvbmp, the author's own

constexpr Pfn kS = 1024;

PfnRange Segment(Pfn number) { return {number * kS, number * kS + (kS - 1)}; }
PfnRange One(Pfn pfn) { return {pfn, pfn}; }

TEST_P(HistoricVectorsTest, CvbmpPowersOfTwoAndHalves) {
  std::vector<Pfn> values;
  for (Pfn v = 1; v != 0; v *= 2) values.push_back(v);
  for (Pfn v = kM; v != 0; v /= 2) values.push_back(v);
  for (const Pfn v : values) {
    SCOPED_TRACE(v);
    Rig one(GetParam());
    AnySet& set = one.set();
    EXPECT_TRUE(one.Set(v));
    EXPECT_TRUE(set.Test(v));
    EXPECT_TRUE(one.Clear(v));
    EXPECT_FALSE(set.Test(v));
    const PfnRange segment = Segment(v / kS);
    for (Pfn i = 0; i < kS; ++i) ASSERT_TRUE(one.Set(segment.first + i));
    EXPECT_TRUE(set.Test(v));
    EXPECT_TRUE(one.Check());
    EXPECT_TRUE(one.ClearRange(segment));
    EXPECT_FALSE(set.Test(v));
    EXPECT_TRUE(one.Check());
  }
}

TEST_P(HistoricVectorsTest, CvbmpOnePage) {
  EXPECT_EQ(Ranges(), List{});
  ASSERT_TRUE(Holds({100 * kS}));
  EXPECT_EQ(Ranges(), (List{One(100 * kS)}));
  Clear({100 * kS});
  EXPECT_EQ(Ranges(), List{});
}

TEST_P(HistoricVectorsTest, CvbmpEvenThenOddPages) {
  for (Pfn v = 0; v < 16 * kS; v += 2) ASSERT_TRUE(Holds({v}));
  for (Pfn v = 1; v < 16 * kS; v += 2) ASSERT_TRUE(Holds({v}));
  EXPECT_EQ(Ranges(), (List{{0, 16 * kS - 1}}));
  for (Pfn v = 0; v < 16 * kS; ++v) Clear({v});
  EXPECT_EQ(Ranges(), List{});
}

TEST_P(HistoricVectorsTest, CvbmpEveryOtherSegmentFirst) {
  for (const auto& [first, middle, last] :
       {std::array<Pfn, 3>{0, 1, 15}, std::array<Pfn, 3>{101, 100, 115}}) {
    SCOPED_TRACE(first);
    for (Pfn t = first; t <= last; t += 2) ASSERT_TRUE(HoldsRange(Segment(t)));
    for (Pfn t = middle; t <= last; t += 2) ASSERT_TRUE(HoldsRange(Segment(t)));
    const Pfn begin = std::min(first, middle);
    EXPECT_EQ(Ranges(), (List{{begin * kS, last * kS + (kS - 1)}}));
    for (Pfn t = begin; t <= last; ++t) ClearRange(Segment(t));
    EXPECT_EQ(Ranges(), List{});
  }
}

TEST_P(HistoricVectorsTest, CvbmpFourPagesOutOfOrder) {
  ASSERT_TRUE(Holds({100 * kS, 300 * kS, 50 * kS, 200 * kS}));
  EXPECT_EQ(Ranges(),
            (List{One(50 * kS), One(100 * kS), One(200 * kS), One(300 * kS)}));
  Clear({100 * kS, 300 * kS, 50 * kS, 200 * kS});
  EXPECT_EQ(Ranges(), List{});

  ASSERT_TRUE(Holds({100 * kS, 300 * kS, 250 * kS, 200 * kS}));
  EXPECT_EQ(Ranges(),
            (List{One(100 * kS), One(200 * kS), One(250 * kS), One(300 * kS)}));
  Clear({100 * kS, 300 * kS, 250 * kS, 200 * kS});
  EXPECT_EQ(Ranges(), List{});
}

TEST_P(HistoricVectorsTest, CvbmpFarSegments) {
  const std::vector<Pfn> segments = {kM / kS, 0, ((Pfn{1} << 62) - 1) / kS};
  for (const Pfn t : segments) SKIP_UNLESS(HoldsRange(Segment(t)));
  EXPECT_EQ(Ranges(), (List{{0, kS - 1},
                            {(Pfn{1} << 62) - kS, (Pfn{1} << 62) - 1},
                            {kM - (kS - 1), kM}}));
  for (const Pfn t : segments) ClearRange(Segment(t));
  EXPECT_EQ(Ranges(), List{});
}

TEST_P(HistoricVectorsTest, CvbmpAHoleInEachSegmentOfARun) {
  ASSERT_TRUE(HoldsRange({100 * kS, 110 * kS - 1}));
  const auto punch = [&](Pfn hole) {
    SCOPED_TRACE(hole);
    Clear({hole});
    EXPECT_EQ(Ranges(), (List{{100 * kS, hole - 1}, {hole + 1, 110 * kS - 1}}));
    EXPECT_TRUE(Holds({hole}));
  };
  for (Pfn i = 100; i <= 109; ++i) punch(i * kS + kS / 2);
  for (Pfn i = 101; i <= 108; ++i) {
    punch(i * kS);
    punch(i * kS + (kS - 1));
  }
  for (Pfn t = 100; t <= 109; ++t) ClearRange(Segment(t));
  EXPECT_EQ(Ranges(), List{});
}

// The author's second test with a run of 4,000 pages in the place of 10^9 - 1;
// cvbmp_test.cc has the real one.
TEST_P(HistoricVectorsTest, CvbmpSecondTestScaled) {
  SKIP_UNLESS(Holds({0, 10, 11, 1000000, 12, 2000000000}));
  Clear({11});
  constexpr Pfn kQ = 1048576 / kS;
  for (const Pfn t : {kQ, kQ + 1, kQ + 2, kQ + 1}) {
    ASSERT_TRUE(HoldsRange(Segment(t)));
  }
  Clear({1048600 + 2 * kS - 2});
  for (Pfn i = 0; i < 3 * kS; ++i) SKIP_UNLESS(Holds({kM - i}));
  SKIP_UNLESS(Holds({kM}));
  ASSERT_TRUE(HoldsRange({1000000000, 1000003999}));
  Clear({1000001890});
  EXPECT_EQ(Ranges(), (List{One(0),
                            One(10),
                            One(12),
                            One(1000000),
                            {1048576, 1050645},
                            {1050647, 1051647},
                            {1000000000, 1000001889},
                            {1000001891, 1000003999},
                            One(2000000000),
                            {18446744073709548544u, kM}}));
}

}  // namespace
}  // namespace pfn::testing
