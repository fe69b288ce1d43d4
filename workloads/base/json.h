// SPDX-License-Identifier: MIT
//
// Writes JSON, without a space that nobody needs:
//
//   JsonObject().Add("name", "flat").Add("bits", 2.5).Text()
//
// gives {"name":"flat","bits":2.5}.

#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>

namespace pfn {

// Text as one printable line, quoted: what is not printable becomes \xNN, so
// that the file can be read for any command line.
std::string JsonText(std::string_view text);
// Whole numbers with all their digits, others with seven.
std::string JsonNumber(double number);

class JsonObject {
 public:
  JsonObject& Add(std::string_view key, std::string_view text) {
    return AddJson(key, JsonText(text));
  }
  JsonObject& Add(std::string_view key, const char* text) {
    return Add(key, std::string_view(text));
  }
  // Leaves out what is no number, as the quotient of two zeros.
  JsonObject& Add(std::string_view key, double number);
  template <std::integral Whole>
  JsonObject& Add(std::string_view key, Whole whole) {
    if constexpr (std::is_same_v<Whole, bool>) {
      return AddJson(key, whole ? "true" : "false");
    } else {
      return AddJson(key, std::to_string(whole));
    }
  }
  // A value that is JSON already.
  JsonObject& AddJson(std::string_view key, std::string_view json);
  JsonObject& AddAll(const JsonObject& other);

  bool is_empty() const { return fields_.empty(); }
  std::string Text() const { return std::string("{") + fields_ + "}"; }

 private:
  std::string fields_;
};

// `to_json(item)` of each; what is empty is left out.
template <class Items, class ToJson>
std::string JsonList(const Items& items, ToJson to_json,
                     std::string_view between = ",") {
  std::string text = "[";
  for (const auto& item : items) {
    const std::string json = to_json(item);
    if (json.empty()) continue;
    if (text.size() > 1) text += between;
    text += json;
  }
  return text + ']';
}

}  // namespace pfn
