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
  void Clear(Pfn pfn) {
    set_.Clear(pfn);
    ASSERT_TRUE(set_->Validate());
  }

  Bare<OpenXbitmapTag> set_;
};

TEST_F(XbitmapTagTest, DenseGuestMemoryCostsTheSameAsWithoutMarks) {
  set_.Fill({262144, 2097151});
  EXPECT_EQ(set_.usage().live_requested, 1792 * 128 + 29 * 576);
  EXPECT_EQ(set_->FindZero(262144), 2097152);
}

TEST_F(XbitmapTagTest, EachPageOfALeafClearedAndSetAgain) {
  set_.Fill({kLeaf, 3 * kLeaf - 1});
  for (Pfn pfn = kLeaf; pfn < 2 * kLeaf; ++pfn) {
    Clear(pfn);
    EXPECT_EQ(set_->FindZero(kLeaf), pfn);
    set_.Set(pfn);
    EXPECT_TRUE(set_->Validate());
    EXPECT_EQ(set_->FindZero(kLeaf), 3 * kLeaf);
  }
}

TEST_F(XbitmapTagTest, AFullSubtreeIsSkippedToTheEndOfTheTree) {
  set_.Fill({0, kLowestNode - 1});
  EXPECT_EQ(set_->FindZero(0), kLowestNode);
  EXPECT_EQ(set_->FindZero(0, kLowestNode - 1), std::nullopt);
}

TEST_F(XbitmapTagTest, AHoleInTheLastLeafOfAFullSubtreeIsFound) {
  set_.Fill({0, 2 * kLowestNode - 1});
  Clear(2 * kLowestNode - 1);
  EXPECT_EQ(set_->FindZero(0), 2 * kLowestNode - 1);
  EXPECT_EQ(set_->FindZero(0, 2 * kLowestNode - 2), std::nullopt);
}

TEST_F(XbitmapTagTest, AMissingLeafBehindFullOnesIsFound) {
  set_.Fill({0, 2 * kLeaf - 1});
  set_.Set(3 * kLeaf);
  EXPECT_EQ(set_->FindZero(100), 2 * kLeaf);
  EXPECT_EQ(set_->FindZero(2 * kLeaf + 7), 2 * kLeaf + 7);
}

TEST_F(XbitmapTagTest, AMissingSubtreeBehindAFullOneIsFound) {
  set_.Fill({0, kLowestNode - 1});
  set_.Set(2 * kLowestNode);
  EXPECT_EQ(set_->FindZero(1), kLowestNode);
}

TEST_F(XbitmapTagTest, AHoleBeforeTheStartIsNotTheAnswer) {
  set_.Fill({0, 2 * kLowestNode - 1});
  Clear(5);
  Clear(kLowestNode + 5);
  EXPECT_EQ(set_->FindZero(6), kLowestNode + 5);
  EXPECT_EQ(set_->FindZero(kLowestNode + 6), 2 * kLowestNode);
}

TEST_F(XbitmapTagTest, TheNextSubtreeIsSearchedFromItsBeginning) {
  set_.Fill({0, 2 * kLowestNode - 1});
  Clear(kLowestNode + 3 * kLeaf + 5);
  EXPECT_EQ(set_->FindZero(40 * kLeaf), kLowestNode + 3 * kLeaf + 5);
}

TEST_F(XbitmapTagTest, TheTreeGrowsOverAFullLeaf) {
  set_.Fill({0, kLeaf - 1});
  set_.Set(2 * kLeaf);
  EXPECT_TRUE(set_->Validate());
  EXPECT_EQ(set_->FindZero(0), kLeaf);
}

TEST_F(XbitmapTagTest, TheTreeGrowsOverAFullNode) {
  set_.Fill({0, kLowestNode - 1});
  set_.Set(kSecondNode);  // two levels at once
  EXPECT_TRUE(set_->Validate());
  EXPECT_EQ(set_->FindZero(0), kLowestNode);
  Clear(17);
  EXPECT_EQ(set_->FindZero(0), 17);
}

TEST_F(XbitmapTagTest, TheTreeShrinksToAFullNodeAndToAFullLeaf) {
  set_.Fill({0, kLowestNode - 1});
  set_.Set(kSecondNode);
  Clear(kSecondNode);
  EXPECT_EQ(set_->FindZero(0), kLowestNode);
  set_.ClearRange({kLeaf, kMaxPfn});
  EXPECT_TRUE(set_->Validate());
  EXPECT_EQ(set_.usage().live_objects(), 1);
  EXPECT_EQ(set_->FindZero(0), kLeaf);
}

TEST_F(XbitmapTagTest, ClearRangeMarksWhatItOpens) {
  set_.Fill({0, 2 * kLowestNode - 1});
  set_.ClearRange({kLeaf + 3, 3 * kLeaf + 3});
  EXPECT_TRUE(set_->Validate());
  EXPECT_EQ(set_->FindZero(0), kLeaf + 3);
  EXPECT_EQ(set_->FindZero(3 * kLeaf + 4), 2 * kLowestNode);
}

TEST_F(XbitmapTagTest, AFailedSetLeavesFreeMarksOverNothing) {
  set_.Fill({0, kLowestNode - 1});
  // A new top, a node, a leaf: what was had before stays, and is FREE.
  for (const std::uint64_t n : {1, 2, 2}) {
    set_.FailOnce(n);
    set_.SetFails(kLowestNode);
    EXPECT_TRUE(set_->Validate());
    EXPECT_EQ(set_->FindZero(0), kLowestNode);
  }
  set_.failures().Disarm();
  set_.Fill({kLowestNode, 2 * kLowestNode - 1});
  EXPECT_EQ(set_->FindZero(0), 2 * kLowestNode);
}

TEST_F(XbitmapTagTest, SettingAPageOfAFullLeafAsksForNothing) {
  set_.Fill({kLeaf, 2 * kLeaf - 1});
  set_.FailAll();
  set_.Set(kLeaf + 500);
  EXPECT_TRUE(set_->Validate());
}

}  // namespace
}  // namespace pfn::testing
