// SPDX-License-Identifier: MIT

#include "workloads/base/printable.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdint>

namespace pfn {
namespace {

void AppendEscaped(std::string_view text, std::string_view also_escaped,
                   std::string* out) {
  while (!text.empty()) {
    const std::size_t length = PrintableLength(text);
    if (length == 0) {
      *out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[0]));
    } else {
      if (also_escaped.find(text[0]) != also_escaped.npos) *out += '\\';
      *out += text.substr(0, length);
    }
    text.remove_prefix(std::max(length, std::size_t{1}));
  }
}

}  // namespace

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

std::string Printable(std::string_view text) {
  std::string printable;
  AppendEscaped(text, "", &printable);
  return printable;
}

std::string ShellWord(std::string_view text) {
  constexpr std::string_view kPlain = "/._-+=:,@%";
  const bool is_plain =
      !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
               kPlain.find(c) != kPlain.npos;
      });
  if (is_plain) return std::string(text);
  std::string word;
  if (Printable(text) == text) {
    for (const char c : text) word += c == '\'' ? "'\\''" : std::string(1, c);
    return "'" + word + "'";
  }
  // Only bash has a way to write control characters.
  AppendEscaped(text, "'\\", &word);
  return "$'" + word + "'";
}

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
