// SPDX-License-Identifier: MIT
//
// The maple tree's geometry: what ranges weigh, which stores need nodes and how
// many, and that a store that cannot get them leaves the tree untouched.

#include "structures/pivot_tree/pivot_tree.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <random>
#include <vector>

#include "harness/kernel/nowait_heap.h"
#include "structures/pivot_tree/ranges.h"
#include "tests/structures/random_life.h"
#include "tests/structures/rig.h"

namespace pfn::testing {
namespace {

constexpr std::size_t kNodeBytes = 256;

class PivotTreeTest : public ::testing::Test {
 protected:
  void Set(Pfn pfn) {
    set_.Set(pfn);
    ASSERT_TRUE(set_->Validate()) << pfn;
  }
  // Lone pages 2, 4, ..., 2 * count: two slots each, and one for what follows.
  void SetLonePages(unsigned count) { set_.Fill({2, 2 * count}, 2); }
  std::uint64_t nodes() const { return set_.usage().live_objects(); }

  // 100,000 pages in the order given by `shuffle`, no two of them neighbours.
  double BytesPerLonePage(bool shuffle) {
    constexpr std::size_t kCount = 100'000;
    std::vector<Pfn> pages(kCount);
    std::iota(pages.begin(), pages.end(), 1);
    if (shuffle) std::ranges::shuffle(pages, std::mt19937_64(1));
    for (const Pfn page : pages) set_.Set(2 * page);
    EXPECT_TRUE(set_->Validate());
    return static_cast<double>(set_.usage().live_requested) / kCount;
  }

