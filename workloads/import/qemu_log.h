// SPDX-License-Identifier: MIT
//
// File: workloads/import/qemu_log.h
//
// Importer for the trace log of a QEMU that runs a guest with a virtio-balloon
// (-D LOG -trace EVENT; with or without -msg timestamp=on). What it reads:
//
//     virtio_queue_notify vdev V n N vq Q       the guest kicked queue N:
//                                               0 inflate, 1 deflate
//     virtio_balloon_handle_output section name: S gpa: G
//                                               one page, in array order
//     virtio_balloon_set_config actual: A oldactual: B
//                                               the guest counted A pages
//     virtio_balloon_to_target balloon target: T num_pages: N
//                                               the host asked for N pages
//     ram_block_discard_range BLOCK@A + 0x1000: ...
//                                               the page before was inflated
//
// With virtio_queue_notify in the log, a kick gives the direction and the end
// of an array, and set_config only checks the count. Without it the direction
// is that of the next set_config, whose difference must be exactly the pages
// before it; arrays between two set_configs cannot be told apart and become
// one. With ram_block_discard_range each page tells its own direction, and the
// two may be mixed. Lines of other events are counted and ignored; all that
// stands before an event is ignored too, because it depends on the backend of
// QEMU's trace.

#ifndef PFNBENCH_WORKLOADS_IMPORT_QEMU_LOG_H_
#define PFNBENCH_WORKLOADS_IMPORT_QEMU_LOG_H_

#include <string_view>

#include "workloads/import/import_result.h"
#include "workloads/trace/byte_source.h"

namespace pfn {

// Throws BadInput with `name` and the line number. Needs memory for the
// trace, not for the log.
ImportResult ImportQemuLog(ByteSource& source, std::string_view name);

}  // namespace pfn

#endif  // PFNBENCH_WORKLOADS_IMPORT_QEMU_LOG_H_
