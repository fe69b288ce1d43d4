// SPDX-License-Identifier: MIT

#include "workloads/generate/arguments.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cassert>
#include <charconv>
#include <optional>

#include "workloads/base/error.h"
#include "workloads/base/nearest.h"
#include "workloads/base/number.h"
#include "workloads/base/printable.h"
#include "workloads/base/text_scan.h"

namespace pfn {
namespace {

std::optional<double> ParseShare(std::string_view text) {
  double share = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, share);
  if (error != std::errc{} || stop != end) return {};
  return share;
}

// "fresh|recycled"
std::vector<std::string> SplitChoices(std::string_view choices) {
  std::vector<std::string> words;
  while (!choices.empty()) {
    words.emplace_back(choices.substr(0, choices.find('|')));
    choices.remove_prefix(std::min(choices.size(), words.back().size() + 1));
  }
  return words;
}

std::vector<std::string> KeysOf(std::span<const Parameter> parameters) {
  std::vector<std::string> keys;
  for (const Parameter& parameter : parameters) {
    keys.emplace_back(parameter.key);
  }
  return keys;
}

}  // namespace

std::string_view NameOfSpec(std::string_view spec) {
  return spec.substr(0, spec.find(':'));
}

Arguments::Arguments(std::string_view spec,
                     std::span<const Parameter> parameters)
    : spec_(spec), parameters_(parameters), values_(parameters.size()) {
  for (const Parameter& parameter : parameters) {
    Set(parameter.key, parameter.default_value);
  }
  std::vector<std::string_view> given;
  std::string_view rest = spec.substr(NameOfSpec(spec).size());
  while (ConsumePrefix(&rest, ":")) {
    const std::string_view argument = rest.substr(0, rest.find(':'));
    rest.remove_prefix(argument.size());
    const std::size_t equals = argument.find('=');
    if (equals == argument.npos) Refuse(Quoted(argument), "KEY=VALUE");
    const std::string_view key = argument.substr(0, equals);
    for (const std::string_view other : given) {
      if (other == key) Refuse(fmt::format("{} twice", Quoted(key)), "it once");
    }
    given.push_back(key);
    Set(key, argument.substr(equals + 1));
  }
}

void Arguments::Set(std::string_view key, std::string_view text) {
  std::size_t index = 0;
  while (index < parameters_.size() && parameters_[index].key != key) ++index;
  if (index == parameters_.size()) {
    const std::vector<std::string> keys = KeysOf(parameters_);
    Refuse(fmt::format("the key {}{}", Quoted(key), DidYouMean(key, keys)),
           keys.empty() ? "none at all"
                        : fmt::format("{}", fmt::join(keys, ", ")));
  }
  const Parameter& parameter = parameters_[index];
  Value value{std::string(text)};
  const auto fail = [&](std::string_view expected) {
    Refuse(fmt::format("{}={}", key, Quoted(text)), expected);
  };
  switch (parameter.kind) {
    case Parameter::Kind::kCount: {
      const std::optional<std::uint64_t> count = ParseSize(text);
      if (!count || *count < parameter.min || *count > parameter.max) {
        fail(fmt::format("a whole number from {} to {}{}", parameter.min,
                         parameter.max, kPerhapsWithSuffix));
      }
      value.count = *count;
      break;
    }
    case Parameter::Kind::kShare: {
      const std::optional<double> share = ParseShare(text);
      constexpr double kUnit = kShareUnit;
      const double min = static_cast<double>(parameter.min) / kUnit;
      const double max = static_cast<double>(parameter.max) / kUnit;
      if (!share || !(*share >= min && *share <= max)) {
        fail(fmt::format("a number from {} to {}", min, max));
      }
      value.share = *share;
      break;
    }
    case Parameter::Kind::kWord: {
      const std::vector<std::string> words = SplitChoices(parameter.choices);
      if (!words.empty() && std::ranges::find(words, text) == words.end()) {
        Refuse(
            fmt::format("{}={}{}", key, Quoted(text), DidYouMean(text, words)),
            parameter.choices);
      }
      break;
    }
  }
  values_[index] = value;
}

const Arguments::Value& Arguments::Find(std::string_view key) const {
  std::size_t index = 0;
  while (parameters_[index].key != key) {
    ++index;
    assert(index < parameters_.size());
  }
  return values_[index];
}

std::uint64_t Arguments::Count(std::string_view key) const {
  return Find(key).count;
}

double Arguments::Share(std::string_view key) const { return Find(key).share; }

const std::string& Arguments::Word(std::string_view key) const {
  return Find(key).text;
}

void Arguments::Refuse(std::string_view found,
                       std::string_view expected) const {
  throw BadInput(
      fmt::format("gen:{}: found {}; expected {}; see docs/generators.md",
                  Quoted(spec_), found, expected));
}

}  // namespace pfn
