// SPDX-License-Identifier: MIT
//
// Where the bytes of a trace or a log come from: memory, a file, standard
// input; zstd-compressed or not, told by the first bytes and not by the name.
// Everything is streamed, so a 3 GB log needs a few hundred KiB.

#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace pfn {

class ByteSource {
 public:
  virtual ~ByteSource() = default;

  // Fills the front of `buffer` and returns how much; 0 only at the end.
  // Throws BadInput if the input cannot be read or decompressed.
  virtual std::size_t Read(std::span<char> buffer) = 0;
};

// A source whose first bytes can be looked at before they are read, which a
// pipe does not allow by itself.
class PeekedSource final : public ByteSource {
 public:
  explicit PeekedSource(std::unique_ptr<ByteSource> source)
      : source_(std::move(source)) {}

  // The bytes looked at so far and `more` more, or fewer at the end. Not once
  // some are read.
  std::string_view Peek(std::size_t more);
  std::string_view head() const { return head_; }
  std::size_t Read(std::span<char> buffer) override;

 private:
  std::unique_ptr<ByteSource> source_;
  std::string head_;
  std::size_t used_ = 0;
};

// How many zstd frames an input may have. A trace is exactly one, so that bytes
// after its frame are noticed; logs may be put together with cat.
enum class ZstdFrames { kExactlyOne, kOneOrMore };

// Reads `text`, which must outlive the source.
std::unique_ptr<ByteSource> OpenMemory(std::string_view text);

// Opens `path`, a regular file; "-" is standard input. Throws BadInput.
std::unique_ptr<ByteSource> OpenInput(const std::filesystem::path& path,
                                      ZstdFrames frames);

// `bytes` as one zstd frame: level 19, with content size and checksum.
std::string CompressZstd(std::string_view bytes);

}  // namespace pfn
