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
#include <utility>
#include <vector>

#include "harness/kernel/nowait_heap.h"
#include "harness/kernel/page_arena.h"
#include "structures/pivot_tree/ranges.h"
#include "tests/structures/rig.h"
#include "tests/structures/tree_walk.h"

namespace pfn::testing {
namespace {

constexpr std::size_t kNodeBytes = 256;

class PivotTreeTest : public ::testing::Test {
 protected:
  PivotTreeTest() { heap_.set_fault(&failures_); }
  ~PivotTreeTest() override { heap_.set_fault(nullptr); }

  void Set(Pfn pfn) {
    ASSERT_EQ(set_.Set(pfn, Gfp::kNowait), Status::kOk);
    ASSERT_TRUE(set_.Validate()) << pfn;
  }
  // Lone pages 2, 4, ..., 2 * count: two slots each, and one for what follows.
  void SetLonePages(unsigned count) {
    for (Pfn pfn = 2; pfn <= 2 * count; pfn += 2) Set(pfn);
  }
  std::uint64_t nodes() const { return heap_.usage().live_objects(); }
  std::uint64_t allocations() const { return heap_.usage().allocations; }

  // 100,000 pages in the order given by `shuffle`, no two of them neighbours.
  double BytesPerLonePage(bool shuffle) {
    constexpr std::size_t kCount = 100'000;
    std::vector<Pfn> pages(kCount);
    std::iota(pages.begin(), pages.end(), 1);
    if (shuffle) std::ranges::shuffle(pages, std::mt19937_64(1));
    for (const Pfn page : pages) {
      EXPECT_EQ(set_.Set(2 * page, Gfp::kNowait), Status::kOk);
    }
    EXPECT_TRUE(set_.Validate());
    return static_cast<double>(heap_.usage().live_requested) / kCount;
  }

  static PageArena& Arena() {
    static PageArena arena;
    return arena;
  }

