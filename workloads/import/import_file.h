// SPDX-License-Identifier: MIT
//
// `pfntrace import`: a recording becomes a trace, and what the user did not say
// about it is found out as far as it can be. What nobody knows is left out.

#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "workloads/import/importers.h"
#include "workloads/trace/trace.h"

namespace pfn {

struct ImportRequest {
  std::string input;  // a path, or "-"
  std::string from;   // a format; empty: that which the first bytes look like
  TraceProvenance provenance;  // what is known of it
};

// The trace with its provenance, and notes on what was found out.
struct ImportedFile {
  ImportResult result;
  // Contradictions, one line each, that do not make the trace useless.
  std::vector<std::string> warnings;
};

// Throws BadInput.
ImportedFile ImportFile(const ImportRequest& request);

// The name of the trace unless the user gave one: that of the recording, in the
// current folder. "logs/busy-2g.log.zst" becomes "busy-2g.pfntrace.zst".
std::filesystem::path TraceNameFor(const std::filesystem::path& recording);

// SHA-256 of the bytes of a file, 64 hex digits, as sha256sum prints it: the
// identity of a recording in the header of its trace. Throws BadInput.
std::string Sha256OfFile(const std::filesystem::path& path);

// The memory of a guest whose pages are these, at least: their end, without the
// hole that a PC has below 4 GiB, rounded up to a size that guests have: 2^n or
// 3 * 2^n. 0 without pages.
std::uint64_t EstimateGuestMemory(const Trace& trace);

// How many pages lie beyond a guest of so much memory, with any hole below
// 4 GiB: of 0 to 2 GiB.
std::uint64_t PagesBeyond(const Trace& trace, std::uint64_t guest_memory_bytes);

}  // namespace pfn
