// SPDX-License-Identifier: MIT
//
// File: workloads/generate/page_ring.h
//
// A queue of pages with two ends, each of which takes and gives in O(1): what a
// CPU's list of free pages is. A ring in one piece, because a simulated guest
// does little else, and std::deque costs a sixth of its instructions.

#ifndef PFNBENCH_WORKLOADS_GENERATE_PAGE_RING_H_
#define PFNBENCH_WORKLOADS_GENERATE_PAGE_RING_H_

#include <algorithm>
#include <cstdint>
#include <vector>

namespace pfn {

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

}  // namespace pfn

#endif  // PFNBENCH_WORKLOADS_GENERATE_PAGE_RING_H_
