// SPDX-License-Identifier: MIT
//
// Runs this program again, with the same arguments, under valgrind's callgrind,
// in surroundings that make its counts the same every time and on every
// machine of one architecture.

#pragma once

namespace pfn {

// Returns the exit status. SIGINT and SIGTERM are passed on. Throws NoCounter
// if valgrind cannot be run.
int RunUnderCallgrind(char** argv);

}  // namespace pfn
