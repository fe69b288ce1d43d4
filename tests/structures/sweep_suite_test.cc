// SPDX-License-Identifier: MIT
//
// The failure sweep (harness/check/sweep.h) over the first pages of recorded
// traces, and which requests it made to fail: a sweep that fails nothing tests
// nothing.

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "harness/check/sweep.h"
#include "tests/structures/rig.h"
#include "workloads/trace/shipped.h"
#include "workloads/trace/trace_io.h"
#include "workloads/trace/workload.h"

namespace pfn::testing {
namespace {

std::vector<SweepTrace> FirstPages(std::uint64_t pages) {
  std::vector<SweepTrace> traces;
  for (const std::string_view name : {"busy-2g", "punched-2g", "oom-2g"}) {
    const Workload workload(std::string(name), ReadTrace(PathOfWorkload(name)));
    traces.emplace_back(workload, pages);
  }
  return traces;
}

// The time of a sweep grows with the square. What asks for nothing at the
// beginning, because it has room for some hundred runs, is swept farther.
const std::vector<std::vector<SweepTrace>>& Traces() {
  static const std::vector<std::vector<SweepTrace>> traces = {FirstPages(120),
                                                              FirstPages(900)};
  return traces;
}

class StructureSweepTest : public ::testing::TestWithParam<SetKind> {
 protected:
  // Returns how many requests failed.
  std::uint64_t SweepAll(SweepOperation operation) {
    std::uint64_t failed = 0;
    for (const std::vector<SweepTrace>& traces : Traces()) {
      for (const SweepTrace& trace : traces) {
        failed += SweepOne(operation, trace);
      }
      if (failed > 0 || HasFailure()) break;
    }
    // Read by `./run check`.
    RecordProperty("failed_" + std::string(Name(operation)),
                   std::to_string(failed));
    return failed;
  }

 private:
  std::uint64_t SweepOne(SweepOperation operation, const SweepTrace& trace) {
    Sweep sweep(GetParam(), trace, SharedArena(), [](const SweepCase&) {});
    const SweepResult result = sweep.Run(operation);
    for (const SweepProblem& problem : result.problems) {
      ADD_FAILURE() << Name(operation) << ", step " << problem.which.at
                    << ", request " << problem.which.nth << ": "
                    << problem.what;
    }
    return result.survived;
  }
};

#ifdef PFN_FEW_STRUCTURES
// Perhaps all of them abort without memory.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(StructureSweepTest);
#endif
INSTANTIATE_TEST_SUITE_P(Structures, StructureSweepTest,
                         ::testing::ValuesIn(FaultableKinds()),
                         SetTest::NameOf);

TEST_P(StructureSweepTest, EveryFailedRequestIsSurvived) {
  const std::uint64_t failed = SweepAll(SweepOperation::kSet);
  for (const SweepOperation query :
       {SweepOperation::kTest, SweepOperation::kNextRange}) {
    EXPECT_EQ(SweepAll(query), 0) << "a query asks for memory";
  }
  const std::uint64_t failed_clears =
      SweepAll(SweepOperation::kClear) + SweepAll(SweepOperation::kClearRange);
  if (HasFailure()) return;
  EXPECT_GT(failed, 0) << "not one request of Set failed: nothing was tested";
  if (GetParam().traits.clear_can_fail) {
    EXPECT_GT(failed_clears, 0)
        << "it declares that clearing can fail, but not one request did";
  }
}

}  // namespace
}  // namespace pfn::testing
