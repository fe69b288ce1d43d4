// SPDX-License-Identifier: MIT

#include "workloads/trace/trace_text.h"

#include <bit>

namespace pfn {
namespace {

// The length of the UTF-8 sequence that starts `text`, or 0 if there is none or
// its character is a control character.
std::size_t PrintableLength(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return static_cast<unsigned char>(text[i]);
  };
  if (byte(0) < 0x80) return byte(0) >= 0x20 && byte(0) != 0x7f ? 1 : 0;
  const std::size_t length = byte(0) >= 0xf0   ? 4
                             : byte(0) >= 0xe0 ? 3
                             : byte(0) >= 0xc2 ? 2
                                               : 0;
  if (length == 0 || text.size() < length) return 0;
  std::uint32_t character = byte(0) & (0xffu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
    character = character << 6 | (byte(i) & 0x3f);
  }
  constexpr std::uint32_t kSmallest[] = {0, 0, 0xa0, 0x800, 0x10000};
  const bool surrogate = character >= 0xd800 && character <= 0xdfff;
  return character >= kSmallest[length] && character <= 0x10ffff && !surrogate
             ? length
             : 0;
}

}  // namespace

std::string_view ProblemOfHeaderText(std::string_view value) {
  if (value.empty()) return "is empty";
  if (value.size() > kMaxHeaderValueBytes) return "is longer than 1000 bytes";
  if (value.front() == ' ' || value.back() == ' ') {
    return "has a blank at an end";
  }
  while (!value.empty()) {
    const std::size_t length = PrintableLength(value);
    if (length == 0) return "is not printable UTF-8 on one line";
    value.remove_prefix(length);
  }
  return "";
}

std::string_view ProblemOfPageSize(std::uint64_t bytes) {
  const bool legal = std::has_single_bit(bytes) && bytes >= 4096 &&
                     bytes <= std::uint64_t{1} << 30;
  return legal ? "" : "is not a power of two from 4096 to 1073741824";
}

}  // namespace pfn
