// SPDX-License-Identifier: MIT
//
// Conditions of the measured loops: many sets in turn, and a driver that
// touches its pages, are measured right, and a wrong answer of any set is
// found.

#include "harness/measure/conditions.h"

#include <gtest/gtest.h>

#include <utility>

#include "tests/harness/testing.h"

namespace pfn {
namespace {

using testing::Honest;
using testing::MeasureOn;
using testing::ScatteredWorkload;
using testing::StructureOf;

const Workload& Scattered() {
  static const auto workload = ScatteredWorkload(3, 3000);
  return *workload;
}

TEST(Conditions, HaveNamesOnlyWhereTheyAreNotAsUsual) {
  EXPECT_TRUE(Conditions{}.Named().empty());
  Conditions all;
  all.heap = {.cpus = 8,
              .large = LargePolicy::kExact,
              .age = HeapAge::kFresh,
              .seed = 2,
              .allocation_cost = 20,
              .free_cost = 30,
              .grace = 100};
  all.calls = Calls::kInlined;
  all.cold = Between::kTouch;
  all.sets = 16;
  using Named = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(all.Named(), (Named{{"large", "exact"},
                                {"heap", "fresh"},
                                {"heap-seed", "2"},
                                {"alloc-cost", "20"},
                                {"free-cost", "30"},
                                {"grace", "100"},
                                {"calls", "inlined"},
                                {"cold", "touch"},
                                {"sets", "16"}}));
  EXPECT_EQ(all.WithoutLoops().Named().size(), 6);
}

TEST(ManySets, EachHoldWhatOneWouldAndCountTogether) {
  for (const OperationInfo& info : kOperations) {
    const Measurement one = MeasureOn(Scattered(), info.operation,
                                      StructureOf<Honest<NowaitHeap>>());
    const Measurement ten =
        MeasureOn(Scattered(), info.operation,
                  StructureOf<Honest<NowaitHeap>>(), "none", {.sets = 10});
    EXPECT_EQ(ten.error, "") << info.name;
    EXPECT_EQ(ten.pages, 10 * one.pages);
    EXPECT_EQ(ten.ranges, 10 * one.ranges);
    EXPECT_EQ(ten.recorded, 10 * one.recorded);
    EXPECT_EQ(ten.largest_pass, 10 * one.largest_pass);
    EXPECT_EQ(ten.requested_when_full, 10 * one.requested_when_full);
    EXPECT_GT(ten.ns, one.ns);
  }
}

// Wrong in the third set that is made, and in no other.
class WrongInTheThird : public Honest<NowaitHeap> {
 public:
  explicit WrongInTheThird(NowaitHeap& heap)
      : Honest<NowaitHeap>(heap), is_wrong_(++made % 4 == 3) {}

  Status Set(Pfn pfn, Gfp gfp) {
    if (is_wrong_ && ++sets_ == 1000) return Status::kOk;
    return Honest<NowaitHeap>::Set(pfn, gfp);
  }

 private:
  static inline int made = 0;
  const bool is_wrong_;
  int sets_ = 0;
};

TEST(ManySets, AWrongAnswerOfOneIsFound) {
  for (const OperationInfo& info : kOperations) {
    const Measurement m =
        MeasureOn(Scattered(), info.operation, StructureOf<WrongInTheThird>(),
                  "none", {.sets = 4});
    EXPECT_NE(m.error, "") << info.name;
  }
}

TEST(ADriverThatTouches, MeasuresTheSameAnswers) {
  for (const OperationInfo& info : kOperations) {
    const Measurement m = MeasureOn(
        Scattered(), info.operation, StructureOf<Honest<NowaitHeap>>(),
        "failslab:probability=5", {.cold = Between::kTouch});
    EXPECT_EQ(m.error, "") << info.name;
    EXPECT_GT(m.failed_sets, 0);
    EXPECT_GT(m.ns, 0);
  }
}

TEST(AGracePeriod, IsOverWhenTheLedgerIsLookedAt) {
  const Measurement m = MeasureOn(
      Scattered(), Operation::kDrain, StructureOf<Honest<NowaitHeap>>(), "none",
      {.heap = {.allocation_cost = 5, .free_cost = 5, .grace = 50}});
  EXPECT_EQ(m.error, "");
}

}  // namespace
}  // namespace pfn
