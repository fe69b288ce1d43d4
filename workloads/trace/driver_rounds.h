// SPDX-License-Identifier: MIT
//
// A recording of a driver of arrays, read as what the set of the scatter-gather
// driver of 2017 would have held: one pass for each fill and each leak.
//
//   * A fill ends when it has what was missing when it began, when an
//     allocation failed (an array of fewer pages than 256 and than were
//     wanted), or when the target changes. It records in the reverse order of
//     all its allocations: the recorded arrays, the last one first.
//   * A leak takes pages as the recorded one did.
//   * Arrays of the OOM notifier (deflated while the balloon is not above its
//     target) and migrations (a page inflated and at once one deflated) never
//     reach the set. They are counted.

#pragma once

#include <cstdint>

#include "workloads/trace/trace.h"

namespace pfn {

struct DriverRounds {
  // Provenance as it was; a target before each round, so that each is a pass.
  Trace trace;
  std::uint64_t migrations = 0;
  std::uint64_t oom_calls = 0;
  std::uint64_t oom_pages = 0;
};

// `trace` must have targets: they say what a deflated array was. O(events +
// runs).
DriverRounds DriverRoundsOf(const Trace& trace);

}  // namespace pfn
