// SPDX-License-Identifier: MIT

#include "workloads/generate/buddy_zone.h"

#include <algorithm>

namespace pfn {

BuddyZone::BuddyZone(Page pages)
    : order_(pages, kNotFree), next_(pages), previous_(pages) {
  head_.fill(kNone);
  tail_.fill(kNone);
}

std::uint64_t BuddyZone::free_pages() const {
  std::uint64_t pages = 0;
  for (unsigned order = 0; order <= kMaxOrder; ++order) {
    pages += free_blocks_[order] << order;
  }
  return pages;
}

void BuddyZone::Link(Page first, unsigned order, bool at_tail) {
  const Page before = at_tail ? tail_[order] : kNone;
  const Page behind = at_tail ? kNone : head_[order];
  previous_[first] = before;
  next_[first] = behind;
  (before == kNone ? head_[order] : next_[before]) = first;
  (behind == kNone ? tail_[order] : previous_[behind]) = first;
  order_[first] = static_cast<std::int8_t>(order);
  ++free_blocks_[order];
}

void BuddyZone::Unlink(Page first) {
  const auto order = static_cast<unsigned>(order_[first]);
  const Page before = previous_[first];
  const Page behind = next_[first];
  (before == kNone ? head_[order] : next_[before]) = behind;
  (behind == kNone ? tail_[order] : previous_[behind]) = before;
  order_[first] = kNotFree;
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
    pages_.push_back(*page);
  }
}

std::optional<BuddyZone::Page> PerCpuPages::Allocate() {
  free_factor_ /= 2;
  if (pages_.empty()) Refill();
  if (pages_.empty()) return std::nullopt;
  const BuddyZone::Page page = pages_.front();
  pages_.pop_front();
  return page;
}

void PerCpuPages::Free(BuddyZone::Page page) {
  refill_factor_ = 0;
  pages_.push_front(page);
  if (pages_.size() < options_.high) return;
  const std::uint32_t most =
      std::max(options_.batch, options_.high - options_.batch);
  const std::uint32_t count =
      std::clamp(options_.batch << free_factor_, options_.batch, most);
  free_factor_ = std::min(free_factor_ + 1, kMaxFactor);
  for (std::uint32_t i = 0; i < count && !pages_.empty(); ++i) {
    zone_.Free(pages_.back());
    pages_.pop_back();
  }
}

void PerCpuPages::Drain() {
  for (; !pages_.empty(); pages_.pop_back()) zone_.Free(pages_.back());
}

}  // namespace pfn
