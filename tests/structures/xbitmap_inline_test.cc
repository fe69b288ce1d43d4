// SPDX-License-Identifier: MIT
//
// The small sets of xbitmap-inline: which pages cost no leaf, when a slot
// becomes one, and that a leaf that cannot be had loses nothing (the posted
// versions 18 and 19 lost the small set).

#include <gtest/gtest.h>

#include <vector>

#include "structures/xbitmap/small_set.h"
#include "structures/xbitmap/xbitmap.h"
#include "tests/structures/rig.h"

namespace pfn::testing {
namespace {

using List = std::vector<PfnRange>;

class XbitmapInlineTest : public ::testing::Test {
 protected:
  void Set(Pfn pfn) {
    set_.Set(pfn);
    ASSERT_TRUE(set_->Validate());
  }
  void Clear(Pfn pfn) {
    set_.Clear(pfn);
    ASSERT_TRUE(set_->Validate());
  }

  Bare<XbitmapInline<NowaitHeap>> set_;
};

TEST_F(XbitmapInlineTest, TheFirst62PagesOfTheFirstLeafCostNothing) {
  for (Pfn pfn = 0; pfn < 62; ++pfn) Set(pfn);
  EXPECT_EQ(set_.usage().allocations, 0);
  EXPECT_EQ(set_.Ranges(), (List{{0, 61}}));
}

TEST_F(XbitmapInlineTest, ThePageAfterThemCostsALeaf) {
  for (Pfn pfn = 0; pfn < 63; ++pfn) Set(pfn);
  EXPECT_EQ(set_.usage().live_requested, 128);
  EXPECT_EQ(set_.Ranges(), (List{{0, 62}}));
}

TEST_F(XbitmapInlineTest, OnePageAtTheStartOfEachLeafCostsNodesOnly) {
  for (Pfn pfn = 262144; pfn < 2097152; pfn += 1024) Set(pfn);
  EXPECT_EQ(set_.usage().live_requested, 29 * 576);
}

TEST_F(XbitmapInlineTest, ALeafNeverBecomesASmallSetAgain) {
  Set(2048 + 5);
  Set(2048 + 700);
  const std::uint64_t bytes = set_.usage().live_requested;
  Clear(2048 + 700);
  EXPECT_EQ(set_.usage().live_requested, bytes);
  EXPECT_EQ(set_.Ranges(), (List{{2053, 2053}}));
}

TEST_F(XbitmapInlineTest, TheLastPageOfASmallSetFreesItsNodes) {
  Set(70000 / 1024 * 1024 + 1);
  EXPECT_EQ(set_.usage().live_objects(), 2);  // two levels, no leaf
  Clear(70000 / 1024 * 1024 + 1);
  EXPECT_EQ(set_.usage().live_objects(), 0);
}

TEST_F(XbitmapInlineTest, ALeafThatCannotBeHadKeepsTheSmallSet) {
  Set(5);
  set_.FailOnce(1);
  EXPECT_EQ(set_->Set(100, Gfp::kNowait), Status::kNoMemory);
  EXPECT_TRUE(set_->Validate());
  EXPECT_EQ(set_.Ranges(), (List{{5, 5}}));
  Set(100);
  EXPECT_EQ(set_.Ranges(), (List{{5, 5}, {100, 100}}));
}

TEST_F(XbitmapInlineTest, ASmallSetIsLiftedWithTheTree) {
  Set(3);
  Set(Pfn{1} << 40);
  EXPECT_EQ(set_.Ranges(), (List{{3, 3}, {Pfn{1} << 40, Pfn{1} << 40}}));
  Clear(Pfn{1} << 40);
  EXPECT_EQ(set_.usage().live_objects(), 0);  // shrunk to the slot at the root
  EXPECT_TRUE(set_->Test(3));
}

TEST_F(XbitmapInlineTest, ClearRangeCutsASmallSet) {
  for (Pfn pfn = 1024; pfn < 1024 + 62; ++pfn) Set(pfn);
  set_.ClearRange({1030, 1039});
  EXPECT_EQ(set_.Ranges(), (List{{1024, 1029}, {1040, 1085}}));
  set_.ClearRange({1040, 5000});
  EXPECT_EQ(set_.Ranges(), (List{{1024, 1029}}));
  set_.ClearRange({0, 1500});
  EXPECT_EQ(set_.usage().live_objects(), 0);
}

template <class Number>
class SmallSetTest : public ::testing::Test {
 public:
  static constexpr std::uint64_t kBits = Number::value;
};
using SmallSetSizes = ::testing::Types<std::integral_constant<unsigned, 62>,
                                       std::integral_constant<unsigned, 63>>;
TYPED_TEST_SUITE(SmallSetTest, SmallSetSizes);

TYPED_TEST(SmallSetTest, IsToldFromAPointer) {
  using Small = SmallSet<TestFixture::kBits>;
  alignas(8) int pointed_at = 0;
  EXPECT_FALSE(Small::Is(&pointed_at));
  EXPECT_FALSE(Small::Is(nullptr));
  EXPECT_TRUE(Small::Is(Small::Empty()));
  EXPECT_TRUE(Small::Is(Small::With(Small::Empty(), TestFixture::kBits - 1)));
}

TYPED_TEST(SmallSetTest, HoldsEachOfItsNumbersAlone) {
  using Small = SmallSet<TestFixture::kBits>;
  for (std::uint64_t i = 0; i < TestFixture::kBits; ++i) {
    void* const slot = Small::With(Small::Empty(), i);
    EXPECT_EQ(Small::Bits(slot), std::uint64_t{1} << i);
    for (std::uint64_t j = 0; j < 1024; ++j) {
      EXPECT_EQ(Small::Test(slot, j), i == j);
    }
    EXPECT_EQ(Small::FindSet(slot, 0, 1024), i);
    EXPECT_EQ(Small::FindSet(slot, i + 1, 1024), 1024);
    EXPECT_EQ(Small::FindSet(slot, 0, i), i);
    EXPECT_EQ(Small::FindZero(slot, i, 1024), i + 1);
    EXPECT_EQ(Small::FindZero(slot, i, i + 1), i + 1);
    EXPECT_EQ(Small::Without(slot, i, i + 1), Small::Empty());
    EXPECT_EQ(Small::Without(slot, 0, 1024), Small::Empty());
    EXPECT_EQ(Small::Without(slot, i + 1, 1024), slot);
  }
}

TYPED_TEST(SmallSetTest, GoesOnWithZerosBeyondItsNumbers) {
  using Small = SmallSet<TestFixture::kBits>;
  void* slot = Small::Empty();
  for (std::uint64_t i = 0; i < TestFixture::kBits; ++i) {
    slot = Small::With(slot, i);
  }
  EXPECT_FALSE(Small::Holds(TestFixture::kBits));
  EXPECT_EQ(Small::FindZero(slot, 0, 1024), TestFixture::kBits);
  EXPECT_EQ(Small::FindZero(slot, 500, 1024), 500);
  EXPECT_EQ(Small::FindSet(slot, 500, 1024), 1024);
}

}  // namespace
}  // namespace pfn::testing
