// SPDX-License-Identifier: MIT

#include "harness/profile/profiler.h"

#include <algorithm>
#include <string>
#include <utility>

#include "harness/profile/memory_run.h"
#include "harness/profile/tail_recorder.h"

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

}  // namespace

std::size_t TailPasses(const Workload& workload) {
  std::uint64_t pages = 0;
  std::size_t passes = 0;
  for (const PreparedPass& pass : workload.passes()) {
    if (pages >= kTailPages) break;
    pages += pass.pages;
    ++passes;
  }
  return passes;
}

ProfileOutcome MakeProfile(const Contender& contender, Job job,
                           const ProfileTime& time) {
  ProfileOutcome outcome;
  Profile& profile = outcome.profile;
  profile.accounts_memory = contender.traits.accounts_memory;
  const std::size_t passes = TailPasses(*job.workload);
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
    steps = contender.time_steps(job, passes, tails);
    longest = std::max(longest, steady_clock::now() - begin);
    // What was done once is done again, however long it takes this time.
    job.time_limit = {};
  }
  if (!steps.error.empty() && !steps.is_cut_off) {
    profile.error = std::move(steps.error);
    outcome.is_wrong = true;
    return outcome;
  }
  profile.error = std::move(steps.error);
  profile.tails = tails.Finish(passes);

  job.time_limit = time.patience;
  MemoryProfile memory;
  const std::string error =
      RunForMemory(job, contender.make, memory, &*profile.tails);
  if (!error.empty() && profile.error.empty()) {
    profile.error = "memory: " + error;
  }
  if (error.empty() && profile.accounts_memory) {
    profile.memory = std::move(memory);
  }
  return outcome;
}

}  // namespace pfn
