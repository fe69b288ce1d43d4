// SPDX-License-Identifier: MIT
//
// The rows of a run: one for each operation, workload, structure and fault that
// was asked for, plus `floor` and the control.

#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "harness/driver/replay_spec.h"
#include "harness/measure/job.h"
#include "harness/registry/structures.h"
#include "harness/results/row_key.h"
#include "harness/run/plan.h"
#include "workloads/trace/workload.h"

namespace pfn {

struct Row {
  std::string name;  // key.Name()
  Job job;
  Measurement (*measure)(const Job& job);  // null: Replay() of `replay`
  // Whether it leaves recordings as they are, or is the last to need them: rows
  // that differ only in their operation can then be measured together.
  bool shares_recordings = false;
  // Its conditions: policy, fault, draw, those of Conditions, host, driver.
  RowKey key = {};
  std::optional<ReplaySpec> replay = {};
};

// What is not as usual in `job`, and in `replay` if it is one.
std::vector<std::pair<std::string, std::string>> ConditionsOf(
    const Job& job, const ReplaySpec* replay = nullptr);

// Rows that are measured together, by their numbers in order of operations.
using Visit = std::vector<std::size_t>;

// False for a policy with a reserve where the memory is not the heap's.
bool CanServe(const Structure& structure, const PolicySpec& policy);
// False for inlined calls of a plugin without functions for arrays.
bool CanServe(const Structure& structure, Calls calls);

// All rows that can be, in the order in which results list them. A structure
// that aborts when memory runs out gets rows without faults only. `plan` must
// outlive the rows.
std::vector<Row> MakeRows(const Plan& plan);

// Every row in one visit. `share`: in as few visits as possible, because
// recording takes most of a measurement; else each row alone.
std::vector<Visit> MakeVisits(std::span<const Row> rows, bool share);

}  // namespace pfn
