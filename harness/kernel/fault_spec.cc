// SPDX-License-Identifier: MIT

#include "harness/kernel/fault_spec.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "harness/kernel/fault_table.h"
#include "workloads/base/nearest.h"
#include "workloads/base/number.h"
#include "workloads/base/text_scan.h"

namespace pfn {
namespace {

using Kind = FaultSpec::Kind;
using Type = FaultAttribute::Type;

constexpr std::string_view kSlabBoundary = "slab_boundary";
constexpr std::string_view kDefaultPageModel = "ge_burst";

// ---- text ----

std::optional<std::string_view> After(std::string_view text,
                                      std::string_view prefix) {
  if (!text.starts_with(prefix)) return std::nullopt;
  return text.substr(prefix.size());
}

template <class... Args>
BadInput Error(fmt::format_string<Args...> text, Args&&... args) {
  return BadInput("fault: " + fmt::format(text, std::forward<Args>(args)...));
}

// A negative number has no suffix: it is -1 that stands for no limit.
std::optional<std::int64_t> ToWhole(std::string_view text) {
  if (text.starts_with('-')) return ParseNumber<std::int64_t>(text);
  const auto size = ParseSize(text);
  if (!size || *size > std::numeric_limits<std::int64_t>::max()) return {};
  return static_cast<std::int64_t>(*size);
}

std::string Range(const FaultAttribute& attribute) {
  std::string range =
      std::isinf(attribute.most)
          ? fmt::format("from {}", attribute.least)
          : fmt::format("from {} to {}", attribute.least, attribute.most);
  if (attribute.placeholder == "BYTES") range += kPerhapsWithSuffix;
  return range;
}

// ---- the table ----

FaultSpec WithInitialValues(const FaultModelInfo& model) {
  FaultSpec spec{.kind = model.kind};
  for (const FaultAttribute& attribute : model.attributes) {
    spec.values.push_back(attribute.initial);
  }
  return spec;
}

std::vector<std::string> NamesOf(const FaultModelInfo& model) {
  std::vector<std::string> names;
  for (const FaultAttribute& attribute : model.attributes) {
    if (attribute.type != Type::kBare) names.emplace_back(attribute.name);
  }
  return names;
}

std::string ListNamesOf(const FaultModelInfo& model) {
  const std::vector<std::string> names = NamesOf(model);
  return names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "));
}

FaultSpec OfPreset(const FaultPreset& preset) {
  FaultSpec spec = WithInitialValues(*FindFaultModel(Kind::kGilbertElliott));
  spec.values[0].rate = preset.loss;
  spec.values[1].rate = preset.burst;
  return spec;
}

std::size_t IndexOf(const FaultSpec& spec, std::string_view name) {
  const auto attributes = FindFaultModel(spec.kind)->attributes;
  const auto it = std::find_if(
      attributes.begin(), attributes.end(),
      [&](const FaultAttribute& each) { return each.name == name; });
  return static_cast<std::size_t>(it - attributes.begin());
}

// ---- parsing one model ----

FaultSpec::Value ParseValue(const FaultAttribute& attribute,
                            std::string_view text) {
  switch (attribute.type) {
    case Type::kFlag:
      return {.whole = 1};
    case Type::kWord: {
      const auto it =
          std::find(attribute.words.begin(), attribute.words.end(), text);
      if (it == attribute.words.end()) {
        const std::vector<std::string> words(attribute.words.begin(),
                                             attribute.words.end());
        throw Error("{} is '{}'{}; expected {}", attribute.name, text,
                    DidYouMean(text, words), fmt::join(words, ", "));
      }
      return {.whole = it - attribute.words.begin()};
    }
    case Type::kRate: {
      const auto rate = ParseNumber<double>(text);
      // Written so that it is false for NaN too.
      if (!rate || !(*rate >= attribute.least && *rate <= attribute.most)) {
        throw Error("{} is '{}'; expected a number {}", attribute.name, text,
                    Range(attribute));
      }
      return {.rate = *rate + 0.0};  // not -0
    }
    case Type::kWhole:
    case Type::kBare:
      break;
  }
  const auto whole = ToWhole(text);
  if (!whole || static_cast<double>(*whole) < attribute.least ||
      static_cast<double>(*whole) > attribute.most) {
    throw Error("{} is '{}'; expected a whole number {}", attribute.name, text,
                Range(attribute));
  }
  return {.whole = *whole};
}

// "name=value", "flag", or the bare number in the first place.
class AttributeParser {
 public:
  explicit AttributeParser(const FaultModelInfo& model)
      : model_(model),
        spec_(WithInitialValues(model)),
        seen_(model.attributes.size()) {}

