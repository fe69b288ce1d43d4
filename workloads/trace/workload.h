// SPDX-License-Identifier: MIT
//
// A trace made ready for measuring: its passes, and for each the answer that
// the oracle would give, so that checking a run costs one comparison. The
// answer comes from the runs themselves, sorted and merged: a pass of a
// terabyte costs no more than its runs, and a test compares it with the
// oracle's.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "structures/core/pfn.h"
#include "workloads/trace/range_digest.h"
#include "workloads/trace/trace.h"

namespace pfn {

// One pass. `runs` are its pages in trace order; `absent` as many pages that
// the pass does not hold: the gaps of the set from its lowest page upwards, and
// when they are used up the pages above it.
struct PreparedPass {
  std::span<const PfnRun> runs;
  std::uint64_t pages;
  PfnRange span;  // lowest to highest page
  RangeDigest digest;
  std::span<const PfnRun> absent;
};

class Workload {
 public:
  // `name` is its name in results. O(runs log runs).
  Workload(std::string name, Trace trace);
  Workload(const Workload&) = delete;  // passes point into the trace
  Workload& operator=(const Workload&) = delete;

  const std::string& name() const { return name_; }
  const std::string& trace_id() const { return trace_id_; }
  const Trace& trace() const { return trace_; }
  std::span<const PreparedPass> passes() const { return passes_; }
  std::uint64_t pages() const { return pages_; }    // over all passes
  std::uint64_t ranges() const { return ranges_; }  // over all passes

 private:
  std::string name_;
  std::string trace_id_;
  Trace trace_;
  std::vector<PfnRun> absent_;
  std::vector<PreparedPass> passes_;
  std::uint64_t pages_ = 0;
  std::uint64_t ranges_ = 0;
};

}  // namespace pfn
