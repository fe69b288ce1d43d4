// SPDX-License-Identifier: MIT
//
// One run of a profile in which every single step (pass_steps.h) is timed.
// Memory is looked at in another run, so that nothing but the clock stands
// between two steps.

#pragma once

#include <cstddef>

#include "harness/measure/job.h"
#include "harness/profile/tail_recorder.h"

namespace pfn {

// Runs the first `passes` passes of the job's workload on its structure.
StepsOutcome TimeSteps(const Job& job, std::size_t passes, TailRecorder& tails);

}  // namespace pfn
