// SPDX-License-Identifier: MIT
//
// How this process lies in memory: the same way in every run, and resident
// before anything is timed.

#pragma once

#include <sys/types.h>

namespace pfn {

// Starts this program again with addresses that are not random, once; goes on
// if they are not, or if the system refuses.
void FixAddresses(char** argv);

// After a fork every page that is written to is copied first. Has the pages of
// the stack, of variables and of malloc's heap copied now.
void TakeOwnPages();

// Has this process killed when its parent, which is `parent`, dies.
void DieWithParent(pid_t parent);

}  // namespace pfn
