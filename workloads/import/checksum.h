// SPDX-License-Identifier: MIT
//
// File: workloads/import/checksum.h
//
// The identity of a recording, as it stands in the header of its trace.

#ifndef PFNBENCH_WORKLOADS_IMPORT_CHECKSUM_H_
#define PFNBENCH_WORKLOADS_IMPORT_CHECKSUM_H_

#include <filesystem>
#include <string>

namespace pfn {

// SHA-256 of the bytes of a file, 64 hex digits, as sha256sum prints it. Throws
// BadInput.
std::string Sha256OfFile(const std::filesystem::path& path);

}  // namespace pfn

#endif  // PFNBENCH_WORKLOADS_IMPORT_CHECKSUM_H_
