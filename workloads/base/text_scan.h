// SPDX-License-Identifier: MIT
//
// Taking numbers and words off the front of a line, by hand: a trace or a log
// has millions of them. ConsumePrefix and ConsumeNumber take nothing when they
// return false.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pfn {

inline bool ConsumePrefix(std::string_view* text, std::string_view prefix) {
  if (!text->starts_with(prefix)) return false;
  text->remove_prefix(prefix.size());
  return true;
}

// The value of a digit of base 10 or 16 in lower case; at least 16 if `c` is
// none.
constexpr unsigned DigitValue(char c) {
  const unsigned decimal = static_cast<unsigned char>(c) - unsigned{'0'};
  if (decimal < 10) return decimal;
  const unsigned letter = static_cast<unsigned char>(c) - unsigned{'a'};
  return letter < 6 ? letter + 10 : 16;
}

// All digits at the front; false if there are none or they exceed 64 bits.
template <unsigned kBase>
bool ConsumeNumber(std::string_view* text, std::uint64_t* value) {
  std::uint64_t number = 0;
  std::size_t digits = 0;
  for (; digits < text->size(); ++digits) {
    const unsigned digit = DigitValue((*text)[digits]);
    if (digit >= kBase) break;
    if (number > (~std::uint64_t{0} - digit) / kBase) return false;
    number = number * kBase + digit;
  }
  if (digits == 0) return false;
  text->remove_prefix(digits);
  *value = number;
  return true;
}

// A number for Consume(), and where it goes.
template <unsigned kBase>
struct NumberInto {
  std::uint64_t& value;
};
using Decimal = NumberInto<10>;
using Hex = NumberInto<16>;

inline bool ConsumePart(std::string_view* text, std::string_view word) {
  return ConsumePrefix(text, word);
}
template <unsigned kBase>
bool ConsumePart(std::string_view* text, NumberInto<kBase> number) {
  return ConsumeNumber<kBase>(text, &number.value);
}

// All `parts` at the front, one after the other: words and numbers. If it
// returns false, those before the first that is missing are gone.
template <class... Parts>
bool Consume(std::string_view* text, const Parts&... parts) {
  return (ConsumePart(text, parts) && ...);
}

// Whether `text` is these parts and nothing else.
template <class... Parts>
bool Consists(std::string_view text, const Parts&... parts) {
  return Consume(&text, parts...) && text.empty();
}

// What stands between separators, and before the first and behind the last.
inline std::vector<std::string> Split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (;;) {
    parts.emplace_back(text.substr(0, text.find(separator)));
    if (parts.back().size() == text.size()) return parts;
    text.remove_prefix(parts.back().size() + 1);
  }
}

}  // namespace pfn
