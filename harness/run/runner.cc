// SPDX-License-Identifier: MIT

#include "harness/run/runner.h"

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "harness/machine/environment.h"
#include "harness/measure/stopwatch.h"
#include "harness/results/results_file.h"
#include "harness/run/estimate.h"
#include "harness/run/heap_probe.h"
#include "harness/run/measuring_worker.h"
#include "harness/run/profiles.h"
#include "harness/run/progress.h"
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
    state.counters[figure.name] = figure.value;
  }
  if (operation == Operation::kReplay && m.pages == 0) return;  // no set
  const bool counts_instructions = Timer::Get().counts_instructions();
  const double cost = counts_instructions ? m.instructions : m.ns;
  set(counts_instructions ? kInstructionsPerPage : kNsPerPage,
      PerOne(cost, m.pages));
  if (Info(operation).per_range) {
    set(counts_instructions ? "instructions_per_range" : "ns_per_range",
        PerOne(cost, m.ranges));
  }
  count("pages", m.pages);
  count("ranges", m.ranges);
  count("failed_sets", m.failed_sets);
  count("failed_clears", m.failed_clears);
  if (!m.accounts_memory) return;
  if (operation != Operation::kReplay) {
    set("requested_bits_per_page",
        PerOne(8.0 * static_cast<double>(m.requested_when_full),
               m.largest_pass));
    set("bits_per_page",
        PerOne(8.0 * static_cast<double>(m.rounded_when_full), m.largest_pass));
  }
  count("peak_requested_bytes", m.usage.peak_requested);
  count("peak_rounded_bytes", m.usage.peak_rounded);
  count("peak_slab_bytes", m.usage.peak_pages);
  count("allocations", m.usage.allocations);
  count("failed_allocations", m.usage.failures);
  if (m.usage.peak_guard != 0) count("peak_guard_bytes", m.usage.peak_guard);
}

// A structure on a workload: rows that begin with the same recording.
using Recording = std::tuple<const Workload*, Measurement (*)(const Job&),
                             const Structure*, Calls>;

Recording RecordingOf(const Row& row) {
  return {row.job.workload, row.measure, row.job.structure,
          row.job.conditions.calls};
}

