// SPDX-License-Identifier: MIT
//
// File: workloads/import/pagemap.h
//
// Importer for a dump of /proc/PID/pagemap over memory that a process wrote to
// from its first page to its last: 8 bytes a page, little endian, bit 63 for
// "present" and bits 0 to 54 for the frame. The frames in this order are the
// allocator's own answers, without balloon or driver: the same lists that a
// balloon is filled from. They become inflated arrays of 256 pages, not turned
// round. Pages that are not present are counted and left out.

#ifndef PFNBENCH_WORKLOADS_IMPORT_PAGEMAP_H_
#define PFNBENCH_WORKLOADS_IMPORT_PAGEMAP_H_

#include <string_view>

#include "workloads/import/import_result.h"
#include "workloads/trace/byte_source.h"

namespace pfn {

// Throws BadInput with `name` and the byte. `lines` of the result counts
// entries.
ImportResult ImportPagemap(ByteSource& source, std::string_view name);

}  // namespace pfn

#endif  // PFNBENCH_WORKLOADS_IMPORT_PAGEMAP_H_
