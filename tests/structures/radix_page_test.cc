// SPDX-License-Identifier: MIT
//
// The shape of the page-sized radix tree, what a failure leaves behind, and
// that it keeps its memory.

#include "structures/radix_page/radix_page.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/structures/rig.h"

namespace pfn::testing {
namespace {

using List = std::vector<PfnRange>;

constexpr std::uint64_t kPageBytes = 4096;
constexpr Pfn kLeaf = 32768;
constexpr std::uint64_t kWorstTables = 11;  // 6 for the branch, 5 to lift

template <class S>
class RadixPageTest : public ::testing::Test {
 protected:
  std::uint64_t Pages() const {
    EXPECT_EQ(set_.usage().live_requested,
              set_.usage().live_objects() * kPageBytes);
    return set_.usage().live_objects();
  }

  Bare<S> set_;
};
using RadixPages =
    ::testing::Types<RadixPage<NowaitHeap>, RadixPageCursor<NowaitHeap>>;
TYPED_TEST_SUITE(RadixPageTest, RadixPages);

TYPED_TEST(RadixPageTest, TheTreeIsAsHighAsItsLargestPageNeeds) {
  const struct {
    Pfn page;
    unsigned levels;
  } kCases[] = {{0, 0},
                {kLeaf - 1, 0},
                {kLeaf, 1},
                {(Pfn{1} << 24) - 1, 1},
                {Pfn{1} << 24, 2},
                {(Pfn{1} << 33) - 1, 2},
                {Pfn{1} << 33, 3},
                {(Pfn{1} << 60) - 1, 5},
                {Pfn{1} << 60, 6},
                {kMaxPfn, 6}};
  for (const auto& [page, levels] : kCases) {
    Bare<TypeParam> set;
    set.Set(page);
    EXPECT_EQ(set->levels(), levels) << page;
    EXPECT_EQ(set.usage().live_objects(), levels + 1) << page;
    EXPECT_EQ(set.Ranges(), (List{{page, page}}));
  }
}

TYPED_TEST(RadixPageTest, TheWorstSetTakesElevenTables) {
  this->set_.Set(0);
  this->set_.Set(kMaxPfn);
  EXPECT_EQ(this->Pages(), kWorstTables + 2);
  EXPECT_EQ(this->set_.Ranges(), (List{{0, 0}, {kMaxPfn, kMaxPfn}}));
}

TYPED_TEST(RadixPageTest, TablesOfAFailedSetStayAndARetryUsesThem) {
  this->set_.Set(0);
  for (std::uint64_t tables = 1; tables <= kWorstTables; ++tables) {
    // One table is to be had for each attempt, then nothing.
    this->set_.FailOnce(2);
    this->set_.SetFails(kMaxPfn);
    EXPECT_EQ(this->Pages(), tables + 1);
    EXPECT_EQ(this->set_.Ranges(), (List{{0, 0}}));
  }
  this->set_.failures().Disarm();
  this->set_.Set(kMaxPfn);
  EXPECT_EQ(this->Pages(), kWorstTables + 2);
}

TYPED_TEST(RadixPageTest, AFailedFirstSetLeavesAnEmptySet) {
  for (const std::uint64_t n : {1, 2}) {  // the table, the leaf
    Bare<TypeParam> set;
    set.FailOnce(n);
    set.SetFails(kLeaf);
    EXPECT_EQ(set.Ranges(), List{});
    EXPECT_FALSE(set->Test(kLeaf));
    set.Set(kLeaf);
    EXPECT_EQ(set.Ranges(), (List{{kLeaf, kLeaf}}));
  }
}

TYPED_TEST(RadixPageTest, AFailedFirstSetLeavesNoHeight) {
  this->set_.FailOnce(1);
  this->set_.SetFails(kMaxPfn);
  this->set_.Set(5);
  EXPECT_EQ(this->set_->levels(), 0);
  EXPECT_EQ(this->Pages(), 1);
}

TYPED_TEST(RadixPageTest, ASetThatWasEmptiedFillsAgainWithoutMemory) {
  this->set_.Fill({kLeaf - 100, 3 * kLeaf + 100});
  const std::uint64_t pages = this->Pages();
  this->set_.ClearRange(kAllPages);
  EXPECT_EQ(this->set_.Ranges(), List{});
  EXPECT_EQ(this->Pages(), pages);
  this->set_.FailAll();
  this->set_.Fill({kLeaf - 100, 3 * kLeaf + 100});
  EXPECT_EQ(this->set_.Ranges(), (List{{kLeaf - 100, 3 * kLeaf + 100}}));
}

TYPED_TEST(RadixPageTest, TheWalkJoinsRunsAcrossLeavesAndTables) {
  constexpr Pfn kTable = 512 * kLeaf;
  Bare<TypeParam> set;
  set.Fill({kLeaf - 1, 2 * kLeaf - 1});        // ends with its leaf
  set.Set(3 * kLeaf);                          // a leaf is missing between
  set.Fill({kTable - 1, kTable});              // across tables
  set.Fill({2 * kTable + 5, 2 * kTable + 6});  // a table is missing between
  set.Set(4 * kLeaf);
  set.Clear(4 * kLeaf);
  EXPECT_EQ(set.Ranges(), (List{{kLeaf - 1, 2 * kLeaf - 1},
                                {3 * kLeaf, 3 * kLeaf},
                                {kTable - 1, kTable},
                                {2 * kTable + 5, 2 * kTable + 6}}));
  EXPECT_EQ(set.Ranges({kLeaf, kLeaf + 9}), (List{{kLeaf, kLeaf + 9}}));
}

TYPED_TEST(RadixPageTest, TwoLeavesInTurnDoNotMix) {
  const Pfn far = Pfn{1} << 50;
  for (Pfn i = 0; i < 100; ++i) {
    this->set_.Set(i);
    this->set_.Set(far + 2 * i);
    EXPECT_TRUE(this->set_->Test(i));
    EXPECT_FALSE(this->set_->Test(far + 2 * i + 1));
    EXPECT_FALSE(this->set_->Test(7 * far + i));
  }
  EXPECT_EQ(this->set_.Ranges().size(), 1 + 100);
}

}  // namespace
}  // namespace pfn::testing
