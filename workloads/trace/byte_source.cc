// SPDX-License-Identifier: MIT

#include "workloads/trace/byte_source.h"

#include <fmt/format.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <system_error>
#include <utility>
#include <vector>

#include "workloads/base/error.h"

namespace pfn {
namespace {

// The first bytes of every zstd frame (0xFD2FB528, little endian).
constexpr std::string_view kZstdMagic = "\x28\xb5\x2f\xfd";

// Compressed in a way that is not read here.
struct OtherCompression {
  std::string_view magic;    // the first bytes
  std::string_view program;  // which decompresses it with -d
};
constexpr OtherCompression kOtherCompressions[] = {{"\xfd\x37zX", "xz"},
                                                   {"\x1f\x8b", "gzip"}};

class MemorySource : public ByteSource {
 public:
  explicit MemorySource(std::string_view text) : rest_(text) {}

  std::size_t Read(std::span<char> buffer) override {
    const std::size_t size = rest_.copy(buffer.data(), buffer.size());
    rest_.remove_prefix(size);
    return size;
  }

 private:
  std::string_view rest_;
};

class FileSource : public ByteSource {
 public:
  FileSource(const std::filesystem::path& path, std::string_view name)
      : name_(name) {
    if (path != "-") RequireRegularFile(path);
    file_.reset(path == "-" ? stdin : std::fopen(path.c_str(), "rbe"));
    if (file_ == nullptr) Fail();
    // All reads are big: a second buffer would only copy.
    if (path != "-") std::setvbuf(file_.get(), nullptr, _IONBF, 0);
  }

  std::size_t Read(std::span<char> buffer) override {
    const std::size_t size =
        std::fread(buffer.data(), 1, buffer.size(), file_.get());
    if (std::ferror(file_.get()) != 0) Fail();
    return size;
  }

 private:
  struct CloseFile {
    void operator()(std::FILE* file) const {
      if (file != stdin) std::fclose(file);
    }
  };

  // Opening a FIFO waits for somebody to write to it, perhaps for ever, and
  // some devices do things when they are opened.
  void RequireRegularFile(const std::filesystem::path& path) const {
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (std::filesystem::is_regular_file(status) || error) return;
    throw BadInput(fmt::format(
        "{}: is {}; expected a regular file, or - for standard input", name_,
        std::filesystem::is_directory(status) ? "a directory"
        : std::filesystem::is_fifo(status)    ? "a FIFO"
                                              : "no regular file"));
  }

  [[noreturn]] void Fail() const {
    throw BadInput(
        fmt::format("{}: cannot be read: {}", name_, std::strerror(errno)));
  }

  std::string name_;
  std::unique_ptr<std::FILE, CloseFile> file_;
};

class ZstdSource : public ByteSource {
 public:
  ZstdSource(std::unique_ptr<ByteSource> file, std::string_view name,
             ZstdFrames frames)
      : file_(std::move(file)),
        name_(name),
        frames_(frames),
        stream_(ZSTD_createDStream()),
        buffer_(ZSTD_DStreamInSize()) {}

  std::size_t Read(std::span<char> buffer) override {
    ZSTD_outBuffer out = {buffer.data(), buffer.size(), 0};
    while (out.pos < out.size && !ended_) Step(&out);
    if (first_read_ &&
        std::string_view(buffer.data(), out.pos).starts_with(kZstdMagic)) {
      Fail(0, "holds zstd data compressed a second time",
           "decompress it once with \"zstd -d\"");
    }
    first_read_ = false;
    return out.pos;
  }

 private:
  struct FreeStream {
    void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
  };

