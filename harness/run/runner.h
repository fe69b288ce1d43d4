// SPDX-License-Identifier: MIT
//
// Runs rows in rounds with Google Benchmark, then makes profiles, then counts
// lost pages. In every round every row runs once, in random order, so that what
// disturbs the machine for a while hits all rows alike, and two rows can be
// compared within a round.
// Structures run in a process of their own: one that crashes, exits or never
// returns takes its own rows with it, and nothing else.

#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

#include "harness/kernel/fault_spec.h"
#include "harness/run/row_budget.h"
#include "harness/run/rows.h"
#include "workloads/base/json.h"

namespace pfn {

// Under which fault lost pages are counted, and what that may take.
struct LossSettings {
  FaultSpec fault;
  RowBudget::Limits limits{};
};

struct RunSettings {
  int rounds = 9;     // in each process
  int processes = 1;  // one after the other
  RowBudget::Limits limits{};
  bool share_recordings = true;  // MakeVisits()
  // What the profiles that follow may take; none: there are none.
  std::optional<RowBudget::Limits> profiles = std::nullopt;
  // After these; none: lost pages are not counted.
  std::optional<LossSettings> losses = std::nullopt;
  // Of the heap, resident before anything runs.
  std::size_t prefault_bytes = 0;
  // A row of which nothing is heard for so long hangs, if there are limits.
  std::chrono::nanoseconds patience = std::chrono::seconds(30);
  std::filesystem::path out = {};  // a folder that exists
  std::string results_file = "results.json";
  JsonObject context = {};      // besides the environment
  std::string executable = {};  // argv[0]
  bool quiet = false;  // else a line for each row on stdout, at the end
};

struct RunOutcome {
  // Or profiles: with a wrong answer, or crashed; see stderr.
  std::size_t failed_rows = 0;
  bool interrupted = false;
  std::filesystem::path results;  // empty if there is nothing to write
};

// Google Benchmark must be initialised. SIGINT and SIGTERM end the run early
// and keep what is finished.
RunOutcome RunRows(std::span<const Row> rows, const RunSettings& settings);

}  // namespace pfn