  Bare<PivotTree<NowaitHeap>> set_;
};

TEST_F(PivotTreeTest, AMillionConsecutivePagesAreOneNode) {
  set_.Fill({1, 1'000'000});
  EXPECT_EQ(set_.usage().live_requested, kNodeBytes);
  EXPECT_EQ(set_.usage().allocations, 1u);
}

// As measured with the kernel's tree.
TEST_F(PivotTreeTest, LonePagesInOrderTakeWhatTheyTakeInTheKernel) {
  EXPECT_NEAR(BytesPerLonePage(false), 34.3, 0.05);
}

TEST_F(PivotTreeTest, LonePagesShuffledTakeWhatTheyTakeInTheKernel) {
  EXPECT_NEAR(BytesPerLonePage(true), 42.4, 0.3);
}

TEST_F(PivotTreeTest, LonePagesInOrderMakeATreeAsHighAsTheKernels) {
  NowaitHeap heap(SharedArena());
  pivot_tree::Tree<NowaitHeap> tree(heap);
  ASSERT_EQ(tree.MakeRoot(Gfp::kNowait), Status::kOk);
  for (Pfn pfn = 2; pfn <= 200'000; pfn += 2) {
    pivot_tree::Cursor at;
    tree.Find(pfn, at);
    ASSERT_EQ(tree.Store({pfn, pfn}, at, Gfp::kNowait), Status::kOk);
  }
  EXPECT_EQ(tree.height(), 5u);
}

TEST_F(PivotTreeTest, ALonePageTakesTwoSlots) {
  SetLonePages(7);  // 15 of 16 slots
  EXPECT_EQ(nodes(), 1u);
  Set(16);
  EXPECT_EQ(nodes(), 3u);  // two leaves below a root
}

TEST_F(PivotTreeTest, APageNextToARunMovesAPivotOnly) {
  SetLonePages(40);
  const std::uint64_t before = set_.usage().allocations;
  set_.FailAll();
  for (Pfn pfn = 200; pfn > 80; --pfn) {
    if (pfn == 200) set_.failures().Disarm();
    set_.Set(pfn);
  }
  EXPECT_TRUE(set_->Validate());
  EXPECT_LE(set_.usage().allocations - before, 1u);  // for page 200
}

TEST_F(PivotTreeTest, FillingGapsGivesAllNodesBackButOne) {
  SetLonePages(500);
  EXPECT_GT(nodes(), 60u);
  set_.FailAll();
  std::vector<Pfn> gaps(499);
  std::iota(gaps.begin(), gaps.end(), 1);
  std::ranges::shuffle(gaps, std::mt19937_64(3));
  for (const Pfn gap : gaps) Set(2 * gap + 1);
  EXPECT_EQ(set_.failures().injected(), 0u);
  EXPECT_EQ(set_->NextRange(0, kMaxPfn), (PfnRange{2, 1000}));
  EXPECT_EQ(nodes(), 1u);
}

TEST_F(PivotTreeTest, AStoreReservesAllNodesBeforeItChangesAny) {
  std::uint64_t most = 0;
  for (Pfn pfn = 2; pfn <= 6000; pfn += 2) {
    const std::uint64_t before = nodes();
    std::uint64_t refused = 0;
    for (std::uint64_t n = 1;; ++n) {
      set_.FailOnce(n);
      const Status status = set_->Set(pfn, Gfp::kNowait);
      set_.failures().Disarm();
      if (status == Status::kOk) break;
      ++refused;
      ASSERT_EQ(nodes(), before);
      ASSERT_FALSE(set_->Test(pfn));
      ASSERT_EQ(set_->NextRange(pfn - 1, kMaxPfn), std::nullopt);
    }
    // What a sweep has let fail before is no less than what is used.
    ASSERT_LE(nodes() - before, refused);
    most = std::max(most, nodes() - before);
  }
  EXPECT_TRUE(set_->Validate());
  EXPECT_EQ(most, 4u);  // a full path of 3 and a root
}

TEST_F(PivotTreeTest, ClearingTheMiddleOfARunMayFailAndThenChangesNothing) {
  SetLonePages(6);  // 13 slots
  for (Pfn pfn = 20; pfn < 30; ++pfn) Set(pfn);
  ASSERT_EQ(nodes(), 1u);  // 15 slots
  set_.FailAll();
  EXPECT_EQ(set_->Clear(25, Gfp::kNowait), Status::kNoMemory);
  EXPECT_EQ(set_->ClearRange({21, 28}, Gfp::kNowait), Status::kNoMemory);
  EXPECT_EQ(set_->NextRange(15, kMaxPfn), (PfnRange{20, 29}));
  set_.Clear(20);  // an end of it
  set_.ClearRange({1, 22});
  EXPECT_EQ(set_->NextRange(0, kMaxPfn), (PfnRange{23, 29}));
  set_.failures().Disarm();
  set_.Clear(25);
  EXPECT_EQ(set_->NextRange(0, kMaxPfn), (PfnRange{23, 24}));
  EXPECT_TRUE(set_->Validate());
}

TEST_F(PivotTreeTest, TheLastPageClearedFreesTheRoot) {
  Set(7);
  set_.Clear(7);
  EXPECT_EQ(nodes(), 0u);
}

TEST_F(PivotTreeTest, TheEndsOfAllPagesAreOrdinary) {
  for (const Pfn pfn : {Pfn{0}, kMaxPfn, Pfn{1}, kMaxPfn - 1}) Set(pfn);
  EXPECT_EQ(set_->NextRange(0, kMaxPfn), (PfnRange{0, 1}));
  EXPECT_EQ(set_->NextRange(2, kMaxPfn), (PfnRange{kMaxPfn - 1, kMaxPfn}));
  set_.Clear(0);
  set_.Clear(kMaxPfn);
  EXPECT_TRUE(set_->Validate());
  set_.ClearRange({0, kMaxPfn - 1});
  EXPECT_EQ(nodes(), 0u);
}

TEST(PivotTreeLifeTest, HoldsWhatTheOracleHolds) {
  std::uint64_t failed = 0;
  for (const std::uint64_t seed : {1, 2, 3}) {
    for (const Pfn base : {Pfn{0}, kMaxPfn - 3999}) {
      failed += PlayRandomLife(SetKindOf<PivotTree<NowaitHeap>>(),
                               {.base = base, .pages = 4000, .seed = seed});
    }
  }
  EXPECT_GT(failed, 300u);
}

}  // namespace
}  // namespace pfn::testing
