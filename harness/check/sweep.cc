// SPDX-License-Identifier: MIT

#include "harness/check/sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace pfn {
namespace {

using Mode = FailuresToOrder::Mode;

std::string Apply(SweepOperation operation, PfnRange range, CheckedSet& set) {
  switch (operation) {
    case SweepOperation::kSet:
      return set.Set(range.first);
    case SweepOperation::kClear:
      return set.Clear(range.first);
    case SweepOperation::kClearRange:
      return set.ClearRange(range);
    case SweepOperation::kTest:
      return set.CheckTest(range.first);
    case SweepOperation::kNextRange:
      return set.CheckNextRange(range.first, range.last);
  }
  return "no such operation";
}

// Everything that comes before the step `end` of the pass. Pages beyond what
// the structure can hold stay away.
std::string Prepare(const SweepPass& pass, SweepOperation operation,
                    std::size_t end, CheckedSet& set) {
  std::string error;
  if (operation != SweepOperation::kSet) {
    for (std::size_t i = 0; i < pass.pages.size() && error.empty(); ++i) {
      error = set.Set(pass.pages[i]);
    }
  }
  for (std::size_t i = 0; i < end && error.empty(); ++i) {
    error = Apply(operation, pass.step(operation, i), set);
  }
  return error.empty() ? "" : "before any failure: " + error;
}

// Membership as a whole, then as the two queries see it around `range`: they
// need not take the way that the walk takes.
std::string CheckAround(PfnRange range, CheckedSet& set) {
  std::string error = set.Check();
  const std::array<Pfn, 4> pages = {
      range.first, range.last, range.first == 0 ? 0 : range.first - 1,
      range.last == kMaxPfn ? kMaxPfn : range.last + 1};
  for (std::size_t i = 0; i < pages.size() && error.empty(); ++i) {
    error = set.CheckTest(pages[i]);
  }
  if (error.empty()) error = set.CheckNextRange(0, kMaxPfn);
  if (error.empty()) error = set.CheckNextRange(range.first, kMaxPfn);
  return error;
}

std::string ApplyWithMemory(SweepOperation operation, PfnRange range,
                            CheckedSet& set) {
  std::string error = Apply(operation, range, set);
  if (error.empty() && set.status() != Status::kOk) {
    error = "no-memory, although no request is made to fail";
  }
  if (error.empty()) error = CheckAround(range, set);
  return error.empty() ? "" : "again, with memory: " + error;
}

// Removing everything, first as far as it goes without memory.
std::string Empty(CheckedSet& set) {
  std::string error = set.EmptyWithoutMemory();
  if (error.empty()) error = set.ClearRange(kAllPages);
  if (error.empty() && set.status() != Status::kOk) {
    error = "cannot be emptied, although no request is made to fail";
  }
  return error.empty() ? set.Check() : error;
}

}  // namespace

std::string Sweep::DryRunPass(const SweepPass& pass, std::uint64_t& at,
                              SweepOperation operation, SweepResult& result,
                              std::vector<Site>& sites) {
  CheckedSet set(kind_, arena_);
  std::string error = Prepare(pass, operation, 0, set);
  // A query has no way to fail: it must do without.
  if (IsQuery(operation)) set.failures().Arm(1, Mode::kFromThenOn);
  for (std::size_t i = 0; i < pass.steps(operation) && error.empty();
       ++i, ++at) {
    const std::uint64_t before = set.failures().requests();
    error = Apply(operation, pass.step(operation, i), set);
    const std::uint64_t requests = set.failures().requests() - before;
    // What is beyond the structure, or any block of pages, fails always.
    if (requests == 0) continue;
    if (!IsQuery(operation) && set.status() != Status::kOk) continue;
    ++result.allocating;
    result.most_requests = std::max(result.most_requests, requests);
    if (!IsQuery(operation)) sites.push_back({at, requests});
  }
  result.survived += set.failures().injected();
  set.failures().Disarm();
  if (error.empty()) error = set.Check();
  if (error.empty()) error = Empty(set);
  if (error.empty()) error = set.Destroy();
  return error;
}

std::vector<Sweep::Site> Sweep::DryRun(SweepOperation operation,
                                       SweepResult& result) {
  std::vector<Site> sites;
  std::uint64_t at = 0;
  for (const SweepPass& pass : trace_.passes()) {
    SweepCase which = {operation, at, 1, Mode::kFromThenOn};
    announce_(which);
    std::string error = DryRunPass(pass, at, operation, result, sites);
    if (error.empty()) continue;
    which.at = std::min(at, trace_.steps(operation) - 1);
    result.problems.push_back({which, "without faults: " + error});
    break;
  }
  return sites;
}

CaseResult Sweep::Live(const SweepCase& which, Life life) {
  std::uint64_t step = which.at;
  auto pass = trace_.passes().begin();
  while (step >= pass->steps(which.operation)) {
    step -= pass->steps(which.operation);
    ++pass;
  }
  const PfnRange range = pass->step(which.operation, step);

  CheckedSet set(kind_, arena_);
  CaseResult result;
  result.error = Prepare(*pass, which.operation, step, set);
  if (!result.error.empty()) return result;
  set.failures().Arm(which.nth, which.mode);
  result.error = Apply(which.operation, range, set);
  set.failures().Disarm();
  result.injected = set.failures().injected();
  if (result.error.empty()) result.error = CheckAround(range, set);
  const auto retry = [&] {
    if (!result.error.empty()) return;
    result.error = ApplyWithMemory(which.operation, range, set);
  };
  if (life == Life::kRetryThenEmpty) {
    retry();
    if (result.error.empty()) result.error = Empty(set);
  } else {
    if (result.error.empty()) result.error = Empty(set);
    if (result.error.empty()) {
      result.error = Prepare(*pass, which.operation, step, set);
    }
    retry();
  }
  if (result.error.empty()) result.error = set.Destroy();
  return result;
}

CaseResult Sweep::RunCase(const SweepCase& which) {
  announce_(which);
  CaseResult result = Live(which, Life::kRetryThenEmpty);
  if (!result.error.empty()) return result;
  CaseResult emptied = Live(which, Life::kEmptyThenRetry);
  if (emptied.injected != result.injected && emptied.error.empty()) {
    emptied.error = "another number of requests failed the second time";
  }
  return emptied;
}

void Sweep::SweepSite(const Site& site, SweepOperation operation,
                      SweepResult& result) {
  for (const Mode mode : {Mode::kOnce, Mode::kFromThenOn}) {
    // The last one makes nothing fail, and the step must have succeeded.
    for (std::uint64_t nth = 1; nth <= site.requests + 1; ++nth) {
      if (result.problems.size() >= kMaxProblems) return;
      const SweepCase which = {operation, site.at, nth, mode};
      CaseResult outcome = RunCase(which);
      if (outcome.error.empty() &&
          (outcome.injected == 0) != (nth > site.requests)) {
        outcome.error =
            fmt::format("the step made {} requests before, now {}",
                        site.requests, outcome.injected == 0 ? "less" : "more");
      }
      if (outcome.error.empty()) {
        result.survived += outcome.injected;
      } else {
        result.problems.push_back({which, std::move(outcome.error)});
      }
    }
  }
}

SweepResult Sweep::Run(SweepOperation operation) {
  SweepResult result;
  result.steps = trace_.steps(operation);
  for (const Site& site : DryRun(operation, result)) {
    SweepSite(site, operation, result);
  }
  return result;
}

}  // namespace pfn
