// SPDX-License-Identifier: MIT
//
// How many instructions this process executes, from one of two sources that
// Stopwatch (harness/measure/stopwatch.h) reads instead of a clock:
//
// * callgrind counts what it translates. Nothing that happens on the machine
//   changes the figure, so it can be compared with one from last year. It tells
//   no running total: collecting is switched on and off around each stretch,
//   and what was collected is asked for at the end.
// * The hardware counts what retires in user space, where it has a counter and
//   the kernel lends it (perf_event_paranoid up to 2).

#pragma once

#include <cstdint>

#include "workloads/base/error.h"

namespace pfn {

// There is no counter; what() says why, and how to get one.
class NoCounter : public BadInput {
 public:
  using BadInput::BadInput;
};

// The environment variable by which a process under callgrind learns where
// callgrind writes.
inline constexpr const char* kCallgrindOutVariable = "PFNBENCH_CALLGRIND_OUT";

// Whether RunUnderCallgrind() started this process.
bool IsUnderCallgrind();

// Switches collecting on if it is off, and off if it is on. Returns 0, so that
// it can take the place of a clock reading. Only in a process under callgrind.
std::uint64_t ToggleCallgrind();

// Instructions collected since the last call, or since the start. Throws
// NoCounter if callgrind did not write them.
std::uint64_t TakeCollectedByCallgrind();

// Opens the hardware's counter for this thread. Throws NoCounter.
void OpenHardwareCounter();

// User-space instructions since some point in the past.
std::uint64_t ReadHardwareCounter();

}  // namespace pfn
