// SPDX-License-Identifier: MIT
//
// Splits a ByteSource into lines, in big blocks and without an allocation per
// line. Knows the name and the line for messages.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "workloads/trace/byte_source.h"

namespace pfn {

// A longer line is refused: no format read here needs one, and a file without
// line ends must not be able to fill the memory.
inline constexpr std::size_t kMaxLineBytes = std::size_t{1} << 20;

class LineReader {
 public:
  // `name` stands in messages; `source` must outlive the reader.
  LineReader(ByteSource& source, std::string_view name);

  // The next line without its line feed, valid until the next call; false at
  // the end. Throws BadInput if the line is too long.
  bool Next(std::string_view* line);

  // Of the line that Next gave last, counted from 1; 0 before the first.
  std::uint64_t line_number() const { return line_number_; }
  // Whether that line ended in a line feed; only the last line can lack one.
  bool has_line_feed() const { return has_line_feed_; }
  // Of all lines given so far, line feeds included.
  std::uint64_t bytes() const { return bytes_; }

  // Throws BadInput "NAME:LINE: message", for the last line or for `line`.
  [[noreturn]] void Fail(std::string_view message) const;
  [[noreturn]] void FailAt(std::uint64_t line, std::string_view message) const;

 private:
  bool Refill();

  ByteSource& source_;
  std::string name_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;  // buffer_[begin_, end_) has not been given out yet.
  std::size_t end_ = 0;
  std::uint64_t line_number_ = 0;
  std::uint64_t bytes_ = 0;
  bool has_line_feed_ = true;
};

}  // namespace pfn
