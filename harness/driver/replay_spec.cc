// SPDX-License-Identifier: MIT

#include "harness/driver/replay_spec.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>

#include "workloads/base/nearest.h"
#include "workloads/base/number.h"

namespace pfn {
namespace {

constexpr PolicyInfo kPolicies[] = {
    {Policy::kFree, "free", "free", "frees the page and goes on with the next"},
    {Policy::kSingle, "single", "single",
     "hands the page over as a chunk of one page"},
    {Policy::kArray, "array", "array", "hands the page over in an array"},
    {Policy::kArrayRest, "array-rest", "array-rest",
     "hands over the page and the rest of the round in arrays"},
    {Policy::kReserve, "reserve", "reserve:BYTES",
     "as free, with so much memory kept aside for recording"},
    {Policy::kNowaitPages, "nowait-pages", "nowait-pages",
     "as free; pages are allocated under the lock, without reclaim"},
};

std::string PolicyForms() {
  std::string forms;
  for (const PolicyInfo& policy : kPolicies) {
    forms += fmt::format("{}{}", forms.empty() ? "" : ", ", policy.form);
  }
  return forms;
}

// One key of --driver. Words stand for 0, 1, ...; a number may have a word for
// 0 as well.
struct Key {
  std::string_view name;
  std::string_view first;   // the word for 0
  std::string_view second;  // the word for 1; empty: numbers
  std::string_view third;   // the word for 2, if there is one
  std::string_view what;
  std::uint64_t least = 0;
  std::uint64_t most = 0;
  std::uint64_t (*get)(const DriverOptions&);
  void (*set)(DriverOptions&, std::uint64_t);
};

template <auto kMember>
std::uint64_t Get(const DriverOptions& options) {
  return static_cast<std::uint64_t>(options.*kMember);
}

template <auto kMember>
void Set(DriverOptions& options, std::uint64_t value) {
  auto& member = options.*kMember;
  member = static_cast<std::remove_reference_t<decltype(member)>>(value);
}

template <auto kMember>
constexpr Key Words(std::string_view name, std::string_view first,
                    std::string_view second, std::string_view what,
                    std::string_view third = "") {
  return {name, first, second, third, what, 0, 0, &Get<kMember>, &Set<kMember>};
}

template <auto kMember>
constexpr Key Number(std::string_view name, std::uint64_t least,
                     std::uint64_t most, std::string_view what,
                     std::string_view word_for_0 = "") {
  return {name, word_for_0,    "",           "", what, least,
          most, &Get<kMember>, &Set<kMember>};
}

using O = DriverOptions;
constexpr Key kKeys[] = {
    Words<&O::walk>("walk", "fixed", "posted",
                    "posted: the walk ends before the last page"),
    Words<&O::wait>("wait", "one", "all",
                    "for which buffers a round waits; one is as posted"),
    Words<&O::release>("release", "fixed", "posted",
                       "posted: the OOM notifier releases, then reports"),
    Words<&O::order>("order", "fixed", "posted",
                     "posted: pages are listed before they are recorded"),
    Words<&O::oom_path>(
        "oom-path", "array", "chunks",
        "how the OOM notifier reports pages; set: it records them", "set"),
    Number<&O::ring>("ring", 2, 32768, "entries of a virtqueue"),
    Number<&O::per_kick>("completion", 0, 32768,
                         "buffers that the host finishes for a kick", "all"),
    Number<&O::clip>("clip", 0, std::uint64_t{1} << 52,
                     "the most pages of a round", "none"),
    Number<&O::oom_pages>("oom-pages", 1, 1 << 20,
                          "pages of one call of the OOM notifier"),
    Number<&O::stall_rounds>("stall", 1, 1'000'000,
                             "rounds without progress that are a live-lock"),
    Number<&O::block_order>("block-order", 0, 10,
                            "the guest's pages are allocated in blocks of 2^N"),
    {"sleep-ms", "", "", "", "rest when an allocation of a page failed", 0,
     3'600'000, [](const O& o) { return o.sleep / kPicosecondsPerMs; },
     [](O& o, std::uint64_t ms) { o.sleep = ms * kPicosecondsPerMs; }},
};

std::string LegalValues(const Key& key) {
  if (!key.second.empty()) {
    return fmt::format("{}, {}{}{}", key.first, key.second,
                       key.third.empty() ? "" : ", ", key.third);
  }
  std::string text =
      fmt::format("a whole number from {} to {}", key.least, key.most);
  if (!key.first.empty()) text += fmt::format(", or {}", key.first);
  return text;
}

std::uint64_t ValueOf(const Key& key, std::string_view text) {
  if (!key.first.empty() && text == key.first) return 0;
  if (!key.second.empty() && text == key.second) return 1;
  if (!key.third.empty() && text == key.third) return 2;
  const auto value = ParseSize(text);
  if (!key.second.empty() || !value || *value < key.least ||
      *value > key.most) {
    std::vector<std::string> words;
    for (const std::string_view word : {key.first, key.second, key.third}) {
      if (!word.empty()) words.emplace_back(word);
    }
    throw BadInput(fmt::format("--driver: {} cannot be '{}'{}: {}", key.name,
                               text, DidYouMean(text, words),
                               LegalValues(key)));
  }
  return *value;
}

std::string ToText(const Key& key, std::uint64_t value) {
  if (value == 0 && !key.first.empty()) return std::string(key.first);
  if (!key.second.empty()) {
    return std::string(value == 1 ? key.second : key.third);
  }
  return std::to_string(value);
}

const Key& FindKey(std::string_view name) {
  for (const Key& key : kKeys) {
    if (key.name == name) return key;
  }
  throw BadInput("--driver: " + UnknownName("key", name, NamesIn(kKeys)));
}

}  // namespace

std::span<const PolicyInfo> Policies() { return kPolicies; }

std::vector<DriverKeyInfo> DriverKeys() {
  const DriverOptions defaults;
  std::vector<DriverKeyInfo> keys;
  for (const Key& key : kKeys) {
    keys.push_back({.name = key.name,
                    .values = LegalValues(key),
                    .initial = ToText(key, key.get(defaults)),
                    .what = key.what});
  }
  return keys;
}

std::string PolicySpec::ToString() const {
  const auto name = std::find_if(
      std::begin(kPolicies), std::end(kPolicies),
      [&](const PolicyInfo& each) { return each.policy == policy; });
  if (policy != Policy::kReserve) return std::string(name->name);
  return fmt::format("{}:{}", name->name, reserve_bytes);
}

std::vector<PolicySpec> ParsePolicies(const std::vector<std::string>& names) {
  std::vector<PolicySpec> policies;
  for (const std::string_view text : names) {
    const std::size_t colon = std::min(text.find(':'), text.size());
    const auto known = std::find_if(std::begin(kPolicies), std::end(kPolicies),
                                    [&](const PolicyInfo& each) {
                                      return each.name == text.substr(0, colon);
                                    });
    const bool is_reserve =
        known != std::end(kPolicies) && known->policy == Policy::kReserve;
    if (known == std::end(kPolicies) || (colon != text.size()) != is_reserve) {
      throw BadInput(fmt::format("--policy: unknown '{}'{} (known: {})", text,
                                 known == std::end(kPolicies)
                                     ? DidYouMean(text, NamesIn(kPolicies))
                                     : "",
                                 PolicyForms()));
    }
    PolicySpec policy{.policy = known->policy};
    if (is_reserve) {
      const auto bytes = ParseSize(text.substr(colon + 1));
      if (!bytes || *bytes == 0) {
        throw BadInput(fmt::format(
            "--policy: '{}' sets nothing aside: reserve:BYTES, such as "
            "reserve:64K",
            text));
      }
      policy.reserve_bytes = *bytes;
    }
    if (std::find(policies.begin(), policies.end(), policy) != policies.end()) {
      throw BadInput(
          fmt::format("policy '{}' is given twice", policy.ToString()));
    }
    policies.push_back(policy);
  }
  return policies;
}

HostSpec ParseHost(std::string_view text) {
  if (text == "model") return {};
  if (text == "real") return {.is_real = true, .bytes = 0};
  constexpr std::string_view kSized = "real:";
  if (text.starts_with(kSized)) {
    const auto bytes = ParseSize(text.substr(kSized.size()));
    if (bytes && *bytes >= (1 << 20)) return {.is_real = true, .bytes = *bytes};
  }
  throw BadInput(fmt::format(
      "--host cannot be '{}': model, real, or real:SIZE of at least 1M", text));
}

DriverOptions ParseDriver(std::string_view text) {
  DriverOptions options;
  std::vector<std::string_view> seen;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view part = text.substr(0, comma);
    text.remove_prefix(std::min(comma + 1, text.size()));
    const std::size_t colon = std::min(part.find(':'), part.size());
    const Key& key = FindKey(part.substr(0, colon));
    if (std::find(seen.begin(), seen.end(), key.name) != seen.end()) {
      throw BadInput(fmt::format("--driver: {} is given twice", key.name));
    }
    seen.push_back(key.name);
    if (colon == part.size()) {
      throw BadInput(fmt::format("--driver: {} has no value: {}", key.name,
                                 LegalValues(key)));
    }
    key.set(options, ValueOf(key, part.substr(colon + 1)));
  }
  return options;
}

std::string DriverToString(const DriverOptions& options) {
  const DriverOptions defaults;
  std::string text;
  for (const Key& key : kKeys) {
    const std::uint64_t value = key.get(options);
    if (value == key.get(defaults)) continue;
    text += fmt::format("{}{}:{}", text.empty() ? "" : ",", key.name,
                        ToText(key, value));
  }
  return text;
}

std::uint64_t ComfortableHostBytes() {
  std::ifstream meminfo("/proc/meminfo");
  std::string name;
  std::uint64_t kilobytes = 0;
  for (std::string unit; meminfo >> name >> kilobytes;) {
    if (name == "MemAvailable:") return kilobytes * 1024 / 2;
    std::getline(meminfo, unit);
  }
  return std::uint64_t{1} << 30;
}

}  // namespace pfn
