// SPDX-License-Identifier: MIT
//
// What the XArray does when memory is short: one more request for each object,
// and nodes that stay. And the last-leaf hint of xarray-hint and xbitmap-hint,
// which must not outlive what it leads to.

#include "structures/xarray/xarray.h"

#include <gtest/gtest.h>

#include <vector>

#include "structures/xbitmap/xbitmap.h"
#include "tests/structures/rig.h"

namespace pfn::testing {
namespace {

using List = std::vector<PfnRange>;

constexpr Pfn kLeaf = 1024;
constexpr std::uint64_t kWorstNodes = 17;  // 9 for the branch, 8 to lift

template <class S>
class XarrayTest : public ::testing::Test {
 protected:
  Bare<S> set_;
};
using Xarrays = ::testing::Types<Xarray<NowaitHeap>, XarrayHint<NowaitHeap>>;
TYPED_TEST_SUITE(XarrayTest, Xarrays);

TYPED_TEST(XarrayTest, AValueEntryHolds63Pages) {
  this->set_.Fill({0, 62});
  EXPECT_EQ(this->set_.usage().allocations, 0);
  this->set_.Set(63);
  EXPECT_EQ(this->set_.usage().live_requested, 128);
  EXPECT_EQ(this->set_.Ranges(), (List{{0, 63}}));
}

TYPED_TEST(XarrayTest, OneFailureIsNeverSeen) {
  // Of a set that takes every node there can be, and a leaf.
  for (std::uint64_t n = 1; n <= kWorstNodes + 1; ++n) {
    SCOPED_TRACE(n);
    Bare<TypeParam> set;
    set.Set(0);
    set.FailOnce(n);
    set.Set(kMaxPfn);
    EXPECT_EQ(set.failures().injected(), 1);
    EXPECT_EQ(set.usage().live_objects(), kWorstNodes + 1);
    EXPECT_TRUE(set->Validate());
  }
}

TYPED_TEST(XarrayTest, TwoFailuresInARowEndTheSet) {
  this->set_.Set(0);
  this->set_.FailAll();
  this->set_.SetFails(kMaxPfn);
  EXPECT_EQ(this->set_.failures().injected(), 2);
  EXPECT_TRUE(this->set_->Validate());
  EXPECT_EQ(this->set_.Ranges(), (List{{0, 0}}));
}

TYPED_TEST(XarrayTest, NodesOfAFailedSetStayAndNoStashDoes) {
  this->set_.Set(0);
  for (std::uint64_t nodes = 1; nodes <= kWorstNodes; ++nodes) {
    // One node is to be had for each attempt, then nothing.
    this->set_.failures().Arm(2, FailuresToOrder::Mode::kFromThenOn);
    this->set_.SetFails(kMaxPfn);
    EXPECT_EQ(this->set_.usage().live_objects(), nodes);
    EXPECT_TRUE(this->set_->Validate());
  }
  this->set_.failures().Disarm();
  this->set_.Set(kMaxPfn);
  EXPECT_EQ(this->set_.usage().live_objects(), kWorstNodes + 1);
}

TYPED_TEST(XarrayTest, ACallerThatMaySleepGetsOneObjectARound) {
  this->set_.Set(0);
  this->set_.FailAll();
  EXPECT_EQ(this->set_->Set(kMaxPfn, Gfp::kKernel), Status::kOk);
  // Each was asked for under the lock first.
  EXPECT_EQ(this->set_.failures().injected(), kWorstNodes + 1);
}

TYPED_TEST(XarrayTest, AValueEntryWhoseLeafCannotBeHadStays) {
  this->set_.Fill({2048, 2050});
  this->set_.FailAll();
  this->set_.SetFails(2048 + 63);
  EXPECT_EQ(this->set_.failures().injected(), 2);
  EXPECT_EQ(this->set_.Ranges(), (List{{2048, 2050}}));
  EXPECT_TRUE(this->set_->Validate());
}

TYPED_TEST(XarrayTest, TheWalkJoinsRunsAcrossLeavesAndValueEntries) {
  this->set_.Fill({1000, 2 * kLeaf + 9});           // ends in a value entry
  this->set_.Fill({4 * kLeaf - 1, 6 * kLeaf - 1});  // ends with its leaf
  this->set_.Set(7 * kLeaf);                        // a leaf is missing between
  this->set_.Fill({64 * kLeaf - 1, 64 * kLeaf});    // across nodes
  EXPECT_EQ(this->set_.Ranges(), (List{{1000, 2 * kLeaf + 9},
                                       {4 * kLeaf - 1, 6 * kLeaf - 1},
                                       {7 * kLeaf, 7 * kLeaf},
                                       {64 * kLeaf - 1, 64 * kLeaf}}));
  EXPECT_EQ(this->set_.Ranges({2 * kLeaf, 5 * kLeaf}),
            (List{{2 * kLeaf, 2 * kLeaf + 9}, {4 * kLeaf - 1, 5 * kLeaf}}));
}

// ------------------------------------------------------------------ the hint

template <class S>
class LeafHintTest : public ::testing::Test {
 protected:
  Bare<S> set_;
};
using Hinted =
    ::testing::Types<XbitmapHint<NowaitHeap>, XarrayHint<NowaitHeap>>;
TYPED_TEST_SUITE(LeafHintTest, Hinted);

TYPED_TEST(LeafHintTest, ALeafThatWasFreedIsForgotten) {
  for (const Pfn page : {Pfn{900}, 5 * kLeaf + 900}) {
    this->set_.Set(page);
    this->set_.Set(page + 1);
    this->set_.ClearRange({page, page + 1});
    EXPECT_EQ(this->set_.usage().live_objects(), 0);
    EXPECT_FALSE(this->set_->Test(page));
    this->set_.Clear(page);
    this->set_.Set(page);
    EXPECT_EQ(this->set_.Ranges(), (List{{page, page}}));
    this->set_.Clear(page);
    EXPECT_EQ(this->set_.usage().live_objects(), 0);
  }
}

TYPED_TEST(LeafHintTest, ALeafThatGetsANodeIsFoundInIt) {
  this->set_.Fill({0, kLeaf - 2});
  this->set_.Set(70 * kLeaf + 900);
  this->set_.Set(kLeaf - 1);  // with marks: full, in that node
  EXPECT_EQ(this->set_->NextRange(0, kMaxPfn), (PfnRange{0, kLeaf - 1}));
}

TYPED_TEST(LeafHintTest, ALeafThatLosesItsNodeIsFoundAtTheRoot) {
  this->set_.Set(70 * kLeaf + 900);
  this->set_.Fill({800, 900});
  EXPECT_TRUE(this->set_->Test(900));  // remembered
  this->set_.ClearRange({70 * kLeaf, 71 * kLeaf - 1});
  EXPECT_EQ(this->set_.usage().live_objects(), 1);  // a leaf without node
  this->set_.ClearRange({800, 899});
  this->set_.Clear(900);
  EXPECT_EQ(this->set_.usage().live_objects(), 0);
}

TYPED_TEST(LeafHintTest, TwoLeavesInTurnDoNotMix) {
  const Pfn far = Pfn{1} << 50;
  for (Pfn i = 100; i < 200; ++i) {
    this->set_.Set(i);
    this->set_.Set(far + 2 * i);
    EXPECT_TRUE(this->set_->Test(i));
    EXPECT_FALSE(this->set_->Test(far + 2 * i + 1));
  }
  EXPECT_EQ(this->set_.Ranges().size(), 1 + 100);
}

}  // namespace
}  // namespace pfn::testing
