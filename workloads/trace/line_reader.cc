// SPDX-License-Identifier: MIT

#include "workloads/trace/line_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <span>

#include "workloads/base/error.h"

namespace pfn {
namespace {

// Small enough to stay in the second-level cache and to cost a short input
// little, big enough that moving an unfinished line to the front costs nothing.
constexpr std::size_t kBlockBytes = std::size_t{64} << 10;

}  // namespace

LineReader::LineReader(ByteSource& source, std::string_view name)
    : source_(source), name_(name), buffer_(kBlockBytes) {}

bool LineReader::Next(std::string_view* line) {
  std::size_t searched = 0;  // Bytes known to hold no line feed.
  for (;;) {
    const char* const start = buffer_.data() + begin_;
    const std::size_t available = end_ - begin_;
    const void* const feed =
        available == searched
            ? nullptr
            : std::memchr(start + searched, '\n', available - searched);
    if (feed != nullptr) {
      const auto size =
          static_cast<std::size_t>(static_cast<const char*>(feed) - start);
      *line = {start, size};
      begin_ += size + 1;
      bytes_ += size + 1;
      break;
    }
    searched = available;
    if (Refill()) continue;
    if (available == 0) return false;
    *line = {buffer_.data() + begin_, available};
    begin_ = end_;
    bytes_ += available;
    has_line_feed_ = false;
    break;
  }
  ++line_number_;
  if (line->size() > kMaxLineBytes) {
    Fail(
        fmt::format("found a line of more than {} bytes; expected text in "
                    "lines; is this the right file?",
                    kMaxLineBytes));
  }
  return true;
}

// Reads more behind the unfinished line. False at the end of the input, and
// when the line is too long already.
bool LineReader::Refill() {
  if (end_ - begin_ > kMaxLineBytes) return false;
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  if (end_ == buffer_.size()) buffer_.resize(2 * buffer_.size());
  const std::size_t got = source_.Read(std::span(buffer_).subspan(end_));
  end_ += got;
  return got > 0;
}

void LineReader::Fail(std::string_view message) const {
  FailAt(line_number_, message);
}

void LineReader::FailAt(std::uint64_t line, std::string_view message) const {
  // An empty file has no line, but an editor opens it at the first.
  throw BadInput(fmt::format("{}:{}: {}", name_,
                             std::max(line, std::uint64_t{1}), message));
}

}  // namespace pfn
