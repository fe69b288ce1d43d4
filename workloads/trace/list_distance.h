// SPDX-License-Identifier: MIT
//
// How far a clustered list has to walk: the argument for it was that gathered
// pages cluster, so that the next one's segment is a neighbour of the last
// one's. That is a fact of a trace, not of a structure.

#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "workloads/trace/trace.h"

namespace pfn {

// Pages by the distance from the segment of the page before to their own, in
// nodes of a list of the segments that the pass has touched so far: 0, the same
// segment; 1, the neighbour, or a new one next to it. A pass begins with an
// empty list, and its first page has distance 0.
struct ListDistances {
  // The largest distance that each bin holds; the last bin has the rest.
  static constexpr std::array<std::uint64_t, 5> kUpTo = {0, 1, 10, 100, 1000};

  std::array<std::uint64_t, kUpTo.size() + 1> pages = {};
  std::uint64_t total = 0;  // pages of all passes
  std::uint64_t nodes = 0;  // walked over, sum of all distances
  std::uint64_t most = 0;

  // "0:0.93,1:0.05,10:0.01,100:0.01,1000:0,more:0,mean:3.1,most:2388": the
  // share of pages in each bin, and the mean distance.
  std::string ToString() const;

  friend bool operator==(const ListDistances&, const ListDistances&) = default;
};

// O(segments log segments) for each pass, where a run counts once for each of
// its segments. `segment_pages` is a power of two.
ListDistances MeasureListDistances(const Trace& trace,
                                   std::uint64_t segment_pages = 1024);

}  // namespace pfn
