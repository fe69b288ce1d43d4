// SPDX-License-Identifier: MIT
//
// File: workloads/import/pfn_lines.h
//
// Importer for the plainest recording there is, for guests and hypervisors
// whose own tools can print page frame numbers:
//
//     T 131072          the host asked for a balloon of that many pages
//     I 1fe4 1fe5 ...   one array that the guest inflated, hexadecimal
//     D 1fe5 1fe4 ...   one array that the guest deflated
//     F                 an attempt to inflate that got no page
//     R fc00 400        a range from free page reporting: start, count (hex)
//
// F and R are no balloon events: they are counted, dropped, and said in a note.

#ifndef PFNBENCH_WORKLOADS_IMPORT_PFN_LINES_H_
#define PFNBENCH_WORKLOADS_IMPORT_PFN_LINES_H_

#include <string_view>

#include "workloads/import/import_result.h"
#include "workloads/trace/byte_source.h"

namespace pfn {

// Throws BadInput with `name` and the line number. Needs memory for the
// trace, not for the text.
ImportResult ImportPfnLines(ByteSource& source, std::string_view name);

}  // namespace pfn

#endif  // PFNBENCH_WORKLOADS_IMPORT_PFN_LINES_H_
