// SPDX-License-Identifier: MIT

#include "workloads/trace/trace_text.h"

#include <bit>

#include "workloads/base/printable.h"

namespace pfn {
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
