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
  void Set(Pfn pfn) { ASSERT_EQ(set_->Set(pfn, Gfp::kNowait), Status::kOk); }
  void SetRange(PfnRange range, std::uint64_t stride = 1) {
    for (Pfn pfn = range.first; pfn <= range.last; pfn += stride) Set(pfn);
  }
  void SetFails(Pfn pfn) {
    ASSERT_EQ(set_->Set(pfn, Gfp::kNowait), Status::kNoMemory);
  }
  void Clear(Pfn pfn) {
    ASSERT_EQ(set_->Clear(pfn, Gfp::kNowait), Status::kOk);
  }
  void ClearRange(PfnRange range) {
    ASSERT_EQ(set_->ClearRange(range, Gfp::kNowait), Status::kOk);
  }

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
  SetRange(kDense);
  EXPECT_EQ(Leaves(), 1792);
  EXPECT_EQ(Nodes(), 29);
  EXPECT_EQ(set_.usage().live_requested, 246080);
  EXPECT_EQ(set_.Ranges(), List{kDense});
  ClearRange(kDense);
  EXPECT_EQ(set_.usage().live_objects(), 0);
}

TEST_F(XbitmapTest, NodesAndLeavesAreRoundedAsTheKernelRounds) {
  SetRange(kDense, 1024);
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
    Set(c.last);  // alone: one node for each level
    EXPECT_EQ(Nodes(), c.levels);
    EXPECT_EQ(Leaves(), 1);
    Clear(c.last);
    EXPECT_EQ(set_.usage().live_objects(), 0);
    if (c.last == kMaxPfn) break;
    Set(c.last + 1);
    EXPECT_EQ(Nodes(), c.levels + 1);
    Clear(c.last + 1);
  }
}

TEST_F(XbitmapTest, TheWorstSetTakesSeventeenNodes) {
  Set(0);
  EXPECT_EQ(Nodes(), 0);
  Set(kMaxPfn);
  EXPECT_EQ(Nodes(), 17);
  EXPECT_EQ(Leaves(), 2);
  EXPECT_TRUE(set_->Validate());
}

TEST_F(XbitmapTest, TheTreeShrinksWhenTheFarPageGoes) {
  Set(0);
  Set(70000);
  Set(kMaxPfn);
  Clear(kMaxPfn);
  EXPECT_EQ(Nodes(), 3);  // two levels, two lowest nodes
  EXPECT_TRUE(set_->Validate());
  Clear(70000);
  EXPECT_EQ(Nodes(), 0);
  EXPECT_EQ(Leaves(), 1);
  EXPECT_TRUE(set_->Validate());
  EXPECT_TRUE(set_->Test(0));
  Clear(0);
  EXPECT_EQ(set_.usage().live_objects(), 0);
}

TEST_F(XbitmapTest, TheTreeDoesNotShrinkAroundAPageThatIsNotAtItsLeft) {
  Set(1024);
  Set(kMaxPfn);
  Clear(kMaxPfn);
  EXPECT_EQ(Nodes(), 1);
  Set(0);
  Clear(1024);
  EXPECT_EQ(Nodes(), 0);
  EXPECT_TRUE(set_->Test(0));
}

TEST_F(XbitmapTest, ClearRangeFreesLeavesAndNodesThatBecomeEmpty) {
  SetRange({0, 200000});
  ClearRange({1000, 150000});
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
    Set(0);
    set_.FailOnce(n);
    SetFails(kMaxPfn);
    EXPECT_EQ(set_.failures().injected(), 1);
    EXPECT_EQ(Nodes(), n - 1);
    EXPECT_EQ(Leaves(), 1);
    EXPECT_EQ(set_.Ranges(), (List{{0, 0}}));
    EXPECT_TRUE(set_->Validate());

    const std::uint64_t before = set_.usage().allocations;
    Set(kMaxPfn);
    EXPECT_EQ(set_.usage().allocations - before, kRequests - (n - 1));
    EXPECT_EQ(set_.Ranges(), (List{{0, 0}, {kMaxPfn, kMaxPfn}}));
    ClearRange(kAllPages);
    EXPECT_EQ(set_.usage().live_objects(), 0);
  }
}

TEST_F(XbitmapTest, AFailedSetInAnEmptyTreeLeavesItUsable) {
  for (std::uint64_t n = 1; n <= 10; ++n) {
    SCOPED_TRACE(n);
    Bare<OpenXbitmap> set;
    set.FailOnce(n);
    ASSERT_EQ(set->Set(kMaxPfn, Gfp::kNowait), Status::kNoMemory);
    EXPECT_EQ(set.Ranges(), List{});
    EXPECT_TRUE(set->Validate());
    EXPECT_EQ(set->FindZero(5, kMaxPfn), 5);
    ASSERT_EQ(set->Set(3, Gfp::kNowait), Status::kOk);
    EXPECT_EQ(set.Ranges(), (List{{3, 3}}));
    EXPECT_TRUE(set->Validate());
  }
}

TEST_F(XbitmapTest, AFailedLeafTakesNoNeighbourWithIt) {
  Set(70000);
  set_.FailOnce(1);
  SetFails(71000);
  EXPECT_EQ(set_.Ranges(), (List{{70000, 70000}}));
  EXPECT_TRUE(set_->Validate());
  Set(71000);
  EXPECT_EQ(set_.Ranges(), (List{{70000, 70000}, {71000, 71000}}));
}

