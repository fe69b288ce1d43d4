// SPDX-License-Identifier: MIT
//
// Every structure under every fault model: what is recorded is what the oracle
// says, and in the end nothing is allocated. Nor may the test be vacuous: each
// model must have failed somebody.

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "harness/kernel/fault_spec.h"
#include "harness/kernel/fault_table.h"
#include "harness/registry/structures.h"
#include "tests/harness/testing.h"

namespace pfn {
namespace {

const Workload& Scattered() {
  static const auto workload = testing::ScatteredWorkload(2, 3000);
  return *workload;
}

// At least one of each model; attributes so that they fail on this trace.
const std::vector<std::string>& Faults() {
  static const std::vector<std::string> faults = {
      "failslab:probability=10",
      "fail_page_alloc:probability=30,min-order=0",
      "nth:2",
      "nth:2,persistent",
      "budget:16384",
      "gilbert_elliott:loss=0.2",
      "ge_heavy",
      "zone_wmark:min=20,low=40,high=60,demand=1,latency=60",
      "pcp_only:a=0.05,f=0.05",
      "pcp_only:a=0.1,f=0,batch=7,refill=double,ask=race",
      "nolock:trylock_miss=0.2",
      "order:0",
      "slab_boundary:order:0",
      "slab_boundary:gilbert_elliott:loss=0.5,burst=3",
      "slab_boundary:pcp_only:a=0,f=0,batch=3",
      "slab_boundary:zone_wmark:min=20,low=40,high=44,demand=0,latency=30",
      "slab_boundary:nolock:trylock_miss=0.5+failslab:probability=3+"
      "fail_page_alloc:probability=30,min-order=0",
  };
  return faults;
}

// Measures every structure that can be; returns all failed requests. Memory
// that is not given back in the end is an error of the measurement.
std::uint64_t MeasureAll(const std::string& fault, const Conditions& how,
                         const std::vector<Operation>& operations) {
  std::uint64_t failures = 0;
  for (const Structure& structure : Structures()) {
    if (structure.traits.out_of_memory == OutOfMemory::kAborts) continue;
    for (const Operation operation : operations) {
      const Measurement m =
          testing::MeasureOn(Scattered(), operation, structure, fault, how);
      EXPECT_EQ(m.error, "") << structure.traits.name << " under " << fault;
      EXPECT_EQ(m.recorded + m.failed_sets, Scattered().pages());
      failures += m.usage.failures;
    }
  }
  return failures;
}

TEST(StructuresUnderFaults, MatchTheOracleAndLoseNoMemory) {
  for (const std::string& text : Faults()) {
    EXPECT_GT(MeasureAll(text, {}, {Operation::kClear, Operation::kDrain}), 0)
        << text << " failed nobody";
  }
}

TEST(StructuresUnderFaults, AreTriedWithEveryModel) {
  std::map<FaultSpec::Kind, int> tried;
  for (const std::string& text : Faults()) ++tried[ParseFaultSpec(text).kind];
  for (const FaultModelInfo& model : FaultModels()) {
    EXPECT_GT(tried[model.kind], 0) << model.name;
  }
  EXPECT_GT(tried[FaultSpec::Kind::kSlabBoundary], 0);
}

TEST(StructuresUnderFaults, MatchTheOracleWhenOperationsAreDrawn) {
  for (const std::string text : {"failslab:probability=10", "ge_heavy"}) {
    EXPECT_GT(MeasureAll(text, {.fault_draw = FaultDraw::kOperation},
                         {Operation::kClear, Operation::kDrain}),
              0)
        << text;
  }
}

TEST(StructuresUnderFaults, MatchTheOracleHoweverLargeRequestsAreServed) {
  for (const LargePolicy large : {LargePolicy::kExact, LargePolicy::kVmalloc}) {
    for (const std::string text : {"none", "slab_boundary:ge_heavy"}) {
      MeasureAll(text, {.heap = {.large = large}}, {Operation::kClear});
    }
  }
}

}  // namespace
}  // namespace pfn
