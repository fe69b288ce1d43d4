// SPDX-License-Identifier: MIT

#include "workloads/base/number.h"

#include <charconv>
#include <system_error>

namespace pfn {

std::optional<std::uint64_t> ParseSize(std::string_view text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
  if (text.empty()) return number;

  constexpr std::string_view kUnits = "kKmMgGtT";
  const std::size_t unit = kUnits.find(text.front());
  if (unit == kUnits.npos) return std::nullopt;
  text.remove_prefix(1);
  for (const std::string_view bytes : {"iB", "ib", "B", "b"}) {
    if (text == bytes) text = {};
  }
  const auto shift = static_cast<unsigned>(10 * (unit / 2 + 1));
  if (!text.empty() || number > ~std::uint64_t{0} >> shift) return std::nullopt;
  return number << shift;
}

}  // namespace pfn
