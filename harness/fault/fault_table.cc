// SPDX-License-Identifier: MIT

#include "harness/fault/fault_table.h"

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

constexpr Attribute kProbability = {.name = "probability",
                                    .type = Type::kWhole,
                                    .most = 100,
                                    .required = "probability=PERCENT"};
constexpr Attribute kInterval = {.name = "interval",
                                 .type = Type::kWhole,
                                 .most = kNoLimit,
                                 .initial = {.whole = 1}};
constexpr Attribute kTimes = {.name = "times",
                              .type = Type::kWhole,
                              .least = -1,
                              .most = kNoLimit,
                              .initial = {.whole = -1}};
constexpr Attribute kSpace = {
    .name = "space", .type = Type::kWhole, .most = kNoLimit};

constexpr std::array kFailslab = {kProbability, kInterval, kTimes, kSpace};
constexpr std::array kFailPageAlloc = {kProbability, kInterval, kTimes, kSpace,
                                       Attribute{.name = "min-order",
                                                 .type = Type::kWhole,
                                                 .most = 24,
                                                 .initial = {.whole = 1}}};

constexpr std::array kNth = {
    Attribute{.name = "nth",
              .type = Type::kBare,
              .least = 1,
              .most = kNoLimit,
              .required = "a number"},
    Attribute{.name = "persistent", .type = Type::kFlag}};

constexpr std::array kBudget = {Attribute{.name = "budget",
                                          .type = Type::kBare,
                                          .most = kNoLimit,
                                          .required = "a number of bytes"}};

// Without a burst (0), failures are independent of each other.
constexpr std::array kGilbertElliott = {
    Attribute{.name = "loss",
              .type = Type::kRate,
              .least = kLeastLoss,
              .most = kMostLoss,
              .required = "loss=SHARE"},
    Attribute{.name = "burst", .type = Type::kRate, .least = 1, .most = 1e9}};

// min, low and high are those of a guest of 2 GiB without or with transparent
// huge pages, unless given (-1).
constexpr Attribute kThp = {.name = "thp", .type = Type::kWhole, .most = 1};
constexpr Attribute kMin = {.name = "min",
                            .type = Type::kWhole,
                            .most = kMostPages,
                            .initial = {.whole = -1}};
constexpr Attribute kLow = {.name = "low",
                            .type = Type::kWhole,
                            .most = kMostPages,
                            .initial = {.whole = -1}};
constexpr Attribute kHigh = {.name = "high",
                             .type = Type::kWhole,
                             .most = kMostPages,
                             .initial = {.whole = -1}};
constexpr Attribute kLowmem = {
    .name = "lowmem", .type = Type::kWhole, .most = kMostPages};
constexpr Attribute kLatency = {.name = "latency",
                                .type = Type::kWhole,
                                .most = kMostPages,
                                .initial = {.whole = 100}};
constexpr Attribute kDemand = {.name = "demand",
                               .type = Type::kWhole,
                               .most = kMostPages,
                               .initial = {.whole = 16}};
constexpr Attribute kStep = {.name = "step",
                             .type = Type::kWhole,
                             .least = 1,
                             .most = kMostPages,
                             .initial = {.whole = 32}};
constexpr std::array kZoneWmark = {kThp,    kMin,     kLow,    kHigh,
                                   kLowmem, kLatency, kDemand, kStep};
constexpr std::array kNolock = {kThp,
                                kMin,
                                kLow,
                                kHigh,
                                kLowmem,
                                kLatency,
                                kDemand,
                                kStep,
                                Attribute{.name = "trylock_miss",
                                          .type = Type::kRate,
                                          .most = 1,
                                          .initial = {.rate = 0.01}}};

// In the order of the enumerations of PcpOnly.
constexpr std::array<std::string_view, 2> kRefills = {"fixed", "double"};
constexpr Words kAsks = {"on_empty", "precheck", "race"};
constexpr std::array kPcpOnly = {
    Attribute{.name = "a",
              .type = Type::kRate,
              .most = kMostRate,
              .initial = {.rate = 0.125}},
    Attribute{.name = "f",
              .type = Type::kRate,
              .most = kMostRate,
              .initial = {.rate = 0.125}},
    Attribute{.name = "batch",
              .type = Type::kWhole,
              .least = 1,
              .most = 1e6,
              .initial = {.whole = 63}},
    Attribute{.name = "high",
              .type = Type::kWhole,
              .least = 1,
              .most = 1e9,
              .initial = {.whole = 252}},
    Attribute{.name = "refill", .type = Type::kWord, .words = kRefills},
    Attribute{.name = "ask", .type = Type::kWord, .words = kAsks}};

constexpr std::array kOrder = {Attribute{
    .name = "order", .type = Type::kBare, .most = 24, .required = "an order"}};

constexpr std::array<FaultModelInfo, 9> kModels = {{
    {Kind::kFailslab, "failslab", "failslab:probability=P", false, true,
     kFailslab},
    {Kind::kFailPageAlloc, "fail_page_alloc", "fail_page_alloc:probability=P",
     false, true, kFailPageAlloc},
    {Kind::kNth, "nth", "nth:N", false, false, kNth},
    {Kind::kBudget, "budget", "budget:BYTES", false, false, kBudget},
    {Kind::kGilbertElliott, "gilbert_elliott", "gilbert_elliott:loss=L", true,
     false, kGilbertElliott},
    {Kind::kZoneWmark, "zone_wmark", "zone_wmark", true, false, kZoneWmark},
    {Kind::kPcpOnly, "pcp_only", "pcp_only", true, false, kPcpOnly},
    {Kind::kNolock, "nolock", "nolock", true, false, kNolock},
    {Kind::kOrder, "order", "order:K", true, false, kOrder},
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
