// SPDX-License-Identifier: MIT

#include "harness/run/runner.h"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "harness/measure/stopwatch.h"
#include "harness/report/progress.h"
#include "harness/report/results_file.h"
#include "harness/run/row_budget.h"

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

constexpr const char* kNsPerPage = "ns_per_page";
constexpr const char* kInstructionsPerPage = "instructions_per_page";

// The library has no way to leave a benchmark out of a round.
constexpr const char* kNotRun = "not run";

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
  for (const Figure& figure : m.figures) {
    state.counters[std::string(figure.name)] = figure.value;
  }
  if (operation == Operation::kReplay && m.pages == 0) return;  // no set
  const bool counts_instructions = Timer::Get().counts_instructions();
  const double cost = counts_instructions ? m.instructions : m.ns;
  set(counts_instructions ? kInstructionsPerPage : kNsPerPage,
      PerOne(cost, m.pages));
  if (operation == Operation::kExtract || operation == Operation::kDrain) {
    set(counts_instructions ? "instructions_per_range" : "ns_per_range",
        PerOne(cost, m.ranges));
  }
  count("pages", m.pages);
  count("ranges", m.ranges);
  count("failed_sets", m.failed_sets);
  count("failed_clears", m.failed_clears);
  if (!m.accounts_memory) return;
  set("requested_bits_per_page",
      PerOne(8.0 * static_cast<double>(m.requested_when_full), m.recorded));
  set("bits_per_page",
      PerOne(8.0 * static_cast<double>(m.rounded_when_full), m.recorded));
  count("peak_requested_bytes", m.usage.peak_requested);
  count("peak_rounded_bytes", m.usage.peak_rounded);
  count("peak_slab_bytes", m.usage.peak_pages);
  count("allocations", m.usage.allocations);
  count("failed_allocations", m.usage.failures);
  if (m.usage.peak_guard != 0) count("peak_guard_bytes", m.usage.peak_guard);
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
      if (run.error_occurred && run.error_message == kNotRun) continue;
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

// A structure on a workload: rows that begin with the same recording.
using Recording = std::pair<const Workload*, Measurement (*)(const Job&)>;

Recording RecordingOf(const Row& row) {
  return {row.job.workload, row.measure};
}

// What rows share while they run.
struct Rounds {
  int round = 0;
  Progress progress;
  RowBudget& budget;
  // Where even the recording takes too long, and which row has shown it.
  std::map<Recording, std::string> endless = {};
  std::set<std::size_t> left_out = {};  // rows, because of that
};

// For a row that cannot be quicker than one that was cut off.
void LeaveOut(std::size_t number, const std::string& because, Rounds& rounds,
              benchmark::State& state) {
  rounds.budget.CutOff(number);
  rounds.left_out.insert(number);
  state.SkipWithError(
      fmt::format("not run: recording alone takes over {} s, see {}",
                  rounds.budget.LimitSeconds(), because)
          .c_str());
}

void Measure(const Row& row, std::size_t number, Rounds& rounds,
             benchmark::State& state) {
  RowBudget& budget = rounds.budget;
  Job job = row.job;
  job.time_limit = budget.time_limit();
  const auto start = std::chrono::steady_clock::now();
  const Measurement result = row.measure(job);
  budget.Spend(number, std::chrono::steady_clock::now() - start);
  if (result.cut_off) {
    budget.CutOff(number);
    if (result.recording_cut_off) {
      rounds.endless.emplace(RecordingOf(row), row.name);
    }
    state.SkipWithError(
        fmt::format("takes over {} s: {}", budget.LimitSeconds(), result.error)
            .c_str());
  } else if (!result.error.empty()) {
    state.SkipWithError(result.error.c_str());
  } else {
    state.SetIterationTime(result.ns * 1e-9);
    SetCounters(state, row.job.operation, result);
  }
}

