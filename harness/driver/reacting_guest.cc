// SPDX-License-Identifier: MIT

#include "harness/driver/reacting_guest.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "workloads/base/error.h"
#include "workloads/base/nearest.h"
#include "workloads/base/number.h"

namespace pfn {
namespace {

using Kind = Guest::Item::Kind;
using O = GuestOptions;

constexpr GuestFlag kFlags[] = {
    {"cache", &O::cache, 0, 90, "%",
     "Page cache of such a guest, when it begins"},
    {"demand", &O::demand, 0, 100, "%", "Memory that its program grows to"},
    {"rate", &O::rate, 1, 100'000, "MiB/s", "How fast its program grows"},
    {"reclaim", &O::reclaim, 0, 100'000, "MiB/s", "How fast kswapd reclaims"},
    {"hold-ms", &O::hold, 0, 3'600'000, "ms",
     "How long the program keeps its memory"},
    {"pause-ms", &O::pause, 1, 3'600'000, "ms",
     "How long the program pauses then"},
    {"target-ms", &O::target, 1, 3'600'000, "ms",
     "How long a target of the host stands"},
};

constexpr std::uint64_t kLeastBytes = 16 << 20;
constexpr std::uint64_t kDirectReclaimPages = 32;
constexpr std::uint64_t kTicksPerMs = kPicosecondsPerMs / ReactingGuest::kTick;
// The kernel's limit of messages of one place.
constexpr Picoseconds kPuffInterval = 5000 * kPicosecondsPerMs;
constexpr std::uint64_t kPuffBurst = 10;

BuddyZone::Page PagesOf(const Trace& trace) {
  const TraceProvenance& from = trace.provenance;
  return static_cast<BuddyZone::Page>(from.guest_memory_bytes /
                                      from.page_size_bytes);
}

std::uint64_t PagesOfMib(const Trace& trace, std::uint64_t mib) {
  return (mib << 20) / trace.provenance.page_size_bytes;
}

}  // namespace

std::span<const GuestFlag> GuestFlags() { return kFlags; }

GuestOptions ParseGuest(std::string_view kind,
                        const std::map<std::string, std::string>& flags) {
  const std::vector<std::string> kinds = {"recorded", "reacts"};
  if (std::ranges::find(kinds, kind) == kinds.end()) {
    throw BadInput(fmt::format("--guest cannot be '{}'{}: recorded, reacts",
                               kind, DidYouMean(kind, kinds)));
  }
  GuestOptions options{.reacts = kind == "reacts"};
  for (const GuestFlag& flag : kFlags) {
    const auto given = flags.find(std::string(flag.name));
    if (given == flags.end()) continue;
    if (!options.reacts) {
      throw BadInput(fmt::format(
          "--guest-{} is for a guest that reacts; add --guest=reacts",
          flag.name));
    }
    const auto value = ParseSize(given->second);
    if (!value || *value < flag.least || *value > flag.most) {
      throw BadInput(fmt::format(
          "--guest-{} cannot be '{}': a whole number from {} to {} ({})",
          flag.name, given->second, flag.least, flag.most, flag.unit));
    }
    options.*flag.value = *value;
  }
  if (options.cache + options.demand > 100) {
    throw BadInput(fmt::format(
        "--guest-cache={} and --guest-demand={} are more than all memory "
        "together; make one of them smaller",
        options.cache, options.demand));
  }
  return options;
}

std::string GuestToString(const GuestOptions& options) {
  if (!options.reacts) return "";
  std::string text = "reacts:";
  for (const GuestFlag& flag : kFlags) {
    text += fmt::format("{} {} {}{}", &flag == kFlags ? "" : ",", flag.name,
                        options.*flag.value, flag.unit == "ms" ? "" : " ");
    if (flag.unit != "ms") text += flag.unit;
  }
  return text;
}

void CheckCanReact(const Trace& trace, std::string_view name) {
  const TraceProvenance& from = trace.provenance;
  if (from.guest_memory_bytes >= kLeastBytes &&
      from.guest_memory_bytes / from.page_size_bytes < ~BuddyZone::Page{0}) {
    return;
  }
  throw BadInput(fmt::format(
      "{}: its guest has {}, and --guest=reacts needs at least 16 MiB and "
      "fewer than 2^32 pages; choose another workload",
      name,
      from.guest_memory_bytes == 0
          ? "memory of unknown size"
          : fmt::format("{} bytes", from.guest_memory_bytes)));
}

ReactingGuest::ReactingGuest(const Trace& trace, const GuestOptions& options,
                             bool reclaims, std::uint64_t seed)
    : options_(options),
      reclaims_(reclaims),
      random_(seed),
      zone_(PagesOf(trace)),
      free_(zone_.pages()),
      reclaim_(PagesOfMib(trace, options.reclaim)),
      rate_(PagesOfMib(trace, options.rate)) {
  for (const TraceEvent& event : trace.events()) {
    if (event.kind != TraceEvent::Kind::kTarget) continue;
    targets_.push_back(event.target_pages);
  }
  // As min_free_kbytes and watermark_scale_factor make them.
  const std::uint64_t page = trace.provenance.page_size_bytes;
  const auto kib = static_cast<double>(free_ * page / 1024);
  const auto min_kib = static_cast<std::uint64_t>(4 * std::sqrt(kib));
  min_ = std::clamp<std::uint64_t>(min_kib, 128, 262'144) * 1024 / page;
  const std::uint64_t apart = std::max(min_ / 4, free_ / 1000);
  low_ = min_ + apart;
  high_ = low_ + apart;
  for (Page first = 0; first < zone_.pages();) {
    const auto order = std::min<unsigned>(
        BuddyZone::kMaxOrder,
        static_cast<unsigned>(std::bit_width(zone_.pages() - first) - 1));
    zone_.AddBlock(first, order);
    first += Page{1} << order;
  }
  for (std::uint64_t n = free_ * options.cache / 100; n > 0; --n) {
    cache_.push_back(TakePage());
  }
  std::ranges::reverse(cache_);
  Begin(Phase::kPauses);
}

// ---- The zone ----

ReactingGuest::Page ReactingGuest::TakePage() {
  --free_;
  return *zone_.Allocate();
}

void ReactingGuest::FreePage(Page page) {
  ++free_;
  zone_.Free(page);
}

void ReactingGuest::FreeAll(std::vector<Page>& pages) {
  for (const Page page : pages) FreePage(page);
  pages.clear();
}

void ReactingGuest::ReclaimCache(std::uint64_t pages) {
  for (; pages > 0 && !cache_.empty(); --pages) {
    FreePage(cache_.back());
    cache_.pop_back();
  }
}

bool ReactingGuest::ReclaimDirectly() {
  if (!cache_.empty()) {
    ++direct_reclaims_;
    ReclaimCache(kDirectReclaimPages);
  }
  return HasFreePages();
}

// A slab of several pages is taken as pages one by one.
bool ReactingGuest::FailPages(unsigned order, PageUser, Gfp gfp) {
  const std::uint64_t pages = std::uint64_t{1} << order;
  if (gfp == Gfp::kNowait && !HasFreePages(pages)) return true;
  // One that may sleep waits until there is memory; its pages may come from
  // below `min` here.
  for (std::uint64_t i = 0; i < pages && free_ > 0; ++i) {
    slabs_.push_back(TakePage());
  }
  return false;
}

void ReactingGuest::NoteOtherPages(std::int64_t taken) {
  for (; taken < 0 && !slabs_.empty(); ++taken) {
    FreePage(slabs_.back());
    slabs_.pop_back();
  }
}

// ---- The balloon ----

Guest::Item ReactingGuest::Allocate() {
  if (IsTargetOver()) return {Kind::kEnd};
  if (IsOutOfMemory()) return {Kind::kOom};
  if (!HasFreePages() && !(reclaims_ && ReclaimDirectly())) {
    if (now_ >= puffs_since_ + kPuffInterval) {
      puffs_since_ = now_;
      recent_puffs_ = 0;
    }
    printed_puffs_ += recent_puffs_++ < kPuffBurst;
    return {Kind::kFailure};
  }
  const Pfn page = TakePage();
  held_.Insert(page);
  return {.kind = Kind::kPage, .page = page};
}

Guest::Item ReactingGuest::NextEvent() {
  while (!IsOutOfMemory() && !IsTargetOver()) Pass(next_tick_ - now_);
  if (IsOutOfMemory()) return {Kind::kOom};
  if (next_target_ == targets_.size()) return {Kind::kEnd};
  target_end_ = now_ + options_.target * kPicosecondsPerMs;
  return {.kind = Kind::kTarget, .target = targets_[next_target_++]};
}

void ReactingGuest::Release(Pfn page) {
  held_.Erase(page);
  FreePage(static_cast<Page>(page));
}

// ---- The program, and kswapd ----

void ReactingGuest::Pass(Picoseconds time) {
  now_ += time;
  for (; next_tick_ <= now_; next_tick_ += kTick) Tick();
}

void ReactingGuest::Tick() {
  Reclaim();
  if (phase_ == Phase::kGrows) return Grow();
  if (ticks_left_ > 0) {
    --ticks_left_;
    return;
  }
  FreeAll(program_);
  Begin(phase_ == Phase::kHolds ? Phase::kPauses : Phase::kGrows);
}

void ReactingGuest::Reclaim() {
  const std::uint64_t pages = reclaim_.Next();
  if (free_ < low_) kswapd_runs_ = true;
  if (!kswapd_runs_) return;
  ReclaimCache(std::min(pages, high_ - std::min(free_, high_)));
  kswapd_runs_ = free_ < high_ && !cache_.empty();
}

void ReactingGuest::Grow() {
  is_out_ = false;
  for (std::uint64_t n = rate_.Next(); n > 0; --n) {
    if (program_.size() >= wanted_) return Begin(Phase::kHolds);
    if (!HasFreePages() && !ReclaimDirectly()) {
      is_out_ = true;
      ++stalled_ticks_;
      return;
    }
    program_.push_back(TakePage());
    ++program_pages_;
  }
}

void ReactingGuest::Begin(Phase phase) {
  phase_ = phase;
  if (phase == Phase::kGrows) {
    wanted_ = Around(zone_.pages() * options_.demand / 100);
  } else {
    ticks_left_ = kTicksPerMs * Around(phase == Phase::kHolds ? options_.hold
                                                              : options_.pause);
  }
}

void ReactingGuest::NotifierReleased(std::uint64_t pages) {
  if (!std::exchange(is_out_, false) || pages > 0) return;
  ++kills_;
  FreeAll(program_);
  Begin(Phase::kPauses);
}

std::uint64_t ReactingGuest::Around(std::uint64_t mean) {
  return mean / 2 + random_.Below(mean + 1);
}

void ReactingGuest::AddFigures(std::vector<Figure>& figures) const {
  const auto add = [&](std::string_view name, std::uint64_t value) {
    figures.push_back({std::string(name), static_cast<double>(value)});
  };
  add("guest_oom_kills", kills_);
  figures.push_back({"guest_stalled_ms", static_cast<double>(stalled_ticks_) /
                                             static_cast<double>(kTicksPerMs)});
  add("guest_direct_reclaims", direct_reclaims_);
  add("guest_program_pages", program_pages_);
  add("guest_puff_messages", printed_puffs_);
}

}  // namespace pfn
