// SPDX-License-Identifier: MIT

#include "workloads/base/json.h"

#include <fmt/format.h>

#include <cmath>

#include "workloads/base/printable.h"

namespace pfn {

std::string JsonText(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : Printable(text)) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

std::string JsonNumber(double number) {
  constexpr double kExact = 9007199254740992;  // 2^53
  if (std::trunc(number) == number && std::abs(number) < kExact) {
    return fmt::format("{:.0f}", number);
  }
  return fmt::format("{:.7g}", number);
}

JsonObject& JsonObject::Add(std::string_view key, double number) {
  return std::isfinite(number) ? AddJson(key, JsonNumber(number)) : *this;
}

JsonObject& JsonObject::AddJson(std::string_view key, std::string_view json) {
  if (!fields_.empty()) fields_ += ',';
  fields_ += JsonText(key);
  fields_ += ':';
  fields_ += json;
  return *this;
}

JsonObject& JsonObject::AddAll(const JsonObject& other) {
  if (!fields_.empty() && !other.is_empty()) fields_ += ',';
  fields_ += other.fields_;
  return *this;
}

}  // namespace pfn
