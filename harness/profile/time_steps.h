// SPDX-License-Identifier: MIT
//
// One run of a profile in which every single step is timed. A pass is recorded
// page by page, walked range by range as a query that restarts would, cleared
// page by page for its first eighth in trace order, and emptied by one
// ClearRange over its span, which meets the rest. Memory is looked at in
// another run, so that nothing but the clock stands between two steps.

#pragma once

#include <cstddef>

#include "harness/measure/job.h"
#include "harness/profile/tail_recorder.h"

namespace pfn {

// Runs the first `passes` passes of the job's workload on its structure.
StepsOutcome TimeSteps(const Job& job, std::size_t passes, TailRecorder& tails);

}  // namespace pfn
