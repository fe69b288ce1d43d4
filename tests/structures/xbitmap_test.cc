// SPDX-License-Identifier: MIT
//
// The shape of the xbitmap tree: how many leaves and nodes a set of pages
// costs, when the tree grows and shrinks, what a failure leaves behind; and its
// own queries, for the defects that the posted ones had.

#include "structures/xbitmap/xbitmap.h"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "tests/structures/rig.h"

namespace pfn::testing {
namespace {

using List = std::vector<PfnRange>;

// With the queries that NextRange is made of.
class OpenXbitmap : public Xbitmap<NowaitHeap> {
 public:
  using Xbitmap::Xbitmap;

  std::optional<Pfn> FindSet(Pfn from, Pfn max) const {
    return tree_.FindSet(from, max);
  }
  std::optional<Pfn> FindZero(Pfn from, Pfn max) const {
    return tree_.FindZero(from, max);
  }
};

class XbitmapTest : public ::testing::Test {
 protected:
  // Two equations: leaves of 128 bytes and nodes of 576.
  std::uint64_t Nodes() const {
    return (set_.usage().live_requested - 128 * set_.usage().live_objects()) /
           (576 - 128);
  }
  std::uint64_t Leaves() const { return set_.usage().live_objects() - Nodes(); }

  Bare<OpenXbitmap> set_;
};

// ------------------------------------------------------------------- memory

// 7 GiB of an 8 GiB guest.
constexpr PfnRange kDense = {262144, 2097151};

TEST_F(XbitmapTest, DenseGuestMemory) {
  set_.Fill(kDense);
  EXPECT_EQ(Leaves(), 1792);
  EXPECT_EQ(Nodes(), 29);
  EXPECT_EQ(set_.usage().live_requested, 246080);
  EXPECT_EQ(set_.Ranges(), List{kDense});
  set_.ClearRange(kDense);
  EXPECT_EQ(set_.usage().live_objects(), 0);
}

TEST_F(XbitmapTest, NodesAndLeavesAreRoundedAsTheKernelRounds) {
  set_.Fill(kDense, 1024);
  EXPECT_EQ(set_.usage().live_rounded, 1792 * 128 + 29 * 584);
}

// ------------------------------------------------------------------- height

TEST_F(XbitmapTest, TheTreeIsAsHighAsItsLargestPageNeeds) {
  struct Case {
    Pfn last;
    std::uint64_t levels;
  };
  for (const Case& c :
       {Case{1023, 0}, Case{65535, 1}, Case{(1 << 22) - 1, 2},
        Case{(1 << 28) - 1, 3}, Case{(Pfn{1} << 34) - 1, 4},
        Case{(Pfn{1} << 40) - 1, 5}, Case{(Pfn{1} << 46) - 1, 6},
        Case{(Pfn{1} << 52) - 1, 7}, Case{(Pfn{1} << 58) - 1, 8},
        Case{kMaxPfn, 9}}) {
    SCOPED_TRACE(c.last);
    set_.Set(c.last);  // alone: one node for each level
    EXPECT_EQ(Nodes(), c.levels);
    EXPECT_EQ(Leaves(), 1);
    set_.Clear(c.last);
    EXPECT_EQ(set_.usage().live_objects(), 0);
    if (c.last == kMaxPfn) break;
    set_.Set(c.last + 1);
    EXPECT_EQ(Nodes(), c.levels + 1);
    set_.Clear(c.last + 1);
  }
}

TEST_F(XbitmapTest, TheWorstSetTakesSeventeenNodes) {
  set_.Set(0);
  EXPECT_EQ(Nodes(), 0);
  set_.Set(kMaxPfn);
  EXPECT_EQ(Nodes(), 17);
  EXPECT_EQ(Leaves(), 2);
  EXPECT_TRUE(set_->Validate());
}

TEST_F(XbitmapTest, TheTreeShrinksWhenTheFarPageGoes) {
  set_.Set(0);
  set_.Set(70000);
  set_.Set(kMaxPfn);
  set_.Clear(kMaxPfn);
  EXPECT_EQ(Nodes(), 3);  // two levels, two lowest nodes
  EXPECT_TRUE(set_->Validate());
  set_.Clear(70000);
  EXPECT_EQ(Nodes(), 0);
  EXPECT_EQ(Leaves(), 1);
  EXPECT_TRUE(set_->Validate());
  EXPECT_TRUE(set_->Test(0));
  set_.Clear(0);
  EXPECT_EQ(set_.usage().live_objects(), 0);
}

TEST_F(XbitmapTest, TheTreeDoesNotShrinkAroundAPageThatIsNotAtItsLeft) {
  set_.Set(1024);
  set_.Set(kMaxPfn);
  set_.Clear(kMaxPfn);
  EXPECT_EQ(Nodes(), 1);
  set_.Set(0);
  set_.Clear(1024);
  EXPECT_EQ(Nodes(), 0);
  EXPECT_TRUE(set_->Test(0));
}

TEST_F(XbitmapTest, ClearRangeFreesLeavesAndNodesThatBecomeEmpty) {
  set_.Fill({0, 200000});
  set_.ClearRange({1000, 150000});
  EXPECT_EQ(set_.Ranges(), (List{{0, 999}, {150001, 200000}}));
  EXPECT_EQ(Leaves(), 1 + (200000 / 1024 - 150001 / 1024 + 1));
  EXPECT_EQ(Nodes(), 4);  // the top, leaves 0..63, 128..191, 192..255
  EXPECT_TRUE(set_->Validate());
}

// ------------------------------------------------------------------ failure

TEST_F(XbitmapTest, NodesOfAFailedSetStayAndARetryUsesThem) {
  constexpr std::uint64_t kRequests = 18;  // 17 nodes, then the leaf
  for (std::uint64_t n = 1; n <= kRequests; ++n) {
    SCOPED_TRACE(n);
    set_.Set(0);
    set_.FailOnce(n);
    set_.SetFails(kMaxPfn);
    EXPECT_EQ(set_.failures().injected(), 1);
    EXPECT_EQ(Nodes(), n - 1);
    EXPECT_EQ(Leaves(), 1);
    EXPECT_EQ(set_.Ranges(), (List{{0, 0}}));
    EXPECT_TRUE(set_->Validate());

    const std::uint64_t before = set_.usage().allocations;
    set_.Set(kMaxPfn);
    EXPECT_EQ(set_.usage().allocations - before, kRequests - (n - 1));
    EXPECT_EQ(set_.Ranges(), (List{{0, 0}, {kMaxPfn, kMaxPfn}}));
    set_.ClearRange(kAllPages);
    EXPECT_EQ(set_.usage().live_objects(), 0);
  }
}

TEST_F(XbitmapTest, AFailedSetInAnEmptyTreeLeavesItUsable) {
  for (std::uint64_t n = 1; n <= 10; ++n) {
    SCOPED_TRACE(n);
    Bare<OpenXbitmap> set;
    set.FailOnce(n);
    set.SetFails(kMaxPfn);
    EXPECT_EQ(set.Ranges(), List{});
    EXPECT_TRUE(set->Validate());
    EXPECT_EQ(set->FindZero(5, kMaxPfn), 5);
    set.Set(3);
    EXPECT_EQ(set.Ranges(), (List{{3, 3}}));
    EXPECT_TRUE(set->Validate());
  }
}

TEST_F(XbitmapTest, AFailedLeafTakesNoNeighbourWithIt) {
  set_.Set(70000);
  set_.FailOnce(1);
  set_.SetFails(71000);
  EXPECT_EQ(set_.Ranges(), (List{{70000, 70000}}));
  EXPECT_TRUE(set_->Validate());
  set_.Set(71000);
  EXPECT_EQ(set_.Ranges(), (List{{70000, 70000}, {71000, 71000}}));
}

TEST_F(XbitmapTest, ManyFailedLeavesTakeNoNeighbourWithThem) {
  set_.Fill({65536, 65536 + 10 * 1024}, 1024);
  const List before = set_.Ranges();
  for (Pfn pfn = 80000; pfn < 80000 + 20 * 1024; pfn += 1024) {
    set_.FailOnce(1);
    set_.SetFails(pfn);
  }
  EXPECT_EQ(set_.Ranges(), before);
  EXPECT_TRUE(set_->Validate());
}

TEST_F(XbitmapTest, APageOfAnExistingLeafNeedsNoMemory) {
  set_.Set(5);
  set_.FailAll();
  set_.Set(100);
  set_.Set(1023);
  set_.SetFails(1024);
  EXPECT_EQ(set_.Ranges(), (List{{5, 5}, {100, 100}, {1023, 1023}}));
}

// ----------------------------------------------------------------- queries

TEST_F(XbitmapTest, FindZeroAboveTheTreeIsThePageItself) {
  EXPECT_EQ(set_->FindZero(5000, kMaxPfn), 5000);
  EXPECT_EQ(set_->FindZero(kMaxPfn, kMaxPfn), kMaxPfn);
  set_.Set(65535);
  EXPECT_EQ(set_->FindZero(65536, 65536), 65536);
  EXPECT_EQ(set_->FindZero(1 << 30, kMaxPfn), 1 << 30);
}

TEST_F(XbitmapTest, FindZeroLeavesAFullTreeAtItsEnd) {
  set_.Fill({0, 1023});  // one leaf and no node
  EXPECT_EQ(set_->FindZero(1, kMaxPfn), 1024);
  EXPECT_EQ(set_->FindZero(1, 1023), std::nullopt);
  set_.Fill({1024, 65535});  // one full node
  EXPECT_EQ(set_->FindZero(1, kMaxPfn), 65536);
  EXPECT_EQ(set_->FindZero(1, 65535), std::nullopt);
  EXPECT_EQ(set_->FindZero(1, 65536), 65536);
}

TEST_F(XbitmapTest, FindZeroStartsTheNextLeafAtItsBeginning) {
  set_.Fill({0, 1023});
  set_.Set(1025);
  set_.Set(3000);
  EXPECT_EQ(set_->FindZero(500, kMaxPfn), 1024);
  EXPECT_EQ(set_->FindZero(1025, kMaxPfn), 1026);
}

// The lowest node is missing: its parent must not be taken for a leaf. Every
// page is looked at, so that no zero among the fields of a node hides it.
TEST_F(XbitmapTest, FindZeroTakesNoNodeForALeaf) {
  set_.Set(131072);
  for (Pfn pfn = 65536; pfn < 131072; ++pfn) {
    ASSERT_EQ(set_->FindZero(pfn, kMaxPfn), pfn);
  }
}

TEST_F(XbitmapTest, FindZeroGoesOnWhereTheLowestNodeEnds) {
  set_.Set(0);
  set_.Fill({130000, 131071});
  EXPECT_EQ(set_->FindZero(130000, kMaxPfn), 131072);
  EXPECT_EQ(set_.Ranges(), (List{{0, 0}, {130000, 131071}}));
}

TEST_F(XbitmapTest, FindSetStartsAFoundLeafAtItsBeginning) {
  set_.Set(2048);
  EXPECT_EQ(set_->FindSet(1000, kMaxPfn), 2048);
  EXPECT_EQ(set_->FindSet(1000, 2047), std::nullopt);
}

TEST_F(XbitmapTest, ClearRangeFreesTheLeafInWhichItEnds) {
  set_.Set(5000);
  set_.ClearRange({1000, 5000});
  EXPECT_EQ(set_.usage().live_objects(), 0);
}

// --------------------------------------------------------------------- kept

TEST(XbitmapKeepTest, AnEmptiedSetIsFilledAgainWithoutMemory) {
  Bare<XbitmapKeep<NowaitHeap>> set;
  for (int pass = 0; pass < 3; ++pass) {
    for (const Pfn pfn : {5, 5000, 300000}) {
      set.Set(pfn);
    }
    EXPECT_EQ(set.Ranges(), (List{{5, 5}, {5000, 5000}, {300000, 300000}}));
    if (pass == 0) {
      set.ClearRange({0, kMaxPfn});
    } else {
      for (const Pfn pfn : {5, 5000, 300000}) {
        set.Clear(pfn);
      }
    }
    EXPECT_EQ(set.Ranges(), List{});
    EXPECT_TRUE(set->Validate());
    set.FailAll();
  }
  EXPECT_EQ(set.failures().injected(), 0);
}

}  // namespace
}  // namespace pfn::testing
