// SPDX-License-Identifier: MIT
//
// The run of a profile that looks at memory, on a fresh heap. It takes the
// steps that time_steps.h takes, over all passes and without a clock, and so
// can also tell where the steps were that took long there.

#pragma once

#include <string>

#include "harness/measure/job.h"
#include "harness/profile/profile.h"

namespace pfn {

// Fills in `memory`, and the places of the slow steps of `tails`, unless that
// is null. "", or why there is not all.
std::string RunForMemory(const Job& job, MemoryProfile& memory,
                         TailProfile* tails);

}  // namespace pfn
