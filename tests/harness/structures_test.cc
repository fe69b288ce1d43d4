// SPDX-License-Identifier: MIT
//
// Every structure of the list is measured without an error, with and without
// faults, and the floor measures the loop alone.

#include "harness/registry/structures.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>

#include "harness/measure/floor.h"
#include "tests/harness/testing.h"

namespace pfn {
namespace {

using testing::MeasureOn;
using testing::ScatteredWorkload;

// Of more runs than a structure can hold without memory.
const Workload& Scattered() {
  static const auto workload = ScatteredWorkload(2, 12000);
  return *workload;
}

TEST(Structures, AreVariantsOfDesignsOfTheirOwnFamily) {
  std::size_t variants = 0;
  for (const Structure& structure : Structures()) {
    const StructureTraits& traits = structure.traits;
    if (traits.variant_of.empty()) continue;
    ++variants;
    const auto base =
        std::ranges::find_if(Structures(), [&](const Structure& other) {
          return other.traits.name == traits.variant_of;
        });
    ASSERT_NE(base, Structures().end()) << traits.name;
    EXPECT_EQ(base->traits.variant_of, "") << traits.name;
    EXPECT_EQ(base->traits.family, traits.family) << traits.name;
  }
  EXPECT_GT(variants, 0);
}

TEST(Structures, MatchTheOracleInEveryOperation) {
  for (const Structure& structure : Structures()) {
    for (const OperationInfo& info : kOperations) {
      const Measurement m = MeasureOn(Scattered(), info.operation, structure);
      EXPECT_EQ(m.error, "") << structure.traits.name << " " << info.name;
      EXPECT_EQ(m.ranges, Scattered().ranges());
      EXPECT_EQ(m.failed_sets, 0);
      EXPECT_EQ(m.accounts_memory, structure.traits.accounts_memory);
      if (m.accounts_memory) {
        EXPECT_GT(m.rounded_when_full, 0) << structure.traits.name;
      }
    }
  }
}

TEST(Structures, AnswerAlikeHoweverTheLoopReachesThem) {
  for (const Structure& structure : Structures()) {
    const bool fails = structure.traits.out_of_memory != OutOfMemory::kAborts;
    const std::string fault = fails ? "gilbert_elliott:loss=0.2" : "none";
    for (const OperationInfo& info : kOperations) {
      const Measurement called =
          MeasureOn(Scattered(), info.operation, structure, fault);
      const Measurement inlined =
          MeasureOn(Scattered(), info.operation, structure, fault,
                    {.calls = Calls::kInlined});
      EXPECT_EQ(inlined.error, "") << structure.traits.name << " " << info.name;
      EXPECT_EQ(inlined.ranges, called.ranges) << structure.traits.name;
      EXPECT_EQ(inlined.failed_sets, called.failed_sets);
      EXPECT_EQ(inlined.usage.allocations, called.usage.allocations);
    }
  }
}

TEST(Structures, MatchTheOracleWhileAllocationsFail) {
  for (const Structure& structure : Structures()) {
    if (structure.traits.out_of_memory == OutOfMemory::kAborts) continue;
    for (const std::string fault : {"nth:1", "failslab:probability=20"}) {
      for (const OperationInfo& info : kOperations) {
        const Measurement m =
            MeasureOn(Scattered(), info.operation, structure, fault);
        EXPECT_EQ(m.error, "") << structure.traits.name << " " << info.name;
        // Blocks of pages are beyond failslab; the first request is never.
        if (fault == "nth:1") {
          EXPECT_EQ(m.usage.failures, 1) << structure.traits.name;
        }
      }
    }
  }
}

TEST(Floor, RunsTheLoopsOfSetTestAndClear) {
  EXPECT_TRUE(FloorHas(Operation::kSet));
  EXPECT_TRUE(FloorHas(Operation::kTest));
  EXPECT_TRUE(FloorHas(Operation::kClear));
  EXPECT_FALSE(FloorHas(Operation::kExtract));
  EXPECT_FALSE(FloorHas(Operation::kDrain));
  for (const Operation operation :
       {Operation::kSet, Operation::kTest, Operation::kClear}) {
    for (const Calls calls : {Calls::kOutlined, Calls::kInlined}) {
      PageArena arena;
      const Measurement m = MeasureFloor({.operation = operation,
                                          .workload = &Scattered(),
                                          .conditions = {.calls = calls},
                                          .arena = &arena});
      EXPECT_EQ(m.error, "");
      EXPECT_GT(m.ns, 0);
      const std::uint64_t pages = Scattered().pages();
      EXPECT_EQ(m.pages, operation == Operation::kTest ? 2 * pages : pages);
      EXPECT_EQ(m.ranges, Scattered().ranges());
      EXPECT_EQ(m.usage.allocations, 0);
    }
  }
}

}  // namespace
}  // namespace pfn
