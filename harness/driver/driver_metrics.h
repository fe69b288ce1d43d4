// SPDX-License-Identifier: MIT
//
// What one replay of a trace through the driver came to, besides time.

#pragma once

#include <cstdint>

#include "harness/driver/simulated_clock.h"

namespace pfn {

struct DriverMetrics {
  // Pages, inflating and deflating together unless said otherwise.
  std::uint64_t pages_told = 0;
  std::uint64_t pages_told_twice = 0;     // the host knew already
  std::uint64_t pages_lost = 0;           // recorded, and never reported
  std::uint64_t pages_told_singly = 0;    // as a chunk, for want of memory
  std::uint64_t pages_told_by_array = 0;  // in an array, for the same reason
  std::uint64_t pages_freed_back = 0;     // inflating: given up
  std::uint64_t pages_used_twice = 0;     // freed while on the balloon's list
  std::uint64_t released_early = 0;       // before the host acknowledged

  std::uint64_t set_attempts = 0;
  std::uint64_t failed_sets = 0;
  std::uint64_t failed_clears = 0;  // of the range, at the end of a round
  std::uint64_t ranges = 0;         // of all sets when recorded

  std::uint64_t chunks = 0;
  std::uint64_t chunk_pages = 0;
  std::uint64_t arrays = 0;
  std::uint64_t madvise_calls = 0;
  std::uint64_t mixed_rounds = 0;  // with both on one queue

  std::uint64_t rounds = 0;       // fills and leaks
  std::uint64_t zero_rounds = 0;  // of them without progress
  std::uint64_t stalls = 0;       // given up as live-locked
  std::uint64_t puffs = 0;        // page allocations that failed
  // Fills that got all their pages, and could not record all.
  std::uint64_t unrecorded_rounds = 0;

  std::uint64_t max_invisible_pages = 0;
  double invisible_page_ms = 0;  // integral over simulated time

  std::uint64_t oom_calls = 0;
  std::uint64_t oom_found_nothing = 0;
  std::uint64_t oom_pages = 0;

  std::uint64_t migrations = 0;
  std::uint64_t migrations_skipped = 0;  // nothing to move, or nowhere

  Picoseconds longest_lock_hold = 0;
  double longest_round_ns = 0;  // of the set's own work, as measured
};

}  // namespace pfn
