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
  void Fill(PfnRange range) {
    for (Pfn pfn = range.first; pfn <= range.last; ++pfn) {
      ASSERT_EQ(set_->Set(pfn, Gfp::kNowait), Status::kOk);
    }
  }
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

TYPED_TEST(RadixPageTest, DenseGuestMemoryTakes56LeavesAndATable) {
  this->Fill({262144, 2097151});
  EXPECT_EQ(this->Pages(), 57);
  EXPECT_EQ(this->set_.Ranges(), (List{{262144, 2097151}}));
}

TYPED_TEST(RadixPageTest, OnePageCostsAsMuchAsAFullLeaf) {
  for (Pfn pfn = 262144; pfn < 2097152; pfn += kLeaf) this->Fill({pfn, pfn});
  EXPECT_EQ(this->Pages(), 57);
}

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
    ASSERT_EQ(set->Set(page, Gfp::kNowait), Status::kOk);
    EXPECT_EQ(set->levels(), levels) << page;
    EXPECT_EQ(set.usage().live_objects(), levels + 1) << page;
    EXPECT_EQ(set.Ranges(), (List{{page, page}}));
  }
}

TYPED_TEST(RadixPageTest, TheWorstSetTakesElevenTables) {
  this->Fill({0, 0});
  ASSERT_EQ(this->set_->Set(kMaxPfn, Gfp::kNowait), Status::kOk);
  EXPECT_EQ(this->Pages(), kWorstTables + 2);
  EXPECT_EQ(this->set_.Ranges(), (List{{0, 0}, {kMaxPfn, kMaxPfn}}));
}

TYPED_TEST(RadixPageTest, TablesOfAFailedSetStayAndARetryUsesThem) {
  this->Fill({0, 0});
  for (std::uint64_t tables = 1; tables <= kWorstTables; ++tables) {
    // One table is to be had for each attempt, then nothing.
    this->set_.FailOnce(2);
    ASSERT_EQ(this->set_->Set(kMaxPfn, Gfp::kNowait), Status::kNoMemory);
    EXPECT_EQ(this->Pages(), tables + 1);
    EXPECT_EQ(this->set_.Ranges(), (List{{0, 0}}));
  }
  this->set_.failures().Disarm();
  ASSERT_EQ(this->set_->Set(kMaxPfn, Gfp::kNowait), Status::kOk);
  EXPECT_EQ(this->Pages(), kWorstTables + 2);
}

TYPED_TEST(RadixPageTest, AFailedFirstSetLeavesAnEmptySet) {
  for (const std::uint64_t n : {1, 2}) {  // the table, the leaf
    Bare<TypeParam> set;
    set.FailOnce(n);
    ASSERT_EQ(set->Set(kLeaf, Gfp::kNowait), Status::kNoMemory);
    EXPECT_EQ(set.Ranges(), List{});
    EXPECT_FALSE(set->Test(kLeaf));
    ASSERT_EQ(set->Set(kLeaf, Gfp::kNowait), Status::kOk);
    EXPECT_EQ(set.Ranges(), (List{{kLeaf, kLeaf}}));
  }
}

TYPED_TEST(RadixPageTest, AFailedFirstSetLeavesNoHeight) {
  this->set_.FailOnce(1);
  ASSERT_EQ(this->set_->Set(kMaxPfn, Gfp::kNowait), Status::kNoMemory);
  this->Fill({5, 5});
  EXPECT_EQ(this->set_->levels(), 0);
  EXPECT_EQ(this->Pages(), 1);
}

TYPED_TEST(RadixPageTest, ASetThatWasEmptiedFillsAgainWithoutMemory) {
  this->Fill({kLeaf - 100, 3 * kLeaf + 100});
  const std::uint64_t pages = this->Pages();
  ASSERT_EQ(this->set_->ClearRange(kAllPages, Gfp::kNowait), Status::kOk);
  EXPECT_EQ(this->set_.Ranges(), List{});
  EXPECT_EQ(this->Pages(), pages);
  this->set_.FailAll();
  this->Fill({kLeaf - 100, 3 * kLeaf + 100});
  EXPECT_EQ(this->set_.Ranges(), (List{{kLeaf - 100, 3 * kLeaf + 100}}));
}

TYPED_TEST(RadixPageTest, TheWalkJoinsRunsAcrossLeavesAndTables) {
  const Pfn table = 512 * kLeaf;
  this->Fill({kLeaf - 1, 2 * kLeaf - 1});      // ends with its leaf
  this->Fill({3 * kLeaf, 3 * kLeaf});          // a leaf is missing between
  this->Fill({table - 1, table});              // across tables
  this->Fill({2 * table + 5, 2 * table + 6});  // a table is missing between
  ASSERT_EQ(this->set_->Set(4 * kLeaf, Gfp::kNowait), Status::kOk);
  ASSERT_EQ(this->set_->Clear(4 * kLeaf, Gfp::kNowait), Status::kOk);
  EXPECT_EQ(this->set_.Ranges(), (List{{kLeaf - 1, 2 * kLeaf - 1},
                                       {3 * kLeaf, 3 * kLeaf},
                                       {table - 1, table},
                                       {2 * table + 5, 2 * table + 6}}));
  EXPECT_EQ(this->set_.Ranges({kLeaf, kLeaf + 9}), (List{{kLeaf, kLeaf + 9}}));
}

TYPED_TEST(RadixPageTest, TwoLeavesInTurnDoNotMix) {
  const Pfn far = Pfn{1} << 50;
  for (Pfn i = 0; i < 100; ++i) {
    ASSERT_EQ(this->set_->Set(i, Gfp::kNowait), Status::kOk);
    ASSERT_EQ(this->set_->Set(far + 2 * i, Gfp::kNowait), Status::kOk);
    EXPECT_TRUE(this->set_->Test(i));
    EXPECT_FALSE(this->set_->Test(far + 2 * i + 1));
    EXPECT_FALSE(this->set_->Test(7 * far + i));
  }
  EXPECT_EQ(this->set_.Ranges().size(), 1 + 100);
}

}  // namespace
}  // namespace pfn::testing
