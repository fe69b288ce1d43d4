// SPDX-License-Identifier: MIT
//
// Writing a file so that nobody, at no time, sees half of it.

#pragma once

#include <filesystem>
#include <string_view>

namespace pfn {

// Replaces `path` by `bytes`: a temporary file in the same folder, flushed to
// the disk, then renamed. Refuses to replace anything but a regular file. On
// failure throws NotWritten and leaves no file behind and `path` as it was.
void WriteFileAtomically(const std::filesystem::path& path,
                         std::string_view bytes);

}  // namespace pfn
