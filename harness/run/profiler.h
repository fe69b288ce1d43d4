// SPDX-License-Identifier: MIT
//
// Makes the profile of one structure on one workload: several runs in which
// each step is timed, then one that looks at memory.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "harness/measure/job.h"
#include "harness/profile/profile.h"
#include "workloads/trace/workload.h"

namespace pfn {

inline constexpr int kTailRepetitions = 3;

// Steps are timed in as many passes from the start as have so many pages
// together; the last of them is whole. Memory is looked at in all.
inline constexpr std::uint64_t kTailPages = std::uint64_t{1} << 18;

// As many passes from the start as have so many pages together.
std::size_t PassesOf(const Workload& workload, std::uint64_t pages);

// The time that a profile has, on the wall; zero: as much as it takes.
struct ProfileTime {
  // What is left of it decides about further repetitions.
  std::chrono::nanoseconds share{};
  // The first repetition and the run for memory are cut off after so much each.
  std::chrono::nanoseconds patience{};
};

// Whose workload, structure and condition are for the caller to fill in. A
// profile that was cut off has an error and what was timed until then; a wrong
// answer leaves the error alone, and sets `is_wrong`.
struct ProfileOutcome {
  Profile profile;
  bool is_wrong = false;
};

// Of the job's structure.
ProfileOutcome MakeProfile(Job job, const ProfileTime& time);

}  // namespace pfn
