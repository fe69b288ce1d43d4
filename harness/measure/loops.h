// SPDX-License-Identifier: MIT
//
// File: harness/measure/loops.h
//
// The measured loops. They are compiled once for each structure, are never
// inlined into their surroundings, and are the same for all: a block of PFNs,
// one operation each, the rare failure noted. The `floor` rows run them with a
// set that does nothing.

#ifndef PFNBENCH_HARNESS_MEASURE_LOOPS_H_
#define PFNBENCH_HARNESS_MEASURE_LOOPS_H_

#include <cstdint>
#include <span>
#include <vector>

#include "harness/measure/deadline.h"
#include "harness/measure/stopwatch.h"
#include "structures/core/nowait_allocator.h"
#include "structures/core/pfn.h"
#include "workloads/trace/page_blocks.h"

namespace pfn {

// Positions, within a pass, of pages whose operation returned kNoMemory.
using FailedPositions = std::vector<std::uint64_t>;

template <class S>
[[gnu::noinline]] void SetBlock(S& set, std::span<const Pfn> block,
                                std::uint64_t position,
                                FailedPositions& failed) {
  for (std::size_t i = 0; i < block.size(); ++i) {
    if (set.Set(block[i], Gfp::kNowait) != Status::kOk) [[unlikely]] {
      failed.push_back(position + i);
    }
  }
}

template <class S>
[[gnu::noinline]] void ClearBlock(S& set, std::span<const Pfn> block,
                                  std::uint64_t position,
                                  FailedPositions& failed) {
  for (std::size_t i = 0; i < block.size(); ++i) {
    if (set.Clear(block[i], Gfp::kNowait) != Status::kOk) [[unlikely]] {
      failed.push_back(position + i);
    }
  }
}

template <class S>
[[gnu::noinline]] std::uint64_t TestBlock(S& set, std::span<const Pfn> block) {
  std::uint64_t members = 0;
  for (const Pfn pfn : block) members += set.Test(pfn);
  return members;
}

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

#endif  // PFNBENCH_HARNESS_MEASURE_LOOPS_H_
