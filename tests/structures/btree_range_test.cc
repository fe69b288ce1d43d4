// SPDX-License-Identifier: MIT
//
// The B+ tree of runs: where leaves are cut, where the border between two of
// them lies, when they join, and what a split that fails leaves behind.

#include "structures/btree/btree_range.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "harness/kernel/nowait_heap.h"
#include "structures/btree/btree_run_tree.h"
#include "tests/structures/random_life.h"
#include "tests/structures/rig.h"

namespace pfn::testing {
namespace {

// Leaves of 5 runs below nodes of 7 children: a deep tree from few pages.
constexpr std::size_t kSmall = 128;
using SmallSet = BtreeRange<NowaitHeap, kSmall>;

class BtreeRangeTest : public ::testing::Test {
 protected:
  using Tree = btree::RunTree<NowaitHeap, kSmall>;
  using Cursor = Tree::Cursor;
  using Ranges = std::vector<PfnRange>;
  static_assert(Tree::kRuns == 5 && Tree::kChildren == 7);

  void Insert(PfnRange run) {
    Cursor at = tree_.Locate(run.first);
    ASSERT_EQ(tree_.Insert(at, run, Gfp::kNowait), Status::kOk);
    ASSERT_EQ(at.run(), run);
    ASSERT_TRUE(tree_.Validate());
  }
  // Each page is a run.
  void InsertAll(const std::vector<Pfn>& pages) {
    for (const Pfn pfn : pages) Insert({pfn, pfn});
  }
  Cursor Find(Pfn pfn) const { return tree_.Locate(pfn); }

  std::vector<std::uint32_t> RunsPerLeaf() const {
    std::vector<std::uint32_t> counts;
    for (const auto* leaf = tree_.FirstRun().leaf; leaf != nullptr;
         leaf = leaf->next) {
      counts.push_back(leaf->count);
    }
    return counts;
  }
  using Counts = std::vector<std::uint32_t>;

