// SPDX-License-Identifier: MIT
//
// One measurement: what is asked for, and what comes back.

#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "harness/kernel/fault_spec.h"
#include "harness/kernel/nowait_heap.h"
#include "harness/kernel/page_arena.h"
#include "harness/measure/conditions.h"
#include "harness/measure/operation.h"
#include "harness/measure/structure.h"
#include "workloads/trace/workload.h"

namespace pfn {

struct Job {
  Operation operation;
  // Measured on the same recordings, if the order is that of kOperations and
  // all but the last leave the set as it is.
  std::vector<Operation> more = {};
  const Workload* workload;
  // Null: the floor, or a driver without a set.
  const Structure* structure = nullptr;
  FaultSpec fault = {};
  Conditions conditions = {};
  // Of the process that measures; null in rows.
  PageArena* arena = nullptr;
  // For the whole measurement, on the wall; zero is none. What is not done by
  // then is cut off and has no figure.
  std::chrono::nanoseconds time_limit{};
};

// A figure that only some operations have; the name carries the unit.
struct Figure {
  std::string name;
  double value;
};

// Of Job::operation. Sums over all passes of the workload, unless said
// otherwise.
struct Measurement {
  // Inside the measured stretches; 0 is what Timer does not measure.
  double ns = 0;
  double instructions = 0;
  double cpu_seconds = 0;      // of the process, filling and checking included
  std::uint64_t pages = 0;     // operated on; for `test` the number of tests
  std::uint64_t ranges = 0;    // of the filled set
  std::uint64_t recorded = 0;  // pages whose Set returned kOk
  std::uint64_t failed_sets = 0;
  std::uint64_t failed_clears = 0;
  // Of the pass of which most pages were recorded: how many, and the bytes held
  // when it is filled. 0: there are no passes (kReplay).
  std::uint64_t largest_pass = 0;
  std::uint64_t requested_when_full = 0;
  std::uint64_t rounded_when_full = 0;
  HeapUsage usage = {};  // when the last pass was over
  // False: not all memory came from the heap, so these figures are not given.
  bool accounts_memory = true;
  std::vector<Figure> figures = {};
  std::string error = {};          // empty, or why there is no figure
  bool cut_off = false;            // by the time limit, as `error` says
  bool recording_cut_off = false;  // before the operation itself began
  // If it was cut off: what a page took until then; 0: none was operated on.
  double ns_per_page_so_far = 0;
  std::vector<Measurement> more = {};  // of Job::more, unless there is an error
                                       // other than `cut_off`
};

// What the oracle says of a pass.
struct Expected {
  RangeDigest digest;
  std::uint64_t hits;  // pages of the pass, in trace order, that are members
};

// After recording `pass`, without the pages at the positions `failed_sets`
// (ascending), and after clearing it again page by page, without those at the
// positions `failed_clears`. O(1) when nothing failed.
Expected ExpectFilled(const PreparedPass& pass,
                      std::span<const std::uint64_t> failed_sets);
RangeDigest ExpectCleared(const PreparedPass& pass,
                          std::span<const std::uint64_t> failed_sets,
                          std::span<const std::uint64_t> failed_clears);

}  // namespace pfn
