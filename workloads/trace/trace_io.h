// SPDX-License-Identifier: MIT
//
// Reading and writing .pfntrace files; docs/trace-format.md describes them.

#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "workloads/base/error.h"
#include "workloads/trace/byte_source.h"
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
enum class DumpAs : std::uint8_t {
  // Arrays as in the file, but with absolute runs FIRST-LAST in hexadecimal:
  // "I 236c69-236c00 1ff" goes down from 236c69, then has one page.
  kRuns,
  // One page per line, "I 236c69", and an empty line between arrays.
  kPages,
};
void DumpTrace(const Trace& trace, DumpAs form, const TextSink& sink);

// What the reader and the writer must agree on: words, limits, header fields.

inline constexpr std::string_view kFirstLine = "pfntrace 1";
inline constexpr std::size_t kMaxHeaderValueBytes = 1000;
inline constexpr std::uint64_t kMaxArrayPages = std::uint64_t{1} << 32;
// Of one direction, and of a target.
inline constexpr std::uint64_t kMaxTotalPages = kPfnLimit - 1;
inline constexpr std::uint64_t kMaxTextBytes = std::uint64_t{1} << 30;

// One header line, "key: value". Exactly one of the two members is set.
struct HeaderField {
  std::string_view key;
  std::uint64_t TraceProvenance::*number;
  std::string TraceProvenance::*text;
};

// In the order of the file. The first is always there, the others only if known
// (not 0, not empty).
inline constexpr HeaderField kHeaderFields[] = {
    {"page-size", &TraceProvenance::page_size_bytes, nullptr},
    {"guest-memory", &TraceProvenance::guest_memory_bytes, nullptr},
    {"kernel", nullptr, &TraceProvenance::kernel},
    {"recorder", nullptr, &TraceProvenance::recorder},
    {"provoked", nullptr, &TraceProvenance::provoked},
    {"source", nullptr, &TraceProvenance::source},
};

// Why `value` cannot stand in a header line, or "" if it can.
std::string_view ProblemOfHeaderText(std::string_view value);
// The same for the page size, which must be a power of two from 4096 to 2^30.
std::string_view ProblemOfPageSize(std::uint64_t bytes);

// ParseTrace for text that is streamed; refuses more than `max_bytes` of it.
Trace ParseTrace(ByteSource& source, std::string_view name,
                 std::uint64_t max_bytes = kMaxTextBytes);

}  // namespace pfn
