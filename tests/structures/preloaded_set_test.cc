// SPDX-License-Identifier: MIT
//
// What the posted preload and that of the IDA share: what the pool holds, and
// what a caller sees whose preload failed or was left out.

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "structures/xbitmap/xbitmap.h"
#include "tests/structures/rig.h"

namespace pfn::testing {
namespace {

using List = std::vector<PfnRange>;
using xbitmap::SetResult;

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
  EXPECT_EQ(set.usage().live_objects(), 18);
  EXPECT_EQ(set.usage().live_requested, kPoolBytes);
}

TYPED_TEST(PreloadedSetTest, ASecondPreloadDoesNothing) {
  Bare<TypeParam> set;
  ASSERT_TRUE(set->Preload(Gfp::kNowait));
  set.FailAll();
  EXPECT_TRUE(set->Preload(Gfp::kNowait));
  EXPECT_EQ(set.usage().allocations, 18);
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
  ASSERT_EQ(set->Set(5, Gfp::kNowait), Status::kOk);
  set.FailAll();
  EXPECT_EQ(set->Set(6, Gfp::kNowait), Status::kNoMemory);
  EXPECT_EQ(set.Ranges(), (List{{5, 5}}));
  EXPECT_EQ(set->SetPreloaded(6), SetResult::kOk);
  EXPECT_EQ(set.Ranges(), (List{{5, 6}}));
}

TYPED_TEST(PreloadedSetTest, AFailedPreloadKeepsWhatItGot) {
  Bare<TypeParam> set;
  for (std::uint64_t n = 1; n <= 18; ++n) {
    SCOPED_TRACE(n);
    set.FailOnce(2);  // one more each time
    EXPECT_EQ(set->Preload(Gfp::kNowait), n >= 18);
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

}  // namespace
}  // namespace pfn::testing
