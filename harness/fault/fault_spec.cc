// SPDX-License-Identifier: MIT

#include "harness/fault/fault_spec.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>

namespace pfn {
namespace {

// failslab: only slab objects, and only those whose request may not sleep.
class Failslab final : public FaultModel {
 public:
  Failslab(const FaultAttr::Settings& settings, std::uint64_t seed)
      : attr_(settings, seed) {}

  bool FailObject(std::size_t object_bytes, Gfp gfp) override {
    return !MaySleep(gfp) && attr_.ShouldFail(object_bytes);
  }
  bool FailPages(unsigned, PageUser, Gfp) override { return false; }

 private:
  FaultAttr attr_;
};

// fail-nth over everything that a contender asks for: slab objects and page
// blocks, not the pages that a slab cache asks for on its own.
class FailNth final : public FaultModel {
 public:
  explicit FailNth(std::uint64_t n) : attr_({}, 0) { attr_.set_fail_nth(n); }

  bool FailObject(std::size_t object_bytes, Gfp gfp) override {
    return !MaySleep(gfp) && attr_.ShouldFail(object_bytes);
  }
  bool FailPages(unsigned order, PageUser user, Gfp gfp) override {
    return user == PageUser::kCaller && !MaySleep(gfp) &&
           attr_.ShouldFail(std::size_t{1} << order);
  }

 private:
  FaultAttr attr_;
};

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::int64_t ParseNumber(std::string_view text, std::string_view what,
                         std::int64_t least, std::int64_t most) {
  std::int64_t value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() ||
      value < least || value > most) {
    throw FaultSpecError(
        most == std::numeric_limits<std::int64_t>::max()
            ? fmt::format("fault: {} is '{}'; expected a whole number from {}",
                          what, text, least)
            : fmt::format(
                  "fault: {} is '{}'; expected a whole number from {} to {}",
                  what, text, least, most));
  }
  return value;
}

constexpr std::int64_t kNoLimit = std::numeric_limits<std::int64_t>::max();

// Sets the attribute `key`; the legal ranges are the kernel's.
void SetAttribute(FaultAttr::Settings& settings, std::string_view key,
                  std::string_view value) {
  if (key == "probability") {
    settings.probability =
        static_cast<unsigned>(ParseNumber(value, key, 0, 100));
  } else if (key == "interval") {
    settings.interval =
        static_cast<std::uint64_t>(ParseNumber(value, key, 0, kNoLimit));
  } else if (key == "times") {
    settings.times = ParseNumber(value, key, -1, kNoLimit);
  } else if (key == "space") {
    settings.space = ParseNumber(value, key, 0, kNoLimit);
  } else {
    throw FaultSpecError(fmt::format(
        "fault: failslab has no attribute '{}'; it has probability, "
        "interval, times, space",
        key));
  }
}

FaultSpec ParseFailslabAttributes(std::string_view text) {
  FaultSpec spec{.kind = FaultSpec::Kind::kFailslab, .attr = {}, .nth = 0};
  std::vector<std::string_view> seen;
  for (const std::string_view pair : Split(text, ',')) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos) {
      throw FaultSpecError(
          fmt::format("fault: '{}' is not attribute=value; for example "
                      "failslab:probability=1,interval=1,times=-1,space=0",
                      pair));
    }
    const std::string_view key = pair.substr(0, equals);
    SetAttribute(spec.attr, key, pair.substr(equals + 1));
    if (std::find(seen.begin(), seen.end(), key) != seen.end()) {
      throw FaultSpecError(
          fmt::format("fault: attribute '{}' is given twice", key));
    }
    seen.push_back(key);
  }
  if (std::find(seen.begin(), seen.end(), "probability") == seen.end()) {
    throw FaultSpecError(
        "fault: failslab needs probability=PERCENT; without it nothing fails");
  }
  return spec;
}

FaultSpec ParseFailslabBootForm(std::string_view text) {
  constexpr std::array<std::string_view, 4> kOrder = {"interval", "probability",
                                                      "space", "times"};
  const std::vector<std::string_view> values = Split(text, ',');
  if (values.size() != kOrder.size()) {
    throw FaultSpecError(
        fmt::format("fault: 'failslab={}' has {} values; expected "
                    "failslab=<interval>,<probability>,<space>,<times>",
                    text, values.size()));
  }
  FaultSpec spec{.kind = FaultSpec::Kind::kFailslab, .attr = {}, .nth = 0};
  for (std::size_t i = 0; i < kOrder.size(); ++i) {
    SetAttribute(spec.attr, kOrder[i], values[i]);
  }
  return spec;
}

std::optional<std::string_view> After(std::string_view text,
                                      std::string_view prefix) {
  if (!text.starts_with(prefix)) return std::nullopt;
  return text.substr(prefix.size());
}

}  // namespace

FaultSpec ParseFaultSpec(std::string_view text) {
  if (text == "none") return {};
  if (const auto attributes = After(text, "failslab:")) {
    return ParseFailslabAttributes(*attributes);
  }
  if (const auto values = After(text, "failslab=")) {
    return ParseFailslabBootForm(*values);
  }
  if (const auto n = After(text, "nth:")) {
    FaultSpec spec{.kind = FaultSpec::Kind::kNth, .attr = {}, .nth = 0};
    spec.nth = static_cast<std::uint64_t>(ParseNumber(*n, "nth", 1, kNoLimit));
    return spec;
  }
  throw FaultSpecError(fmt::format(
      "fault: '{}' is not known; expected none, failslab:probability=P,..., "
      "failslab=<interval>,<probability>,<space>,<times>, or nth:N",
      text));
}

std::vector<FaultSpec> ParseFaultSpecs(std::string_view text) {
  std::vector<FaultSpec> specs;
  for (const std::string_view part : Split(text, ';')) {
    FaultSpec spec = ParseFaultSpec(part);
    if (std::find(specs.begin(), specs.end(), spec) != specs.end()) {
      throw FaultSpecError(fmt::format("fault: '{}' is given twice", part));
    }
    specs.push_back(spec);
  }
  return specs;
}

std::string FaultSpec::ToString() const {
  switch (kind) {
    case Kind::kNone:
      return "none";
    case Kind::kNth:
      return fmt::format("nth:{}", nth);
    case Kind::kFailslab:
      break;
  }
  const FaultAttr::Settings defaults;
  std::string text = fmt::format("failslab:probability={}", attr.probability);
  if (attr.interval != defaults.interval) {
    text += fmt::format(",interval={}", attr.interval);
  }
  if (attr.times != defaults.times)
    text += fmt::format(",times={}", attr.times);
  if (attr.space != defaults.space)
    text += fmt::format(",space={}", attr.space);
  return text;
}

std::unique_ptr<FaultModel> FaultSpec::MakeModel(std::uint64_t seed) const {
  switch (kind) {
    case Kind::kNone:
      return nullptr;
    case Kind::kFailslab:
      return std::make_unique<Failslab>(attr, seed);
    case Kind::kNth:
      return std::make_unique<FailNth>(nth);
  }
  return nullptr;
}

}  // namespace pfn
