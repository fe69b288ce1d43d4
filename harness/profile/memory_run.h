// SPDX-License-Identifier: MIT
//
// The run of a profile that looks at memory, on a fresh heap. It takes the
// steps (pass_steps.h) of all passes without a clock, and so can also tell
// where the steps were that took long in the run with one.

#pragma once

#include "harness/measure/job.h"
#include "harness/profile/profile.h"

namespace pfn {

// Fills in `memory`, and the places of the slow steps of `tails`, unless that
// is null.
StepsOutcome RunForMemory(const Job& job, MemoryProfile& memory,
                          TailProfile* tails);

}  // namespace pfn
