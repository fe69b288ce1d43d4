// SPDX-License-Identifier: MIT
//
// Every row once a round, measured in a process of its own, within its budget.

#pragma once

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "harness/measure/job.h"
#include "harness/run/measuring_worker.h"
#include "harness/run/progress.h"
#include "harness/run/row_budget.h"
#include "harness/run/rows.h"
#include "harness/run/runner.h"

namespace pfn {

// The library has no way to leave a benchmark out of a round.
inline constexpr const char* kNotRun = "not run";

// What a row costs, by its source (Timer::counts_instructions).
inline constexpr const char* kNsPerPage = "ns_per_page";
inline constexpr const char* kInstructionsPerPage = "instructions_per_page";

// A structure on a workload: rows that begin with the same recording.
using Recording = std::tuple<const Workload*, Measurement (*)(const Job&),
                             const Structure*, Calls>;

// One round after the other. Google Benchmark asks for rows, in random order;
// the first of a visit that it asks for has all of it measured.
class Rounds {
 public:
  Rounds(std::span<const Row> rows, std::vector<Visit> visits,
         const RunSettings& settings);

  void BeginRound(int round);
  // All that follows is measured in a new process, which lies elsewhere.
  void BeginProcess() { worker_.StartAgain(); }

  // The row `number` as the library runs it.
  void Run(std::size_t number, benchmark::State& state);

  void EndRounds() { progress_.Clear(); }

  const RowBudget& budget() const { return budget_; }
  const std::vector<Visit>& visits() const { return visits_; }
  MeasuringWorker& worker() { return worker_; }
  bool was_left_out(std::size_t row) const { return left_out_.contains(row); }
  std::size_t left_out() const { return left_out_.size(); }

  // Why a row is not tried: of what others have shown. "": nothing is known.
  std::string WhyNotRun(const Row& row) const;

  // The structure of this row has crashed or hung, as MeasuringWorker::death()
  // says, in `where`.
  void NoteDeath(const Row& row, const std::string& where);

  // In this round, the share of the row.
  double CpuSeconds(std::size_t row) const;

 private:
  // None: the run is interrupted. An error is that of all rows, or each has its
  // own.
  std::optional<Measurement> Measure(const Visit& visit);

  // They run in no further round.
  void Leave(const Visit& visit);

  // Gives each row of a visit that reached its limit an error of its own.
  void ExplainCutOff(const Visit& visit, std::chrono::nanoseconds limit,
                     Measurement& result);

  void Report(std::size_t number, const Measurement& measured,
              benchmark::State& state) const;

  std::span<const Row> rows_;
  std::vector<Visit> visits_;
  std::vector<std::size_t> visit_of_;                 // by row
  std::vector<std::optional<Measurement>> measured_;  // in this round, by visit
  MeasuringWorker worker_;
  RowBudget budget_;
  Progress progress_;
  int round_ = 0;
  std::chrono::steady_clock::time_point start_;
  // What is not tried again, and why: recordings that take too long, and
  // structures that crashed or hung.
  std::map<Recording, std::string> endless_;
  std::map<std::string, std::string, std::less<>> dead_;
  std::set<std::size_t> left_out_;  // rows, because of that
};

}  // namespace pfn
