// SPDX-License-Identifier: MIT
//
// The posted preload and that of the IDA: what the pool holds, when it is drawn
// upon, and what a caller sees whose preload failed or was left out, or to whom
// the pool looks empty.

#include <gtest/gtest.h>

#include <cstdint>
#include <type_traits>
#include <vector>

#include "structures/xbitmap/xbitmap.h"
#include "tests/structures/rig.h"

namespace pfn::testing {
namespace {

using List = std::vector<PfnRange>;
using xbitmap::SetResult;

constexpr std::uint64_t kPool = 17 + 1;
constexpr std::uint64_t kPoolBytes = 17 * 576 + 128;
static_assert(kPoolBytes == 9920);

template <class Set>
class PreloadedSetTest : public ::testing::Test {};

using All = ::testing::Types<XbitmapV20<NowaitHeap>, XbitmapPreload<NowaitHeap>,
                             XbitmapIda<NowaitHeap>>;
TYPED_TEST_SUITE(PreloadedSetTest, All);

TYPED_TEST(PreloadedSetTest, APreloadIsSeventeenNodesAndOneLeaf) {
  Bare<TypeParam> set;
  EXPECT_EQ(set.usage().live_objects(), 0);
  ASSERT_TRUE(set->Preload(Gfp::kNowait));
  EXPECT_EQ(set.usage().live_objects(), kPool);
  EXPECT_EQ(set.usage().live_requested, kPoolBytes);
}

TYPED_TEST(PreloadedSetTest, ASecondPreloadDoesNothing) {
  Bare<TypeParam> set;
  ASSERT_TRUE(set->Preload(Gfp::kNowait));
  set.FailAll();
  EXPECT_TRUE(set->Preload(Gfp::kNowait));
  EXPECT_EQ(set.usage().allocations, kPool);
  EXPECT_EQ(set.failures().injected(), 0);
}

TYPED_TEST(PreloadedSetTest, WithoutPreloadASetSaysAgainAndChangesNothing) {
  Bare<TypeParam> set;
  EXPECT_EQ(set->SetPreloaded(5), SetResult::kNoLeaf);
  EXPECT_FALSE(set->Test(5));
  EXPECT_EQ(set.Ranges(), List{});
  EXPECT_EQ(set.usage().live_objects(), 0);
  EXPECT_TRUE(set->Validate());
}

TYPED_TEST(PreloadedSetTest, APreloadThatFailsFailsTheSetThoughTheLeafIsThere) {
  Bare<TypeParam> set;
  set.Set(5);
  set.FailAll();
  set.SetFails(6);
  EXPECT_EQ(set.Ranges(), (List{{5, 5}}));
  EXPECT_EQ(set->SetPreloaded(6), SetResult::kOk);
  EXPECT_EQ(set.Ranges(), (List{{5, 6}}));
}

TYPED_TEST(PreloadedSetTest, AFailedPreloadKeepsWhatItGot) {
  Bare<TypeParam> set;
  for (std::uint64_t n = 1; n <= kPool; ++n) {
    SCOPED_TRACE(n);
    set.FailOnce(2);  // one more each time
    EXPECT_EQ(set->Preload(Gfp::kNowait), n >= kPool);
    EXPECT_EQ(set.usage().live_objects(), n);
  }
}

TYPED_TEST(PreloadedSetTest, TheLeafIsPreloadedBeforeTheNodes) {
  Bare<TypeParam> set;
  set.FailOnce(2);
  EXPECT_FALSE(set->Preload(Gfp::kNowait));
  EXPECT_EQ(set.usage().live_requested, 128);
}

TYPED_TEST(PreloadedSetTest, APreloadThatMaySleepDoesNotFail) {
  Bare<TypeParam> set;
  set.FailAll();
  EXPECT_FALSE(set->Preload(Gfp::kNowait));
  EXPECT_TRUE(set->Preload(Gfp::kKernel));
  EXPECT_EQ(set.usage().live_requested, kPoolBytes);
}

// What the pool is for, and why it holds 17 nodes.
TYPED_TEST(PreloadedSetTest, AfterAPreloadTheWorstSetNeedsNoAllocator) {
  constexpr bool kIsIda = std::is_same_v<TypeParam, XbitmapIda<NowaitHeap>>;
  Bare<TypeParam> set;
  set.Set(0);
  ASSERT_TRUE(set->Preload(Gfp::kNowait));
  const std::uint64_t before = set.usage().live_objects();
  set.FailAll();
  ASSERT_EQ(set->SetPreloaded(kMaxPfn), SetResult::kOk);
  EXPECT_EQ(set.failures().injected(), kIsIda ? 0 : 17)
      << "the IDA does not ask";
  EXPECT_EQ(set.usage().live_objects(), before);
  EXPECT_EQ(set.Ranges(), (List{{0, 0}, {kMaxPfn, kMaxPfn}}));
  EXPECT_TRUE(set->Validate());

  // Now pool and allocator are empty.
  EXPECT_EQ(set->SetPreloaded(Pfn{1} << 63), SetResult::kNoNode);
  EXPECT_EQ(set.Ranges(), (List{{0, 0}, {kMaxPfn, kMaxPfn}}));
  EXPECT_TRUE(set->Validate());
}

// -------------------------------------------------------- as it was posted

using BarePreload = Bare<XbitmapPreload<NowaitHeap>>;

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
  set.Set(5);
  EXPECT_EQ(set.usage().live_requested, kPoolBytes);  // 17 nodes, 1 leaf in use
  set.Set(6);
  EXPECT_EQ(set.usage().live_requested, kPoolBytes + 128);
  set.Set(7);
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

TEST(XbitmapPreloadTest, FreedNodesGoToTheAllocator) {
  BarePreload set;
  set.Set(0);
  set.Set(kMaxPfn);
  set.ClearRange(kAllPages);
  EXPECT_EQ(set.usage().live_requested, kPoolBytes - 128);
}

// ------------------------------------------- of the IDA: on the pool alone

using BareIda = Bare<XbitmapIda<NowaitHeap>>;

TEST(XbitmapIdaTest, ASetNeverAsksTheAllocator) {
  BareIda set;
  ASSERT_TRUE(set->Preload(Gfp::kNowait));
  EXPECT_EQ(set.usage().allocations, kPool);
  ASSERT_EQ(set->SetPreloaded(kMaxPfn), SetResult::kOk);  // 9 nodes, 1 leaf
  EXPECT_EQ(set.usage().allocations, kPool);
  EXPECT_EQ(set.Ranges(), (List{{kMaxPfn, kMaxPfn}}));
  EXPECT_TRUE(set->Validate());
}

TEST(XbitmapIdaTest, TheNextPreloadRefillsWhatASetTook) {
  BareIda set;
  ASSERT_TRUE(set->Preload(Gfp::kNowait));
  ASSERT_EQ(set->SetPreloaded(kMaxPfn), SetResult::kOk);
  ASSERT_TRUE(set->Preload(Gfp::kNowait));
  EXPECT_EQ(set.usage().allocations, kPool + 9 + 1);
  EXPECT_EQ(set.usage().live_objects(), kPool + 9 + 1);
}

// Where xbitmap-preload would ask the allocator, which has memory.
TEST(XbitmapIdaTest, AnEmptyPoolIsTheEndWhateverTheAllocatorHas) {
  BareIda set;
  set.Set(0);
  ASSERT_TRUE(set->Preload(Gfp::kNowait));
  ASSERT_EQ(set->SetPreloaded(kMaxPfn), SetResult::kOk);  // all 17 nodes
  const std::uint64_t before = set.usage().allocations;
  EXPECT_EQ(set->SetPreloaded(Pfn{1} << 63), SetResult::kNoNode);
  EXPECT_EQ(set.usage().allocations, before);
  EXPECT_EQ(set.Ranges(), (List{{0, 0}, {kMaxPfn, kMaxPfn}}));
  EXPECT_TRUE(set->Validate());
  set.Set(Pfn{1} << 63);
}

TEST(XbitmapIdaTest, WithoutPreloadASetThatNeedsANodeChangesNothing) {
  BareIda set;
  EXPECT_EQ(set->SetPreloaded(5000), SetResult::kNoNode);
  EXPECT_EQ(set.Ranges(), List{});
  EXPECT_TRUE(set->Validate());
}

}  // namespace
}  // namespace pfn::testing
