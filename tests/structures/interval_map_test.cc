// SPDX-License-Identifier: MIT
//
// The adapter of ordered maps by itself, with std::map, which is always there:
// what it does to runs, and when it needs memory.

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <vector>

#include "structures/library/interval_map_adapter.h"
#include "structures/library/throwing_allocator.h"
#include "tests/structures/rig.h"

namespace pfn::testing {
namespace {

template <NowaitAllocator A>
class StdMap
    : public IntervalMapAdapter<
          A, std::map<RunStart, Pfn, RunOrder,
                      ThrowingAllocator<std::pair<const RunStart, Pfn>, A>>> {
 public:
  static constexpr StructureTraits kTraits{
      .name = "std-map",
      .family = "rbtree",
      .origin = "for tests",
      .clear_can_fail = true,
      .out_of_memory = OutOfMemory::kThrows,
  };

  using StdMap::IntervalMapAdapter::IntervalMapAdapter;
};

using List = std::vector<PfnRange>;

class IntervalMapTest : public ::testing::Test {
 protected:
  Status ClearRange(PfnRange range) {
    return set_->ClearRange(range, Gfp::kNowait);
  }

  Bare<StdMap<NowaitHeap>> set_;
};

TEST_F(IntervalMapTest, TrimmingTheHeadOfARunAsksForNothing) {
  set_.Fill({50, 100});
  const std::uint64_t before = set_.usage().allocations;
  set_.FailAll();
  EXPECT_EQ(ClearRange({40, 60}), Status::kOk);
  EXPECT_EQ(ClearRange({61, 61}), Status::kOk);
  EXPECT_EQ(set_.usage().allocations, before);
  EXPECT_EQ(set_.Ranges(), (List{{62, 100}}));
}

TEST_F(IntervalMapTest, TrimmingTheTailOfARunAsksForNothing) {
  set_.Fill({50, 100});
  set_.FailAll();
  EXPECT_EQ(ClearRange({90, 110}), Status::kOk);
  EXPECT_EQ(set_.Ranges(), (List{{50, 89}}));
}

TEST_F(IntervalMapTest, AHoleWithinARunThatGetsNoMemoryChangesNothing) {
  set_.Fill({50, 100});
  set_.FailOnce(1);
  EXPECT_EQ(ClearRange({60, 70}), Status::kNoMemory);
  EXPECT_EQ(set_.Ranges(), (List{{50, 100}}));
  EXPECT_EQ(ClearRange({60, 70}), Status::kOk);
  EXPECT_EQ(set_.Ranges(), (List{{50, 59}, {71, 100}}));
}

// All subsets of eight pages, all ranges of them: each against a bit mask.
TEST_F(IntervalMapTest, EveryRangeIsClearedFromEverySetOfEightPages) {
  for (unsigned members = 0; members < 256; ++members) {
    for (unsigned first = 0; first < 8; ++first) {
      for (unsigned last = first; last < 8; ++last) {
        for (unsigned i = 0; i < 8; ++i) {
          if ((members >> i & 1) != 0) set_.Set(i);
        }
        ASSERT_EQ(ClearRange({first, last}), Status::kOk);
        for (unsigned i = 0; i < 8; ++i) {
          const bool is_kept = i < first || i > last;
          ASSERT_EQ(set_->Test(i), is_kept && (members >> i & 1) != 0);
        }
        ASSERT_TRUE(set_->Validate());
        ASSERT_EQ(ClearRange(kAllPages), Status::kOk);
        ASSERT_EQ(set_.usage().live_objects(), 0);
      }
    }
  }
}

}  // namespace
}  // namespace pfn::testing
