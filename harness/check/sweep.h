// SPDX-License-Identifier: MIT
//
// The systematic failure sweep, after the kernel's fail-nth and SQLite's
// "fail the n-th until it passes": at every step of a trace that asks for
// memory, the first request fails, then the second, and so on until a run in
// which nothing failed and the step succeeded. Each once with a single failure
// and once with every later request failing too.
//
// Most steps ask for nothing. One dry run tells which do, so a sweep costs
//   (steps that allocate) x (requests of the step) x (steps before it).
//
// Every case starts from nothing: a fresh set, the steps before without faults,
// then the step with the failure. Afterwards
//   * the status is success or no-memory, as declared, and nothing was thrown;
//   * the invariants hold, members and answers are those of the oracle;
//   * the same step succeeds as soon as there is memory;
//   * all members can be removed with no memory at all, unless clearing is
//     declared to fail, and then it reports that and keeps its members;
//   * it can be filled again;
//   * when the set is gone, the ledger of its heap is at zero.

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "harness/check/any_set.h"
#include "harness/check/checked_set.h"
#include "harness/check/failures_to_order.h"
#include "harness/check/sweep_trace.h"
#include "harness/kernel/page_arena.h"

namespace pfn {

struct SweepCase {
  SweepOperation operation = SweepOperation::kSet;
  std::uint64_t at = 0;   // the step, counted over all passes from 0
  std::uint64_t nth = 1;  // of its requests, counted from 1
  FailuresToOrder::Mode mode = FailuresToOrder::Mode::kOnce;
};

struct CaseResult {
  std::uint64_t injected = 0;  // 0: the step makes fewer than nth requests
  std::string error = {};      // empty: survived
};

struct SweepProblem {
  SweepCase which;
  std::string what;
};

struct SweepResult {
  std::uint64_t steps = 0;
  std::uint64_t allocating = 0;     // steps that ask for memory
  std::uint64_t most_requests = 0;  // of one step
  std::uint64_t survived = 0;       // requests that failed, and nothing broke
  std::vector<SweepProblem> problems = {};  // the first kMaxProblems
};

class Sweep {
 public:
  // A broken structure breaks in thousands of cases.
  static constexpr std::size_t kMaxProblems = 8;

  // Called before each case, so that a crash can be put down to it.
  using Announce = std::function<void(const SweepCase&)>;

  // All must outlive the sweep.
  Sweep(const SetKind& kind, const SweepTrace& trace, PageArena& arena,
        Announce announce)
      : kind_(kind), trace_(trace), arena_(arena), announce_(announce) {}

  SweepResult Run(SweepOperation operation);
  // `which.at` must be below trace.steps().
  CaseResult RunCase(const SweepCase& which);

 private:
  // What follows a failure: every case is lived through twice.
  enum class Life : std::uint8_t { kRetryThenEmpty, kEmptyThenRetry };

  // A step that asks for memory.
  struct Site {
    std::uint64_t at;
    std::uint64_t requests;
  };

  std::vector<Site> DryRun(SweepOperation operation, SweepResult& result);
  std::string DryRunPass(const SweepPass& pass, std::uint64_t& at,
                         SweepOperation operation, SweepResult& result,
                         std::vector<Site>& sites);
  void SweepSite(const Site& site, SweepOperation operation,
                 SweepResult& result);
  CaseResult Live(const SweepCase& which, Life life);

  const SetKind& kind_;
  const SweepTrace& trace_;
  PageArena& arena_;
  Announce announce_;
};

}  // namespace pfn
