// SPDX-License-Identifier: MIT
//
// Whether a structure asks the heap for its memory at all, and with requests
// that may fail. Of one that does not, memory and lost pages would be lies.

#pragma once

#include <cstdint>

#include "harness/check/any_set.h"
#include "harness/kernel/page_arena.h"

namespace pfn {

enum class HeapUse : std::uint8_t { kNowait, kMaySleep, kNone };

// So many pages are recorded to see it, none next to another: more than any
// structure keeps without memory.
inline constexpr std::uint64_t kProbedPages = 4096;

HeapUse ProbeHeapUse(const SetKind& kind, PageArena& arena);

}  // namespace pfn
