// SPDX-License-Identifier: MIT
//
// The kernel's B+ tree and Handa's segments on it: the split and merge rules,
// what a failed insertion leaves, and what it all weighs.

#include "structures/btree/btree_bitmap.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <numeric>
#include <random>
#include <vector>

#include "harness/kernel/nowait_heap.h"
#include "structures/btree/btree_index.h"
#include "tests/structures/rig.h"

namespace pfn::testing {
namespace {

constexpr std::size_t kNodeBytes = 128;
constexpr std::size_t kSegmentBytes = 24 + 128;

// ------------------------------------------------------------------- the tree

class BtreeIndexTest : public ::testing::Test {
 protected:
  using Keys = std::vector<std::uint64_t>;

  // The value of a key is a copy of it.
  Status Insert(std::uint64_t key) {
    const auto [copy, is_new] = copies_.try_emplace(key, key);
    const Status status = index_.Insert(key, &copy->second, Gfp::kNowait);
    if (status != Status::kOk) copies_.erase(copy);
    return status;
  }
  void Insert(const Keys& keys) {
    for (const std::uint64_t key : keys) ASSERT_EQ(Insert(key), Status::kOk);
  }
  void Remove(std::uint64_t key) {
    index_.Remove(key);
    copies_.erase(key);
  }

  // Zero for none: no test uses that key.
  std::uint64_t AtMost(std::uint64_t key) const {
    const std::uint64_t* value = index_.AtMost(key);
    return value == nullptr ? 0 : *value;
  }

  // As the tree walks, and as they should be.
  Keys Walked() const {
    Keys keys;
    for (std::uint64_t key = AtMost(~std::uint64_t{0}); key != 0;
         key = AtMost(key - 1)) {
      keys.push_back(key);
    }
    return keys;
  }
  Keys Expected() const {
    Keys keys;
    for (const auto& [key, value] : copies_) keys.push_back(key);
    std::ranges::reverse(keys);
    return keys;
  }

