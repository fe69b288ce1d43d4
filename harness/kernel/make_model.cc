// SPDX-License-Identifier: MIT
//
// From specifications to models.

#include <optional>
#include <utility>

#include "harness/kernel/fault_models.h"
#include "harness/kernel/fault_spec.h"
#include "harness/kernel/gilbert_elliott.h"
#include "harness/kernel/kernel_hooks.h"
#include "harness/kernel/nolock.h"
#include "harness/kernel/order_limit.h"
#include "harness/kernel/pcp_only.h"
#include "harness/kernel/zone_wmark.h"
#include "workloads/base/random.h"

namespace pfn {
namespace {

using Kind = FaultSpec::Kind;

FaultAttr::Settings AttrSettings(const FaultSpec& spec) {
  return {.probability = spec.Rate("probability"),
          .interval = static_cast<std::uint64_t>(spec.Whole("interval")),
          .times = spec.Whole("times"),
          .space = spec.Whole("space")};
}

FailslabHook MakeFailslabHook(const FaultSpec& spec, std::uint64_t seed) {
  return FailslabHook(AttrSettings(spec), seed);
}

FailPageAllocHook MakeFailPageAllocHook(const FaultSpec& spec,
                                        std::uint64_t seed) {
  return FailPageAllocHook(
      AttrSettings(spec), static_cast<unsigned>(spec.Whole("min-order")), seed);
}

std::unique_ptr<PageModel> MakeGilbertElliott(const FaultSpec& spec,
                                              std::uint64_t seed) {
  const double loss = spec.Rate("loss");
  const double burst = spec.Rate("burst");
  return std::make_unique<GilbertElliott>(
      loss, burst == 0 ? GilbertElliott::IndependentBurst(loss) : burst, seed);
}

Zone::Settings ZoneSettings(const FaultSpec& spec) {
  Zone::Settings settings{.min = spec.Whole("min"),
                          .low = spec.Whole("low"),
                          .high = spec.Whole("high"),
                          .lowmem = spec.Whole("lowmem"),
                          .latency = spec.Whole("latency"),
                          .demand = spec.Whole("demand"),
                          .step = spec.Whole("step")};
  if (settings.min >= 0) return settings;
  // Zone DMA32 of a 2 GiB guest. Transparent huge pages raise min_free_kbytes.
  const bool thp = spec.Whole("thp") != 0;
  settings.min = thp ? 11176 : 1418;
  settings.low = thp ? 13970 : 1917;
  settings.high = thp ? 16764 : 2416;
  return settings;
}

std::unique_ptr<PageModel> MakePcpOnly(const FaultSpec& spec,
                                       std::uint64_t seed) {
  return std::make_unique<PcpOnly>(
      PcpOnly::Settings{
          .allocations = spec.Rate("a"),
          .frees = spec.Rate("f"),
          .batch = spec.Whole("batch"),
          .high = spec.Whole("high"),
          .refill = static_cast<PcpOnly::Refill>(spec.Whole("refill")),
          .ask = static_cast<PcpOnly::Ask>(spec.Whole("ask"))},
      seed);
}

// Null for none.
std::unique_ptr<PageModel> MakePageModel(const FaultSpec& spec,
                                         std::uint64_t seed) {
  switch (spec.kind) {
    case Kind::kGilbertElliott:
      return MakeGilbertElliott(spec, seed);
    case Kind::kZoneWmark:
      return std::make_unique<ZoneWmark>(ZoneSettings(spec));
    case Kind::kPcpOnly:
      return MakePcpOnly(spec, seed);
    case Kind::kNolock:
      return std::make_unique<Nolock>(ZoneSettings(spec),
                                      spec.Rate("trylock_miss"), seed);
    case Kind::kOrder:
      return std::make_unique<OrderLimit>(
          static_cast<unsigned>(spec.Whole("order")));
    default:
      return nullptr;
  }
}

std::unique_ptr<FaultModel> MakeSlabBoundary(const FaultSpec& spec,
                                             std::uint64_t seed) {
  // The page model has the seed itself, so that it fails the same calls with
  // hooks before it and without.
  SplitMix64 seeds(seed);
  const std::uint64_t failslab_seed = seeds.Next();
  const std::uint64_t fail_page_alloc_seed = seeds.Next();
  std::optional<FailslabHook> failslab;
  std::optional<FailPageAllocHook> fail_page_alloc;
  for (const FaultSpec& part : spec.parts) {
    if (part.kind == Kind::kFailslab) {
      failslab = MakeFailslabHook(part, failslab_seed);
    } else if (part.kind == Kind::kFailPageAlloc) {
      fail_page_alloc = MakeFailPageAllocHook(part, fail_page_alloc_seed);
    }
  }
  return std::make_unique<SlabBoundary>(
      std::move(failslab), std::move(fail_page_alloc),
      MakePageModel(spec.parts.front(), seed));
}

}  // namespace

std::unique_ptr<FaultModel> FaultSpec::MakeModel(std::uint64_t seed) const {
  switch (kind) {
    case Kind::kNone:
      return nullptr;
    case Kind::kFailslab:
      return std::make_unique<Failslab>(MakeFailslabHook(*this, seed));
    case Kind::kFailPageAlloc:
      return std::make_unique<FailPageAlloc>(
          MakeFailPageAllocHook(*this, seed));
    case Kind::kNth:
      return std::make_unique<FailNth>(static_cast<std::uint64_t>(Whole("nth")),
                                       Whole("persistent") != 0);
    case Kind::kBudget:
      return std::make_unique<ByteBudget>(
          static_cast<std::uint64_t>(Whole("budget")));
    case Kind::kGilbertElliott:
    case Kind::kZoneWmark:
    case Kind::kPcpOnly:
    case Kind::kNolock:
      return std::make_unique<EveryRequest>(MakePageModel(*this, seed));
    case Kind::kOrder:
      // Slab objects have no order: it is asked where pages are asked for.
      return std::make_unique<SlabBoundary>(std::nullopt, std::nullopt,
                                            MakePageModel(*this, seed));
    case Kind::kSlabBoundary:
      return MakeSlabBoundary(*this, seed);
  }
  return nullptr;
}

}  // namespace pfn
