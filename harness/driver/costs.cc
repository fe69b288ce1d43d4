// SPDX-License-Identifier: MIT

#include "harness/driver/costs.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "workloads/base/nearest.h"

namespace pfn {
namespace {

constexpr std::string_view kOwn = "own";

constexpr CostSet kSets[] = {
    {"2016", PostedCosts(),
     "from the stages of 4126 ms for 7 GB, as posted on 27 July 2016 and\n"
     "    repeated with v20; sorting and the page's share of madvise are "
     "measured"},
    {"measured", MeasuredCosts(),
     "by --host=real, 7 GiB of idle-8g on AMD EPYC (family 26), a\n"
     "    virtual machine, Linux 6.18, November 2026; allocating pages and "
     "writing\n    arrays cost as in 2016"},
};

constexpr CostFlag kFlags[] = {
    {"allocate", &CostTable::allocate_page, 1'000'000,
     "a page that the guest allocates, or the first of a block"},
    {"allocate-next", &CostTable::allocate_next, 1'000'000,
     "a further page of a block (--driver=block-order:N)"},
    {"entry", &CostTable::record_entry, 1'000'000, "a page put into an array"},
    {"record", &CostTable::record_page, 1'000'000,
     "a page put into the set; own: all that the set took, as measured"},
    {"kick", &CostTable::round_trip, 1'000'000'000,
     "a kick, and waiting for its answer"},
    {"sort", &CostTable::sort_entry, 1'000'000,
     "an entry of an array that the host merges"},
    {"translate", &CostTable::translate, 1'000'000'000,
     "the look-up of a page or a range"},
    {"madvise-call", &CostTable::madvise_call, 1'000'000'000,
     "a call of madvise, without its pages"},
    {"madvise-page", &CostTable::madvise_page, 1'000'000'000,
     "a page of a call of madvise that gives memory back"},
};

std::optional<double> ParseNs(std::string_view text) {
  double ns = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] =
      std::from_chars(text.data(), end, ns, std::chars_format::fixed);
  if (error != std::errc{} || stop != end || !std::isfinite(ns)) return {};
  return ns;
}

Picoseconds ValueOf(const CostFlag& flag, const std::string& text) {
  const bool may_be_own = flag.cost == &CostTable::record_page;
  if (may_be_own && text == kOwn) return kOwnTime;
  const std::optional<double> ns = ParseNs(text);
  if (!ns || *ns < 0 || *ns > static_cast<double>(flag.most_ns)) {
    throw BadInput(fmt::format(
        "--{}-ns cannot be '{}': give ns from 0 to {}{}; --list-costs has "
        "what each set of costs says",
        flag.name, text, flag.most_ns, may_be_own ? ", or own" : ""));
  }
  return static_cast<Picoseconds>(std::llround(*ns * kPicosecondsPerNs));
}

const CostSet& SetOf(std::string_view name) {
  const auto* const set =
      std::ranges::find(kSets, name, [](const CostSet& s) { return s.name; });
  if (set == std::end(kSets)) {
    throw BadInput("--costs: " + UnknownName("set", name, NamesIn(kSets)));
  }
  return *set;
}

}  // namespace

std::span<const CostSet> CostSets() { return kSets; }
std::span<const CostFlag> CostFlags() { return kFlags; }

CostTable ParseCosts(std::string_view set,
                     const std::map<std::string, std::string>& flags) {
  CostTable costs = SetOf(set).costs;
  for (const CostFlag& flag : kFlags) {
    const auto given = flags.find(std::string(flag.name));
    if (given != flags.end()) costs.*flag.cost = ValueOf(flag, given->second);
  }
  return costs;
}

std::string CostToString(Picoseconds cost) {
  if (cost == kOwnTime) return std::string(kOwn);
  return fmt::format("{}", static_cast<double>(cost) / kPicosecondsPerNs);
}

std::string CostsToString(std::string_view set, const CostTable& costs) {
  const CostTable& usual = SetOf(set).costs;
  std::string text(set);
  for (const CostFlag& flag : kFlags) {
    text += fmt::format("{} {} {}{}", &flag == kFlags ? ": ns" : ",", flag.name,
                        CostToString(costs.*flag.cost),
                        costs.*flag.cost == usual.*flag.cost ? "" : " (given)");
  }
  return text;
}

}  // namespace pfn
