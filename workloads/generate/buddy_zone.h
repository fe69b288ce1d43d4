// SPDX-License-Identifier: MIT
//
// A zone of the page allocator as far as it decides in which order free pages
// come: free lists of orders 0 to 10, and one list of single pages for each
// CPU. The rules are those of Linux:
//
//   * a page is taken from the smallest block there is, at the head of its
//     list; the lower half of a split block is used, the upper half goes to the
//     head of its own list;
//   * a freed page merges with its buddies; the block goes to the head of its
//     list, or to the tail if the next larger block is about to be whole;
//   * a CPU's list is filled by a batch, in the order of the zone, only when it
//     is empty; freed pages go to its head; too many go back from its tail.
//
// One migrate type, no watermarks.

#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace pfn {

class BuddyZone {
 public:
  static constexpr unsigned kMaxOrder = 10;
  static constexpr std::uint32_t kMaxBlockPages = 1u << kMaxOrder;
  using Page = std::uint32_t;
  // Free blocks of each order: /proc/buddyinfo.
  using Buddyinfo = std::array<std::uint64_t, kMaxOrder + 1>;

  // Pages 0, 1, ..., pages-1, none of them free.
  explicit BuddyZone(Page pages);

  Page pages() const { return static_cast<Page>(order_.size()); }
  const Buddyinfo& buddyinfo() const { return free_blocks_; }

  // Puts a block that is not free at the tail of its list, without merging.
  void AddBlock(Page first, unsigned order) { Link(first, order, true); }

  std::optional<Page> Allocate();
  void Free(Page page);
  // Say that `page` will be freed soon, and then that it will be freed next or
  // almost so: memory freed in random order is waited for otherwise, three
  // times a page.
  void PrefetchPage(Page page) const {
    __builtin_prefetch(&order_[page], 1);
    __builtin_prefetch(&links_[page], 1);
  }
  void PrefetchBuddy(Page page) const {
    const Page buddy = page ^ 1;
    if (!IsFreeBlock(buddy, 0)) return;
    const auto [next, previous] = links_[buddy];
    if (next != kNone) __builtin_prefetch(&links_[next], 1);
    if (previous != kNone) __builtin_prefetch(&links_[previous], 1);
  }

 private:
  static constexpr std::int8_t kNotFree = -1;
  static constexpr Page kNone = ~Page{0};

  // Neighbours of a free block in its list.
  struct Links {
    Page next;
    Page previous;
  };

  bool IsFreeBlock(Page first, unsigned order) const {
    return first < pages() && order_[first] == static_cast<std::int8_t>(order);
  }
  void Link(Page first, unsigned order, bool at_tail);
  void Unlink(Page first);

  // Of the first page of each free block; kNotFree for all other pages.
  std::vector<std::int8_t> order_;
  // Undefined but for these.
  std::unique_ptr<Links[]> links_;
  std::array<Page, kMaxOrder + 1> head_;
  std::array<Page, kMaxOrder + 1> tail_;
  Buddyinfo free_blocks_{};
};

// A queue of pages with two ends, each of which takes and gives in O(1): what a
// CPU's list of free pages is. A ring in one piece, because a simulated guest
// does little else, and std::deque costs a sixth of its instructions.
class PageRing {
 public:
  using Page = std::uint32_t;

  std::uint32_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  void PushFront(Page page) {
    if (size_ == slots_.size()) Grow();
    slots_[Slot(--first_)] = page;
    ++size_;
  }
  void PushBack(Page page) {
    if (size_ == slots_.size()) Grow();
    slots_[Slot(first_ + size_++)] = page;
  }
  // Not of an empty ring.
  Page PopFront() {
    --size_;
    return slots_[Slot(first_++)];
  }
  Page PopBack() { return slots_[Slot(first_ + --size_)]; }
  // The page that is popped after `others` more at the back, if there is one;
  // otherwise any page that was in the ring.
  Page PeekBack(std::uint32_t others) const {
    return slots_[Slot(first_ + size_ - 1 - others)];
  }

 private:
  // The number of slots is a power of two, so that indices may wrap around.
  std::uint32_t Slot(std::uint32_t index) const {
    return index & static_cast<std::uint32_t>(slots_.size() - 1);
  }

  void Grow() {
    std::rotate(slots_.begin(),
                slots_.begin() + static_cast<std::ptrdiff_t>(Slot(first_)),
                slots_.end());
    first_ = 0;
    slots_.resize(2 * slots_.size());
  }

  std::vector<Page> slots_ = std::vector<Page>(64);
  std::uint32_t first_ = 0;
  std::uint32_t size_ = 0;
};

// The list of one CPU.
class PerCpuPages {
 public:
  struct Options {
    std::uint32_t batch = 63;
    std::uint32_t high = 6985;
    // Doubles the batch with each refill that no free came between, as kernels
    // from 6.7 on do, up to 63 << 5.
    bool grows = false;
  };

  PerCpuPages(BuddyZone& zone, Options options)
      : zone_(zone), options_(options) {}

  std::optional<BuddyZone::Page> Allocate();
  void Free(BuddyZone::Page page);
  // Gives all pages back.
  void Drain();
  PageRing& pages() { return pages_; }

 private:
  static constexpr unsigned kMaxFactor = 5;

  void Refill();
  // Gives `count` pages back to the zone, or all that there are.
  void GiveBack(std::uint32_t count);

  BuddyZone& zone_;
  Options options_;
  PageRing pages_;
  unsigned free_factor_ = 0;
  unsigned refill_factor_ = 0;
};

}  // namespace pfn
