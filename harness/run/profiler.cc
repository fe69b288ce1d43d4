// SPDX-License-Identifier: MIT

#include "harness/run/profiler.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "harness/profile/memory_run.h"
#include "harness/profile/tail_recorder.h"
#include "harness/profile/time_steps.h"

namespace pfn {
namespace {

using std::chrono::steady_clock;

void ExpectSteps(const Workload& workload, std::size_t passes,
                 TailRecorder& tails) {
  std::uint64_t pages = 0;
  std::uint64_t cleared = 0;
  std::uint64_t ranges = 0;
  for (const PreparedPass& pass : workload.passes().first(passes)) {
    pages += pass.pages;
    cleared += PagesClearedSingly(pass.pages);
    ranges += pass.digest.ranges();
  }
  tails.Expect(Step::kSet, pages);
  tails.Expect(Step::kClear, cleared);
  tails.Expect(Step::kNextRange, ranges + passes);
  tails.Expect(Step::kClearRange, passes);
  tails.Expect(Step::kDestroy, 1);
}

// Of all steps on so many pages.
std::string OverNs(steady_clock::duration time, std::uint64_t pages) {
  const auto ns =
      std::chrono::duration_cast<std::chrono::nanoseconds>(time).count();
  return fmt::format(
      "over {} ns per page",
      static_cast<std::uint64_t>(ns) / std::max<std::uint64_t>(pages, 1));
}

}  // namespace

std::size_t PassesOf(const Workload& workload, std::uint64_t pages) {
  std::uint64_t found = 0;
  std::size_t passes = 0;
  for (const PreparedPass& pass : workload.passes()) {
    if (found >= pages) break;
    found += pass.pages;
    ++passes;
  }
  return passes;
}

ProfileOutcome MakeProfile(Job job, const ProfileTime& time) {
  ProfileOutcome outcome;
  Profile& profile = outcome.profile;
  profile.accounts_memory = job.structure->traits.accounts_memory;
  const std::size_t passes = PassesOf(*job.workload, kTailPages);
  TailRecorder tails;
  ExpectSteps(*job.workload, passes, tails);

  const steady_clock::time_point start = steady_clock::now();
  steady_clock::duration longest{};
  StepsOutcome steps;
  job.time_limit = time.patience;
  while (tails.repetitions() < kTailRepetitions && steps.error.empty()) {
    const auto begin = steady_clock::now();
    // One more, and the run for memory, which takes about as long.
    if (tails.repetitions() != 0 && time.share.count() != 0 &&
        begin - start + 2 * longest > time.share) {
      break;
    }
    tails.BeginRepetition();
    steps = TimeSteps(job, passes, tails);
    longest = std::max(longest, steady_clock::now() - begin);
    // What was done once is done again, however long it takes this time.
    job.time_limit = {};
  }
  if (!steps.error.empty() && !steps.is_cut_off) {
    profile.error = "failed: " + steps.error;
    outcome.is_wrong = true;
    return outcome;
  }
  profile.tails = tails.Finish(passes);
  if (steps.is_cut_off) {
    profile.error = OverNs(longest, profile.tails->of(Step::kSet).count) +
                    ": " + steps.error;
  }

  job.time_limit = time.patience;
  const steady_clock::time_point begin = steady_clock::now();
  MemoryProfile memory;
  steps = RunForMemory(job, memory, &*profile.tails);
  if (!steps.error.empty() && profile.error.empty()) {
    outcome.is_wrong = !steps.is_cut_off;
    profile.error =
        steps.is_cut_off
            ? fmt::format("{}: memory: {}",
                          OverNs(steady_clock::now() - begin, memory.sets),
                          steps.error)
            : "failed: memory: " + steps.error;
  }
  if (steps.error.empty() && profile.accounts_memory) {
    profile.memory = std::move(memory);
  }
  return outcome;
}

}  // namespace pfn