  std::map<std::uint64_t, std::uint64_t> copies_;
  FailingHeap heap_;
  btree::Index<NowaitHeap, std::uint64_t> index_{heap_};
};

TEST_F(BtreeIndexTest, AFullNodeMovesItsGreaterHalfIntoANewLeftSibling) {
  Insert(Keys{80, 70, 60, 50, 40, 30, 20, 10});
  EXPECT_EQ(index_.height(), 1u);
  EXPECT_EQ(index_.CountNodes(), 1u);
  Insert(Keys{9});  // 80..50 and 40..9 below a root
  EXPECT_EQ(index_.height(), 2u);
  EXPECT_EQ(index_.CountNodes(), 3u);
  Insert(Keys{59, 58, 57, 56});  // fill the left leaf
  Insert(Keys{39, 38, 37});      // fill the right leaf
  EXPECT_EQ(index_.CountNodes(), 3u);
  Insert(Keys{55});
  EXPECT_EQ(index_.CountNodes(), 4u);
  Insert(Keys{36});
  EXPECT_EQ(index_.CountNodes(), 5u);
  EXPECT_EQ(index_.height(), 2u);
  EXPECT_TRUE(index_.Validate());
  EXPECT_EQ(Walked(), Expected());
}

TEST_F(BtreeIndexTest, AKeyLeftTooLowByARemovalDoesNotMisleadASearch) {
  Insert(Keys{80, 70, 60, 50, 40, 30, 20, 10, 9, 8, 7, 6});
  Remove(50);  // the root still says 50 for the left leaf, now 80..60
  EXPECT_EQ(index_.CountNodes(), 3u);
  EXPECT_EQ(index_.Find(50), nullptr);
  EXPECT_EQ(AtMost(55), 40u);
  EXPECT_EQ(AtMost(50), 40u);
  EXPECT_EQ(Walked(), Expected());
  Insert(Keys{55});
  EXPECT_EQ(AtMost(56), 55u);
  EXPECT_TRUE(index_.Validate());
}

TEST_F(BtreeIndexTest, NodesUnderHalfMergeWithANeighbourButNeverBorrow) {
  Insert(Keys{80, 70, 60, 50, 40, 30, 20, 10, 9, 8, 7, 6});
  Remove(50);
  Remove(60);  // 2 + 8 do not fit into one node
  EXPECT_EQ(index_.CountNodes(), 3u);
  Remove(6);
  Remove(7);  // 2 + 6 would, but only a node under half looks
  EXPECT_EQ(index_.CountNodes(), 3u);
  Remove(70);
  EXPECT_EQ(index_.CountNodes(), 1u);  // merged, and the root dropped
  EXPECT_EQ(index_.height(), 1u);
  EXPECT_TRUE(index_.Validate());
  EXPECT_EQ(Walked(), Expected());
}

TEST_F(BtreeIndexTest, ANodeThatCannotMergeIsFreedWhenItIsEmpty) {
  Insert(Keys{80, 70, 60, 50, 40, 30, 20, 10, 9, 8, 7, 6});
  Insert(Keys{5});  // 80..50, 40..10, 9..5
  Insert(Keys{39, 38, 37, 36});
  ASSERT_EQ(index_.CountNodes(), 4u);
  for (const std::uint64_t key : {80, 70, 60}) Remove(key);
  EXPECT_EQ(index_.CountNodes(), 4u);
  Remove(50);
  EXPECT_EQ(index_.CountNodes(), 3u);
  EXPECT_EQ(index_.height(), 2u);
  EXPECT_EQ(Walked(), Expected());
}

TEST_F(BtreeIndexTest, AnEmptiedRootStaysAndServesAgain) {
  Insert(Keys{7});
  Remove(7);
  EXPECT_EQ(index_.height(), 1u);
  EXPECT_EQ(heap_.usage().live_objects(), 1u);
  EXPECT_EQ(AtMost(7), 0u);
  EXPECT_EQ(index_.First(), nullptr);
  Insert(Keys{9});
  EXPECT_EQ(heap_.usage().live_objects(), 1u);
  index_.RemoveAll([](std::uint64_t*) {});
  EXPECT_EQ(heap_.usage().live_objects(), 0u);
}

TEST_F(BtreeIndexTest, AFailedInsertionLeavesTheSameKeysAndNodes) {
  unsigned most_allocations = 0;
  std::uint64_t failures = 0;
  // Descending, so that a failed insertion also lowers keys of inner nodes.
  for (std::uint64_t key = 1000; key > 0; --key) {
    const Keys before = Walked();
    const std::uint64_t nodes = index_.CountNodes();
    const std::uint64_t allocations = heap_.usage().allocations;
    unsigned height = index_.height();
    for (std::uint64_t n = 1;; ++n) {
      heap_.FailOnce(n);
      const Status status = Insert(key);
      heap_.failures().Disarm();
      if (status == Status::kOk) break;
      ASSERT_EQ(heap_.failures().injected(), 1u);
      ++failures;
      ASSERT_EQ(Walked(), before) << key << ", request " << n;
      ASSERT_EQ(index_.CountNodes(), nodes);
      ASSERT_EQ(index_.height(), height);
      ASSERT_EQ(heap_.usage().live_objects(), nodes);
      ASSERT_TRUE(index_.Validate());
    }
    const auto made = static_cast<unsigned>(index_.CountNodes() - nodes);
    ASSERT_LE(made, height + 1);
    ASSERT_GE(heap_.usage().allocations - allocations, made);
    most_allocations = std::max(most_allocations, made);
  }
  EXPECT_EQ(index_.height(), 5u);
  EXPECT_EQ(most_allocations, 5u);  // a full path of 4 and a root
  EXPECT_GT(failures, 300u);
  EXPECT_EQ(Walked(), Expected());
}

TEST_F(BtreeIndexTest, ARemovalGivesTheNextKey) {
  constexpr std::uint64_t kKeys = 300;
  for (std::uint64_t step : {1, 7, 151}) {
    for (std::uint64_t i = 0; i < kKeys; ++i) {
      ASSERT_EQ(Insert(i * step % kKeys + 1), Status::kOk);
    }
    for (std::uint64_t i = 0; i < kKeys; ++i) {
      const std::uint64_t key = i * 11 % kKeys + 1;
      const std::uint64_t expected = AtMost(key - 1);
      const std::uint64_t* next = index_.Remove(key);
      ASSERT_EQ(next == nullptr ? 0 : *next, expected);
      copies_.erase(key);
      ASSERT_TRUE(index_.Validate());
    }
  }
}

TEST_F(BtreeIndexTest, HoldsWhatAnOrderedMapHolds) {
  std::mt19937_64 random(20171216);
  for (const std::uint64_t span : {40u, 400u, 4000u}) {
    for (int step = 0; step < 20000; ++step) {
      // Phases of growth and of shrinking.
      const bool insert = random() % 8 < (step / 2000 % 2 == 0 ? 6u : 2u);
      const std::uint64_t key = 1 + random() % span;
      const bool present = copies_.contains(key);
      ASSERT_EQ(index_.Find(key) != nullptr, present);
      const auto least_above = copies_.upper_bound(key);
      ASSERT_EQ(AtMost(key), least_above == copies_.begin()
                                 ? 0
                                 : std::prev(least_above)->first);
      if (insert && !present) Insert(Keys{key});
      if (!insert && present) Remove(key);
      if (step % 100 == 0) {
        ASSERT_TRUE(index_.Validate());
        ASSERT_EQ(Walked(), Expected());
        ASSERT_EQ(heap_.usage().live_objects(), index_.CountNodes());
      }
    }
  }
}

// The figures of the split rule, with keys as Handa's segments have them: a
// half-full tree where segments come in order, whichever, 0.72 where they come
// at random.
class BtreeShapeTest : public BtreeIndexTest {
 protected:
  void InsertSegments(const Keys& numbers) {
    for (const std::uint64_t number : numbers) Insert(Keys{~number});
    EXPECT_TRUE(index_.Validate());
  }
  static Keys Ascending(std::uint64_t count) {
    Keys numbers(count);
    std::iota(numbers.begin(), numbers.end(), 0);
    return numbers;
  }
  // Every node but the root is a pair in another one.
  double Fill() const {
    const double nodes = static_cast<double>(index_.CountNodes());
    return (static_cast<double>(copies_.size()) + nodes - 1) / (8 * nodes);
  }
};

TEST_F(BtreeShapeTest, SevenGibInOrderMakeAHalfFullTreeOfFiveLevels) {
  InsertSegments(Ascending(1792));
  EXPECT_EQ(index_.height(), 5u);
  EXPECT_NEAR(Fill(), 0.5, 0.01);
}

TEST_F(BtreeShapeTest, AQuarterTebibyteInOrderMakesEightLevels) {
  InsertSegments(Ascending(65536));
  EXPECT_EQ(index_.height(), 8u);
  EXPECT_NEAR(Fill(), 0.5, 0.01);
}

TEST_F(BtreeShapeTest, AtRandomNodesAreNearlyThreeQuartersFull) {
  Keys numbers = Ascending(65536);
  std::shuffle(numbers.begin(), numbers.end(), std::mt19937_64(2));
  InsertSegments(numbers);
  EXPECT_NEAR(Fill(), 0.72, 0.01);
}

// --------------------------------------------------------------- the segments

class BtreeBitmapTest : public ::testing::Test {
 protected:
  // One page in each of these segments.
  void Open(const std::vector<std::uint64_t>& segments) {
    for (const std::uint64_t segment : segments) {
      set_.Set(segment * btree::kSegmentPages);
    }
  }
  static std::vector<std::uint64_t> Ascending(std::uint64_t count) {
    std::vector<std::uint64_t> segments(count);
    std::iota(segments.begin(), segments.end(), 0);
    return segments;
  }
  std::uint64_t NodesFor(std::uint64_t segments) const {
    const std::uint64_t tree =
        set_.usage().live_requested - segments * kSegmentBytes;
    EXPECT_EQ(tree % kNodeBytes, 0u);
    return tree / kNodeBytes;
  }

