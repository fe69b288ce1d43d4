// SPDX-License-Identifier: MIT

#include "harness/run/runner.h"

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "harness/measure/stopwatch.h"
#include "harness/report/progress.h"
#include "harness/report/results_file.h"
#include "harness/run/profiles.h"
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

// One round after the other. Google Benchmark asks for rows, in random order;
// the first of a visit that it asks for has all of it measured.
class Rounds {
 public:
  Rounds(std::span<const Row> rows, const RunSettings& settings)
      : rows_(rows),
        visits_(MakeVisits(rows, settings.share_recordings)),
        visit_of_(rows.size()),
        measured_(visits_.size()),
        budget_(rows.size(), settings.rounds, settings.limits),
        progress_(rows.size(), settings.rounds) {
    for (std::size_t i = 0; i < visits_.size(); ++i) {
      for (const std::size_t row : visits_[i]) visit_of_[row] = i;
    }
  }

  void BeginRound(int round) {
    round_ = round;
    const auto now = std::chrono::steady_clock::now();
    if (round == 0) start_ = now;
    budget_.BeginRound(round, now - start_);
    std::fill(measured_.begin(), measured_.end(), std::nullopt);
  }

  // The row `number` as the library runs it.
  void Run(std::size_t number, benchmark::State& state) {
    std::optional<Measurement>& measured = measured_[visit_of_[number]];
    if (!measured && (interrupted != 0 || budget_.is_used_up(number))) {
      state.SkipWithError(kNotRun);
      return;
    }
    progress_.Begin(rows_[number].name, round_);
    while (state.KeepRunning()) {
      if (!measured) measured = Measure(visits_[visit_of_[number]]);
      Report(number, *measured, state);
    }
    progress_.End(number);
    if (budget_.is_used_up(number)) progress_.Leave(number);
  }

  void EndRounds() { progress_.Clear(); }

  const RowBudget& budget() const { return budget_; }
  const std::vector<Visit>& visits() const { return visits_; }
  bool was_left_out(std::size_t row) const { return left_out_.contains(row); }
  // Of rows where even the recording takes too long, why.
  std::string EndlessRecording(const Row& row) const {
    const auto found = endless_.find(RecordingOf(row));
    return found == endless_.end() ? "" : found->second;
  }
  std::size_t left_out() const { return left_out_.size(); }

 private:
  Measurement Measure(const Visit& visit) {
    const Row& first = rows_[visit.front()];
    const auto endless = endless_.find(RecordingOf(first));
    if (endless != endless_.end()) {
      left_out_.insert(visit.begin(), visit.end());
      Measurement result;
      result.cut_off = true;
      result.error = "not run: " + endless->second;
      for (const std::size_t row : visit) budget_.CutOff(row);
      return result;
    }
    Job job = first.job;
    for (const std::size_t row : std::span(visit).subspan(1)) {
      job.more.push_back(rows_[row].job.operation);
    }
    job.time_limit = budget_.time_limit(visit.size());
    const auto start = std::chrono::steady_clock::now();
    Measurement result = first.measure(job);
    const auto cost = (std::chrono::steady_clock::now() - start) /
                      static_cast<std::int64_t>(visit.size());
    for (const std::size_t row : visit) budget_.Spend(row, cost);
    if (result.cut_off) {
      for (const std::size_t row : visit) budget_.CutOff(row);
      const std::string limit = fmt::format(
          "{:.3g} s", std::chrono::duration<double>(job.time_limit).count());
      if (result.recording_cut_off) {
        endless_.emplace(RecordingOf(first),
                         fmt::format("recording alone takes over {}, see {}",
                                     limit, first.name));
      }
      result.error = fmt::format("takes over {}: {}", limit, result.error);
    }
    return result;
  }

  void Report(std::size_t number, const Measurement& measured,
              benchmark::State& state) const {
    if (!measured.error.empty()) {
      state.SkipWithError(measured.error.c_str());
      return;
    }
    const Visit& visit = visits_[visit_of_[number]];
    const auto place = std::find(visit.begin(), visit.end(), number);
    const auto at = static_cast<std::size_t>(place - visit.begin());
    const Measurement& own = at == 0 ? measured : measured.more[at - 1];
    state.SetIterationTime(own.ns * 1e-9);
    SetCounters(state, rows_[number].job.operation, own);
  }

  std::span<const Row> rows_;
  std::vector<Visit> visits_;
  std::vector<std::size_t> visit_of_;                 // by row
  std::vector<std::optional<Measurement>> measured_;  // in this round, by visit
  RowBudget budget_;
  Progress progress_;
  int round_ = 0;
  std::chrono::steady_clock::time_point start_;
  // Where even the recording takes too long, and what has shown it.
  std::map<Recording, std::string> endless_;
  std::set<std::size_t> left_out_;  // rows, because of that
};

