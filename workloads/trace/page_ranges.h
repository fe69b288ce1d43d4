// SPDX-License-Identifier: MIT
//
// File: workloads/trace/page_ranges.h
//
// A set of pages below kPfnLimit as maximal ranges in a tree. No contender: it
// only serves the check of traces, where a run must cost the same however many
// pages it claims.

#ifndef PFNBENCH_WORKLOADS_TRACE_PAGE_RANGES_H_
#define PFNBENCH_WORKLOADS_TRACE_PAGE_RANGES_H_

#include <cstdint>
#include <map>

#include "structures/core/pfn.h"

namespace pfn {

class PageRanges {
 public:
  // Both are O(log ranges), amortised over the ranges that they take away.

  // Adds `range`; returns how many of its pages were members already.
  std::uint64_t Insert(PfnRange range);
  // Takes `range` out; returns how many of its pages were not members.
  std::uint64_t Remove(PfnRange range);

 private:
  std::map<Pfn, Pfn> ranges_;  // first -> last
};

}  // namespace pfn

#endif  // PFNBENCH_WORKLOADS_TRACE_PAGE_RANGES_H_
