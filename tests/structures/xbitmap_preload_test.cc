// SPDX-License-Identifier: MIT
//
// The preload convention that was posted: when the pool is drawn upon, and what
// a caller sees to whom it looks empty.

#include <gtest/gtest.h>

#include <vector>

#include "structures/xbitmap/xbitmap.h"
#include "tests/structures/rig.h"

namespace pfn::testing {
namespace {

using BarePreload = Bare<XbitmapPreload<NowaitHeap>>;
using List = std::vector<PfnRange>;
using xbitmap::SetResult;

constexpr std::uint64_t kPoolBytes = 17 * 576 + 128;
static_assert(kPoolBytes == 9920);

// The posted loop by hand: the first set takes the spare leaf, and to the
// second it looks as if somebody else had.
TEST(XbitmapPreloadTest, AgainMeansPreloadOnceMore) {
  BarePreload set;
  ASSERT_TRUE(set->Preload(Gfp::kNowait));
  ASSERT_EQ(set->SetPreloaded(5), SetResult::kOk);
  ASSERT_EQ(set->SetPreloaded(5000), SetResult::kNoLeaf);
  EXPECT_EQ(set.Ranges(), (List{{5, 5}}));
  EXPECT_TRUE(set->Validate());
  int rounds = 0;
  do {
    ++rounds;
    ASSERT_TRUE(set->Preload(Gfp::kNowait));
  } while (set->SetPreloaded(5000) == SetResult::kNoLeaf);
  EXPECT_EQ(rounds, 1);
  EXPECT_EQ(set.Ranges(), (List{{5, 5}, {5000, 5000}}));
}

TEST(XbitmapPreloadTest, TheSpareLeafIsReplacedByTheNextSet) {
  BarePreload set;
  ASSERT_EQ(set->Set(5, Gfp::kNowait), Status::kOk);
  EXPECT_EQ(set.usage().live_requested, kPoolBytes);  // 17 nodes, 1 leaf in use
  ASSERT_EQ(set->Set(6, Gfp::kNowait), Status::kOk);
  EXPECT_EQ(set.usage().live_requested, kPoolBytes + 128);
  ASSERT_EQ(set->Set(7, Gfp::kNowait), Status::kOk);
  EXPECT_EQ(set.usage().live_requested, kPoolBytes + 128);
}

TEST(XbitmapPreloadTest, TheAllocatorIsAskedBeforeThePool) {
  BarePreload set;
  ASSERT_TRUE(set->Preload(Gfp::kNowait));
  ASSERT_EQ(set->SetPreloaded(kMaxPfn), SetResult::kOk);  // 9 nodes, 1 leaf
  EXPECT_EQ(set.usage().live_requested, kPoolBytes + 9 * 576);
  // The pool was not touched: the next preload only replaces the leaf.
  const std::uint64_t before = set.usage().allocations;
  ASSERT_TRUE(set->Preload(Gfp::kNowait));
  EXPECT_EQ(set.usage().allocations - before, 1);
}

// What the pool is for, and why it holds 17 nodes.
TEST(XbitmapPreloadTest, AfterAPreloadTheWorstSetNeedsNoAllocator) {
  BarePreload set;
  ASSERT_EQ(set->Set(0, Gfp::kNowait), Status::kOk);
  ASSERT_TRUE(set->Preload(Gfp::kNowait));
  const std::uint64_t before = set.usage().live_objects();
  set.FailAll();
  ASSERT_EQ(set->SetPreloaded(kMaxPfn), SetResult::kOk);
  EXPECT_EQ(set.failures().injected(), 17);
  EXPECT_EQ(set.usage().live_objects(), before);
  EXPECT_EQ(set.Ranges(), (List{{0, 0}, {kMaxPfn, kMaxPfn}}));
  EXPECT_TRUE(set->Validate());

  // Now pool and allocator are empty.
  EXPECT_EQ(set->SetPreloaded(Pfn{1} << 63), SetResult::kNoNode);
  EXPECT_EQ(set.Ranges(), (List{{0, 0}, {kMaxPfn, kMaxPfn}}));
  EXPECT_TRUE(set->Validate());
}

TEST(XbitmapPreloadTest, FreedNodesGoToTheAllocator) {
  BarePreload set;
  ASSERT_EQ(set->Set(0, Gfp::kNowait), Status::kOk);
  ASSERT_EQ(set->Set(kMaxPfn, Gfp::kNowait), Status::kOk);
  ASSERT_EQ(set->ClearRange(kAllPages, Gfp::kNowait), Status::kOk);
  EXPECT_EQ(set.usage().live_requested, kPoolBytes - 128);
}

}  // namespace
}  // namespace pfn::testing
