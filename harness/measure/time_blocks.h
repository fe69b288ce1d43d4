// SPDX-License-Identifier: MIT
//
// Pages of a pass to a loop, block by block.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "harness/measure/deadline.h"
#include "harness/measure/stopwatch.h"
#include "structures/core/pfn.h"
#include "workloads/trace/page_blocks.h"

namespace pfn {

// Runs `body(block, position)` over the first `count` pages of `runs`, which
// are as many at least, and stops between two blocks when the deadline has
// passed. Returns how many pages it got through.
template <class Body>
std::uint64_t ForBlocks(std::span<const PfnRun> runs, std::uint64_t count,
                        const Deadline& deadline, Body body,
                        std::size_t at_once = PageBlocks::kBlockPages) {
  PageBlocks blocks(runs);
  std::uint64_t position = 0;
  while (position < count) {
    const std::span<const Pfn> block =
        blocks.Next(std::min<std::uint64_t>(at_once, count - position));
    body(block, position);
    position += block.size();
    if (deadline.HasPassed()) break;
  }
  return position;
}

// The same, with the watch running inside of `body` only.
template <class Body>
std::uint64_t TimeBlocks(std::span<const PfnRun> runs, std::uint64_t count,
                         Stopwatch& watch, const Deadline& deadline,
                         Body body) {
  return ForBlocks(runs, count, deadline,
                   [&](std::span<const Pfn> block, std::uint64_t position) {
                     watch.Start();
                     body(block, position);
                     watch.Stop();
                   });
}

}  // namespace pfn
