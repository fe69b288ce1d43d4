// SPDX-License-Identifier: MIT
//
// The figures that tell one trace from another at a glance, and the check that
// a trace is possible at all. Neither expands a run.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "structures/core/pfn.h"
#include "workloads/trace/trace.h"

namespace pfn {

// Percentiles are nearest-rank: a value that occurs.
struct TraceStats {
  std::uint64_t inflate_arrays = 0;
  std::uint64_t deflate_arrays = 0;
  std::uint64_t inflate_passes = 0;
  std::uint64_t deflate_passes = 0;
  // From the lowest to the highest page of all arrays.
  PfnRange span = {0, 0};
  // Maximal ranges of the set of pages of one inflate pass.
  std::uint64_t median_ranges = 0;
  std::uint64_t max_ranges = 0;
  // Runs of the inflated arrays, and the steps from page to page inside these
  // arrays: what a structure meets in the order in which it meets it.
  double mean_run = 0;
  std::uint64_t p50_run = 0;
  std::uint64_t p90_run = 0;
  std::uint64_t steps_down = 0;
  std::uint64_t steps_up = 0;
  std::uint64_t steps_other = 0;
  std::uint64_t steps() const { return steps_down + steps_up + steps_other; }
  // Pages of the inflated arrays by the length of their run: 1, 2 to 3, 4 to 7,
  // ..., 128 to 255, and 256 or more.
  static constexpr std::size_t kRunBins = 9;
  std::array<std::uint64_t, kRunBins> run_pages = {};
};

TraceStats ComputeStats(const Trace& trace);

// From the lowest to the highest page of all arrays; 0 to 0 without any.
PfnRange SpanOf(const Trace& trace);

// "8 GiB" if that is exact, otherwise in the largest unit that is, or bytes.
std::string FormatBytes(std::uint64_t bytes);

// "idle-8g.pfntrace.zst" and about 15 lines of facts: `pfntrace info`.
std::string FormatInfo(std::string_view title, const Trace& trace);

// Rows of a Markdown table that sets traces next to each other: the figures of
// the first inflating pass of each, since one guest's later passes differ.
std::string FormatTableHead();
std::string FormatTableRow(std::string_view title, const Trace& trace);

// The facts of `trace` that fit on one line of a list.
std::string FormatFacts(const Trace& trace);

// A guest cannot inflate a page that it gave away already, nor deflate one that
// it still has. Counts the pages that do; both are 0 for a sound recording that
// began with an empty balloon.
struct Membership {
  std::uint64_t inflated_twice = 0;
  std::uint64_t deflated_absent = 0;
};

Membership CheckMembership(const Trace& trace);

}  // namespace pfn
