// SPDX-License-Identifier: MIT
//
// The other side of the virtqueues: what it is given, and what it answers. Two
// hosts exist: ModelHost, which counts costs, and the harness's, which really
// gives memory back.

#pragma once

#include <cstdint>
#include <span>

#include "harness/driver/simulated_clock.h"
#include "structures/core/pfn.h"
#include "workloads/trace/trace.h"

namespace pfn {

// One virtqueue entry. An array holds `pages` single PFNs; a chunk is `pages`
// consecutive pages from `first`, and `array` is null.
struct Buffer {
  Direction direction;
  Pfn first;
  std::uint32_t pages;
  const Pfn* array;
};

// How long the host and the way to it took, and for how many calls of madvise.
struct HostTime {
  Picoseconds notify = 0;
  Picoseconds sort = 0;  // by a host that merges arrays
  Picoseconds translate = 0;
  Picoseconds madvise = 0;
  std::uint64_t madvise_calls = 0;

  HostTime& operator+=(const HostTime& more) {
    notify += more.notify;
    sort += more.sort;
    translate += more.translate;
    madvise += more.madvise;
    madvise_calls += more.madvise_calls;
    return *this;
  }
};

class Host {
 public:
  virtual ~Host() = default;

  // Handles `buffers` in order and wakes the guest up. `is_kick`: the guest
  // has just notified; otherwise the host was at work already.
  virtual HostTime Handle(std::span<const Buffer> buffers, bool is_kick) = 0;

  // The guest uses `page` and so has its memory.
  virtual void Touch(Pfn page) = 0;
};

}  // namespace pfn
