// SPDX-License-Identifier: MIT
//
// The list of importers: what `pfntrace import --from=` takes, and what the
// fuzzers run. To add one, declare it here and append it in importers.cc. Each
// tells in its own file what it reads.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "workloads/trace/byte_source.h"
#include "workloads/trace/trace.h"

namespace pfn {

// The trace, without provenance, which only the caller knows, and what a reader
// of the trace should know about the import.
struct ImportResult {
  Trace trace;
  std::uint64_t lines = 0;  // or entries
  // Where the recording itself tells; 0: it does not.
  std::uint64_t guest_memory_bytes = 0;
  // One line of text each: what was dropped, and how directions were found.
  std::vector<std::string> notes;
};

struct Importer {
  std::string_view name;  // "qemu-log"
  // Reads all of the source, in memory for the trace and not for the text; the
  // name stands in messages. Throws BadInput, with the line or the byte.
  ImportResult (*import)(ByteSource& source, std::string_view name);
};

// Ordered by name.
std::span<const Importer> Importers();

ImportResult ImportBpftrace(ByteSource& source, std::string_view name);
ImportResult ImportFtrace(ByteSource& source, std::string_view name);
ImportResult ImportPagemap(ByteSource& source, std::string_view name);
ImportResult ImportPerfScript(ByteSource& source, std::string_view name);
ImportResult ImportPfnLines(ByteSource& source, std::string_view name);
ImportResult ImportQemuLog(ByteSource& source, std::string_view name);

// Recordings are often named wrongly, or put together from two tools.

// The --from= that reads `line`, or "" if none of them looks like it.
std::string_view GuessFormat(std::string_view line);

// The --from= that reads a recording with these first bytes, or "".
std::string_view GuessFormatOfHead(std::string_view head);

// "; this line looks like --from=FORMAT" for the end of a message, or "".
std::string AdviceToImport(std::string_view line);

}  // namespace pfn
