// SPDX-License-Identifier: MIT
//
// File: harness/machine/run_under_callgrind.h
//
// Runs this program again, with the same arguments, under valgrind's callgrind,
// in surroundings that make its counts the same every time and on every
// machine of one architecture.

#ifndef PFNBENCH_HARNESS_MACHINE_RUN_UNDER_CALLGRIND_H_
#define PFNBENCH_HARNESS_MACHINE_RUN_UNDER_CALLGRIND_H_

namespace pfn {

// Returns the exit status. SIGINT and SIGTERM are passed on. Throws NoCounter
// if valgrind cannot be run.
int RunUnderCallgrind(char** argv);

}  // namespace pfn

#endif  // PFNBENCH_HARNESS_MACHINE_RUN_UNDER_CALLGRIND_H_
