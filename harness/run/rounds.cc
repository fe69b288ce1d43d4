// SPDX-License-Identifier: MIT

#include "harness/run/rounds.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "harness/measure/stopwatch.h"
#include "harness/run/interrupt.h"

namespace pfn {
namespace {

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
    count("retained_rounded_bytes", m.usage.live_rounded);
  }
  count("peak_requested_bytes", m.usage.peak_requested);
  count("peak_rounded_bytes", m.usage.peak_rounded);
  count("peak_slab_bytes", m.usage.peak_pages);
  count("allocations", m.usage.allocations);
  count("failed_allocations", m.usage.failures);
  if (m.usage.peak_guard != 0) count("peak_guard_bytes", m.usage.peak_guard);
}

Recording RecordingOf(const Row& row) {
  return {row.job.workload, row.measure, row.job.structure,
          row.job.conditions.calls};
}

}  // namespace

Rounds::Rounds(std::span<const Row> rows, std::vector<Visit> visits,
               const RunSettings& settings)
    : rows_(rows),
      visits_(std::move(visits)),
      visit_of_(rows.size()),
      measured_(visits_.size()),
      worker_(rows, settings.prefault_bytes, settings.patience),
      budget_(rows.size(), settings.rounds * settings.processes,
              settings.limits),
      progress_(rows.size(), settings.rounds * settings.processes) {
  for (std::size_t i = 0; i < visits_.size(); ++i) {
    for (const std::size_t row : visits_[i]) visit_of_[row] = i;
  }
}

void Rounds::BeginRound(int round) {
  round_ = round;
  const auto now = std::chrono::steady_clock::now();
  if (round == 0) start_ = now;
  budget_.BeginRound(round, now - start_);
  std::fill(measured_.begin(), measured_.end(), std::nullopt);
}

void Rounds::Run(std::size_t number, benchmark::State& state) {
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

std::string Rounds::WhyNotRun(const Row& row) const {
  const auto dead = dead_.find(row.key.structure);
  if (dead != dead_.end()) return dead->second;
  const auto endless = endless_.find(RecordingOf(row));
  return endless == endless_.end() ? "" : endless->second;
}

void Rounds::NoteDeath(const Row& row, const std::string& where) {
  const std::string& death = worker_.death();
  dead_.emplace(row.key.structure,
                fmt::format("not run: {} {}, see {}", row.key.structure,
                            death.substr(0, death.find(':')), where));
}

double Rounds::CpuSeconds(std::size_t row) const {
  const std::size_t visit = visit_of_[row];
  return measured_[visit]->cpu_seconds /
         static_cast<double>(visits_[visit].size());
}

std::optional<Measurement> Rounds::Measure(const Visit& visit) {
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

void Rounds::Leave(const Visit& visit) {
  for (const std::size_t row : visit) budget_.CutOff(row);
}

void Rounds::ExplainCutOff(const Visit& visit, std::chrono::nanoseconds limit,
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
      part->error = fmt::format("not run: takes over {} before it, see {}", in,
                                example.name);
    }
  }
}

void Rounds::Report(std::size_t number, const Measurement& measured,
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

}  // namespace pfn
