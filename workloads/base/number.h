// SPDX-License-Identifier: MIT
//
// Numbers as users write them, on every command line: 4096, 64K, 8G.

#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>

namespace pfn {

// The number that `text` is as a whole, without sign `+`, blanks or suffix.
template <class Number>
std::optional<Number> ParseNumber(std::string_view text) {
  Number number{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return number;
}

// A whole number, perhaps with K, M, G or T for powers of 1024, which may be
// lower case and may have B or iB behind it ("8GiB"). Nothing for any other
// text and beyond 2^64-1.
std::optional<std::uint64_t> ParseSize(std::string_view text);

// How messages say so, behind "a whole number from 1 to 9".
inline constexpr std::string_view kPerhapsWithSuffix =
    ", perhaps with K, M, G or T";

}  // namespace pfn
