// SPDX-License-Identifier: MIT
//
// Sets of pages below kPfnLimit as maximal ranges, where a run must cost the
// same however many pages it claims. No structure: this only serves to make and
// to check traces, and to know the answer to a pass beforehand.

#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "structures/core/pfn.h"
#include "workloads/trace/trace.h"

namespace pfn {

class PageRanges {
 public:
  // Both are O(log ranges), amortised over the ranges that they take away.

  // Adds `range`; returns how many of its pages were members already.
  std::uint64_t Insert(PfnRange range);
  // Takes `range` out; returns how many of its pages were not members.
  std::uint64_t Remove(PfnRange range);

  // Whether a page of `range` is a member. O(log ranges).
  bool Intersects(PfnRange range) const;

 private:
  std::map<Pfn, Pfn> ranges_;  // first -> last
};

// The pages of `runs` as maximal ranges, upwards. O(runs log runs).
std::vector<PfnRange> MaximalRanges(std::span<const PfnRun> runs);

}  // namespace pfn
