// SPDX-License-Identifier: MIT
//
// The FREE marks of xbitmap-tag are exact whatever the tree goes through; that
// is what Validate() looks at, and what the search for a non-member relies on.

#include <gtest/gtest.h>

#include <optional>

#include "structures/xbitmap/xbitmap.h"
#include "tests/structures/rig.h"

namespace pfn::testing {
namespace {

constexpr Pfn kLeaf = 1024;
constexpr Pfn kLowestNode = 64 * kLeaf;
constexpr Pfn kSecondNode = 64 * kLowestNode;

// With the query that the marks are for.
class OpenXbitmapTag : public XbitmapTag<NowaitHeap> {
 public:
  using XbitmapTag::XbitmapTag;

  std::optional<Pfn> FindZero(Pfn from, Pfn max = kMaxPfn) const {
    return tree_.FindZero(from, max);
  }
};

class XbitmapTagTest : public ::testing::Test {
 protected:
  void Set(Pfn pfn) { ASSERT_EQ(set_->Set(pfn, Gfp::kNowait), Status::kOk); }
  void Fill(PfnRange range) {
    for (Pfn pfn = range.first; pfn <= range.last; ++pfn) Set(pfn);
    ASSERT_TRUE(set_->Validate());
  }
  void Clear(Pfn pfn) {
    ASSERT_EQ(set_->Clear(pfn, Gfp::kNowait), Status::kOk);
    ASSERT_TRUE(set_->Validate());
  }

  Bare<OpenXbitmapTag> set_;
};

TEST_F(XbitmapTagTest, DenseGuestMemoryCostsTheSameAsWithoutMarks) {
  Fill({262144, 2097151});
  EXPECT_EQ(set_.usage().live_requested, 1792 * 128 + 29 * 576);
  EXPECT_EQ(set_->FindZero(262144), 2097152);
}

TEST_F(XbitmapTagTest, EachPageOfALeafClearedAndSetAgain) {
  Fill({kLeaf, 3 * kLeaf - 1});
  for (Pfn pfn = kLeaf; pfn < 2 * kLeaf; ++pfn) {
    Clear(pfn);
    EXPECT_EQ(set_->FindZero(kLeaf), pfn);
    Set(pfn);
    EXPECT_TRUE(set_->Validate());
    EXPECT_EQ(set_->FindZero(kLeaf), 3 * kLeaf);
  }
}

TEST_F(XbitmapTagTest, AFullSubtreeIsSkippedToTheEndOfTheTree) {
  Fill({0, kLowestNode - 1});
  EXPECT_EQ(set_->FindZero(0), kLowestNode);
  EXPECT_EQ(set_->FindZero(0, kLowestNode - 1), std::nullopt);
}

TEST_F(XbitmapTagTest, AHoleInTheLastLeafOfAFullSubtreeIsFound) {
  Fill({0, 2 * kLowestNode - 1});
  Clear(2 * kLowestNode - 1);
  EXPECT_EQ(set_->FindZero(0), 2 * kLowestNode - 1);
  EXPECT_EQ(set_->FindZero(0, 2 * kLowestNode - 2), std::nullopt);
}

TEST_F(XbitmapTagTest, AMissingLeafBehindFullOnesIsFound) {
  Fill({0, 2 * kLeaf - 1});
  Set(3 * kLeaf);
  EXPECT_EQ(set_->FindZero(100), 2 * kLeaf);
  EXPECT_EQ(set_->FindZero(2 * kLeaf + 7), 2 * kLeaf + 7);
}

TEST_F(XbitmapTagTest, AMissingSubtreeBehindAFullOneIsFound) {
  Fill({0, kLowestNode - 1});
  Set(2 * kLowestNode);
  EXPECT_EQ(set_->FindZero(1), kLowestNode);
}

TEST_F(XbitmapTagTest, AHoleBeforeTheStartIsNotTheAnswer) {
  Fill({0, 2 * kLowestNode - 1});
  Clear(5);
  Clear(kLowestNode + 5);
  EXPECT_EQ(set_->FindZero(6), kLowestNode + 5);
  EXPECT_EQ(set_->FindZero(kLowestNode + 6), 2 * kLowestNode);
}

TEST_F(XbitmapTagTest, TheNextSubtreeIsSearchedFromItsBeginning) {
  Fill({0, 2 * kLowestNode - 1});
  Clear(kLowestNode + 3 * kLeaf + 5);
  EXPECT_EQ(set_->FindZero(40 * kLeaf), kLowestNode + 3 * kLeaf + 5);
}

TEST_F(XbitmapTagTest, TheTreeGrowsOverAFullLeaf) {
  Fill({0, kLeaf - 1});
  Set(2 * kLeaf);
  EXPECT_TRUE(set_->Validate());
  EXPECT_EQ(set_->FindZero(0), kLeaf);
}

TEST_F(XbitmapTagTest, TheTreeGrowsOverAFullNode) {
  Fill({0, kLowestNode - 1});
  Set(kSecondNode);  // two levels at once
  EXPECT_TRUE(set_->Validate());
  EXPECT_EQ(set_->FindZero(0), kLowestNode);
  Clear(17);
  EXPECT_EQ(set_->FindZero(0), 17);
}

TEST_F(XbitmapTagTest, TheTreeShrinksToAFullNodeAndToAFullLeaf) {
  Fill({0, kLowestNode - 1});
  Set(kSecondNode);
  Clear(kSecondNode);
  EXPECT_EQ(set_->FindZero(0), kLowestNode);
  ASSERT_EQ(set_->ClearRange({kLeaf, kMaxPfn}, Gfp::kNowait), Status::kOk);
  EXPECT_TRUE(set_->Validate());
  EXPECT_EQ(set_.usage().live_objects(), 1);
  EXPECT_EQ(set_->FindZero(0), kLeaf);
}

TEST_F(XbitmapTagTest, ClearRangeMarksWhatItOpens) {
  Fill({0, 2 * kLowestNode - 1});
  ASSERT_EQ(set_->ClearRange({kLeaf + 3, 3 * kLeaf + 3}, Gfp::kNowait),
            Status::kOk);
  EXPECT_TRUE(set_->Validate());
  EXPECT_EQ(set_->FindZero(0), kLeaf + 3);
  EXPECT_EQ(set_->FindZero(3 * kLeaf + 4), 2 * kLowestNode);
}

TEST_F(XbitmapTagTest, AFailedSetLeavesFreeMarksOverNothing) {
  Fill({0, kLowestNode - 1});
  // A new top, a node, a leaf: what was had before stays, and is FREE.
  for (const std::uint64_t n : {1, 2, 2}) {
    set_.FailOnce(n);
    ASSERT_EQ(set_->Set(kLowestNode, Gfp::kNowait), Status::kNoMemory);
    EXPECT_TRUE(set_->Validate());
    EXPECT_EQ(set_->FindZero(0), kLowestNode);
  }
  set_.failures().Disarm();
  Fill({kLowestNode, 2 * kLowestNode - 1});
  EXPECT_EQ(set_->FindZero(0), 2 * kLowestNode);
}

TEST_F(XbitmapTagTest, SettingAPageOfAFullLeafAsksForNothing) {
  Fill({kLeaf, 2 * kLeaf - 1});
  set_.FailAll();
  Set(kLeaf + 500);
  EXPECT_TRUE(set_->Validate());
}

}  // namespace
}  // namespace pfn::testing
