// SPDX-License-Identifier: MIT
//
// File: workloads/base/atomic_file.h
//
// Writing a file so that nobody, at no time, sees half of it.

#ifndef PFNBENCH_WORKLOADS_BASE_ATOMIC_FILE_H_
#define PFNBENCH_WORKLOADS_BASE_ATOMIC_FILE_H_

#include <filesystem>
#include <string_view>

namespace pfn {

// Replaces `path` by `bytes`: a temporary file in the same folder, flushed to
// the disk, then renamed. Refuses to replace anything but a regular file. On
// failure throws NotWritten and leaves no file behind and `path` as it was.
void WriteFileAtomically(const std::filesystem::path& path,
                         std::string_view bytes);

}  // namespace pfn

#endif  // PFNBENCH_WORKLOADS_BASE_ATOMIC_FILE_H_