  FailuresToOrder failures_{10};
  NowaitHeap heap_{Arena()};
  PivotTree<NowaitHeap> set_{heap_};
};

TEST_F(PivotTreeTest, AMillionConsecutivePagesAreOneNode) {
  for (Pfn pfn = 1; pfn <= 1'000'000; ++pfn) {
    ASSERT_EQ(set_.Set(pfn, Gfp::kNowait), Status::kOk);
  }
  EXPECT_EQ(heap_.usage().live_requested, kNodeBytes);
  EXPECT_EQ(heap_.usage().allocations, 1u);
}

// As measured with the kernel's tree.
TEST_F(PivotTreeTest, LonePagesInOrderTakeWhatTheyTakeInTheKernel) {
  EXPECT_NEAR(BytesPerLonePage(false), 34.3, 0.05);
}

TEST_F(PivotTreeTest, LonePagesShuffledTakeWhatTheyTakeInTheKernel) {
  EXPECT_NEAR(BytesPerLonePage(true), 42.4, 0.3);
}

TEST_F(PivotTreeTest, LonePagesInOrderMakeATreeAsHighAsTheKernels) {
  pivot_tree::Tree<NowaitHeap> tree(heap_);
  ASSERT_EQ(tree.MakeRoot(Gfp::kNowait), Status::kOk);
  for (Pfn pfn = 2; pfn <= 200'000; pfn += 2) {
    pivot_tree::Cursor at;
    tree.Find(pfn, at);
    ASSERT_EQ(tree.Store({pfn, pfn}, at, Gfp::kNowait), Status::kOk);
  }
  EXPECT_EQ(tree.height(), 5u);
}

// One page in 4 MiB of 7 GiB, and one in 256 MiB of 64 GiB.
TEST_F(PivotTreeTest, ALonePageTakes34To43BytesHoweverFarTheNextIs) {
  for (const auto& [count, distance] :
       {std::pair<Pfn, Pfn>{1792, 1024}, std::pair<Pfn, Pfn>{256, 65536}}) {
    for (Pfn i = 1; i <= count; ++i) Set(i * distance);
    const double bytes = static_cast<double>(heap_.usage().live_requested);
    EXPECT_GE(bytes / count, 34);
    EXPECT_LE(bytes / count, 43);
    ASSERT_EQ(set_.ClearRange(kAllPages, Gfp::kNowait), Status::kOk);
    EXPECT_EQ(nodes(), 0u);
  }
}

TEST_F(PivotTreeTest, ALonePageTakesTwoSlots) {
  SetLonePages(7);  // 15 of 16 slots
  EXPECT_EQ(nodes(), 1u);
  Set(16);
  EXPECT_EQ(nodes(), 3u);  // two leaves below a root
}

TEST_F(PivotTreeTest, APageNextToARunMovesAPivotOnly) {
  SetLonePages(40);
  const std::uint64_t before = allocations();
  failures_.Arm(1, FailuresToOrder::Mode::kFromThenOn);
  for (Pfn pfn = 200; pfn > 80; --pfn) {
    if (pfn == 200) failures_.Disarm();
    ASSERT_EQ(set_.Set(pfn, Gfp::kNowait), Status::kOk);
  }
  EXPECT_TRUE(set_.Validate());
  EXPECT_LE(allocations() - before, 1u);  // for page 200
}

TEST_F(PivotTreeTest, FillingGapsGivesAllNodesBackButOne) {
  SetLonePages(500);
  EXPECT_GT(nodes(), 60u);
  failures_.Arm(1, FailuresToOrder::Mode::kFromThenOn);
  std::vector<Pfn> gaps(499);
  std::iota(gaps.begin(), gaps.end(), 1);
  std::ranges::shuffle(gaps, std::mt19937_64(3));
  for (const Pfn gap : gaps) Set(2 * gap + 1);
  EXPECT_EQ(failures_.injected(), 0u);
  EXPECT_EQ(set_.NextRange(0, kMaxPfn), (PfnRange{2, 1000}));
  EXPECT_EQ(nodes(), 1u);
}

TEST_F(PivotTreeTest, AStoreReservesAllNodesBeforeItChangesAny) {
  std::uint64_t most = 0;
  for (Pfn pfn = 2; pfn <= 6000; pfn += 2) {
    const std::uint64_t before = nodes();
    std::uint64_t refused = 0;
    for (std::uint64_t n = 1;; ++n) {
      failures_.Arm(n, FailuresToOrder::Mode::kOnce);
      const Status status = set_.Set(pfn, Gfp::kNowait);
      failures_.Disarm();
      if (status == Status::kOk) break;
      ++refused;
      ASSERT_EQ(nodes(), before);
      ASSERT_FALSE(set_.Test(pfn));
      ASSERT_EQ(set_.NextRange(pfn - 1, kMaxPfn), std::nullopt);
    }
    // What a sweep has let fail before is no less than what is used.
    ASSERT_LE(nodes() - before, refused);
    most = std::max(most, nodes() - before);
  }
  EXPECT_TRUE(set_.Validate());
  EXPECT_EQ(most, 4u);  // a full path of 3 and a root
}

TEST_F(PivotTreeTest, ClearingTheMiddleOfARunMayFailAndThenChangesNothing) {
  SetLonePages(6);  // 13 slots
  for (Pfn pfn = 20; pfn < 30; ++pfn) Set(pfn);
  ASSERT_EQ(nodes(), 1u);  // 15 slots
  failures_.Arm(1, FailuresToOrder::Mode::kFromThenOn);
  EXPECT_EQ(set_.Clear(25, Gfp::kNowait), Status::kNoMemory);
  EXPECT_EQ(set_.ClearRange({21, 28}, Gfp::kNowait), Status::kNoMemory);
  EXPECT_EQ(set_.NextRange(15, kMaxPfn), (PfnRange{20, 29}));
  EXPECT_EQ(set_.Clear(20, Gfp::kNowait), Status::kOk);  // an end of it
  EXPECT_EQ(set_.ClearRange({1, 22}, Gfp::kNowait), Status::kOk);
  EXPECT_EQ(set_.NextRange(0, kMaxPfn), (PfnRange{23, 29}));
  failures_.Disarm();
  EXPECT_EQ(set_.Clear(25, Gfp::kNowait), Status::kOk);
  EXPECT_EQ(set_.NextRange(0, kMaxPfn), (PfnRange{23, 24}));
  EXPECT_TRUE(set_.Validate());
}

TEST_F(PivotTreeTest, TheLastPageClearedFreesTheRoot) {
  Set(7);
  ASSERT_EQ(set_.Clear(7, Gfp::kNowait), Status::kOk);
  EXPECT_EQ(nodes(), 0u);
}

TEST_F(PivotTreeTest, TheEndsOfAllPagesAreOrdinary) {
  for (const Pfn pfn : {Pfn{0}, kMaxPfn, Pfn{1}, kMaxPfn - 1}) Set(pfn);
  EXPECT_EQ(set_.NextRange(0, kMaxPfn), (PfnRange{0, 1}));
  EXPECT_EQ(set_.NextRange(2, kMaxPfn), (PfnRange{kMaxPfn - 1, kMaxPfn}));
  ASSERT_EQ(set_.Clear(0, Gfp::kNowait), Status::kOk);
  ASSERT_EQ(set_.Clear(kMaxPfn, Gfp::kNowait), Status::kOk);
  EXPECT_TRUE(set_.Validate());
  ASSERT_EQ(set_.ClearRange({0, kMaxPfn - 1}, Gfp::kNowait), Status::kOk);
  EXPECT_EQ(nodes(), 0u);
}

TEST(PivotTreeWalkTest, HoldsWhatTheOracleHolds) {
  std::uint64_t failed = 0;
  for (const std::uint64_t seed : {1u, 2u, 3u}) {
    failed += WalkTree(SetKindOf<PivotTree<NowaitHeap>>(), 0, seed);
    failed +=
        WalkTree(SetKindOf<PivotTree<NowaitHeap>>(), kMaxPfn - 3999, seed);
  }
  EXPECT_GT(failed, 300u);
}

}  // namespace
}  // namespace pfn::testing