void Register(const Row& row, std::size_t number, Rounds& rounds) {
  benchmark::RegisterBenchmark(
      row.name.c_str(),
      [number, &rounds](benchmark::State& state) { rounds.Run(number, state); })
      ->UseManualTime()
      ->Iterations(1)
      ->Unit(benchmark::kMillisecond);
}

// Names every row that ran and has no figure, once, with those that were
// measured together. Returns how many of them had a wrong answer.
std::size_t ReportFailures(std::span<const Row> rows,
                           const ResultsFile& results, const Rounds& rounds) {
  if (rounds.left_out() != 0) {
    fmt::print(stderr,
               "pfnbench: {} rows were not run, because recording alone takes "
               "too long; results name them\n",
               rounds.left_out());
  }
  const auto error = [&](std::size_t row) -> const std::string* {
    for (const ResultsFile::Run& run : results.runs(row)) {
      if (run.error_occurred) return &run.error_message;
    }
    return nullptr;
  };
  std::size_t failed = 0;
  for (const Visit& visit : rounds.visits()) {
    const std::size_t first = visit.front();
    const std::string* what = error(first);
    if (what == nullptr || rounds.was_left_out(first)) continue;
    const std::size_t others = visit.size() - 1;
    fmt::print(stderr, "pfnbench: {}{}: {}\n", rows[first].name,
               others == 0 ? "" : fmt::format(" and {} beside it", others),
               *what);
    if (!rounds.budget().is_cut_off(first)) failed += visit.size();
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

// Profiles all structures of the rows, and returns how many had a wrong answer.
std::size_t AddProfiles(std::span<const Row> rows, const Rounds& rounds,
                        const RowBudget::Limits& limits, ResultsFile& results) {
  const std::vector<const Row*> plan = PlanProfiles(rows);
  ProfileBudget budget(plan, limits);
  Progress progress(plan.size(), 1);
  std::size_t wrong = 0;
  std::vector<std::string> short_ones;
  for (std::size_t i = 0; i < plan.size() && interrupted == 0; ++i) {
    const Row& row = *plan[i];
    const std::string place = fmt::format("{}/{}", row.job.workload->name(),
                                          row.contender->traits.name);
    progress.Begin("profile " + place, 0);
    const auto start = std::chrono::steady_clock::now();
    ProfileOutcome outcome;
    const std::string endless = rounds.EndlessRecording(row);
    if (endless.empty()) {
      outcome = MakeProfile(*row.contender, row.job, budget.TimeFor(i));
    } else {
      outcome.profile.error = "not run: " + endless;
    }
    budget.Spend(i, std::chrono::steady_clock::now() - start);
    progress.End(i);
    Profile& profile = outcome.profile;
    profile.workload = row.job.workload->name();
    profile.structure = row.contender->traits.name;
    profile.condition = row.condition;
    if (outcome.is_wrong) {
      ++wrong;
      progress.Clear();
      fmt::print(stderr, "pfnbench: profile {}: {}\n", place, profile.error);
    } else if (!profile.error.empty()) {
      short_ones.push_back(place);
    }
    results.AddProfile(profile);
  }
  progress.Clear();
  if (!short_ones.empty()) {
    fmt::print(stderr,
               "pfnbench: {} of {} profiles took too long and were cut off: "
               "{}\n",
               short_ones.size(), plan.size(), fmt::join(short_ones, ", "));
  }
  return wrong;
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

  ResultsFile results(settings.out, rows.size(), settings.results_file);
  Collector collector(rows, results, settings.rounds);
  Rounds rounds(rows, settings);
  for (std::size_t i = 0; i < rows.size(); ++i) Register(rows[i], i, rounds);
  for (int round = 0; round < settings.rounds && interrupted == 0; ++round) {
    rounds.BeginRound(round);
    collector.set_round(round);
    benchmark::RunSpecifiedBenchmarks(&collector, ".");
  }
  benchmark::ClearRegisteredBenchmarks();
  rounds.EndRounds();
  std::size_t wrong_profiles = 0;
  if (settings.profiles && interrupted == 0) {
    wrong_profiles = AddProfiles(rows, rounds, *settings.profiles, results);
  }
  const RowBudget& budget = rounds.budget();
  benchmark::AddCustomContext("row_budget_seconds", budget.Seconds());
  if (interrupted != 0) benchmark::AddCustomContext("interrupted", "yes");
  results.Write();
  if (settings.print_summary) PrintSummary(rows, results);
  ReportShortRows(results, budget, rows.size(), settings.rounds);
  return {
      .failed_rows = ReportFailures(rows, results, rounds) + wrong_profiles,
      .interrupted = interrupted != 0,
      .results = results.is_empty() ? std::filesystem::path() : results.path()};
}

}  // namespace pfn
