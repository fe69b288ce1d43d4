// SPDX-License-Identifier: MIT
//
// Which rows a request has, in which order, and what they are called.

#include "harness/run/rows.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "harness/measure/floor.h"
#include "tests/harness/testing.h"

namespace pfn {
namespace {

const Structure kFirst = {
    {.name = "first", .family = "", .origin = ""},
    "",
    [](NowaitHeap&) -> std::unique_ptr<MeasuredSet> { return nullptr; },
    nullptr};
// Rows are made, not run.
Structure With(const StructureTraits& traits) {
  return {traits, "", nullptr, nullptr};
}
const Structure kSecond = With({.name = "second", .family = "", .origin = ""});
const Structure kFragile = With({.name = "fragile",
                                 .family = "",
                                 .origin = "",
                                 .out_of_memory = OutOfMemory::kAborts});

class Rows : public ::testing::Test {
 protected:
  Rows() {
    plan_.workloads.push_back(testing::MakeWorkload("small", {{1, 2, 3}}));
    plan_.structures = {&kFirst, &kSecond};
    plan_.operations = {Operation::kSet, Operation::kDrain};
    plan_.faults = {FaultSpec{}};
    plan_.conditions.fault_seed = 17;
  }

  std::vector<std::string> Names() {
    std::vector<std::string> names;
    for (const Row& row : MakeRows(plan_)) names.push_back(row.name);
    return names;
  }

