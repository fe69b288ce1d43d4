// SPDX-License-Identifier: MIT
//
// File: workloads/trace/trace_text.h
//
// What the reader and the writer of .pfntrace text must agree on: words, limits
// and header fields. The format is described in docs/trace-format.md. Private
// to this folder; everybody else includes trace_io.h.

#ifndef PFNBENCH_WORKLOADS_TRACE_TRACE_TEXT_H_
#define PFNBENCH_WORKLOADS_TRACE_TRACE_TEXT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "workloads/trace/byte_source.h"
#include "workloads/trace/trace.h"

namespace pfn {

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

#endif  // PFNBENCH_WORKLOADS_TRACE_TRACE_TEXT_H_
