// SPDX-License-Identifier: MIT
//
// What a failure sweep does, step by step: the passes of a workload, cut to its
// first pages, as steps of one operation.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "structures/core/pfn.h"
#include "workloads/trace/workload.h"

namespace pfn {

enum class SweepOperation : std::uint8_t {
  kSet,
  kClear,
  kClearRange,
  kTest,
  kNextRange,
};

struct SweepOperationInfo {
  SweepOperation operation;
  std::string_view name;
};

inline constexpr std::array<SweepOperationInfo, 5> kSweepOperations = {{
    {SweepOperation::kSet, "set"},
    {SweepOperation::kClear, "clear"},
    {SweepOperation::kClearRange, "clear-range"},
    {SweepOperation::kTest, "test"},
    {SweepOperation::kNextRange, "next-range"},
}};

std::string_view Name(SweepOperation operation);

// Whether it changes nothing, has no status, and must ask for no memory.
constexpr bool IsQuery(SweepOperation operation) {
  return operation == SweepOperation::kTest ||
         operation == SweepOperation::kNextRange;
}

struct SweepPass {
  std::vector<Pfn> pages;      // in trace order
  std::vector<PfnRange> cuts;  // of kClearRange
  PfnRange span;

  // kSet, kTest: each page, in trace order. kNextRange: from each page to the
  // end of the pass. All but kSet begin with all pages set, and clearing takes
  // them away so that ranges are split, because that is what takes memory:
  // kClear every other page, then the rest; kClearRange the middle half of each
  // run, at last everything.
  std::size_t steps(SweepOperation operation) const {
    return operation == SweepOperation::kClearRange ? cuts.size()
                                                    : pages.size();
  }
  PfnRange step(SweepOperation operation, std::size_t number) const {
    if (operation == SweepOperation::kClearRange) return cuts[number];
    if (operation == SweepOperation::kClear) {
      const std::size_t even = (pages.size() + 1) / 2;
      number = number < even ? 2 * number : 2 * (number - even) + 1;
    }
    const Pfn pfn = pages[number];
    return {pfn, operation == SweepOperation::kNextRange ? span.last : pfn};
  }
};

class SweepTrace {
 public:
  // The first `limit` pages of `workload`; 0: all. O(pages) memory.
  SweepTrace(const Workload& workload, std::uint64_t limit);

  std::span<const SweepPass> passes() const { return passes_; }
  std::uint64_t steps(SweepOperation operation) const;

 private:
  std::vector<SweepPass> passes_;
};

}  // namespace pfn
