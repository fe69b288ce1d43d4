// SPDX-License-Identifier: MIT

#include "harness/kernel/fault_table.h"

#include <array>
#include <limits>

namespace pfn {
namespace {

using Kind = FaultSpec::Kind;
using Type = FaultAttribute::Type;
using Attribute = FaultAttribute;
using Words = std::array<std::string_view, 3>;

constexpr double kNoLimit = std::numeric_limits<double>::infinity();
// Beyond these the sums of the models could overflow.
constexpr double kMostPages = 1e12;
constexpr double kMostRate = 1000;

// A rate that may not be 0 or 1.
constexpr double kLeastLoss = 1e-9;
constexpr double kMostLoss = 1 - 1e-9;

constexpr Attribute Whole(std::string_view name, double least, double most,
                          std::int64_t initial) {
  return {.name = name,
          .type = Type::kWhole,
          .least = least,
          .most = most,
          .initial = {.whole = initial}};
}
constexpr Attribute Rate(std::string_view name, std::string_view placeholder,
                         double most, double initial) {
  return {.name = name,
          .type = Type::kRate,
          .placeholder = placeholder,
          .most = most,
          .initial = {.rate = initial}};
}

constexpr Attribute kProbability = {.name = "probability",
                                    .type = Type::kRate,
                                    .placeholder = "PERCENT",
                                    .most = 100,
                                    .required = "probability=PERCENT"};
constexpr Attribute kInterval = Whole("interval", 0, kNoLimit, 1);
constexpr Attribute kTimes = Whole("times", -1, kNoLimit, -1);
constexpr Attribute kSpace = {.name = "space",
                              .type = Type::kWhole,
                              .placeholder = "BYTES",
                              .most = kNoLimit};
constexpr Attribute kPageSpace = {.name = "space",
                                  .type = Type::kWhole,
                                  .placeholder = "PAGES",
                                  .most = kNoLimit};

constexpr std::array kFailslab = {kProbability, kInterval, kTimes, kSpace};
constexpr std::array kFailPageAlloc = {
    kProbability, kInterval, kTimes, kPageSpace, Whole("min-order", 0, 24, 1)};

constexpr std::array kNth = {
    Attribute{.name = "nth",
              .type = Type::kBare,
              .least = 1,
              .most = kNoLimit,
              .required = "a number"},
    Attribute{.name = "persistent", .type = Type::kFlag}};

constexpr std::array kBudget = {Attribute{.name = "budget",
                                          .type = Type::kBare,
                                          .placeholder = "BYTES",
                                          .most = kNoLimit,
                                          .required = "a number of bytes"}};

// Without a burst (0), failures are independent of each other.
constexpr std::array kGilbertElliott = {Attribute{.name = "loss",
                                                  .type = Type::kRate,
                                                  .placeholder = "SHARE",
                                                  .least = kLeastLoss,
                                                  .most = kMostLoss,
                                                  .required = "loss=SHARE"},
                                        Attribute{.name = "burst",
                                                  .type = Type::kRate,
                                                  .placeholder = "MEAN",
                                                  .least = 1,
                                                  .most = 1e9}};

// min, low and high are those of a guest of 2 GiB without or with transparent
// huge pages, unless given (-1).
constexpr Attribute kThp = {
    .name = "thp", .type = Type::kWhole, .placeholder = "0|1", .most = 1};
constexpr Attribute kMin = Whole("min", 0, kMostPages, -1);
constexpr Attribute kLow = Whole("low", 0, kMostPages, -1);
constexpr Attribute kHigh = Whole("high", 0, kMostPages, -1);
constexpr Attribute kLowmem = Whole("lowmem", 0, kMostPages, 0);
constexpr Attribute kLatency = Whole("latency", 0, kMostPages, 100);
constexpr Attribute kDemand = Whole("demand", 0, kMostPages, 16);
constexpr Attribute kStep = Whole("step", 1, kMostPages, 32);
constexpr std::array kZoneWmark = {kThp,    kMin,     kLow,    kHigh,
                                   kLowmem, kLatency, kDemand, kStep};
constexpr std::array kNolock = {
    kThp,    kMin,    kLow,
    kHigh,   kLowmem, kLatency,
    kDemand, kStep,   Rate("trylock_miss", "SHARE", 1, 0.01)};

// In the order of the enumerations of PcpOnly.
constexpr std::array<std::string_view, 2> kRefills = {"fixed", "double"};
constexpr Words kAsks = {"on_empty", "precheck", "race"};
constexpr std::array kPcpOnly = {
    Rate("a", "RATE", kMostRate, 0.125),
    Rate("f", "RATE", kMostRate, 0.125),
    Whole("batch", 1, 1e6, 63),
    Whole("high", 1, 1e9, 252),
    Attribute{.name = "refill",
              .type = Type::kWord,
              .placeholder = "fixed|double",
              .words = kRefills},
    Attribute{.name = "ask",
              .type = Type::kWord,
              .placeholder = "on_empty|precheck|race",
              .words = kAsks}};

constexpr std::array kOrder = {Attribute{.name = "order",
                                         .type = Type::kBare,
                                         .placeholder = "K",
                                         .most = 24,
                                         .required = "an order"}};

constexpr std::array<FaultModelInfo, 9> kModels = {{
    {Kind::kFailslab, "failslab", "slab objects, at random, as in the kernel",
     "failslab:probability=0.5", false, true, kFailslab},
    {Kind::kFailPageAlloc, "fail_page_alloc", "requests of pages, likewise",
     "fail_page_alloc:probability=10", false, true, kFailPageAlloc},
    {Kind::kNth, "nth", "the N-th request, or it and all that follow",
     "nth:100,persistent", false, false, kNth},
    {Kind::kBudget, "budget",
     "what would take the memory in use beyond a limit", "budget:64K", false,
     false, kBudget},
    {Kind::kGilbertElliott, "gilbert_elliott", "a share of requests, in bursts",
     "gilbert_elliott:loss=0.01,burst=63", true, false, kGilbertElliott},
    {Kind::kZoneWmark, "zone_wmark",
     "requests at the min watermark, until kswapd comes", "zone_wmark:thp=1",
     true, false, kZoneWmark},
    {Kind::kPcpOnly, "pcp_only", "what the free list of one CPU does not have",
     "pcp_only:refill=double", true, false, kPcpOnly},
    {Kind::kNolock, "nolock", "as zone_wmark, and where a trylock fails",
     "nolock:trylock_miss=0.5", true, false, kNolock},
    {Kind::kOrder, "order", "requests of 2^K pages and more", "order:3", true,
     false, kOrder},
}};

// Bursts on the scale of kernel constants: a batch of the per-CPU list is 63
// pages, its limit while reclaim is active four batches.
constexpr std::array<FaultPreset, 3> kPresets = {
    {{"ge_light", 0.001, 8}, {"ge_burst", 0.01, 63}, {"ge_heavy", 0.10, 252}}};

}  // namespace

std::span<const FaultModelInfo> FaultModels() { return kModels; }

const FaultModelInfo* FindFaultModel(FaultSpec::Kind kind) {
  for (const FaultModelInfo& model : kModels) {
    if (model.kind == kind) return &model;
  }
  return nullptr;
}

const FaultModelInfo* FindFaultModel(std::string_view name) {
  for (const FaultModelInfo& model : kModels) {
    if (model.name == name) return &model;
  }
  return nullptr;
}

std::span<const FaultPreset> FaultPresets() { return kPresets; }

}  // namespace pfn