  Plan plan_;
};

TEST_F(Rows, AreOperationsByWorkloadsByStructures) {
  plan_.workloads.push_back(testing::MakeWorkload("other", {{1}}));
  EXPECT_EQ(Names(),
            (std::vector<std::string>{
                "set/small/first", "set/small/second", "set/other/first",
                "set/other/second", "drain/small/first", "drain/small/second",
                "drain/other/first", "drain/other/second"}));
}

TEST_F(Rows, TheBaselineHasAControlBesideIt) {
  plan_.operations = {Operation::kExtract};
  plan_.baseline = &kSecond;
  EXPECT_EQ(Names(), (std::vector<std::string>{
                         "extract/small/first", "extract/small/second",
                         "extract/small/second/control:1"}));
}

TEST_F(Rows, TheBaselineHasAsManyControlsAsAskedFor) {
  plan_.operations = {Operation::kSet};
  plan_.baseline = &kFirst;
  plan_.controls = 3;
  EXPECT_EQ(Names(), (std::vector<std::string>{
                         "set/small/first", "set/small/first/control:1",
                         "set/small/first/control:2",
                         "set/small/first/control:3", "set/small/second"}));
  plan_.controls = 0;
  EXPECT_EQ(Names(),
            (std::vector<std::string>{"set/small/first", "set/small/second"}));
}

TEST_F(Rows, FaultsStandInNames) {
  plan_.operations = {Operation::kSet};
  plan_.structures = {&kFirst};
  plan_.baseline = &kFirst;
  plan_.faults = ParseFaultSpecs("none;nth:3;failslab=1,10,0,-1");
  EXPECT_EQ(Names(),
            (std::vector<std::string>{
                "set/small/first", "set/small/first/control:1",
                "set/small/first/fault:nth:3",
                "set/small/first/fault:nth:3/control:1",
                "set/small/first/fault:failslab:probability=10",
                "set/small/first/fault:failslab:probability=10/control:1"}));
}

TEST_F(Rows, DrawsAndLargeRequestsStandInNames) {
  plan_.operations = {Operation::kSet};
  plan_.structures = {&kFirst};
  plan_.faults = ParseFaultSpecs("none;ge_burst");
  plan_.conditions.fault_draw = FaultDraw::kOperation;
  plan_.conditions.heap.large = LargePolicy::kExact;
  const std::vector<Row> rows = MakeRows(plan_);
  ASSERT_EQ(rows.size(), 2);
  EXPECT_EQ(rows[0].name, "set/small/first/large:exact");
  EXPECT_EQ(rows[1].name,
            "set/small/first/fault:ge_burst/draw:operation/large:exact");
  const RowKey& key = rows[1].key;
  EXPECT_EQ(key.Fields().Text(),
            R"({"operation":"set","workload":"small","structure":"first",)"
            R"("conditions":{"fault":"ge_burst","draw":"operation",)"
            R"("large":"exact"}})");
  EXPECT_EQ(rows[1].job.conditions.fault_draw, FaultDraw::kOperation);
  EXPECT_EQ(rows[1].job.conditions.heap.large, LargePolicy::kExact);
}

TEST_F(Rows, AStructureThatCannotBeInlinedIsOnlyCalled) {
  plan_.operations = {Operation::kSet};
  plan_.calls = {Calls::kOutlined, Calls::kInlined};
  EXPECT_EQ(Names(),
            (std::vector<std::string>{"set/small/first", "set/small/second",
                                      "set/small/first/calls:inlined"}));
}

TEST_F(Rows, ThatAreInlinedStandBetweenThoseThatAreCalled) {
  plan_.structures = {&kFirst};
  plan_.baseline = &kFirst;
  plan_.with_floor = true;
  plan_.operations = {Operation::kSet, Operation::kDrain};
  plan_.calls = {Calls::kOutlined, Calls::kInlined};
  EXPECT_EQ(Names(), (std::vector<std::string>{
                         "set/small/first", "set/small/first/control:1",
                         "set/small/floor", "set/small/first/calls:inlined",
                         "set/small/first/calls:inlined/control:1",
                         "set/small/floor/calls:inlined", "drain/small/first",
                         "drain/small/first/control:1",
                         "drain/small/first/calls:inlined",
                         "drain/small/first/calls:inlined/control:1"}));
  const std::vector<Row> rows = MakeRows(plan_);
  for (const Row& row : rows) {
    EXPECT_EQ(row.job.conditions.calls == Calls::kInlined,
              row.name.find("inlined") != row.name.npos);
  }
  EXPECT_EQ(MakeVisits(rows, true).size(), 4 + 2)
      << "each way records for itself, and the floors";
}

TEST_F(Rows, OfWhatAsksForNoMemoryMeetFaultsOnlyIfAskedFor) {
  plan_.structures = {&kFirst};
  plan_.operations = {Operation::kSet, Operation::kTest, Operation::kExtract,
                      Operation::kClear, Operation::kDrain};
  plan_.faults = ParseFaultSpecs("nth:1");
  EXPECT_EQ(Names().size(), 5);
  plan_.only_what_can_fail = true;
  EXPECT_EQ(Names(),
            (std::vector<std::string>{"set/small/first/fault:nth:1",
                                      "clear/small/first/fault:nth:1",
                                      "drain/small/first/fault:nth:1"}));
  plan_.faults = ParseFaultSpecs("none");
  EXPECT_EQ(Names().size(), 5);
}

TEST_F(Rows, ThatDifferInTheirOperationAreMeasuredOnOneRecording) {
  plan_.structures = {&kFirst};
  plan_.baseline = &kFirst;
  plan_.with_floor = true;
  plan_.operations = {Operation::kSet, Operation::kExtract, Operation::kClear,
                      Operation::kDrain};
  plan_.faults = ParseFaultSpecs("none;nth:1");
  const std::vector<Row> rows = MakeRows(plan_);
  std::set<std::vector<std::string>> together;
  std::size_t alone = 0;
  for (const Visit& visit : MakeVisits(rows, true)) {
    std::vector<std::string> names;
    for (const std::size_t row : visit) names.push_back(rows[row].name);
    if (names.size() > 1) {
      together.insert(names);
    } else {
      const std::string& name = names.front();
      EXPECT_TRUE(name.starts_with("clear/") || name.ends_with("/floor"))
          << name;
      ++alone;
    }
  }
  std::set<std::vector<std::string>> expected;
  for (const std::string tail :
       {"", "/control:1", "/fault:nth:1", "/fault:nth:1/control:1"}) {
    expected.insert({"set/small/first" + tail, "extract/small/first" + tail,
                     "drain/small/first" + tail});
  }
  EXPECT_EQ(together, expected);
  EXPECT_EQ(alone, 4 + 2) << "clears, and the floors of set and clear";
  EXPECT_EQ(MakeVisits(rows, false).size(), rows.size());
}

TEST_F(Rows, OfAStructureThatDefersWorkShareNoRecording) {
  const Structure lazy =
      With({.name = "lazy", .family = "", .origin = "", .defers_work = true});
  plan_.structures = {&lazy};
  const std::vector<Row> rows = MakeRows(plan_);
  EXPECT_EQ(rows.size(), 2);
  EXPECT_EQ(MakeVisits(rows, true).size(), 2);
}

TEST_F(Rows, TheFloorHasLoopsAndNoFaults) {
  plan_.structures = {&kFirst};
  plan_.with_floor = true;
  plan_.operations = {Operation::kSet, Operation::kTest, Operation::kExtract,
                      Operation::kClear, Operation::kDrain};
  plan_.faults = ParseFaultSpecs("none;nth:1");
  EXPECT_EQ(
      Names(),
      (std::vector<std::string>{
          "set/small/first", "set/small/floor", "test/small/first",
          "test/small/floor", "extract/small/first", "clear/small/first",
          "clear/small/floor", "drain/small/first",
          "set/small/first/fault:nth:1", "test/small/first/fault:nth:1",
          "extract/small/first/fault:nth:1", "clear/small/first/fault:nth:1",
          "drain/small/first/fault:nth:1"}));
}

TEST_F(Rows, AStructureThatAbortsHasNoRowsWithFaults) {
  plan_.structures = {&kFragile, &kFirst};
  plan_.operations = {Operation::kSet};
  plan_.faults = ParseFaultSpecs("none;nth:1");
  EXPECT_EQ(Names(),
            (std::vector<std::string>{"set/small/fragile", "set/small/first",
                                      "set/small/first/fault:nth:1"}));
}

TEST_F(Rows, AStructureThatThrowsHas) {
  const Structure throwing = With({.name = "throwing",
                                   .family = "",
                                   .origin = "",
                                   .out_of_memory = OutOfMemory::kThrows});
  plan_.structures = {&throwing};
  plan_.operations = {Operation::kSet};
  plan_.faults = ParseFaultSpecs("nth:1");
  EXPECT_EQ(Names(),
            (std::vector<std::string>{"set/small/throwing/fault:nth:1"}));
}

TEST_F(Rows, AJobHoldsWhatItsNameSays) {
  plan_.faults = ParseFaultSpecs("nth:2");
  plan_.baseline = &kFirst;
  const std::vector<Row> rows = MakeRows(plan_);
  ASSERT_EQ(rows.size(), 6);
  for (const Row& row : rows) {
    EXPECT_EQ(row.job.workload, plan_.workloads[0].get());
    EXPECT_EQ(row.job.fault, ParseFaultSpec("nth:2"));
    EXPECT_EQ(row.job.conditions.fault_seed, 17);
    EXPECT_EQ(row.job.arena, nullptr) << "of the process that measures";
    EXPECT_EQ(row.measure, &Measure);
  }
  EXPECT_EQ(rows[2].name, "set/small/second/fault:nth:2");
  EXPECT_EQ(rows[2].job.operation, Operation::kSet);
  EXPECT_EQ(rows[5].job.operation, Operation::kDrain);
}

TEST_F(Rows, AreNamedByTheFieldsOfTheirKeys) {
  plan_.faults = ParseFaultSpecs("none;nth:2");
  plan_.baseline = &kFirst;
  plan_.with_floor = true;
  const std::vector<Row> rows = MakeRows(plan_);
  ASSERT_FALSE(rows.empty());
  for (const Row& row : rows) EXPECT_EQ(row.name, row.key.Name());
  EXPECT_EQ(rows[0].key.control, 0);
  EXPECT_EQ(rows[1].key.control, 1);
  EXPECT_EQ(rows[1].key.structure, "first");
  EXPECT_EQ(rows[3].key.structure, kFloorName);
}

TEST_F(Rows, AReplayHasARowForEachPolicyAndForEachDriverWithoutASet) {
  plan_.operations = {Operation::kReplay};
  plan_.structures = {&kFirst};
  plan_.baseline = &kFirst;
  plan_.faults = ParseFaultSpecs("none;nth:1");
  plan_.policies = ParsePolicies({"free", "reserve:64K"});
  plan_.setless = {kSetlessDrivers[0]};
  plan_.driver = ParseDriver("walk:posted");
  EXPECT_EQ(Names(),
            (std::vector<std::string>{
                "replay/small/first/policy:free/driver:walk:posted",
                "replay/small/first/policy:free/driver:walk:posted/control:1",
                "replay/small/first/policy:reserve:65536/driver:walk:posted",
                "replay/small/first/policy:reserve:65536/driver:walk:posted/"
                "control:1",
                "replay/small/array/driver:walk:posted",
                "replay/small/first/policy:free/fault:nth:1/driver:walk:posted",
                "replay/small/first/policy:free/fault:nth:1/driver:walk:posted/"
                "control:1",
                "replay/small/first/policy:reserve:65536/fault:nth:1/"
                "driver:walk:posted",
                "replay/small/first/policy:reserve:65536/fault:nth:1/"
                "driver:walk:posted/control:1",
                "replay/small/array/fault:nth:1/driver:walk:posted"}));
}

TEST_F(Rows, AStructureWithMemoryOfItsOwnHasNoReserve) {
  const Structure elsewhere = With({.name = "elsewhere",
                                    .family = "",
                                    .origin = "",
                                    .accounts_memory = false});
  plan_.operations = {Operation::kReplay};
  plan_.structures = {&elsewhere};
  plan_.policies = ParsePolicies({"free", "reserve:64K"});
  EXPECT_EQ(Names(),
            (std::vector<std::string>{"replay/small/elsewhere/policy:free"}));
}

}  // namespace
}  // namespace pfn
