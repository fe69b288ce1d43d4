// SPDX-License-Identifier: MIT
//
// File: workloads/import/kernel_log.h
//
// Importers for what a guest's kernel says of its own balloon through ftrace,
// `trace-cmd report` and `perf script`. What they read, printed in any of the
// three ways (kernel_event.h; the commands are in docs/trace-format.md):
//
//     mm_page_alloc: page=... pfn=0x29e8 order=0 ... gfp_flags=...
//     balloon_alloc: (...) page=0xffd40000000a7a00    what the driver got
//     balloon_enq: (...) page=0xffd40000000a3b80      inflated
//     balloon_deq: (...) page=0xffd4000000078080      deflated
//
// Of mm_page_alloc only pages of order 0 with __GFP_NOMEMALLOC count, which in
// a running guest are the balloon's. Its page= is hashed and not looked at; its
// pfn= is hexadecimal with 0x and decimal without, as old kernels have it.
// Other events are counted and ignored. Events that the tool says it has lost
// are an error, since the balloon's may be among them.

#ifndef PFNBENCH_WORKLOADS_IMPORT_KERNEL_LOG_H_
#define PFNBENCH_WORKLOADS_IMPORT_KERNEL_LOG_H_

#include <string_view>

#include "workloads/import/import_result.h"
#include "workloads/trace/byte_source.h"

namespace pfn {

// All throw BadInput with `name` and the line number, and need memory for the
// trace, not for the text. trace-cmd prints the events of ftrace, so the first
// serves both.
ImportResult ImportFtrace(ByteSource& source, std::string_view name);
ImportResult ImportPerfScript(ByteSource& source, std::string_view name);

// The lines of workloads/record/balloon.bt:
//
//     balloon.bt 1 vmemmap 0xffffea0000000000 page 64
//     13132010000 A 0xffffea00000a7a00      allocated, or 0x0: got no page
//     13133067000 E 0xffffea00000a3b80      inflated
//     14718638000 D 0xffffea0000078080      deflated
//
// Nanoseconds, and addresses of struct page. bpftrace's own "Attaching N
// probes..." may stand before.
ImportResult ImportBpftrace(ByteSource& source, std::string_view name);

}  // namespace pfn

#endif  // PFNBENCH_WORKLOADS_IMPORT_KERNEL_LOG_H_
