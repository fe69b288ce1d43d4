// SPDX-License-Identifier: MIT
//
// Every contender of the list is measured without an error, with and without
// faults, and the floor measures the loop alone.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>

#include "harness/measure/floor.h"
#include "harness/registry/contender.h"
#include "tests/harness/testing.h"

namespace pfn {
namespace {

using testing::Measure;
using testing::ScatteredWorkload;

// Of more runs than a contender can hold without memory.
const Workload& Scattered() {
  static const auto workload = ScatteredWorkload(3, 12000);
  return *workload;
}

TEST(Contenders, HaveNamesOfTheirOwn) {
  std::set<std::string_view> names = {"floor", "all"};  // taken
  ASSERT_FALSE(Contenders().empty());
  for (const Contender& contender : Contenders()) {
    EXPECT_TRUE(names.insert(contender.traits.name).second)
        << contender.traits.name;
    // Names stand in row names and in regular expressions.
    EXPECT_EQ(contender.traits.name.find_first_not_of(
                  "abcdefghijklmnopqrstuvwxyz0123456789-"),
              std::string_view::npos)
        << contender.traits.name;
  }
}

TEST(Contenders, AreVariantsOfDesignsOfTheirOwnFamily) {
  std::size_t variants = 0;
  for (const Contender& contender : Contenders()) {
    const ContenderTraits& traits = contender.traits;
    if (traits.variant_of.empty()) continue;
    ++variants;
    const auto base =
        std::ranges::find_if(Contenders(), [&](const Contender& other) {
          return other.traits.name == traits.variant_of;
        });
    ASSERT_NE(base, Contenders().end()) << traits.name;
    EXPECT_EQ(base->traits.variant_of, "") << traits.name;
    EXPECT_EQ(base->traits.family, traits.family) << traits.name;
  }
  EXPECT_GT(variants, 0);
}

TEST(Contenders, MatchTheOracleInEveryOperation) {
  for (const Contender& contender : Contenders()) {
    for (const OperationInfo& info : kOperations) {
      const Measurement m =
          Measure(contender.measure, info.operation, Scattered());
      EXPECT_EQ(m.error, "") << contender.traits.name << " " << info.name;
      EXPECT_EQ(m.ranges, Scattered().ranges());
      EXPECT_EQ(m.failed_sets, 0);
      EXPECT_EQ(m.accounts_memory, contender.traits.accounts_memory);
      if (m.accounts_memory) {
        EXPECT_GT(m.rounded_when_full, 0) << contender.traits.name;
      }
    }
  }
}

TEST(Contenders, MatchTheOracleWhileAllocationsFail) {
  for (const Contender& contender : Contenders()) {
    if (contender.traits.out_of_memory == OutOfMemory::kAborts) continue;
    for (const std::string fault : {"nth:1", "failslab:probability=20"}) {
      for (const OperationInfo& info : kOperations) {
        const Measurement m =
            Measure(contender.measure, info.operation, Scattered(), fault);
        EXPECT_EQ(m.error, "") << contender.traits.name << " " << info.name;
        // Blocks of pages are beyond failslab; the first request is never.
        if (fault == "nth:1") {
          EXPECT_EQ(m.usage.failures, 1) << contender.traits.name;
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
    const Measurement m = Measure(&MeasureFloor, operation, Scattered());
    EXPECT_EQ(m.error, "");
    EXPECT_GT(m.ns, 0);
    const std::uint64_t pages = Scattered().pages();
    EXPECT_EQ(m.pages, operation == Operation::kTest ? 2 * pages : pages);
    EXPECT_EQ(m.ranges, Scattered().ranges());
    EXPECT_EQ(m.usage.allocations, 0);
  }
}

}  // namespace
}  // namespace pfn
