// SPDX-License-Identifier: MIT

#include "workloads/trace/trace_error.h"

#include <fmt/format.h>

namespace pfn {

std::string Quoted(std::string_view text) {
  constexpr std::size_t kMaxShown = 40;
  std::string quoted = "\"";
  for (const char c : text.substr(0, kMaxShown)) {
    if (c < ' ' || c > '~' || c == '"' || c == '\\') {
      quoted += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      quoted += c;
    }
  }
  quoted += text.size() > kMaxShown ? "...\"" : "\"";
  return quoted;
}

}  // namespace pfn
