// SPDX-License-Identifier: MIT
//
// Measures `replay`: the whole trace through the balloon driver model with a
// structure as its set. The watch runs within the set's operations (recording,
// walking, clearing) and nowhere else. Afterwards the reported pages must be
// what was recorded, the set must be empty and the ledger at zero; otherwise
// there is no figure.

#pragma once

#include "harness/driver/replay_spec.h"
#include "harness/measure/job.h"
#include "workloads/trace/trace.h"

namespace pfn {

// With the set of the job's structure, or without one. A replay that replaces
// more pages than `replay` allows has no figure.
Measurement Replay(const Job& job, const ReplaySpec& replay);

// How many pages in a hundred such a replay of `trace` replaces if nothing
// fails.
double ReplacedPercent(const Trace& trace, const ReplaySpec& replay);

}  // namespace pfn
