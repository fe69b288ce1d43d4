// SPDX-License-Identifier: MIT

#include "harness/run/runner.h"

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdio>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "harness/machine/environment.h"
#include "harness/results/results_file.h"
#include "harness/run/estimate.h"
#include "harness/run/heap_probe.h"
#include "harness/run/interrupt.h"
#include "harness/run/measuring_worker.h"
#include "harness/run/profiles.h"
#include "harness/run/rounds.h"
#include "harness/run/summary.h"

namespace pfn {
namespace {

// Takes each run from Google Benchmark to the results file.
class Collector final : public benchmark::BenchmarkReporter {
 public:
  Collector(std::span<const Row> rows, const Rounds& measured,
            ResultsFile& results, int rounds)
      : measured_(measured), results_(results), rounds_(rounds) {
    for (std::size_t i = 0; i < rows.size(); ++i) index_[rows[i].name] = i;
  }

  void set_round(int round) { round_ = round; }

  bool ReportContext(const Context&) override { return true; }

  void ReportRuns(const std::vector<Run>& runs) override {
    for (Run run : runs) {
      if (run.error_occurred && run.error_message == kNotRun) continue;
      run.repetitions = rounds_;
      run.repetition_index = round_;
      const std::size_t row = index_.at(run.run_name.function_name);
      // The library has seen the process that waits.
      run.cpu_accumulated_time = measured_.CpuSeconds(row);
      results_.Add(row, std::move(run));
    }
  }

 private:
  const Rounds& measured_;
  ResultsFile& results_;
  std::unordered_map<std::string, std::size_t> index_;
  int rounds_;
  int round_ = 0;
};

void Register(const Row& row, std::size_t number, Rounds& rounds) {
  benchmark::RegisterBenchmark(
      row.name.c_str(),
      [number, &rounds](benchmark::State& state) { rounds.Run(number, state); })
      ->UseManualTime()
      ->Iterations(1)
      ->Unit(benchmark::kMillisecond);
}

// Says, and notes for the results, of which structures memory and lost pages
// would be lies. A process of its own, so that rows find nothing changed.
ContextEntries ProbeHeaps(std::span<const Row> rows,
                          const RunSettings& settings) {
  MeasuringWorker worker(rows, 0, settings.patience);
  std::set<const Structure*> seen;
  std::map<HeapUse, std::vector<std::string_view>> found;
  for (std::size_t i = 0; i < rows.size() && interrupted == 0; ++i) {
    const Structure* const structure = rows[i].job.structure;
    if (structure == nullptr || structure->make == nullptr ||
        !structure->traits.accounts_memory || !seen.insert(structure).second) {
      continue;
    }
    HeapUse use = HeapUse::kNowait;
    // Of one that crashes the rows will tell.
    (void)worker.ProbeHeap(
        i, [] { return interrupted == 0; }, use);
    if (use != HeapUse::kNowait) found[use].push_back(structure->traits.name);
  }
  ContextEntries entries;
  const auto tell = [&](HeapUse use, const char* key, std::string_view what) {
    const auto names = found.find(use);
    if (names == found.end()) return;
    entries.emplace_back(key, fmt::format("{}", fmt::join(names->second, ",")));
    fmt::print(stderr, "pfnbench: warning: {} recorded {} pages and {}\n",
               fmt::join(names->second, ", "), kProbedPages, what);
  };
  tell(HeapUse::kNone, "asks_heap_for_nothing",
       "asked the heap for nothing: its memory and its lost pages say nothing; "
       "allocate from the heap that the constructor gets");
  tell(HeapUse::kMaySleep, "never_asks_nowait",
       "never asked with NOWAIT: nothing fails, so its lost pages say nothing; "
       "hand on the gfp that Set gets");
  return entries;
}

}  // namespace

RunOutcome RunRows(std::span<const Row> rows, const RunSettings& settings) {
  const InterruptGuard guard;
  JsonObject context = DescribeMachine(settings.executable);
  for (const auto& [key, value] : DescribeEnvironment()) {
    context.Add(key, value);
  }
  context.AddAll(settings.context);
  for (const auto& [key, value] : ProbeHeaps(rows, settings)) {
    context.Add(key, value);
  }

  std::vector<RowKey> keys;
  for (const Row& row : rows) keys.push_back(row.key);
  ResultsFile results(settings.out, std::move(keys), settings.results_file);
  results.set_context(context);
  std::vector<Visit> visits = MakeVisits(rows, settings.share_recordings);
  PrintEstimate(rows, visits, settings);
  Rounds rounds(rows, std::move(visits), settings);
  const int all_rounds = settings.rounds * settings.processes;
  Collector collector(rows, rounds, results, all_rounds);
  for (std::size_t i = 0; i < rows.size(); ++i) Register(rows[i], i, rounds);
  for (int round = 0; round < all_rounds && interrupted == 0; ++round) {
    if (round != 0 && round % settings.rounds == 0) rounds.BeginProcess();
    rounds.BeginRound(round);
    collector.set_round(round);
    benchmark::RunSpecifiedBenchmarks(&collector, ".");
  }
  benchmark::ClearRegisteredBenchmarks();
  rounds.EndRounds();
  std::size_t wrong = 0;
  if (settings.profiles && interrupted == 0) {
    wrong += AddProfiles(rows, rounds, *settings.profiles, results);
  }
  if (settings.losses && interrupted == 0) {
    wrong += AddLosses(rows, rounds, *settings.losses, results);
  }
  const RowBudget& budget = rounds.budget();
  context.Add("row_budget_seconds", budget.Seconds());
  if (interrupted != 0) context.Add("interrupted", "yes");
  results.set_context(std::move(context));
  results.Write();
  if (!settings.quiet) PrintSummary(rows, results);
  ReportShortRows(rows, results, budget, all_rounds);
  return {
      .failed_rows = ReportFailures(rows, results, rounds) + wrong,
      .interrupted = interrupted != 0,
      .results = results.is_empty() ? std::filesystem::path() : results.path()};
}

}  // namespace pfn
