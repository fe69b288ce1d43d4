// SPDX-License-Identifier: MIT
//
// An end for what never ends: a structure that loops when memory runs out is
// named, instead of holding up everybody who waits for it. CPU time counts, so
// a busy machine ends nothing.

#pragma once

#include <string_view>

namespace pfn {

// When this process has used `seconds` of CPU time from now on, it writes
// `note` to stderr as a line of its own and ends with status 1. Each call
// replaces the one before; 0 seconds end the limit. A long note is cut off.
void LimitTime(unsigned seconds, std::string_view note);

}  // namespace pfn