  FailingHeap heap_;
  Tree tree_{heap_};
};

TEST_F(BtreeRangeTest, RunsInOrderFillTheLeavesTheyLeaveBehind) {
  InsertAll({10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110});
  EXPECT_EQ(RunsPerLeaf(), (Counts{5, 5, 1}));
}

TEST_F(BtreeRangeTest, SoDoRunsInDescendingOrder) {
  InsertAll({110, 100, 90, 80, 70, 60, 50, 40, 30, 20, 10});
  EXPECT_EQ(RunsPerLeaf(), (Counts{1, 5, 5}));
}

TEST_F(BtreeRangeTest, AnInsertionBetweenOthersCutsInTheMiddle) {
  InsertAll({10, 20, 30, 40, 50});
  InsertAll({15});
  EXPECT_EQ(RunsPerLeaf(), (Counts{3, 3}));
}

TEST_F(BtreeRangeTest, AFullLeafFirstSharesWithANeighbourThatHasRoom) {
  InsertAll({10, 20, 30, 40, 50, 60, 70});
  ASSERT_EQ(RunsPerLeaf(), (Counts{5, 2}));
  const std::uint64_t objects = heap_.usage().live_objects();
  InsertAll({25});  // 10 20 25 30, 40 50 60 70
  EXPECT_EQ(RunsPerLeaf(), (Counts{4, 4}));
  ASSERT_TRUE(tree_.Erase(Find(20), 1));
  InsertAll({65, 75});  // 10 25 30 40, 50 60 65 70 75
  EXPECT_EQ(RunsPerLeaf(), (Counts{4, 5}));
  EXPECT_EQ(heap_.usage().live_objects(), objects);
}

TEST_F(BtreeRangeTest, ARunThatGrowsOverTheBorderPushesItOverTheGap) {
  InsertAll({10, 20, 30, 40, 50});
  InsertAll({100});
  const auto* left = tree_.FirstRun().leaf;
  EXPECT_EQ(left->high, 50u);  // all of the gap belongs to the right leaf
  tree_.SetLast(Find(50), 51);
  EXPECT_EQ(left->high, 99u);
  tree_.SetLast(Find(50), 52);
  EXPECT_EQ(left->high, 99u);
  EXPECT_TRUE(tree_.Validate());
  tree_.SetFirst(Find(100), 99);
  EXPECT_EQ(left->high, 52u);
  tree_.SetFirst(Find(100), 98);
  EXPECT_EQ(left->high, 52u);
  EXPECT_TRUE(tree_.Validate());
}

TEST_F(BtreeRangeTest, TheBorderIsKnownAtEveryLevelAbove) {
  for (Pfn pfn = 10; pfn <= 1000; pfn += 10) InsertAll({pfn});
  ASSERT_EQ(tree_.inner_levels(), 2u);
  for (Pfn pfn = 10; pfn <= 1000; pfn += 10) {
    tree_.SetLast(Find(pfn), pfn + 4);
    ASSERT_TRUE(tree_.Validate()) << pfn;
  }
  for (Pfn pfn = 1000; pfn >= 10; pfn -= 10) {
    tree_.SetFirst(Find(pfn), pfn - 4);
    ASSERT_TRUE(tree_.Validate()) << pfn;
  }
  for (Pfn pfn = 1; pfn <= 1004; ++pfn) {
    const Cursor at = Find(pfn);
    const bool member = at.IsRun() && at.run().first <= pfn;
    EXPECT_EQ(member, pfn >= 6 && (pfn + 4) % 10 != 9) << pfn;
  }
}

TEST_F(BtreeRangeTest, JoiningAcrossTheBorderLeavesTheRunOnTheLeft) {
  InsertAll({10, 20, 30, 40, 50, 52, 60, 70});
  ASSERT_EQ(RunsPerLeaf(), (Counts{5, 3}));
  EXPECT_TRUE(tree_.Join(Find(50), Find(52)));
  EXPECT_EQ(Find(51).run(), (PfnRange{50, 52}));
  EXPECT_EQ(RunsPerLeaf(), (Counts{5, 2}));
  EXPECT_EQ(tree_.FirstRun().leaf->high, 59u);
  EXPECT_TRUE(tree_.Validate());
}

TEST_F(BtreeRangeTest, ALeafUnderHalfJoinsANeighbourThatHasRoom) {
  InsertAll({10, 20, 30, 40, 50, 60, 70});
  ASSERT_EQ(RunsPerLeaf(), (Counts{5, 2}));
  EXPECT_TRUE(tree_.Erase(Find(10), 1));
  EXPECT_FALSE(tree_.Erase(Find(70), 1));  // 4 + 1 fit into one
  EXPECT_EQ(RunsPerLeaf(), (Counts{5}));
  EXPECT_EQ(tree_.inner_levels(), 0u);
  EXPECT_TRUE(tree_.Validate());
}

TEST_F(BtreeRangeTest, AnEmptyLeafIsFreedWhereverItIs) {
  for (const Pfn victim : {10u, 60u, 110u}) {
    InsertAll({10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120});
    InsertAll({130, 140, 150});
    ASSERT_EQ(RunsPerLeaf(), (Counts{5, 5, 5}));
    EXPECT_FALSE(tree_.Erase(Find(victim), 5));
    EXPECT_EQ(RunsPerLeaf(), (Counts{5, 5}));
    EXPECT_TRUE(tree_.Validate());
    tree_.RemoveAll();
    EXPECT_EQ(heap_.usage().live_objects(), 0u);
  }
}

TEST_F(BtreeRangeTest, ASplitThatFailsChangesNothing) {
  // Fill all levels: 5 * 7 runs, then the next needs leaf, node and root.
  for (Pfn pfn = 10; pfn <= 350; pfn += 10) InsertAll({pfn});
  ASSERT_EQ(RunsPerLeaf(), Counts(7, 5));
  const std::uint64_t objects = heap_.usage().live_objects();
  ASSERT_EQ(objects, 8u);
  for (std::uint64_t n = 1; n <= 3; ++n) {
    heap_.FailOnce(n);
    Cursor at = Find(360);
    EXPECT_EQ(tree_.Insert(at, {360, 360}, Gfp::kNowait), Status::kNoMemory);
    EXPECT_EQ(heap_.usage().live_objects(), objects);
    EXPECT_EQ(RunsPerLeaf(), Counts(7, 5));
    EXPECT_TRUE(tree_.Validate());
  }
  heap_.failures().Disarm();
  InsertAll({360});
  EXPECT_EQ(heap_.usage().live_objects(), objects + 3);
  EXPECT_EQ(tree_.inner_levels(), 2u);
}

TEST_F(BtreeRangeTest, AClearThatCannotSplitARunLeavesItWhole) {
  SmallSet set(heap_);
  for (const Pfn pfn : {10u, 20u, 30u, 40u}) {
    ASSERT_EQ(set.Set(pfn, Gfp::kNowait), Status::kOk);
  }
  for (Pfn pfn = 50; pfn < 60; ++pfn) {
    ASSERT_EQ(set.Set(pfn, Gfp::kNowait), Status::kOk);
  }
  heap_.FailOnce(1);
  EXPECT_EQ(set.Clear(55, Gfp::kNowait), Status::kNoMemory);
  EXPECT_EQ(set.NextRange(50, 100), (PfnRange{50, 59}));
  EXPECT_EQ(set.Clear(55, Gfp::kNowait), Status::kOk);
  EXPECT_EQ(set.NextRange(50, 100), (PfnRange{50, 54}));
  EXPECT_EQ(set.NextRange(55, 100), (PfnRange{56, 59}));
  EXPECT_TRUE(set.Validate());
}

TEST_F(BtreeRangeTest, ClearingTheEndsOfARunAsksForNothing) {
  SmallSet set(heap_);
  for (Pfn pfn = 50; pfn < 60; ++pfn) {
    ASSERT_EQ(set.Set(pfn, Gfp::kNowait), Status::kOk);
  }
  heap_.FailAll();
  EXPECT_EQ(set.ClearRange({0, 51}, Gfp::kNowait), Status::kOk);
  EXPECT_EQ(set.ClearRange({58, kMaxPfn}, Gfp::kNowait), Status::kOk);
  EXPECT_EQ(set.NextRange(0, kMaxPfn), (PfnRange{52, 57}));
  EXPECT_EQ(heap_.failures().injected(), 0u);
}

TEST_F(BtreeRangeTest, AContiguousBalloonIsOneNode) {
  SmallSet set(heap_);
  for (Pfn pfn = 0; pfn < 1'000'000; ++pfn) {
    ASSERT_EQ(set.Set(pfn, Gfp::kNowait), Status::kOk);
  }
  EXPECT_EQ(heap_.usage().peak_requested, kSmall);
  EXPECT_EQ(heap_.usage().allocations, 1u);
}

TEST_F(BtreeRangeTest, TheFirstAndTheLastPageOfAllAreOrdinary) {
  SmallSet set(heap_);
  for (const Pfn pfn : {kMaxPfn, Pfn{0}, kMaxPfn - 1, Pfn{1}, kMaxPfn}) {
    ASSERT_EQ(set.Set(pfn, Gfp::kNowait), Status::kOk);
    ASSERT_TRUE(set.Validate());
  }
  EXPECT_EQ(set.NextRange(0, kMaxPfn), (PfnRange{0, 1}));
  EXPECT_EQ(set.NextRange(2, kMaxPfn), (PfnRange{kMaxPfn - 1, kMaxPfn}));
}

TEST(BtreeRangeLifeTest, SmallNodesHoldWhatTheOracleHolds) {
  std::uint64_t failed = 0;
  for (const std::uint64_t seed : {1, 2, 3}) {
    for (const Pfn base : {Pfn{0}, kMaxPfn - 3999}) {
      failed += PlayRandomLife(SetKindOf<SmallSet>(),
                               {.base = base, .pages = 4000, .seed = seed});
    }
  }
  EXPECT_GT(failed, 500u);
}

TEST(BtreeRangeLifeTest, NodesOfTheShippedSizeHoldWhatTheOracleHolds) {
  EXPECT_GT(PlayRandomLife(SetKindOf<BtreeRange<NowaitHeap>>(),
                           {.base = 1 << 20, .pages = 4000, .seed = 4}),
            5u);
}

}  // namespace
}  // namespace pfn::testing