  // Decompresses some input into `out`, or finds that the input has ended.
  void Step(ZSTD_outBuffer* out) {
    if (in_.pos == in_.size && !Refill()) {
      // Output can still be waiting inside libzstd when the input is used up.
      if (between_frames_) {
        ended_ = true;
        return;
      }
    }
    if (between_frames_) CheckNextFrame();
    const std::size_t in_before = in_.pos;
    const std::size_t out_before = out->pos;
    const std::size_t hint = ZSTD_decompressStream(stream_.get(), out, &in_);
    if (ZSTD_isError(hint)) {
      Fail(offset(),
           fmt::format("is corrupt zstd data ({})", ZSTD_getErrorName(hint)),
           "copy or create the file again");
    }
    between_frames_ = hint == 0;
    if (!between_frames_ && in_.pos == in_before && out->pos == out_before) {
      Fail(offset(), "ends in the middle of its zstd frame",
           "copy or create the file again");
    }
  }

  bool Refill() {
    base_ += in_.size;
    in_ = {buffer_.data(), file_->Read(buffer_), 0};
    return in_.size > 0;
  }

  // Called with at least one byte of input that no frame has claimed yet.
  void CheckNextFrame() {
    if (offset() == 0 || frames_ == ZstdFrames::kOneOrMore) return;
    Fail(offset(), "has more bytes after its zstd frame",
         "expected one frame; cut them off or create the file again");
  }

  std::uint64_t offset() const { return base_ + in_.pos; }

  [[noreturn]] void Fail(std::uint64_t offset, std::string_view found,
                         std::string_view advice) const {
    throw BadInput(
        fmt::format("{}: byte {}: {}; {}", name_, offset, found, advice));
  }

  std::unique_ptr<ByteSource> file_;
  std::string name_;
  ZstdFrames frames_;
  std::unique_ptr<ZSTD_DStream, FreeStream> stream_;
  std::vector<char> buffer_;
  ZSTD_inBuffer in_ = {nullptr, 0, 0};
  std::uint64_t base_ = 0;  // File offset of buffer_[0].
  bool between_frames_ = true;
  bool ended_ = false;
  bool first_read_ = true;
};

}  // namespace

std::string_view PeekedSource::Peek(std::size_t more) {
  const std::size_t before = head_.size();
  head_.resize(before + more);
  const std::size_t got = source_->Read(std::span(head_).subspan(before));
  head_.resize(before + got);
  return head_;
}

std::size_t PeekedSource::Read(std::span<char> buffer) {
  if (used_ == head_.size()) return source_->Read(buffer);
  const std::size_t size =
      std::string_view(head_).substr(used_).copy(buffer.data(), buffer.size());
  used_ += size;
  return size;
}

std::unique_ptr<ByteSource> OpenMemory(std::string_view text) {
  return std::make_unique<MemorySource>(text);
}

std::unique_ptr<ByteSource> OpenInput(const std::filesystem::path& path,
                                      ZstdFrames frames) {
  const std::string name = path == "-" ? "standard input" : path.string();
  auto file =
      std::make_unique<PeekedSource>(std::make_unique<FileSource>(path, name));
  const std::string_view head = file->Peek(kZstdMagic.size());
  for (const OtherCompression& other : kOtherCompressions) {
    if (!head.starts_with(other.magic)) continue;
    throw BadInput(fmt::format(
        "{}: is compressed with {}; expected zstd or plain text; decompress "
        "it with \"{} -d\"",
        name, other.program, other.program));
  }
  if (head != kZstdMagic) return file;
  return std::make_unique<ZstdSource>(std::move(file), name, frames);
}

std::string CompressZstd(std::string_view bytes) {
  const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(
      ZSTD_createCCtx(), &ZSTD_freeCCtx);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, 19);
  // The level's 3 finds matches in random digits that cost more than they
  // save: 5 makes a punched guest's trace 10 % smaller and the others no
  // larger.
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_minMatch, 5);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
  std::string compressed(ZSTD_compressBound(bytes.size()), '\0');
  const std::size_t size =
      ZSTD_compress2(context.get(), compressed.data(), compressed.size(),
                     bytes.data(), bytes.size());
  if (ZSTD_isError(size)) {
    throw BadInput(
        fmt::format("zstd compression failed: {}", ZSTD_getErrorName(size)));
  }
  compressed.resize(size);
  return compressed;
}

}  // namespace pfn
