// SPDX-License-Identifier: MIT
//
// The preload of the IDA: a set lives on the pool alone.

#include <gtest/gtest.h>

#include <vector>

#include "structures/xbitmap/xbitmap.h"
#include "tests/structures/rig.h"

namespace pfn::testing {
namespace {

using BareIda = Bare<XbitmapIda<NowaitHeap>>;
using List = std::vector<PfnRange>;
using xbitmap::SetResult;

constexpr std::uint64_t kPoolObjects = 17 + 1;

TEST(XbitmapIdaTest, ASetNeverAsksTheAllocator) {
  BareIda set;
  ASSERT_TRUE(set->Preload(Gfp::kNowait));
  EXPECT_EQ(set.usage().allocations, kPoolObjects);
  ASSERT_EQ(set->SetPreloaded(kMaxPfn), SetResult::kOk);  // 9 nodes, 1 leaf
  EXPECT_EQ(set.usage().allocations, kPoolObjects);
  EXPECT_EQ(set.Ranges(), (List{{kMaxPfn, kMaxPfn}}));
  EXPECT_TRUE(set->Validate());
}

TEST(XbitmapIdaTest, TheNextPreloadRefillsWhatASetTook) {
  BareIda set;
  ASSERT_TRUE(set->Preload(Gfp::kNowait));
  ASSERT_EQ(set->SetPreloaded(kMaxPfn), SetResult::kOk);
  ASSERT_TRUE(set->Preload(Gfp::kNowait));
  EXPECT_EQ(set.usage().allocations, kPoolObjects + 9 + 1);
  EXPECT_EQ(set.usage().live_objects(), kPoolObjects + 9 + 1);
}

TEST(XbitmapIdaTest, AfterAPreloadTheWorstSetNeedsNoAllocator) {
  BareIda set;
  ASSERT_EQ(set->Set(0, Gfp::kNowait), Status::kOk);
  ASSERT_TRUE(set->Preload(Gfp::kNowait));
  set.FailAll();
  ASSERT_EQ(set->SetPreloaded(kMaxPfn), SetResult::kOk);
  EXPECT_EQ(set.failures().injected(), 0) << "nobody asked";
  EXPECT_EQ(set.Ranges(), (List{{0, 0}, {kMaxPfn, kMaxPfn}}));
  EXPECT_TRUE(set->Validate());
}

// Where xbitmap-preload would ask the allocator, which has memory.
TEST(XbitmapIdaTest, AnEmptyPoolIsTheEndWhateverTheAllocatorHas) {
  BareIda set;
  ASSERT_EQ(set->Set(0, Gfp::kNowait), Status::kOk);
  ASSERT_TRUE(set->Preload(Gfp::kNowait));
  ASSERT_EQ(set->SetPreloaded(kMaxPfn), SetResult::kOk);  // all 17 nodes
  const std::uint64_t before = set.usage().allocations;
  EXPECT_EQ(set->SetPreloaded(Pfn{1} << 63), SetResult::kNoNode);
  EXPECT_EQ(set.usage().allocations, before);
  EXPECT_EQ(set.Ranges(), (List{{0, 0}, {kMaxPfn, kMaxPfn}}));
  EXPECT_TRUE(set->Validate());
  EXPECT_EQ(set->Set(Pfn{1} << 63, Gfp::kNowait), Status::kOk);
}

TEST(XbitmapIdaTest, WithoutPreloadASetThatNeedsANodeChangesNothing) {
  BareIda set;
  EXPECT_EQ(set->SetPreloaded(5000), SetResult::kNoNode);
  EXPECT_EQ(set.Ranges(), List{});
  EXPECT_TRUE(set->Validate());
}

}  // namespace
}  // namespace pfn::testing
