// SPDX-License-Identifier: MIT
//
// File: workloads/trace/first_pages.h
//
// The beginning of a trace, for what takes too long with all of it.

#ifndef PFNBENCH_WORKLOADS_TRACE_FIRST_PAGES_H_
#define PFNBENCH_WORKLOADS_TRACE_FIRST_PAGES_H_

#include <cstdint>

#include "workloads/trace/trace.h"

namespace pfn {

// The events of `trace` up to its first `pages` inflated and deflated pages,
// the last array cut if need be; provenance as it is. O(events + runs).
Trace FirstPages(const Trace& trace, std::uint64_t pages);

}  // namespace pfn

#endif  // PFNBENCH_WORKLOADS_TRACE_FIRST_PAGES_H_
