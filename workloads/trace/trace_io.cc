// SPDX-License-Identifier: MIT

#include "workloads/trace/trace_io.h"

#include <fmt/format.h>

#include <memory>
#include <vector>

#include "workloads/base/atomic_file.h"
#include "workloads/trace/byte_source.h"
#include "workloads/trace/trace_text.h"

namespace pfn {

Trace ReadTrace(const std::filesystem::path& path) {
  const std::unique_ptr<ByteSource> source =
      OpenInput(path, ZstdFrames::kExactlyOne);
  return ParseTrace(*source, path.string());
}

std::string ReadTraceText(const std::filesystem::path& path) {
  const std::unique_ptr<ByteSource> source =
      OpenInput(path, ZstdFrames::kExactlyOne);
  std::string text;
  std::vector<char> block(std::size_t{256} << 10);
  while (const std::size_t size = source->Read(block)) {
    text.append(block.data(), size);
    if (text.size() > kMaxTextBytes) {
      throw BadInput(
          fmt::format("{}: has more than {} bytes of text; split the trace",
                      path.string(), kMaxTextBytes));
    }
  }
  return text;
}

void WriteTrace(const Trace& trace, const std::filesystem::path& path) {
  std::string bytes = EncodeTrace(trace);
  if (path.extension() == ".zst") bytes = CompressZstd(bytes);
  WriteFileAtomically(path, bytes);
}

}  // namespace pfn
