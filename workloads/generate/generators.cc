// SPDX-License-Identifier: MIT

#include "workloads/generate/generators.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cassert>
#include <optional>
#include <set>

#include "workloads/base/error.h"
#include "workloads/base/nearest.h"
#include "workloads/base/number.h"
#include "workloads/base/printable.h"
#include "workloads/base/text_scan.h"

namespace pfn {
namespace {

// The part of `spec` before the first colon.
std::string_view NameOfSpec(std::string_view spec) {
  return spec.substr(0, spec.find(':'));
}

Generator GeneratorOf(std::string_view spec) {
  const std::string_view name = NameOfSpec(spec);
  const std::vector<Generator> generators = Generators();
  for (const Generator& generator : generators) {
    if (generator.name == name) return generator;
  }
  throw BadInput(
      fmt::format("gen:{}: {}; see docs/generators.md", Quoted(spec),
                  UnknownName("generator", name, NamesIn(generators))));
}

}  // namespace

Arguments::Arguments(std::string_view spec,
                     std::span<const Parameter> parameters)
    : spec_(spec), parameters_(parameters), values_(parameters.size()) {
  for (const Parameter& parameter : parameters) {
    Set(parameter.name, parameter.default_value);
  }
  std::set<std::string_view> given;
  std::string_view rest = spec.substr(NameOfSpec(spec).size());
  while (ConsumePrefix(&rest, ":")) {
    const std::string_view argument = rest.substr(0, rest.find(':'));
    rest.remove_prefix(argument.size());
    const std::size_t equals = argument.find('=');
    if (equals == argument.npos) Refuse(Quoted(argument), "KEY=VALUE");
    const std::string_view key = argument.substr(0, equals);
    if (!given.insert(key).second) {
      Refuse(fmt::format("{} twice", Quoted(key)), "it once");
    }
    Set(key, argument.substr(equals + 1));
  }
}

void Arguments::Set(std::string_view key, std::string_view text) {
  const auto found = std::ranges::find(parameters_, key, &Parameter::name);
  if (found == parameters_.end()) {
    const std::vector<std::string> keys = NamesIn(parameters_);
    Refuse(fmt::format("the key {}{}", Quoted(key), DidYouMean(key, keys)),
           keys.empty() ? "none at all"
                        : fmt::format("{}", fmt::join(keys, ", ")));
  }
  const Parameter& parameter = *found;
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
      const std::optional<double> share = ParseNumber<double>(text);
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
      const std::vector<std::string> words = Split(parameter.choices, '|');
      if (!parameter.choices.empty() &&
          std::ranges::find(words, text) == words.end()) {
        Refuse(
            fmt::format("{}={}{}", key, Quoted(text), DidYouMean(text, words)),
            parameter.choices);
      }
      break;
    }
  }
  values_[static_cast<std::size_t>(found - parameters_.begin())] = value;
}

const Arguments::Value& Arguments::Find(std::string_view key) const {
  const auto found = std::ranges::find(parameters_, key, &Parameter::name);
  assert(found != parameters_.end());
  return values_[static_cast<std::size_t>(found - parameters_.begin())];
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

std::vector<Generator> Generators() {
  std::vector<Generator> all;
  for (const std::span<const Generator> some :
       {BalloonGenerators(), ShapeGenerators(), CmaGenerators(),
        UserGenerators()}) {
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

void CheckSpec(std::string_view spec) {
  const Arguments checked(spec, GeneratorOf(spec).parameters);
}

Trace Generate(std::string_view spec) {
  const Generator generator = GeneratorOf(spec);
  const Arguments arguments(spec, generator.parameters);
  Trace trace;
  trace.provenance.recorder = "pfntrace generate";
  trace.provenance.provoked = fmt::format("gen:{}", spec);
  generator.generate(arguments, &trace);
  return trace;
}

}  // namespace pfn
