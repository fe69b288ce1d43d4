// SPDX-License-Identifier: MIT
//
// File: harness/run/rows.h
//
// The rows of a run: one for each operation, workload, structure and fault that
// was asked for, plus `floor` and the control.

#ifndef PFNBENCH_HARNESS_RUN_ROWS_H_
#define PFNBENCH_HARNESS_RUN_ROWS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "harness/driver/replay_spec.h"
#include "harness/kernel/fault_spec.h"
#include "harness/measure/job.h"
#include "harness/measure/operation.h"
#include "harness/registry/structure.h"
#include "harness/results/row_key.h"
#include "workloads/trace/workload.h"

namespace pfn {

struct Row {
  std::string name;  // key.Name()
  Job job;
  Measurement (*measure)(const Job& job);
  // Whether it leaves recordings as they are, or is the last to need them: rows
  // that differ only in their operation can then be measured together.
  bool shares_recordings = false;
  // What it measures; null for what is no structure.
  const Structure* structure = nullptr;
  // Its conditions: policy, fault, draw, large, host, driver.
  RowKey key = {};
};

// Rows that are measured together, by their numbers in order of operations.
using Visit = std::vector<std::size_t>;

struct RowRequest {
  std::vector<std::unique_ptr<Workload>> workloads;
  std::vector<const Structure*> structures;
  bool with_floor = false;
  std::vector<Operation> operations;
  // Operations that ask for no memory have rows without faults only.
  bool only_what_can_fail = false;
  std::vector<FaultSpec> faults;
  std::uint64_t fault_seed = 1;
  FaultDraw fault_draw = FaultDraw::kAllocation;
  LargePolicy large = LargePolicy::kPow2;
  unsigned cpus = NowaitHeap::Options{}.cpus;
  // replay: a row for each policy of each structure, and the drivers without a
  // set.
  std::vector<PolicySpec> policies = {PolicySpec{}};
  std::vector<SetlessDriver> setless = {};
  DriverOptions driver = {};
  HostSpec host = {};
  // The structure that ratios refer to. Its further rows are the controls: the
  // first is what a report compares with, more are for experiments that need
  // many structures that are alike.
  const Structure* baseline = nullptr;
  int controls = 1;
};

// All rows in the order in which results list them. A structure that aborts
// when memory runs out gets rows without faults only, and one whose memory is
// not the heap's gets none with a reserve. `request` must outlive the rows.
bool CanServe(const Structure& structure, const PolicySpec& policy);
std::vector<Row> MakeRows(const RowRequest& request);

// Every row in one visit. `share`: in as few visits as possible, because
// recording takes most of a measurement; else each row alone.
std::vector<Visit> MakeVisits(std::span<const Row> rows, bool share);

}  // namespace pfn

#endif  // PFNBENCH_HARNESS_RUN_ROWS_H_
