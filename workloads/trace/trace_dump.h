// SPDX-License-Identifier: MIT
//
// File: workloads/trace/trace_dump.h
//
// A trace as text for people and for other programs, in forms that nothing
// reads back. Streamed: a 64 GiB guest page by page is 500 MB.

#ifndef PFNBENCH_WORKLOADS_TRACE_TRACE_DUMP_H_
#define PFNBENCH_WORKLOADS_TRACE_TRACE_DUMP_H_

#include <functional>
#include <string_view>

#include "workloads/trace/trace.h"

namespace pfn {

using TextSink = std::function<void(std::string_view)>;

// Arrays as in the file, but with absolute runs FIRST-LAST in hexadecimal:
// "I 236c69-236c00 1ff" goes down from 236c69, then has one page.
void DumpRuns(const Trace& trace, const TextSink& sink);

// One page per line, "I 236c69", and an empty line between arrays.
void DumpPages(const Trace& trace, const TextSink& sink);

}  // namespace pfn

#endif  // PFNBENCH_WORKLOADS_TRACE_TRACE_DUMP_H_