  void Take(std::string_view text, bool is_first) {
    if (is_first && model_.attributes.front().type == Type::kBare) {
      return Set(0, text);
    }
    const std::size_t equals = text.find('=');
    const std::string_view name = text.substr(0, equals);
    const std::size_t index = IndexOf(spec_, name);
    const bool is_known =
        index < seen_.size() && model_.attributes[index].type != Type::kBare;
    const bool is_flag =
        is_known && model_.attributes[index].type == Type::kFlag;
    if (equals == std::string_view::npos && !is_flag) {
      throw Error("'{}' is not attribute=value; {} has {}", text, model_.name,
                  ListNamesOf(model_));
    }
    if (!is_known) {
      throw Error("{} has no attribute '{}'{}; it has {}", model_.name, name,
                  DidYouMean(name, NamesOf(model_)), ListNamesOf(model_));
    }
    if (is_flag && equals != std::string_view::npos) {
      throw Error("'{}' takes no value", name);
    }
    Set(index, is_flag ? "" : text.substr(equals + 1));
  }

  void Set(std::size_t index, std::string_view value) {
    if (seen_[index]) {
      throw Error("attribute '{}' is given twice",
                  model_.attributes[index].name);
    }
    seen_[index] = true;
    spec_.values[index] = ParseValue(model_.attributes[index], value);
  }
  void Set(std::string_view name, std::string_view value) {
    Set(IndexOf(spec_, name), value);
  }

  FaultSpec Finish() const {
    for (std::size_t i = 0; i < seen_.size(); ++i) {
      const std::string_view required = model_.attributes[i].required;
      if (!required.empty() && !seen_[i]) {
        throw Error("{} needs {}; without it nothing fails", model_.name,
                    required);
      }
    }
    switch (model_.kind) {
      case Kind::kGilbertElliott:
        CheckBurst();
        break;
      case Kind::kZoneWmark:
      case Kind::kNolock:
        CheckWatermarks();
        break;
      case Kind::kPcpOnly:
        if (spec_.Whole("high") <= spec_.Whole("batch")) {
          throw Error("high is {} and batch {}; high must be greater",
                      spec_.Whole("high"), spec_.Whole("batch"));
        }
        break;
      default:
        break;
    }
    return spec_;
  }

 private:
  bool IsGiven(std::string_view name) const {
    return seen_[IndexOf(spec_, name)];
  }

  void CheckBurst() const {
    if (!IsGiven("burst")) return;
    const double loss = spec_.Rate("loss");
    const double least = loss / (1 - loss);
    if (spec_.Rate("burst") < least) {
      throw Error(
          "a share of {} cannot be lost in bursts of {}; expected a burst of "
          "{} or more, or none for independent failures",
          loss, spec_.Rate("burst"), least);
    }
  }

  void CheckWatermarks() const {
    const int given = IsGiven("min") + IsGiven("low") + IsGiven("high");
    if (given == 0) return;
    if (IsGiven("thp")) {
      throw Error("thp stands for min, low and high; give it or them");
    }
    if (given < 3) {
      throw Error("give all of min, low and high, or none of them");
    }
    if (spec_.Whole("min") >= spec_.Whole("low") ||
        spec_.Whole("low") >= spec_.Whole("high")) {
      throw Error(
          "min, low and high are {}, {}, {}; each must be greater than "
          "the one before",
          spec_.Whole("min"), spec_.Whole("low"), spec_.Whole("high"));
    }
  }

