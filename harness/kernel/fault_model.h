// SPDX-License-Identifier: MIT
//
// The seam between the heap and the models that make its requests fail. The
// heap asks at the two places where the kernel has its fault-injection hooks:
// for every slab object, before any cache is looked at, and for every request
// to the page allocator. Models count calls, never time, so that a run is
// reproducible.

#pragma once

#include <cstddef>
#include <cstdint>

#include "structures/core/nowait_allocator.h"

namespace pfn {

// Who asks for pages: a slab cache that is empty, or a structure directly
// because its request is larger than the largest kmalloc class.
enum class PageUser : std::uint8_t { kSlab, kCaller };

class FaultModel {
 public:
  virtual ~FaultModel() = default;

  // Whether a request for one object of a cache of `object_bytes` fails.
  virtual bool FailObject(std::size_t object_bytes, Gfp gfp) = 0;
  // Whether a request for 2^order contiguous pages fails.
  virtual bool FailPages(unsigned order, PageUser user, Gfp gfp) = 0;

  // Whether a whole operation fails, where failures are drawn for operations
  // (harness/kernel/operation_draw.h). It counts as a request of size 1.
  virtual bool FailOperation() { return FailObject(1, Gfp::kNowait); }

  // Where the heap counts the bytes in use, rounded as HeapUsage has them.
  virtual void WatchMemory(const std::uint64_t* /*live_bytes*/) {}

  // Pages that went from the zone to somebody else, or, negative, came back:
  // the guest's own use, the balloon, the heap's own frees. Models of a zone
  // follow, and bursts go on; to others it means nothing.
  virtual void NoteOtherPages(std::int64_t /*taken*/) {}
};

}  // namespace pfn
