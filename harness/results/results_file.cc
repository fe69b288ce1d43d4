// SPDX-License-Identifier: MIT

#include "harness/results/results_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "workloads/base/atomic_file.h"

namespace pfn {
namespace {

using std::chrono::steady_clock;

std::string Json(const RowKey& key, const ResultsFile::Run& run) {
  JsonObject row;
  row.Add("name", key.Name())
      .Add("run_type", "iteration")
      .Add("repetitions", run.repetitions)
      .Add("repetition_index", run.repetition_index)
      .AddAll(key.Fields());
  if (run.error_occurred) {
    row.Add("error_occurred", true).Add("error_message", run.error_message);
  }
  // Of a row with an error too, because compare.py asks for them.
  row.Add("real_time", run.GetAdjustedRealTime())
      .Add("cpu_time", run.GetAdjustedCPUTime())
      .Add("time_unit", benchmark::GetTimeUnitString(run.time_unit));
  if (!run.error_occurred) {
    for (const auto& [name, counter] : run.counters) {
      row.Add(name, counter.value);
    }
  }
  return row.Text();
}

}  // namespace

ResultsFile::ResultsFile(const std::filesystem::path& folder,
                         std::vector<RowKey> rows, const std::string& name)
    : path_(folder / name),
      rows_(std::move(rows)),
      runs_(rows_.size()),
      last_write_(steady_clock::now()) {}

void ResultsFile::Add(std::size_t row, Run run) {
  runs_[row].push_back(std::move(run));
  WriteNowAndThen();
}

void ResultsFile::AddProfile(std::string json) {
  profiles_.push_back(std::move(json));
  WriteNowAndThen();
}

void ResultsFile::AddLosses(std::string json) {
  losses_.push_back(std::move(json));
  WriteNowAndThen();
}

void ResultsFile::WriteNowAndThen() {
  // Rendering takes milliseconds and grows with the run: not after every row.
  if (steady_clock::now() - last_write_ >= std::chrono::seconds(1)) Write();
}

void ResultsFile::Write() {
  if (is_empty()) return;
  WriteFileAtomically(path(), Render());
  last_write_ = steady_clock::now();
}

bool ResultsFile::is_empty() const {
  return std::all_of(runs_.begin(), runs_.end(),
                     [](const std::vector<Run>& runs) { return runs.empty(); });
}

std::string ResultsFile::Render() const {
  // A line for each row, for those who look at it with grep and diff.
  constexpr std::string_view kNextLine = ",\n";
  std::vector<std::string> rows;
  for (std::size_t row = 0; row < rows_.size(); ++row) {
    for (const Run& run : runs_[row]) rows.push_back(Json(rows_[row], run));
  }
  const auto as_it_is = [](const std::string& json) { return json; };
  std::string text =
      fmt::format("{{\"context\":{},\n\"benchmarks\":{}", context_.Text(),
                  JsonList(rows, as_it_is, kNextLine));
  for (const auto& [key, items] :
       {std::pair("profiles", &profiles_), std::pair("lost", &losses_)}) {
    if (items->empty()) continue;
    text +=
        fmt::format(",\n\"{}\":{}", key, JsonList(*items, as_it_is, kNextLine));
  }
  return text + "}\n";
}

}  // namespace pfn