  Bare<BtreeBitmap<NowaitHeap>> set_;
};

TEST_F(BtreeBitmapTest, SevenGibInAscendingOrderTake592Nodes) {
  Open(Ascending(1792));
  EXPECT_EQ(NodesFor(1792), 592u);
  EXPECT_EQ(set_.usage().live_requested, 348'160u);
  EXPECT_EQ(set_.usage().live_rounded, 1792 * (32 + 128) + 592 * 128u);
}

TEST_F(BtreeBitmapTest, SevenGibInDescendingOrderTakeAsMany) {
  std::vector<std::uint64_t> segments = Ascending(1792);
  std::ranges::reverse(segments);
  Open(segments);
  EXPECT_EQ(NodesFor(1792), 592u);
}

TEST_F(BtreeBitmapTest, TheTreesShareIs42BytesInOrderAnd27Shuffled) {
  constexpr std::uint64_t kSegments = 65536;
  std::vector<std::uint64_t> segments = Ascending(kSegments);
  Open(segments);
  EXPECT_NEAR(NodesFor(kSegments) * 128.0 / kSegments, 42.7, 0.05);
  set_.ClearRange(kAllPages);
  ASSERT_EQ(set_.usage().live_objects(), 0u);
  std::shuffle(segments.begin(), segments.end(), std::mt19937_64(1));
  Open(segments);
  EXPECT_NEAR(NodesFor(kSegments) * 128.0 / kSegments, 26.9, 0.3);
}

TEST_F(BtreeBitmapTest, FillingASegmentAllocatesOnlyForItsFirstPage) {
  set_.Fill({0, btree::kSegmentPages - 1});
  EXPECT_EQ(set_.usage().allocations, 3u);
}

TEST_F(BtreeBitmapTest, AnEmptiedSegmentIsFreed) {
  Open({5, 6});
  set_.Clear(5 * btree::kSegmentPages);
  EXPECT_EQ(NodesFor(1), 1u);
  set_.Clear(6 * btree::kSegmentPages);
  EXPECT_EQ(set_.usage().live_requested, kNodeBytes);  // the tree's root
}

// No node is left, as is one where segments are removed one by one.
TEST_F(BtreeBitmapTest, ClearingFromTheFirstToTheLastPageWalksTheNodesOnce) {
  for (const Pfn pfn : {5005, 9000, 70000, 70001}) {
    set_.Set(pfn);
  }
  set_.ClearRange({5005, 70001});
  EXPECT_EQ(set_.usage().live_objects(), 0u);
}

TEST_F(BtreeBitmapTest, ClearingAllButTheEndsLeavesThem) {
  set_.Fill({0, 200 * 1024 - 1}, 100);
  set_.ClearRange({1, 204699});
  EXPECT_TRUE(set_->Validate());
  EXPECT_EQ(set_->NextRange(0, kMaxPfn), (PfnRange{0, 0}));
  EXPECT_EQ(set_->NextRange(1, kMaxPfn), (PfnRange{204700, 204700}));
}

TEST_F(BtreeBitmapTest, EachOfTheThreeAllocationsOfASegmentMayFail) {
  Open({1});
  for (const std::uint64_t n : {1, 2}) {  // record, bitmap
    set_.FailOnce(n);
    set_.SetFails(0);
    EXPECT_EQ(set_.usage().live_objects(), 3u);
  }
  Open({2, 3, 4, 5, 6, 7, 8});            // the root is full
  for (const std::uint64_t n : {3, 4}) {  // sibling, new root
    set_.FailOnce(n);
    set_.SetFails(0);
    EXPECT_EQ(set_.usage().live_objects(), 8 * 2 + 1u);
    EXPECT_FALSE(set_->Test(0));
    EXPECT_TRUE(set_->Validate());
  }
  set_.failures().Disarm();
  set_.Set(0);
}

}  // namespace
}  // namespace pfn::testing