// One round after the other. Google Benchmark asks for rows, in random order;
// the first of a visit that it asks for has all of it measured.
class Rounds {
 public:
  Rounds(std::span<const Row> rows, std::vector<Visit> visits,
         const RunSettings& settings)
      : rows_(rows),
        visits_(std::move(visits)),
        visit_of_(rows.size()),
        measured_(visits_.size()),
        worker_(rows, settings.prefault_bytes, settings.patience),
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
      if (measured) {
        Report(number, *measured, state);
      } else {
        state.SkipWithError(kNotRun);
      }
    }
    progress_.End(number);
    if (budget_.is_used_up(number)) progress_.Leave(number);
  }

  void EndRounds() { progress_.Clear(); }

  const RowBudget& budget() const { return budget_; }
  const std::vector<Visit>& visits() const { return visits_; }
  MeasuringWorker& worker() { return worker_; }
  bool was_left_out(std::size_t row) const { return left_out_.contains(row); }
  std::size_t left_out() const { return left_out_.size(); }

  // Why a row is not tried: of what others have shown. "": nothing is known.
  std::string WhyNotRun(const Row& row) const {
    const auto dead = dead_.find(row.key.structure);
    if (dead != dead_.end()) return dead->second;
    const auto endless = endless_.find(RecordingOf(row));
    return endless == endless_.end() ? "" : endless->second;
  }

  // The structure of this row has crashed or hung, as MeasuringWorker::death()
  // says, in `where`.
  void NoteDeath(const Row& row, const std::string& where) {
    const std::string& death = worker_.death();
    dead_.emplace(row.key.structure,
                  fmt::format("not run: {} {}, see {}", row.key.structure,
                              death.substr(0, death.find(':')), where));
  }

  // In this round, the share of the row.
  double CpuSeconds(std::size_t row) const {
    const std::size_t visit = visit_of_[row];
    return measured_[visit]->cpu_seconds /
           static_cast<double>(visits_[visit].size());
  }

 private:
  // None: the run is interrupted. An error is that of all rows, or each has its
  // own.
  std::optional<Measurement> Measure(const Visit& visit) {
    const Row& first = rows_[visit.front()];
    Measurement result;
    result.error = WhyNotRun(first);
    if (!result.error.empty()) {
      left_out_.insert(visit.begin(), visit.end());
      Leave(visit);
      return result;
    }
    const auto limit = budget_.time_limit(visit.size());
    const auto start = std::chrono::steady_clock::now();
    const auto goes_on = [this] {
      progress_.Tick();
      return interrupted == 0;
    };
    switch (worker_.Measure(visit, limit, goes_on, result)) {
      case Worker::End::kStopped:
        return std::nullopt;
      case Worker::End::kDied:
        NoteDeath(first, first.name);
        Leave(visit);
        result.error =
            fmt::format("failed: {}, in round {}", worker_.death(), round_ + 1);
        return result;
      case Worker::End::kAnswered:
        break;
    }
    const auto cost = (std::chrono::steady_clock::now() - start) /
                      static_cast<std::int64_t>(visit.size());
    for (const std::size_t row : visit) budget_.Spend(row, cost);
    if (result.cut_off) {
      Leave(visit);
      ExplainCutOff(visit, limit, result);
    } else if (!result.error.empty()) {
      result.error = "failed: " + result.error;
    }
    return result;
  }

  // They run in no further round.
  void Leave(const Visit& visit) {
    for (const std::size_t row : visit) budget_.CutOff(row);
  }

  // Gives each row of a visit that reached its limit an error of its own.
  void ExplainCutOff(const Visit& visit, std::chrono::nanoseconds limit,
                     Measurement& result) {
    result.more.resize(visit.size() - 1);
    std::vector<Measurement*> parts = {&result};
    for (Measurement& other : result.more) parts.push_back(&other);
    auto slow = std::ranges::find_if(parts, [](const Measurement* part) {
      return part->ns_per_page_so_far > 0;
    });
    if (slow == parts.end()) {  // it did not get through a block of pages
      slow = parts.begin();
      (*slow)->ns_per_page_so_far =
          static_cast<double>(limit.count()) /
          static_cast<double>(std::max<std::uint64_t>(
              rows_[visit.front()].job.workload->pages(), 1));
    }
    const Row& example =
        rows_[visit[static_cast<std::size_t>(slow - parts.begin())]];
    const std::string in =
        fmt::format("{:.3g} s", std::chrono::duration<double>(limit).count());
    const std::string not_run = fmt::format(
        "not run: recording alone takes over {}, see {}", in, example.name);
    if (result.recording_cut_off) {
      endless_.emplace(RecordingOf(example), not_run);
    }
    const std::string where = result.error;
    for (Measurement* part : parts) {
      if (part->ns_per_page_so_far > 0) {
        part->error = fmt::format(
            "over {} ns per page: takes over {}: {}",
            static_cast<std::uint64_t>(part->ns_per_page_so_far), in, where);
      } else if (result.recording_cut_off) {
        part->error = not_run;
      } else {
        part->error = fmt::format("not run: takes over {} before it, see {}",
                                  in, example.name);
      }
    }
  }

  void Report(std::size_t number, const Measurement& measured,
              benchmark::State& state) const {
    const Visit& visit = visits_[visit_of_[number]];
    const auto place = std::find(visit.begin(), visit.end(), number);
    const auto at = static_cast<std::size_t>(place - visit.begin());
    const Measurement& own =
        at == 0 || measured.more.empty() ? measured : measured.more[at - 1];
    if (!own.error.empty()) {
      state.SkipWithError(own.error.c_str());
      return;
    }
    state.SetIterationTime(own.ns * 1e-9);
    SetCounters(state, rows_[number].job.operation, own);
  }

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

