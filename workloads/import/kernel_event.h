// SPDX-License-Identifier: MIT
//
// File: workloads/import/kernel_event.h
//
// One line of ftrace, `trace-cmd report` or `perf script`. The three differ in
// what stands before the event, and agree on enough:
//
//     COMM-PID    [CPU] FLAGS  SECONDS.FRACTION: EVENT: KEY=VALUE ...
//     COMM-PID    [CPU]        SECONDS.FRACTION: EVENT:        KEY=VALUE ...
//     COMM PID[/TID]    [CPU]  SECONDS.FRACTION:  SYSTEM:EVENT: KEY=VALUE ...
//
// A COMM may hold blanks, so the line is taken apart from the CPU on.

#ifndef PFNBENCH_WORKLOADS_IMPORT_KERNEL_EVENT_H_
#define PFNBENCH_WORKLOADS_IMPORT_KERNEL_EVENT_H_

#include <optional>
#include <string_view>

namespace pfn {

struct KernelEvent {
  std::string_view system;  // "kmem"; empty in ftrace and trace-cmd
  std::string_view name;    // "mm_page_alloc"
  std::string_view fields;  // all behind the name
};

// Nothing if `line` has another form.
std::optional<KernelEvent> ParseKernelEvent(std::string_view line);

// The value of " KEY=VALUE" in `fields`, up to the next blank; empty if there
// is none. `key` has its "=": "pfn=".
std::string_view FieldOf(std::string_view fields, std::string_view key);

}  // namespace pfn

#endif  // PFNBENCH_WORKLOADS_IMPORT_KERNEL_EVENT_H_
