// SPDX-License-Identifier: MIT
//
// File: workloads/trace/trace_io.h
//
// Reading and writing .pfntrace files (format: docs/trace-format.md).

#ifndef PFNBENCH_WORKLOADS_TRACE_TRACE_IO_H_
#define PFNBENCH_WORKLOADS_TRACE_TRACE_IO_H_

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "workloads/base/error.h"
#include "workloads/trace/trace.h"

namespace pfn {

// Parses canonical text strictly; `name` stands in messages. Throws BadInput.
Trace ParseTrace(std::string_view text, std::string_view name);

// The one canonical text of `trace`; ParseTrace(EncodeTrace(t)) == t, and
// EncodeTrace(ParseTrace(text)) == text for every accepted text. Throws
// BadInput if `trace` is outside the limits of the format.
std::string EncodeTrace(const Trace& trace);

// Reads a .pfntrace file, plain or zstd-compressed (told by its first bytes,
// not by its name). Throws BadInput.
Trace ReadTrace(const std::filesystem::path& path);

// The text of such a file, unparsed. Throws BadInput if it cannot be read.
std::string ReadTraceText(const std::filesystem::path& path);

// Writes atomically (temporary file in the same folder, then rename);
// compressed if the name ends in ".zst". Throws BadInput.
void WriteTrace(const Trace& trace, const std::filesystem::path& path);

// XXH3-128 of the canonical text, 32 hex digits: the identity of a trace.
std::string TraceId(const Trace& trace);

// A trace as text for people and for other programs, in forms that nothing
// reads back. Streamed: a 64 GiB guest page by page is 500 MB.
using TextSink = std::function<void(std::string_view)>;

// Arrays as in the file, but with absolute runs FIRST-LAST in hexadecimal:
// "I 236c69-236c00 1ff" goes down from 236c69, then has one page.
void DumpRuns(const Trace& trace, const TextSink& sink);

// One page per line, "I 236c69", and an empty line between arrays.
void DumpPages(const Trace& trace, const TextSink& sink);

}  // namespace pfn

#endif  // PFNBENCH_WORKLOADS_TRACE_TRACE_IO_H_