void Register(const Row& row, std::size_t number, Rounds& rounds) {
  auto run = [&row, number, &rounds](benchmark::State& state) {
    if (interrupted != 0 || rounds.budget.is_used_up(number)) {
      state.SkipWithError(kNotRun);
      return;
    }
    rounds.progress.Begin(row.name, rounds.round);
    while (state.KeepRunning()) {
      const auto endless = rounds.endless.find(RecordingOf(row));
      if (endless != rounds.endless.end()) {
        LeaveOut(number, endless->second, rounds, state);
      } else {
        Measure(row, number, rounds, state);
      }
    }
    rounds.progress.End(number);
    if (rounds.budget.is_used_up(number)) rounds.progress.Leave(number);
  };
  benchmark::RegisterBenchmark(row.name.c_str(), run)
      ->UseManualTime()
      ->Iterations(1)
      ->Unit(benchmark::kMillisecond);
}

// Names every row that ran and has no figure, once. Returns how many of them
// had a wrong answer.
std::size_t ReportFailures(std::span<const Row> rows,
                           const ResultsFile& results, const Rounds& rounds) {
  if (!rounds.left_out.empty()) {
    fmt::print(stderr,
               "pfnbench: {} rows were not run, because recording alone takes "
               "over {} s; results name them\n",
               rounds.left_out.size(), rounds.budget.LimitSeconds());
  }
  std::size_t failed = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rounds.left_out.contains(i)) continue;
    for (const ResultsFile::Run& run : results.runs(i)) {
      if (!run.error_occurred) continue;
      fmt::print(stderr, "pfnbench: {}: {}\n", rows[i].name, run.error_message);
      failed += !rounds.budget.is_cut_off(i);
      break;
    }
  }
  return failed;
}

// Says how many rows have fewer repetitions than the rest.
void ReportShortRows(const ResultsFile& results, const RowBudget& budget,
                     std::size_t rows, int rounds) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < rows; ++i) {
    count += budget.is_used_up(i) && !budget.is_cut_off(i) &&
             results.runs(i).size() < static_cast<std::size_t>(rounds);
  }
  if (count == 0) return;
  fmt::print(stderr,
             "pfnbench: {} of {} rows used up the row budget of {} s and "
             "have fewer than {} repetitions\n",
             count, rows, budget.Seconds(), rounds);
}

void PrintSummary(std::span<const Row> rows, const ResultsFile& results) {
  const bool counts_instructions = Timer::Get().counts_instructions();
  const std::string_view title =
      counts_instructions ? "instructions per page" : "ns per page";
  std::size_t width = title.size();
  for (const Row& row : rows) width = std::max(width, row.name.size());
  fmt::print("{:<{}}  {:>10}  {:>10}  {:>10}\n", title, width, "median",
             "least", "most");
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::vector<double> figures;
    for (const ResultsFile::Run& run : results.runs(i)) {
      const auto figure = run.counters.find(
          counts_instructions ? kInstructionsPerPage : kNsPerPage);
      if (figure != run.counters.end()) figures.push_back(figure->second);
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
  RowBudget budget(rows.size(), settings.rounds, settings.limits);

  ResultsFile results(settings.out, rows.size(), settings.results_file);
  Collector collector(rows, results, settings.rounds);
  Rounds rounds{.progress = {rows.size(), settings.rounds}, .budget = budget};
  for (std::size_t i = 0; i < rows.size(); ++i) Register(rows[i], i, rounds);
  const auto start = std::chrono::steady_clock::now();
  for (; rounds.round < settings.rounds && interrupted == 0; ++rounds.round) {
    budget.BeginRound(rounds.round, std::chrono::steady_clock::now() - start);
    collector.set_round(rounds.round);
    benchmark::RunSpecifiedBenchmarks(&collector, ".");
  }
  benchmark::ClearRegisteredBenchmarks();
  rounds.progress.Clear();
  benchmark::AddCustomContext("row_budget_seconds", budget.Seconds());
  if (interrupted != 0) benchmark::AddCustomContext("interrupted", "yes");
  results.Write();
  if (settings.print_summary) PrintSummary(rows, results);
  ReportShortRows(results, budget, rows.size(), settings.rounds);
  return {
      .failed_rows = ReportFailures(rows, results, rounds),
      .interrupted = interrupted != 0,
      .results = results.is_empty() ? std::filesystem::path() : results.path()};
}

}  // namespace pfn