TEST_F(XbitmapTest, ManyFailedLeavesTakeNoNeighbourWithThem) {
  SetRange({65536, 65536 + 10 * 1024}, 1024);
  const List before = set_.Ranges();
  for (Pfn pfn = 80000; pfn < 80000 + 20 * 1024; pfn += 1024) {
    set_.FailOnce(1);
    SetFails(pfn);
  }
  EXPECT_EQ(set_.Ranges(), before);
  EXPECT_TRUE(set_->Validate());
}

TEST_F(XbitmapTest, APageOfAnExistingLeafNeedsNoMemory) {
  Set(5);
  set_.FailAll();
  Set(100);
  Set(1023);
  SetFails(1024);
  EXPECT_EQ(set_.Ranges(), (List{{5, 5}, {100, 100}, {1023, 1023}}));
}

// ----------------------------------------------------------------- queries

TEST_F(XbitmapTest, FindZeroAboveTheTreeIsThePageItself) {
  EXPECT_EQ(set_->FindZero(5000, kMaxPfn), 5000);
  EXPECT_EQ(set_->FindZero(kMaxPfn, kMaxPfn), kMaxPfn);
  Set(65535);
  EXPECT_EQ(set_->FindZero(65536, 65536), 65536);
  EXPECT_EQ(set_->FindZero(1 << 30, kMaxPfn), 1 << 30);
}

TEST_F(XbitmapTest, FindZeroLeavesAFullTreeAtItsEnd) {
  SetRange({0, 1023});  // one leaf and no node
  EXPECT_EQ(set_->FindZero(1, kMaxPfn), 1024);
  EXPECT_EQ(set_->FindZero(1, 1023), std::nullopt);
  SetRange({1024, 65535});  // one full node
  EXPECT_EQ(set_->FindZero(1, kMaxPfn), 65536);
  EXPECT_EQ(set_->FindZero(1, 65535), std::nullopt);
  EXPECT_EQ(set_->FindZero(1, 65536), 65536);
}

TEST_F(XbitmapTest, FindZeroStartsTheNextLeafAtItsBeginning) {
  SetRange({0, 1023});
  Set(1025);
  Set(3000);
  EXPECT_EQ(set_->FindZero(500, kMaxPfn), 1024);
  EXPECT_EQ(set_->FindZero(1025, kMaxPfn), 1026);
}

// The lowest node is missing: its parent must not be taken for a leaf. Every
// page is looked at, so that no zero among the fields of a node hides it.
TEST_F(XbitmapTest, FindZeroTakesNoNodeForALeaf) {
  Set(131072);
  for (Pfn pfn = 65536; pfn < 131072; ++pfn) {
    ASSERT_EQ(set_->FindZero(pfn, kMaxPfn), pfn);
  }
}

TEST_F(XbitmapTest, FindZeroGoesOnWhereTheLowestNodeEnds) {
  Set(0);
  SetRange({130000, 131071});
  EXPECT_EQ(set_->FindZero(130000, kMaxPfn), 131072);
  EXPECT_EQ(set_.Ranges(), (List{{0, 0}, {130000, 131071}}));
}

TEST_F(XbitmapTest, FindZeroIsClippedInATreeOfOneLeaf) {
  SetRange({5, 20});
  EXPECT_EQ(set_->FindZero(5, 10), std::nullopt);
  EXPECT_EQ(set_->FindZero(5, 21), 21);
}

TEST_F(XbitmapTest, FindSetStartsAFoundLeafAtItsBeginning) {
  Set(2048);
  EXPECT_EQ(set_->FindSet(1000, kMaxPfn), 2048);
  EXPECT_EQ(set_->FindSet(1000, 2047), std::nullopt);
}

TEST_F(XbitmapTest, FindSetFindsTheLeafWithoutNode) {
  Set(700);
  EXPECT_EQ(set_->FindSet(0, 2047), 700);
  EXPECT_EQ(set_->FindSet(0, kMaxPfn), 700);
  EXPECT_EQ(set_->FindSet(701, kMaxPfn), std::nullopt);
}

TEST_F(XbitmapTest, ClearRangeLooksAtTheCurrentLeafForItsEnd) {
  Set(10);
  Set(5000);
  ClearRange({0, 100});
  EXPECT_EQ(set_.Ranges(), (List{{5000, 5000}}));
  ClearRange({1000, 5000});
  EXPECT_EQ(set_.usage().live_objects(), 0);
}

// --------------------------------------------------------------------- kept

TEST(XbitmapKeepTest, AnEmptiedSetIsFilledAgainWithoutMemory) {
  Bare<XbitmapKeep<NowaitHeap>> set;
  for (int pass = 0; pass < 3; ++pass) {
    for (const Pfn pfn : {5, 5000, 300000}) {
      ASSERT_EQ(set->Set(pfn, Gfp::kNowait), Status::kOk);
    }
    EXPECT_EQ(set.Ranges(), (List{{5, 5}, {5000, 5000}, {300000, 300000}}));
    if (pass == 0) {
      ASSERT_EQ(set->ClearRange({0, kMaxPfn}, Gfp::kNowait), Status::kOk);
    } else {
      for (const Pfn pfn : {5, 5000, 300000}) {
        ASSERT_EQ(set->Clear(pfn, Gfp::kNowait), Status::kOk);
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
