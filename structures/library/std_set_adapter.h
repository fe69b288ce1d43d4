// SPDX-License-Identifier: MIT
//
// A PFN set out of an ordered set of pages as the C++ libraries have it
// (std::set and any other with its interface): one element for each page.
//
// Layout      the container's, with 8 bytes of payload a page.
// Set/Clear   one insert/erase by key.
// Test        one find.
// NextRange   one lower_bound, then one step of the iterator for each page of
//             the run. ForEachRange walks by iterator throughout.
//             With kHint the page touched last is the hint of an insert, and
//             Clear and Test look at it and at its neighbours first.
// ClearRange  two lower_bounds and one erase of what is between.
// Failure     `Container` must leave itself unchanged when an insert throws,
//             and must not allocate when it erases.

#pragma once

#include <iterator>
#include <optional>

#include "structures/core/nowait_allocator.h"
#include "structures/core/pfn.h"
#include "structures/library/throwing_allocator.h"

namespace pfn {

template <NowaitAllocator A, class Container, bool kHint = false>
class StdSetAdapter {
 public:
  explicit StdSetAdapter(A& heap)
      : memory_{heap},
        pages_(typename Container::allocator_type(
            ThrowingAllocator<Pfn, A>(memory_))) {}
  StdSetAdapter(const StdSetAdapter&) = delete;
  StdSetAdapter& operator=(const StdSetAdapter&) = delete;

  Status Set(Pfn pfn, Gfp gfp) {
    return memory_.Try(gfp, [&] {
      if constexpr (kHint) {
        recent_ = pages_.insert(recent_, pfn);
      } else {
        pages_.insert(pfn);
      }
    });
  }

  Status Clear(Pfn pfn, Gfp) {
    if constexpr (kHint) {
      const Iterator page = Find(pfn);
      if (page != pages_.end()) recent_ = pages_.erase(page);
    } else {
      pages_.erase(pfn);
    }
    return Status::kOk;
  }

  bool Test(Pfn pfn) {
    if constexpr (kHint) {
      const Iterator page = Find(pfn);
      if (page == pages_.end()) return false;
      recent_ = page;
      return true;
    } else {
      return pages_.find(pfn) != pages_.end();
    }
  }

  std::optional<PfnRange> NextRange(Pfn from, Pfn max) const {
    Iterator page = pages_.lower_bound(from);
    if (page == pages_.end() || *page > max) return std::nullopt;
    return TakeRun(page, max);
  }

  template <class Visitor>
  void ForEachRange(PfnRange range, Visitor&& visitor) const {
    Iterator page = pages_.lower_bound(range.first);
    while (page != pages_.end() && *page <= range.last) {
      visitor(TakeRun(page, range.last));
    }
  }

  Status ClearRange(PfnRange range, Gfp) {
    recent_ = pages_.erase(pages_.lower_bound(range.first),
                           pages_.upper_bound(range.last));
    return Status::kOk;
  }

 private:
  using Iterator = typename Container::const_iterator;

  // As find(); looks first at the page touched last and those next to it.
  Iterator Find(Pfn pfn) const {
    if (recent_ != pages_.end()) {
      if (*recent_ == pfn) return recent_;
      if (*recent_ < pfn) {
        const Iterator next = std::next(recent_);
        if (next != pages_.end() && *next == pfn) return next;
        return pages_.find(pfn);
      }
    }
    if (recent_ != pages_.begin()) {
      if (const Iterator before = std::prev(recent_); *before == pfn) {
        return before;
      }
    }
    return pages_.find(pfn);
  }

  // The run that begins at `page`, as far as `max`; moves `page` behind it.
  PfnRange TakeRun(Iterator& page, Pfn max) const {
    PfnRange run{*page, *page};
    while (++page != pages_.end() && *page == run.last + 1 && *page <= max) {
      run.last = *page;
    }
    return run;
  }

  CallerMemory<A> memory_;
  Container pages_;
  // Some containers keep no other iterator than the one that a change returns.
  Iterator recent_ = pages_.end();
};

}  // namespace pfn