  const FaultModelInfo& model_;
  FaultSpec spec_;
  std::vector<bool> seen_;
};

FaultSpec ParseBootForm(const FaultModelInfo& model, std::string_view text) {
  constexpr std::array<std::string_view, 4> kOrder = {"interval", "probability",
                                                      "space", "times"};
  const std::vector<std::string> values = Split(text, ',');
  if (values.size() != kOrder.size()) {
    throw Error(
        "'{0}={1}' has {2} values; expected "
        "{0}=<interval>,<probability>,<space>,<times>",
        model.name, text, values.size());
  }
  AttributeParser parser(model);
  for (std::size_t i = 0; i < kOrder.size(); ++i) {
    parser.Set(kOrder[i], values[i]);
  }
  return parser.Finish();
}

BadInput UnknownModel(std::string_view name) {
  std::vector<std::string> known = {"none", std::string(kSlabBoundary)};
  for (const auto& names : {NamesIn(FaultModels()), NamesIn(FaultPresets())}) {
    known.insert(known.end(), names.begin(), names.end());
  }
  return Error("{}; see pfnbench --list-faults",
               UnknownName("model", name, known));
}

// One model that is not composed of others.
FaultSpec ParseModel(std::string_view text) {
  if (text == "none") return {};
  const std::size_t end = text.find_first_of(":=");
  const std::string_view name = text.substr(0, end);
  for (const FaultPreset& preset : FaultPresets()) {
    if (name != preset.name) continue;
    if (name == text) return OfPreset(preset);
    throw Error("{} has no attributes; write gilbert_elliott:loss={},burst={}",
                name, preset.loss, preset.burst);
  }
  const FaultModelInfo* const model = FindFaultModel(name);
  if (model == nullptr) throw UnknownModel(name);
  if (end == std::string_view::npos) return AttributeParser(*model).Finish();
  const std::string_view rest = text.substr(end + 1);
  if (text[end] == '=') {
    if (!model->has_boot_form) {
      throw Error("'{}' has an = behind {}; expected a colon, as in {}", text,
                  name, model->example);
    }
    return ParseBootForm(*model, rest);
  }
  AttributeParser parser(*model);
  bool is_first = true;
  for (const std::string_view attribute : Split(rest, ',')) {
    parser.Take(attribute, is_first);
    is_first = false;
  }
  return parser.Finish();
}

// ---- slab_boundary ----

FaultSpec ParseSlabBoundary(std::string_view rest) {
  std::optional<FaultSpec> page_model;
  std::optional<FaultSpec> failslab;
  std::optional<FaultSpec> fail_page_alloc;
  if (!rest.empty()) {
    for (const std::string_view part : Split(rest.substr(1), '+')) {
      FaultSpec spec = ParseModel(part);
      const FaultModelInfo* const model = FindFaultModel(spec.kind);
      std::optional<FaultSpec>* place = nullptr;
      if (spec.kind == Kind::kFailslab) {
        place = &failslab;
      } else if (spec.kind == Kind::kFailPageAlloc) {
        place = &fail_page_alloc;
      } else if (model == nullptr || model->is_page_model) {
        place = &page_model;
      } else {
        throw Error(
            "{} does not go with {}; it takes a page model, failslab and "
            "fail_page_alloc",
            model->name, kSlabBoundary);
      }
      if (*place) {
        throw Error("'{}' stands where {} has one already", part,
                    kSlabBoundary);
      }
      *place = std::move(spec);
    }
  }
  if (!page_model) page_model = ParseModel(kDefaultPageModel);
  if (page_model->kind == Kind::kNone && !failslab && !fail_page_alloc) {
    throw Error("nothing fails under {}{}; name a page model or a hook",
                kSlabBoundary, rest);
  }
  FaultSpec spec{.kind = Kind::kSlabBoundary};
  spec.parts.push_back(*std::move(page_model));
  if (failslab) spec.parts.push_back(*std::move(failslab));
  if (fail_page_alloc) spec.parts.push_back(*std::move(fail_page_alloc));
  return spec;
}

// ---- printing ----

std::string Print(const FaultAttribute& attribute,
                  const FaultSpec::Value& value) {
  switch (attribute.type) {
    case Type::kWhole:
      return fmt::format("{}={}", attribute.name, value.whole);
    case Type::kRate:
      return fmt::format("{}={}", attribute.name, value.rate);
    case Type::kWord:
      return fmt::format(
          "{}={}", attribute.name,
          attribute.words[static_cast<std::size_t>(value.whole)]);
    case Type::kFlag:
      return std::string(attribute.name);
    case Type::kBare:
      break;
  }
  return std::to_string(value.whole);
}

}  // namespace

FaultSpec ParseFaultSpec(std::string_view text) {
  if (const auto rest = After(text, kSlabBoundary);
      rest && (rest->empty() || rest->front() == ':' || rest->front() == '+')) {
    return ParseSlabBoundary(*rest);
  }
  return ParseModel(text);
}

std::vector<FaultSpec> ParseFaultSpecs(std::string_view text) {
  std::vector<FaultSpec> specs;
  for (const std::string_view part : Split(text, ';')) {
    FaultSpec spec = ParseFaultSpec(part);
    if (std::find(specs.begin(), specs.end(), spec) != specs.end()) {
      throw Error("'{}' is given twice", part);
    }
    specs.push_back(std::move(spec));
  }
  return specs;
}

std::int64_t FaultSpec::Whole(std::string_view name) const {
  return values[IndexOf(*this, name)].whole;
}

double FaultSpec::Rate(std::string_view name) const {
  return values[IndexOf(*this, name)].rate;
}

bool FaultSpec::operator==(const FaultSpec& other) const {
  return kind == other.kind && values == other.values && parts == other.parts;
}

std::string FaultSpec::ToString() const {
  if (kind == Kind::kNone) return "none";
  if (kind == Kind::kSlabBoundary) {
    std::string text(kSlabBoundary);
    char separator = ':';
    for (const FaultSpec& part : parts) {
      text += separator + part.ToString();
      separator = '+';
    }
    return text;
  }
  for (const FaultPreset& preset : FaultPresets()) {
    if (*this == OfPreset(preset)) return std::string(preset.name);
  }
  const FaultModelInfo& model = *FindFaultModel(kind);
  std::string text(model.name);
  char separator = ':';
  for (std::size_t i = 0; i < values.size(); ++i) {
    const FaultAttribute& attribute = model.attributes[i];
    if (attribute.required.empty() && values[i] == attribute.initial) continue;
    text += separator + Print(attribute, values[i]);
    separator = ',';
  }
  return text;
}

void FaultSpec::RequireOperationDraw() const {
  if (kind == Kind::kSlabBoundary || kind == Kind::kBudget ||
      kind == Kind::kOrder) {
    throw Error(
        "{} depends on the requests of each structure, so it cannot be drawn "
        "for operations; use --fault-draw=allocation",
        ToString());
  }
  if (kind == Kind::kFailPageAlloc && Whole("min-order") > 0) {
    throw Error(
        "an operation counts as a request of order 0, which {} lets pass; add "
        "min-order=0 or use --fault-draw=allocation",
        ToString());
  }
}

}  // namespace pfn
