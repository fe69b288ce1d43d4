// SPDX-License-Identifier: MIT

#include "harness/run/runner.h"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <unordered_map>
#include <utility>
#include <vector>

#include "harness/report/progress.h"
#include "harness/report/results_file.h"

namespace pfn {
namespace {

volatile std::sig_atomic_t interrupted = 0;

void NoteInterrupt(int) { interrupted = 1; }

// While it lives, SIGINT and SIGTERM only set a flag that rows look at.
class InterruptGuard {
 public:
  InterruptGuard() {
    struct sigaction action {};
    action.sa_handler = NoteInterrupt;
    sigaction(SIGINT, &action, &old_int_);
    sigaction(SIGTERM, &action, &old_term_);
  }
  ~InterruptGuard() {
    sigaction(SIGINT, &old_int_, nullptr);
    sigaction(SIGTERM, &old_term_, nullptr);
  }
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

 private:
  struct sigaction old_int_ {};
  struct sigaction old_term_ {};
};

constexpr const char* kInterrupted = "interrupted";

double PerOne(double total, std::uint64_t count) {
  return count == 0 ? 0 : total / static_cast<double>(count);
}

// The counters of a row; every name carries its unit. NaN would make the JSON
// invalid, so a quotient of nothing is 0.
void SetCounters(benchmark::State& state, Operation operation,
                 const Measurement& m) {
  const auto set = [&](const char* name, double value) {
    state.counters[name] = benchmark::Counter(value);
  };
  const auto count = [&](const char* name, std::uint64_t value) {
    set(name, static_cast<double>(value));
  };
  set("ns_per_page", PerOne(m.ns, m.pages));
  if (operation == Operation::kExtract || operation == Operation::kDrain) {
    set("ns_per_range", PerOne(m.ns, m.ranges));
  }
  count("pages", m.pages);
  count("ranges", m.ranges);
  count("failed_sets", m.failed_sets);
  count("failed_clears", m.failed_clears);
  set("requested_bits_per_page",
      PerOne(8.0 * static_cast<double>(m.requested_when_full), m.recorded));
  set("bits_per_page",
      PerOne(8.0 * static_cast<double>(m.rounded_when_full), m.recorded));
  count("peak_requested_bytes", m.usage.peak_requested);
  count("peak_rounded_bytes", m.usage.peak_rounded);
  count("peak_slab_bytes", m.usage.peak_pages);
  count("allocations", m.usage.allocations);
  count("failed_allocations", m.usage.failures);
}

// Takes each run from Google Benchmark to the results file.
class Collector final : public benchmark::BenchmarkReporter {
 public:
  Collector(std::span<const Row> rows, ResultsFile& results, int rounds)
      : results_(results), rounds_(rounds) {
    for (std::size_t i = 0; i < rows.size(); ++i) index_[rows[i].name] = i;
  }

  void set_round(int round) { round_ = round; }

  bool ReportContext(const Context& context) override {
    results_.SetContext(context);
    return true;
  }

  void ReportRuns(const std::vector<Run>& runs) override {
    for (Run run : runs) {
      if (run.error_occurred && run.error_message == kInterrupted) continue;
      // The tails that the library appends say nothing: each run is one
      // iteration, timed by hand.
      run.run_name.iterations.clear();
      run.run_name.time_type.clear();
      run.repetitions = rounds_;
      run.repetition_index = round_;
      const std::size_t row = index_.at(run.run_name.function_name);
      results_.Add(row, std::move(run));
    }
  }

 private:
  ResultsFile& results_;
  std::unordered_map<std::string, std::size_t> index_;
  int rounds_;
  int round_ = 0;
};

void Register(const Row& row, std::size_t number, Progress& progress,
              const int& round) {
  auto run = [&row, number, &progress, &round](benchmark::State& state) {
    if (interrupted != 0) {
      state.SkipWithError(kInterrupted);
      return;
    }
    progress.Begin(row.name, round);
    for (auto _ : state) {
      const Measurement result = row.measure(row.job);
      if (!result.error.empty()) {
        state.SkipWithError(result.error.c_str());
        break;
      }
      state.SetIterationTime(result.ns * 1e-9);
      SetCounters(state, row.job.operation, result);
    }
    progress.End(number);
  };
  benchmark::RegisterBenchmark(row.name.c_str(), run)
      ->UseManualTime()
      ->Iterations(1)
      ->Unit(benchmark::kMillisecond);
}

// Names every row that has no figure, once.
std::size_t ReportFailures(std::span<const Row> rows,
                           const ResultsFile& results) {
  std::size_t failed = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (const ResultsFile::Run& run : results.runs(i)) {
      if (!run.error_occurred) continue;
      fmt::print(stderr, "pfnbench: {}: {}\n", rows[i].name, run.error_message);
      ++failed;
      break;
    }
  }
  return failed;
}

void PrintSummary(std::span<const Row> rows, const ResultsFile& results) {
  std::size_t width = 0;
  for (const Row& row : rows) width = std::max(width, row.name.size());
  fmt::print("{:<{}}  {:>10}  {:>10}  {:>10}\n", "ns per page", width, "median",
             "least", "most");
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::vector<double> figures;
    for (const ResultsFile::Run& run : results.runs(i)) {
      if (run.error_occurred) continue;
      figures.push_back(run.counters.at("ns_per_page"));
    }
    if (figures.empty()) continue;
    std::sort(figures.begin(), figures.end());
    const std::size_t half = figures.size() / 2;
    const double median = figures.size() % 2 == 1
                              ? figures[half]
                              : (figures[half - 1] + figures[half]) / 2;
    fmt::print("{:<{}}  {:>10.3f}  {:>10.3f}  {:>10.3f}\n", rows[i].name, width,
               median, figures.front(), figures.back());
  }
}

}  // namespace

RunOutcome RunRows(std::span<const Row> rows, const RunSettings& settings) {
  const InterruptGuard guard;
  // Static in the library: the path that stands in the JSON context.
  static std::string executable;
  executable = settings.executable;
  benchmark::BenchmarkReporter::Context::executable_name = executable.c_str();
  for (const auto& [key, value] : DescribeEnvironment()) {
    benchmark::AddCustomContext(key, value);
  }
  for (const auto& [key, value] : settings.context) {
    benchmark::AddCustomContext(key, value);
  }

  ResultsFile results(settings.out, rows.size());
  Collector collector(rows, results, settings.rounds);
  {
    Progress progress(rows.size(), settings.rounds);
    int round = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      Register(rows[i], i, progress, round);
    }
    for (; round < settings.rounds && interrupted == 0; ++round) {
      collector.set_round(round);
      benchmark::RunSpecifiedBenchmarks(&collector, ".");
    }
    benchmark::ClearRegisteredBenchmarks();
  }
  if (interrupted != 0) benchmark::AddCustomContext("interrupted", "yes");
  results.Write();
  if (settings.print_summary) PrintSummary(rows, results);
  return {.failed_rows = ReportFailures(rows, results),
          .interrupted = interrupted != 0,
          .results = results.path()};
}

}  // namespace pfn
