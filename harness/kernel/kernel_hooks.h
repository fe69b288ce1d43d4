// SPDX-License-Identifier: MIT
//
// The two hooks of the kernel's fault injection in the memory allocators, with
// the filters and in the order that the kernel has them. Of its filters only
// those are here that can matter to a request of ours: none is __GFP_NOFAIL or
// from highmem. A request that is filtered out moves no counter.

#pragma once

#include <cstddef>
#include <cstdint>

#include "harness/kernel/fault_attr.h"
#include "structures/core/nowait_allocator.h"

namespace pfn {

// failslab: every slab object, before any free list is looked at. Sizes are
// those of the cache, in bytes.
class FailslabHook {
 public:
  FailslabHook(const FaultAttr::Settings& settings, std::uint64_t seed)
      : attr_(settings, seed) {}

  bool ShouldFail(std::size_t object_bytes, Gfp gfp) {
    return !MaySleep(gfp) && attr_.ShouldFail(object_bytes);
  }

 private:
  FaultAttr attr_;
};

// fail_page_alloc: every call of the page allocator, no matter who makes it.
// Sizes are in pages.
class FailPageAllocHook {
 public:
  FailPageAllocHook(const FaultAttr::Settings& settings, unsigned min_order,
                    std::uint64_t seed)
      : attr_(settings, seed), min_order_(min_order) {}

  bool ShouldFail(unsigned order, Gfp gfp) {
    return order >= min_order_ && !MaySleep(gfp) &&
           attr_.ShouldFail(std::size_t{1} << order);
  }

 private:
  FaultAttr attr_;
  unsigned min_order_;
};

}  // namespace pfn
