// SPDX-License-Identifier: MIT
//
// File: workloads/import/guess_format.h
//
// What a recording, or a line that an importer cannot read, might be.
// Recordings are often named wrongly, or put together from two tools.

#ifndef PFNBENCH_WORKLOADS_IMPORT_GUESS_FORMAT_H_
#define PFNBENCH_WORKLOADS_IMPORT_GUESS_FORMAT_H_

#include <string>
#include <string_view>

namespace pfn {

// The --from= that reads `line`, or "" if none of them looks like it.
std::string_view GuessFormat(std::string_view line);

// The --from= that reads a recording with these first bytes, or "".
std::string_view GuessFormatOfHead(std::string_view head);

// "; this line looks like --from=FORMAT" for the end of a message, or "".
std::string AdviceToImport(std::string_view line);

}  // namespace pfn

#endif  // PFNBENCH_WORKLOADS_IMPORT_GUESS_FORMAT_H_
