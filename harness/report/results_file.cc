// SPDX-License-Identifier: MIT

#include "harness/report/results_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <sstream>
#include <utility>

#include "workloads/trace/atomic_file.h"

namespace pfn {

using std::chrono::steady_clock;

ResultsFile::ResultsFile(const std::filesystem::path& folder, std::size_t rows,
                         const std::string& name)
    : path_(folder / name), rows_(rows), last_write_(steady_clock::now()) {}

void ResultsFile::Add(std::size_t row, Run run) {
  rows_[row].push_back(std::move(run));
  WriteNowAndThen();
}

void ResultsFile::AddProfile(std::string json) {
  profiles_.push_back(std::move(json));
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
  return std::all_of(rows_.begin(), rows_.end(),
                     [](const std::vector<Run>& runs) { return runs.empty(); });
}

std::string ResultsFile::Render() const {
  std::ostringstream text;
  benchmark::JSONReporter reporter;
  reporter.SetOutputStream(&text);
  reporter.SetErrorStream(&text);
  reporter.ReportContext(*context_);
  for (const std::vector<Run>& runs : rows_) {
    if (!runs.empty()) reporter.ReportRuns(runs);
  }
  reporter.Finalize();
  std::string json = std::move(text).str();
  if (profiles_.empty()) return json;
  // The library writes an object and has no way to add to it.
  json.erase(json.rfind('}'));
  json.erase(json.find_last_not_of('\n') + 1);
  return fmt::format("{},\n  \"profiles\": [\n    {}\n  ]\n}}\n", json,
                     fmt::join(profiles_, ",\n    "));
}

}  // namespace pfn
