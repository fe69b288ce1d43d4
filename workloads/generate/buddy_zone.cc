// SPDX-License-Identifier: MIT

#include "workloads/generate/buddy_zone.h"

#include <algorithm>

namespace pfn {
namespace {

// How many pages are freed before one whose memory is asked for.
constexpr std::uint32_t kPagesAhead = 16;
constexpr std::uint32_t kBuddiesAhead = 8;

}  // namespace

BuddyZone::BuddyZone(Page pages)
    : order_(pages, kNotFree),
      links_(std::make_unique_for_overwrite<Links[]>(pages)) {
  head_.fill(kNone);
  tail_.fill(kNone);
}

void BuddyZone::Link(Page first, unsigned order, bool at_tail) {
  const Page before = at_tail ? tail_[order] : kNone;
  const Page behind = at_tail ? kNone : head_[order];
  links_[first] = {.next = behind, .previous = before};
  order_[first] = static_cast<std::int8_t>(order);
  (before == kNone ? head_[order] : links_[before].next) = first;
  (behind == kNone ? tail_[order] : links_[behind].previous) = first;
  ++free_blocks_[order];
}

void BuddyZone::Unlink(Page first) {
  const auto order = static_cast<unsigned>(order_[first]);
  const auto [behind, before] = links_[first];
  order_[first] = kNotFree;
  (before == kNone ? head_[order] : links_[before].next) = behind;
  (behind == kNone ? tail_[order] : links_[behind].previous) = before;
  --free_blocks_[order];
}

std::optional<BuddyZone::Page> BuddyZone::Allocate() {
  unsigned order = 0;
  while (head_[order] == kNone) {
    if (++order > kMaxOrder) return std::nullopt;
  }
  const Page page = head_[order];
  Unlink(page);
  while (order > 0) {
    --order;
    Link(page + (Page{1} << order), order, false);
  }
  return page;
}

void BuddyZone::Free(Page page) {
  unsigned order = 0;
  while (order < kMaxOrder) {
    const Page buddy = page ^ (Page{1} << order);
    if (!IsFreeBlock(buddy, order)) break;
    Unlink(buddy);
    page &= buddy;
    ++order;
  }
  // The block that this one and its buddy would make, and that one's buddy.
  const bool merges_soon =
      order + 1 < kMaxOrder &&
      IsFreeBlock((page & ~(Page{1} << order)) ^ (Page{2} << order), order + 1);
  Link(page, order, merges_soon);
}

void PerCpuPages::Refill() {
  std::uint32_t batch = options_.batch;
  if (options_.grows) {
    batch <<= refill_factor_;
    refill_factor_ = std::min(refill_factor_ + 1, kMaxFactor);
  }
  for (std::uint32_t i = 0; i < batch; ++i) {
    const std::optional<BuddyZone::Page> page = zone_.Allocate();
    if (!page) return;
    pages_.PushBack(*page);
  }
}

std::optional<BuddyZone::Page> PerCpuPages::Allocate() {
  free_factor_ /= 2;
  if (pages_.empty()) Refill();
  if (pages_.empty()) return std::nullopt;
  return pages_.PopFront();
}

void PerCpuPages::Free(BuddyZone::Page page) {
  refill_factor_ = 0;
  pages_.PushFront(page);
  if (pages_.size() < options_.high) return;
  const std::uint32_t most =
      std::max(options_.batch, options_.high - options_.batch);
  GiveBack(std::clamp(options_.batch << free_factor_, options_.batch, most));
  free_factor_ = std::min(free_factor_ + 1, kMaxFactor);
}

void PerCpuPages::GiveBack(std::uint32_t count) {
  for (count = std::min(count, pages_.size()); count > 0; --count) {
    zone_.PrefetchPage(pages_.PeekBack(kPagesAhead));
    zone_.PrefetchBuddy(pages_.PeekBack(kBuddiesAhead));
    zone_.Free(pages_.PopBack());
  }
}

void PerCpuPages::Drain() { GiveBack(pages_.size()); }

}  // namespace pfn