// Names every row that ran and has no figure, once, with those that were
// measured together. Returns how many of them failed, and were not just slow.
std::size_t ReportFailures(std::span<const Row> rows,
                           const ResultsFile& results, const Rounds& rounds) {
  if (rounds.left_out() != 0) {
    fmt::print(stderr,
               "pfnbench: {} rows were not run, because of what others showed "
               "of their structure; results say which\n",
               rounds.left_out());
  }
  const auto error = [&](std::size_t row) -> std::string_view {
    for (const ResultsFile::Run& run : results.runs(row)) {
      if (run.error_occurred) return run.error_message;
    }
    return "";
  };
  std::size_t failed = 0;
  for (const Visit& visit : rounds.visits()) {
    if (rounds.was_left_out(visit.front())) continue;
    // Not one that only says which other it was.
    auto named = std::ranges::find_if(visit, [&](std::size_t row) {
      return !error(row).empty() && !error(row).starts_with("not run: ");
    });
    if (named == visit.end()) continue;
    const std::size_t others = visit.size() - 1;
    fmt::print(stderr, "pfnbench: {}{}: {}\n", rows[*named].name,
               others == 0 ? "" : fmt::format(" and {} with it", others),
               error(*named));
    if (error(*named).starts_with("failed: ")) failed += visit.size();
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

// Profiles all structures of the rows, and returns how many failed.
std::size_t AddProfiles(std::span<const Row> rows, Rounds& rounds,
                        const RowBudget::Limits& limits, ResultsFile& results) {
  const std::vector<const Row*> plan = PlanProfiles(rows);
  ProfileBudget budget(plan, limits);
  Progress progress(plan.size(), 1);
  const auto goes_on = [&] {
    progress.Tick();
    return interrupted == 0;
  };
  std::size_t wrong = 0;
  std::vector<std::string> short_ones;
  for (std::size_t i = 0; i < plan.size() && interrupted == 0; ++i) {
    const Row& row = *plan[i];
    const std::string place = fmt::format("{}/{}", row.job.workload->name(),
                                          row.job.structure->traits.name);
    progress.Begin("profile " + place, 0);
    const auto start = std::chrono::steady_clock::now();
    MeasuringWorker::MadeProfile made{.json = {},
                                      .error = rounds.WhyNotRun(row)};
    bool is_short = !made.error.empty();
    if (!is_short) {
      const auto number = static_cast<std::size_t>(&row - rows.data());
      switch (rounds.worker().MakeProfile(number, budget.TimeFor(i), goes_on,
                                          made)) {
        case Worker::End::kStopped:
          continue;
        case Worker::End::kDied:
          rounds.NoteDeath(row, "profile " + place);
          made.error = "failed: " + rounds.worker().death();
          made.is_wrong = true;
          break;
        case Worker::End::kAnswered:
          is_short = !made.error.empty() && !made.is_wrong;
          break;
      }
    }
    if (made.json.empty()) {
      Profile profile;
      NameProfile(row, profile);
      profile.error = made.error;
      made.json = ToJson(profile);
    }
    budget.Spend(i, std::chrono::steady_clock::now() - start);
    progress.End(i);
    if (made.is_wrong) {
      ++wrong;
      progress.Clear();
      fmt::print(stderr, "pfnbench: profile {}: {}\n", place, made.error);
    } else if (is_short) {
      short_ones.push_back(place);
    }
    results.AddProfile(std::move(made.json));
  }
  progress.Clear();
  if (!short_ones.empty()) {
    fmt::print(stderr,
               "pfnbench: {} of {} profiles are not whole, for they take too "
               "long or their structure crashed: {}\n",
               short_ones.size(), plan.size(), fmt::join(short_ones, ", "));
  }
  return wrong;
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

// Says how long it will take, unless that is not long.
void PrintEstimate(std::span<const Row> rows, std::span<const Visit> visits,
                   const RunSettings& settings) {
  constexpr std::chrono::seconds kLong{5};
  if (Timer::Get().counts_instructions()) return;
  auto time = EstimateRounds(rows, visits, settings.rounds, settings.limits);
  std::string profiles;
  if (settings.profiles) {
    const std::vector<const Row*> plan = PlanProfiles(rows);
    time += EstimateProfiles(plan, *settings.profiles);
    profiles = fmt::format(" and {} profiles", plan.size());
  }
  if (time < kLong) return;
  fmt::print(stderr, "pfnbench: about {} for {} rows x {} rounds{}\n",
             InWords(time), rows.size(), settings.rounds, profiles);
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
  Collector collector(rows, rounds, results, settings.rounds);
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
  context.Add("row_budget_seconds", budget.Seconds());
  if (interrupted != 0) context.Add("interrupted", "yes");
  results.set_context(std::move(context));
  results.Write();
  if (settings.print_summary) PrintSummary(rows, results);
  ReportShortRows(results, budget, rows.size(), settings.rounds);
  return {
      .failed_rows = ReportFailures(rows, results, rounds) + wrong_profiles,
      .interrupted = interrupted != 0,
      .results = results.is_empty() ? std::filesystem::path() : results.path()};
}

}  // namespace pfn
