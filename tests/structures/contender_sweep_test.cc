// SPDX-License-Identifier: MIT
//
// The failure sweep (harness/sweep/sweep.h) over the first pages of recorded
// traces, and which requests it made to fail: a sweep that fails nothing tests
// nothing.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "harness/measure/workload.h"
#include "harness/sweep/sweep.h"
#include "tests/structures/rig.h"
#include "workloads/shipped.h"
#include "workloads/trace/trace_io.h"

namespace pfn::testing {
namespace {

// The time of a sweep grows with the square.
constexpr std::uint64_t kPages = 120;

const std::vector<SweepTrace>& Traces() {
  static const std::vector<SweepTrace> traces = [] {
    std::vector<SweepTrace> first_pages;
    for (const std::string_view name : {"busy-2g", "punched-2g", "oom-2g"}) {
      const Workload workload(std::string(name),
                              ReadTrace(PathOfWorkload(name)));
      first_pages.emplace_back(workload, kPages);
    }
    return first_pages;
  }();
  return traces;
}

class ContenderSweepTest : public ::testing::TestWithParam<SetKind> {
 protected:
  // Returns how many requests failed.
  std::uint64_t SweepAll(SweepOperation operation) {
    std::uint64_t failed = 0;
    for (const SweepTrace& trace : Traces()) {
      Sweep sweep(GetParam(), trace, SharedArena(), [](const SweepCase&) {});
      const SweepResult result = sweep.Run(operation);
      for (const SweepProblem& problem : result.problems) {
        ADD_FAILURE() << Name(operation) << ", step " << problem.which.at
                      << ", request " << problem.which.nth << ": "
                      << problem.what;
      }
      failed += result.survived;
    }
    // Read by `./run check`.
    RecordProperty("failed_" + std::string(Name(operation)),
                   std::to_string(failed));
    return failed;
  }
};

INSTANTIATE_TEST_SUITE_P(Contenders, ContenderSweepTest,
                         ::testing::ValuesIn(FaultableKinds()),
                         SetTest::NameOf);

TEST_P(ContenderSweepTest, EveryFailedRequestIsSurvived) {
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
