// SPDX-License-Identifier: MIT
//
// Measures one operation of one structure over all passes of a workload, or
// several on the same recordings.
//
// One set serves all passes, as the driver's does, and is emptied between them
// by ClearRange over the span of the pass. Heap and fault model are fresh, so
// every repetition sees the same failures. Everything but the operation itself
// happens while the watch stands: filling, checking against the oracle,
// emptying. A run that does not match the oracle has an error and no figure,
// and neither has one that reaches the job's time limit; that is looked at
// between two blocks of pages, so a single walk of all ranges is never cut off.

#pragma once

#include "harness/measure/job.h"

namespace pfn {

// Of job.structure, which is not null, called as the job's conditions say.
Measurement Measure(const Job& job);

}  // namespace pfn
