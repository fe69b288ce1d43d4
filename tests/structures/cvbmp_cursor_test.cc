// SPDX-License-Identifier: MIT
//
// Where cvbmp-cursor leaves its pointer when ranges are asked for, and that it
// finds what lies behind it; and how the largest segments, those of
// cvbmp-32768, are cleared in part.

#include <gtest/gtest.h>

#include <vector>

#include "structures/cvbmp/cvbmp.h"
#include "tests/structures/rig.h"

namespace pfn::testing {
namespace {

using List = std::vector<PfnRange>;

constexpr Pfn kS = 1024;

class CvbmpCursorTest : public ::testing::Test {
 protected:
  void SetSegments(Pfn first, Pfn last) {
    for (Pfn segment = first; segment <= last; ++segment) {
      ASSERT_EQ(set_->SetSegment(segment, Gfp::kNowait), Status::kOk);
    }
  }

  Bare<CvbmpCursor<NowaitHeap>> set_;
};

TEST_F(CvbmpCursorTest, AQueryLeavesThePointerWhereItsRangeBegins) {
  for (const Pfn segment : {30, 10, 20}) set_.Set(segment * kS + 7);
  EXPECT_EQ(set_->last_used_segment(), 20);
  EXPECT_EQ(set_->NextRange(0, kMaxPfn), (PfnRange{10 * kS + 7, 10 * kS + 7}));
  EXPECT_EQ(set_->last_used_segment(), 10);
  EXPECT_EQ(set_->NextRange(10 * kS + 8, kMaxPfn),
            (PfnRange{20 * kS + 7, 20 * kS + 7}));
  EXPECT_EQ(set_->last_used_segment(), 20);
}

TEST_F(CvbmpCursorTest, ARangeOverSeveralNodesLeavesItAtTheFirst) {
  set_.Set(10 * kS - 1);
  SetSegments(10, 19);
  set_.Set(20 * kS);
  EXPECT_EQ(set_->NextRange(0, kMaxPfn), (PfnRange{10 * kS - 1, 20 * kS}));
  EXPECT_EQ(set_->last_used_segment(), 9);
  EXPECT_TRUE(set_->Validate());
}

TEST_F(CvbmpCursorTest, WhatLiesBehindThePointerIsFound) {
  set_.Set(5);
  set_.Set(100 * kS);
  EXPECT_EQ(set_->last_used_segment(), 100);
  EXPECT_EQ(set_->NextRange(3, kMaxPfn), (PfnRange{5, 5}));
  EXPECT_EQ(set_->last_used_segment(), 0);
}

TEST_F(CvbmpCursorTest, TheSegmentOfThePointerItselfIsLookedAt) {
  set_.Set(7 * kS + 1);
  set_.Set(7 * kS + 9);
  EXPECT_EQ(set_->NextRange(7 * kS + 2, kMaxPfn),
            (PfnRange{7 * kS + 9, 7 * kS + 9}));
  EXPECT_EQ(set_->NextRange(7 * kS, kMaxPfn),
            (PfnRange{7 * kS + 1, 7 * kS + 1}));
}

TEST_F(CvbmpCursorTest, ThePointerMayBeARunThatReachesOverTheStart) {
  SetSegments(10, 19);
  EXPECT_EQ(set_->last_used_segment(), 10);
  EXPECT_EQ(set_->NextRange(15 * kS + 3, kMaxPfn),
            (PfnRange{15 * kS + 3, 20 * kS - 1}));
}

TEST_F(CvbmpCursorTest, AQueryWithoutAnswerLeavesThePointerAlone) {
  set_.Set(10 * kS);
  set_.Set(20 * kS);
  EXPECT_EQ(set_->NextRange(21 * kS, kMaxPfn), std::nullopt);
  EXPECT_EQ(set_->last_used_segment(), 20);
  EXPECT_EQ(set_->NextRange(11 * kS, 12 * kS), std::nullopt);
  EXPECT_EQ(set_->last_used_segment(), 20);
}

TEST_F(CvbmpCursorTest, AnExtractionWhileClearingLosesNothing) {
  set_.Fill({11, 11 + 49 * 3 * kS}, 3 * kS);
  Pfn from = 0;
  unsigned found = 0;
  while (const auto range = set_->NextRange(from, kMaxPfn)) {
    ++found;
    set_.Clear(range->first);
    ASSERT_TRUE(set_->Validate());
    from = range->last + 1;
  }
  EXPECT_EQ(found, 50);
  EXPECT_EQ(set_.usage().live_objects(), 0);
}

TEST(Cvbmp32768Test, PartsOfSegmentsAreClearedWordByWord) {
  Bare<Cvbmp32768<NowaitHeap>> set;
  for (Pfn segment = 0; segment < 4; ++segment) {
    ASSERT_EQ(set->SetSegment(segment, Gfp::kNowait), Status::kOk);
  }
  set.ClearRange({100, 2 * 32768 + 99});
  EXPECT_TRUE(set->Validate());
  EXPECT_EQ(set.Ranges(), (List{{0, 99}, {2 * 32768 + 100, 4 * 32768 - 1}}));
  set.ClearRange({0, 99});
  EXPECT_TRUE(set->Validate());
  EXPECT_EQ(set.usage().live_objects(), 4);
}

}  // namespace
}  // namespace pfn::testing
