// SPDX-License-Identifier: MIT
//
// Pages to a measured loop, block by block, with a watch around each.

#pragma once

#include <cstdint>
#include <span>

#include "harness/measure/deadline.h"
#include "harness/measure/stopwatch.h"
#include "structures/core/pfn.h"
#include "workloads/trace/page_blocks.h"

namespace pfn {

// Runs `body(block, position)` over all pages of `runs`, with the watch running
// inside of it only, and stops between two blocks when the deadline has passed.
// Returns how many pages it got through.
template <class Body>
std::uint64_t TimeBlocks(std::span<const PfnRun> runs, Stopwatch& watch,
                         const Deadline& deadline, Body body) {
  PageBlocks blocks(runs);
  std::uint64_t position = 0;
  for (std::span<const Pfn> block = blocks.Next(); !block.empty();
       block = blocks.Next()) {
    watch.Start();
    body(block, position);
    watch.Stop();
    position += block.size();
    if (deadline.HasPassed()) break;
  }
  return position;
}

}  // namespace pfn
