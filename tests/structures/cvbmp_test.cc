// SPDX-License-Identifier: MIT
//
// The list of cvbmp from inside: nodes, spares and the node used last after
// each operation; memory; the defects of the posted code; and every legal size
// of a segment.

#include "structures/cvbmp/cvbmp.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "tests/structures/random_life.h"
#include "tests/structures/rig.h"
#include "workloads/base/random.h"

namespace pfn::testing {
namespace {

using List = std::vector<PfnRange>;
// Segment and bits of each node.
using Nodes = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

template <std::uint64_t kSegmentPages>
using BareCvbmp = Bare<Cvbmp<NowaitHeap, kSegmentPages>>;

template <class Set>
Nodes NodesOf(Set& set) {
  Nodes nodes;
  set->VisitNodes([&](std::uint64_t segment, std::uint64_t bits) {
    nodes.emplace_back(segment, bits);
  });
  return nodes;
}

// ----------------------------------------- a script for segments of 8 pages

using Small = BareCvbmp<8>;

struct ScriptLine {
  std::string operation;
  Nodes nodes;
  std::uint64_t spares;
  std::optional<std::uint64_t> last_used;
  std::uint64_t live_objects;
  std::uint64_t failing_request = 0;
  Status status = Status::kOk;
};

// "set 91" is about a page, "clear segment 12" about a segment.
Status Perform(const std::string& operation, Small& set) {
  std::istringstream words(operation);
  std::string verb, number;
  words >> verb >> number;
  if (number != "segment") {
    const Pfn pfn = std::stoull(number);
    return verb == "set" ? set->Set(pfn, Gfp::kNowait)
                         : set->Clear(pfn, Gfp::kNowait);
  }
  std::uint64_t segment;
  words >> segment;
  if (verb == "set") return set->SetSegment(segment, Gfp::kNowait);
  set->ClearSegment(segment);
  return Status::kOk;
}

TEST(CvbmpTest, EveryStepMakesTheListThatItShould) {
  const std::vector<ScriptLine> script = {
      {"set segment 10", {{10, 8}}, 0, 10, 2},
      {"set segment 12", {{10, 8}, {12, 8}}, 0, 12, 4},
      {"set segment 11", {{10, 24}}, 2, 10, 6},
      {"set 0", {{0, 1}, {10, 24}}, 2, 0, 8},
      {"clear 91", {{0, 1}, {10, 8}, {11, 7}, {12, 8}}, 0, 11, 8},
      {"set 91", {{0, 1}, {10, 24}}, 2, 10, 8},
      {"clear 80", {{0, 1}, {10, 7}, {11, 16}}, 1, 10, 8},
      {"clear segment 12", {{0, 1}, {10, 7}, {11, 8}}, 0, 11, 6},
      {"set 97", {{0, 1}, {10, 7}, {11, 8}}, 0, 11, 6, 1, Status::kNoMemory},
      {"set 97", {{0, 1}, {10, 7}, {11, 8}}, 0, 11, 6, 2, Status::kNoMemory},
      {"set 97", {{0, 1}, {10, 7}, {11, 8}, {12, 1}}, 0, 12, 8},
      {"set 98", {{0, 1}, {10, 7}, {11, 8}, {12, 2}}, 0, 12, 8, 1},
      {"clear 0", {{10, 7}, {11, 8}, {12, 2}}, 0, 10, 6},
      {"clear segment 11", {{10, 7}, {12, 2}}, 0, 10, 4},
      {"set segment 10", {{10, 8}, {12, 2}}, 0, 10, 4},
      {"set segment 9", {{9, 16}, {12, 2}}, 1, 9, 6},
      {"set segment 8", {{8, 24}, {12, 2}}, 2, 8, 8},
      {"clear 71", {{8, 7}, {9, 16}, {12, 2}}, 1, 8, 8},
      {"clear segment 9", {{8, 7}, {10, 8}, {12, 2}}, 0, 8, 6},
      {"clear segment 77", {{8, 7}, {10, 8}, {12, 2}}, 0, 8, 6},
      {"clear 97", {{8, 7}, {10, 8}, {12, 1}}, 0, 12, 6},
      {"clear 98", {{8, 7}, {10, 8}}, 0, 10, 4},
      {"clear segment 10", {{8, 7}}, 0, 8, 2},
      {"clear segment 8", {}, 0, std::nullopt, 0},
  };
  Small set;
  for (const ScriptLine& line : script) {
    SCOPED_TRACE(line.operation);
    set.FailOnce(line.failing_request);
    EXPECT_EQ(Perform(line.operation, set), line.status);
    set.failures().Disarm();
    EXPECT_EQ(NodesOf(set), line.nodes);
    EXPECT_EQ(set->CountSpares(), line.spares);
    EXPECT_EQ(set->last_used_segment(), line.last_used);
    EXPECT_EQ(set.usage().live_objects(), line.live_objects);
    EXPECT_TRUE(set->Validate());
  }
}

// ------------------------------------------------------------------- memory

TEST(CvbmpTest, MergingAFullGuestGivesNoMemoryBack) {
  BareCvbmp<1024> set;
  constexpr std::uint64_t kSegments = 1792;  // 7 GiB
  for (std::uint64_t t = 256; t < 256 + kSegments; ++t) {
    ASSERT_EQ(set->SetSegment(t, Gfp::kNowait), Status::kOk);
  }
  EXPECT_EQ(NodesOf(set), (Nodes{{256, kSegments * 1024}}));
  EXPECT_EQ(set->CountSpares(), kSegments - 1);
  EXPECT_EQ(set.usage().live_objects(), 2 * kSegments);
  EXPECT_EQ(set.usage().live_requested, 301056);
  EXPECT_EQ(set.usage().live_rounded, 344064);
  EXPECT_EQ(set.Ranges(), (List{{256 * 1024, 2048 * 1024 - 1}}));
}

// What Handa's guest of 128 GiB would have to record: all but 1 GiB.
TEST(CvbmpTest, TheLargestBalloonOfTheDiscussionTakesSixMegabytes) {
  BareCvbmp<1024> set;
  for (std::uint64_t t = 256; t < 256 + 32'512; ++t) {
    ASSERT_EQ(set->SetSegment(t, Gfp::kNowait), Status::kOk);
  }
  EXPECT_EQ(set.Ranges(), (List{{256 * 1024, 32'768 * 1024 - 1}}));
  EXPECT_EQ(set.usage().live_rounded, 6'242'304);
}

TEST(CvbmpTest, SparesAreNotUsedForNewSegments) {
  BareCvbmp<1024> set;
  for (std::uint64_t t = 0; t < 100; ++t) {
    ASSERT_EQ(set->SetSegment(t, Gfp::kNowait), Status::kOk);
  }
  EXPECT_EQ(set->CountSpares(), 99);
  for (std::uint64_t t = 200; t < 300; t += 2) set.Set(t * 1024);
  EXPECT_EQ(set->CountSpares(), 99);
  EXPECT_EQ(set.usage().live_objects(), 300);
}

TEST(CvbmpTest, LiveAllocationsAreTwoForEachSegmentWithAPage) {
  BareCvbmp<64> set;
  SplitMix64 random(1);
  std::vector<unsigned> pages(20);  // of each segment
  for (int i = 0; i < 20000; ++i) {
    const std::uint64_t segment = random.Below(pages.size());
    const Pfn pfn = segment * 64 + random.Below(64);
    // Swings between nearly full and nearly empty, so that runs come and go.
    const bool fill = random.Below(100) < (i / 2000 % 2 == 0 ? 90 : 10);
    const bool member = set->Test(pfn);
    if (fill) {
      set.Set(pfn);
    } else {
      set.Clear(pfn);
    }
    pages[segment] +=
        static_cast<unsigned>(fill) - static_cast<unsigned>(member);
    const auto segments = pages.size() - std::ranges::count(pages, 0u);
    ASSERT_EQ(set.usage().live_objects(), 2 * segments);
    ASSERT_TRUE(set->Validate());
  }
}

TEST(CvbmpTest, UnmergingTakesSparesAndNeverAllocates) {
  for (const std::uint64_t segment : {0, 1, 5, 8, 9}) {
    SCOPED_TRACE(segment);
    BareCvbmp<1024> set;
    for (std::uint64_t t = 0; t < 10; ++t) {
      ASSERT_EQ(set->SetSegment(t, Gfp::kNowait), Status::kOk);
    }
    const std::uint64_t before = set.usage().allocations;
    set.FailAll();
    set.Clear(segment * 1024 + 7);
    EXPECT_EQ(set.failures().injected(), 0);
    EXPECT_EQ(set.usage().allocations, before);
    const bool inner = segment != 0 && segment != 9;
    EXPECT_EQ(set->CountSpares(), inner ? 7 : 8);
    EXPECT_EQ(set.usage().live_objects(), 20);
    EXPECT_TRUE(set->Validate());
  }
}

TEST(CvbmpTest, ANodeWithoutBitmapIsFreedAgain) {
  BareCvbmp<1024> set;
  set.FailOnce(2);
  set.SetFails(5);
  EXPECT_EQ(set.failures().injected(), 1);
  EXPECT_EQ(set.usage().allocations, 1);
  EXPECT_EQ(set.usage().live_objects(), 0);
}

// With n allocations to be had, n / 2 segments are opened.
TEST(CvbmpTest, ASegmentTakesTwoAllocationsAndItsOtherPagesNone) {
  for (const std::uint64_t budget : {4, 5}) {
    BareCvbmp<1024> set;
    set.failures().Arm(budget + 1, FailuresToOrder::Mode::kFromThenOn);
    std::uint64_t opened = 0;
    for (std::uint64_t t = 0; t < 10; ++t) {
      opened += set->Set(t * 4096, Gfp::kNowait) == Status::kOk;
    }
    EXPECT_EQ(opened, budget / 2);
    set.Fill({0, 1024 - 1});
  }
}

TEST(CvbmpTest, TestDoesNotMoveTheNodeUsedLast) {
  Small set;
  set.Set(0);
  set.Set(800);
  EXPECT_TRUE(set->Test(0));
  EXPECT_FALSE(set->Test(400));
  EXPECT_EQ(set->last_used_segment(), 100);
  EXPECT_EQ(set.Ranges(), (List{{0, 0}, {800, 800}}));
  EXPECT_EQ(set->last_used_segment(), 100);
}

// ----------------------------------------------- defects of the posted code

// A run that is the last of the list, and a node used last at its left.
class RunAtTheTail : public ::testing::Test {
 protected:
  RunAtTheTail() {
    for (const std::uint64_t t : {10, 11, 12}) {
      EXPECT_EQ(set_->SetSegment(t, Gfp::kNowait), Status::kOk);
    }
    set_.Set(0);
    EXPECT_EQ(NodesOf(set_), (Nodes{{0, 1}, {10, 3072}}));
    EXPECT_EQ(set_->last_used_segment(), 0);
  }

  static constexpr Pfn kInside = 12 * 1024 + 5;
  BareCvbmp<1024> set_;
};

TEST_F(RunAtTheTail, IsTested) { EXPECT_TRUE(set_->Test(kInside)); }

TEST_F(RunAtTheTail, IsCleared) {
  set_.Clear(kInside);
  EXPECT_EQ(NodesOf(set_), (Nodes{{0, 1}, {10, 2048}, {12, 1023}}));
  EXPECT_FALSE(set_->Test(kInside));
}

TEST_F(RunAtTheTail, LosesItsLastSegment) {
  set_->ClearSegment(12);
  EXPECT_EQ(NodesOf(set_), (Nodes{{0, 1}, {10, 2048}}));
  EXPECT_EQ(set_->CountSpares(), 1);
}

TEST_F(RunAtTheTail, HoldsAPageThatIsSetAgain) {
  set_.FailAll();
  set_.Set(kInside);
  EXPECT_EQ(set_->SetSegment(12, Gfp::kNowait), Status::kOk);
  EXPECT_EQ(NodesOf(set_), (Nodes{{0, 1}, {10, 3072}}));
  set_.Clear(kInside);
  EXPECT_FALSE(set_->Test(kInside));
}

TEST_F(RunAtTheTail, IsEmptiedSegmentBySegment) {
  ASSERT_EQ(set_->SetSegment(12, Gfp::kNowait), Status::kOk);
  for (const std::uint64_t t : {10, 11, 12}) set_->ClearSegment(t);
  EXPECT_EQ(set_.Ranges(), (List{{0, 0}}));
}

TEST_F(RunAtTheTail, GrowsByOneSegment) {
  for (const std::uint64_t t : {11, 12, 13}) {
    ASSERT_EQ(set_->SetSegment(t, Gfp::kNowait), Status::kOk);
  }
  EXPECT_EQ(set_.Ranges(), (List{{0, 0}, {10 * 1024, 14 * 1024 - 1}}));
  EXPECT_TRUE(set_->Validate());
}

// The posted walk to the left took the head of the list for a node, whose
// "segment" was an address; pages from 2^57 on could meet it.
TEST(CvbmpTest, AWalkToTheLeftDoesNotTakeTheHeadForANode) {
  BareCvbmp<1024> set;
  set.Set(Pfn{1} << 40);
  set.Set(kMaxPfn);
  const auto address = reinterpret_cast<std::uintptr_t>(&*set);
  for (std::uintptr_t near = address; near < address + 128; near += 8) {
    EXPECT_FALSE(set->Test(near * 1024 + 8));
  }
  set.Set(1);
  EXPECT_EQ(NodesOf(set).size(), 3);
  EXPECT_TRUE(set->Validate());
}

TEST(CvbmpTest, ARangeIsFoundThatEndsAtTheLastPage) {
  BareCvbmp<1024> set;
  set.Set(kMaxPfn);
  EXPECT_EQ(set->NextRange(5, kMaxPfn), (PfnRange{kMaxPfn, kMaxPfn}));
}

// ------------------------------------------------ the author's tests, entire

// 10^9 - 1 consecutive pages, and a hole.
TEST(CvbmpTest, TheAuthorsSecondTest) {
  constexpr std::uint64_t kS = 1024;
  BareCvbmp<kS> set;
  for (const Pfn pfn : {0, 10, 11, 1000000, 12, 2000000000}) set.Set(pfn);
  set.Clear(11);
  for (const std::uint64_t t : {1024, 1025, 1026, 1025}) {
    ASSERT_EQ(set->SetSegment(t, Gfp::kNowait), Status::kOk);
  }
  set.Clear(1050646);
  for (Pfn i = 0; i < 3 * kS; ++i) set.Set(kMaxPfn - i);
  set.Set(kMaxPfn);

  // The whole segments among the pages at once; setting each of 10^9 pages
  // takes ten seconds.
  constexpr Pfn kFirst = 1000000000;
  constexpr Pfn kLast = 1999999998;
  constexpr std::uint64_t kFirstWhole = (kFirst + kS - 1) / kS;
  constexpr std::uint64_t kAfterWhole = (kLast + 1) / kS;
  set.Fill({kFirst, kFirstWhole * kS - 1});
  for (std::uint64_t t = kFirstWhole; t < kAfterWhole; ++t) {
    ASSERT_EQ(set->SetSegment(t, Gfp::kNowait), Status::kOk);
  }
  set.Fill({kAfterWhole * kS, kLast});
  set.Clear(1234567890);

  EXPECT_EQ(set.Ranges(), (List{{0, 0},
                                {10, 10},
                                {12, 12},
                                {1000000, 1000000},
                                {1048576, 1050645},
                                {1050647, 1051647},
                                {1000000000, 1234567889},
                                {1234567891, 1999999998},
                                {2000000000, 2000000000},
                                {18446744073709548544u, kMaxPfn}}));
  EXPECT_TRUE(set->Validate());
}

// --------------------------------------------------- every size of a segment

template <class Number>
class CvbmpOfAnySize : public ::testing::Test {
 protected:
  using Set = BareCvbmp<Number::value>;

  static void SetSegment(Set& set, std::uint64_t t) {
    ASSERT_EQ(set->SetSegment(t, Gfp::kNowait), Status::kOk);
    ASSERT_TRUE(set->Validate());
  }
  static void ClearSegment(Set& set, std::uint64_t t) {
    set->ClearSegment(t);
    ASSERT_TRUE(set->Validate());
  }
};

template <std::uint64_t kPages>
using Pages = std::integral_constant<std::uint64_t, kPages>;
using Sizes =
    ::testing::Types<Pages<8>, Pages<16>, Pages<32>, Pages<64>, Pages<128>,
                     Pages<256>, Pages<512>, Pages<1024>, Pages<2048>,
                     Pages<4096>, Pages<8192>, Pages<16384>, Pages<32768>>;
TYPED_TEST_SUITE(CvbmpOfAnySize, Sizes);

// With 8, 16 or 32 pages the posted bitmap was shorter than the word that bit
// operations touch; the sanitizers look.
TYPED_TEST(CvbmpOfAnySize, ABitmapIsWholeWords) {
  constexpr std::uint64_t kS = TypeParam::value;
  typename TestFixture::Set set;
  set.Set(kS - 1);
  EXPECT_EQ(set.usage().live_requested,
            40 + std::max<std::uint64_t>(8, kS / 8));
}

// A node is 64 bytes of kmalloc, a bitmap no less than 8.
TYPED_TEST(CvbmpOfAnySize, ANodeAndItsBitmapAreRoundedAsTheKernelRounds) {
  constexpr std::uint64_t kS = TypeParam::value;
  typename TestFixture::Set set;
  set.Set(0);
  EXPECT_EQ(set.usage().live_rounded, 64 + std::max<std::uint64_t>(8, kS / 8));
}

TYPED_TEST(CvbmpOfAnySize, SevenGibibytesTakeTwoAllocationsASegment) {
  constexpr std::uint64_t kS = TypeParam::value;
  constexpr std::uint64_t kSegments = (2097152 - 262144) / kS;
  typename TestFixture::Set set;
  for (std::uint64_t t = 0; t < kSegments; ++t) {
    ASSERT_EQ(set->SetSegment(262144 / kS + t, Gfp::kNowait), Status::kOk);
  }
  EXPECT_EQ(set.Ranges(), (List{{262144, 2097151}}));
  EXPECT_EQ(set.usage().allocations, 2 * kSegments);
  EXPECT_EQ(set->CountSpares(), kSegments - 1);
}

TYPED_TEST(CvbmpOfAnySize, EveryOtherSegmentAndThenTheRestBecomeOneRun) {
  constexpr std::uint64_t kS = TypeParam::value;
  for (const std::uint64_t first : {0, 101}) {
    const std::uint64_t second = first ^ 1;
    const std::uint64_t least = std::min(first, second);
    typename TestFixture::Set set;
    for (std::uint64_t i = 0; i < 16; i += 2) this->SetSegment(set, first + i);
    EXPECT_EQ(NodesOf(set).size(), 8);
    for (std::uint64_t i = 0; i < 16; i += 2) this->SetSegment(set, second + i);
    EXPECT_EQ(NodesOf(set), (Nodes{{least, 16 * kS}}));
    EXPECT_EQ(set->CountSpares(), 15);
    EXPECT_EQ(set.Ranges(), (List{{least * kS, (least + 16) * kS - 1}}));
    for (std::uint64_t i = 0; i < 16; ++i) this->ClearSegment(set, least + i);
    EXPECT_EQ(set.usage().live_objects(), 0);
  }
}

TYPED_TEST(CvbmpOfAnySize, PagesOfOneSegmentOneByOne) {
  constexpr std::uint64_t kS = TypeParam::value;
  typename TestFixture::Set set;
  for (const Pfn parity : {0, 1}) {
    set.Fill({parity, 3 * kS - 1}, 2);
    ASSERT_TRUE(set->Validate());
  }
  EXPECT_EQ(NodesOf(set), (Nodes{{0, 3 * kS}}));
  for (Pfn pfn = 0; pfn < 3 * kS; ++pfn) set.Clear(pfn);
  EXPECT_EQ(set.usage().live_objects(), 0);
}

TYPED_TEST(CvbmpOfAnySize, FarSegments) {
  constexpr std::uint64_t kS = TypeParam::value;
  typename TestFixture::Set set;
  const std::vector<std::uint64_t> segments = {kMaxPfn / kS, 0,
                                               ((Pfn{1} << 62) - 1) / kS};
  for (const std::uint64_t t : segments) this->SetSegment(set, t);
  EXPECT_EQ(set.Ranges(), (List{{0, kS - 1},
                                {(Pfn{1} << 62) - kS, (Pfn{1} << 62) - 1},
                                {kMaxPfn - (kS - 1), kMaxPfn}}));
  for (const std::uint64_t t : segments) this->ClearSegment(set, t);
  EXPECT_EQ(set.usage().live_objects(), 0);
}

TYPED_TEST(CvbmpOfAnySize, PowersOfTwoAndHalves) {
  constexpr std::uint64_t kS = TypeParam::value;
  std::vector<Pfn> values;
  for (Pfn v = 1; v != 0; v *= 2) values.push_back(v);
  for (Pfn v = kMaxPfn; v != 0; v /= 2) values.push_back(v);
  for (const Pfn v : values) {
    SCOPED_TRACE(v);
    typename TestFixture::Set set;
    set.Set(v);
    EXPECT_TRUE(set->Test(v));
    set.Clear(v);
    EXPECT_FALSE(set->Test(v));
    this->SetSegment(set, v / kS);
    EXPECT_TRUE(set->Test(v));
    this->ClearSegment(set, v / kS);
    EXPECT_FALSE(set->Test(v));
  }
}

TYPED_TEST(CvbmpOfAnySize, AHoleInEachSegmentOfARun) {
  constexpr std::uint64_t kS = TypeParam::value;
  typename TestFixture::Set set;
  for (std::uint64_t t = 100; t <= 109; ++t) this->SetSegment(set, t);
  const auto punch = [&](Pfn hole) {
    SCOPED_TRACE(hole);
    set.Clear(hole);
    EXPECT_EQ(set.Ranges(),
              (List{{100 * kS, hole - 1}, {hole + 1, 110 * kS - 1}}));
    EXPECT_TRUE(set->Validate());
    set.Set(hole);
    EXPECT_TRUE(set->Validate());
  };
  for (std::uint64_t t = 100; t <= 109; ++t) punch(t * kS + kS / 2);
  for (std::uint64_t t = 101; t <= 108; ++t) {
    punch(t * kS);
    punch(t * kS + (kS - 1));
  }
  for (std::uint64_t t = 100; t <= 109; ++t) this->ClearSegment(set, t);
  EXPECT_EQ(set.usage().live_objects(), 0);
}

// What the contract promises, for segments so small that everything happens
// within a few pages, and for the largest.
TYPED_TEST(CvbmpOfAnySize, AgreesWithTheOracle) {
  constexpr std::uint64_t kS = TypeParam::value;
  PlayRandomLife(SetKindOf<Cvbmp<NowaitHeap, kS>>(),
                 {.pages = 6 * kS, .steps = 300, .longest = 2 * kS});
}

}  // namespace
}  // namespace pfn::testing
