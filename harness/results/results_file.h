// SPDX-License-Identifier: MIT
//
// results.json: every repetition of every row, in such a form that Google
// Benchmark's compare.py and everybody's scripts read it, and the profiles. The
// file is replaced as a whole, atomically: whenever the run ends, however it
// ends, what stands there is valid and holds all that was finished.

#pragma once

#include <benchmark/benchmark.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "harness/results/row_key.h"
#include "workloads/base/json.h"

namespace pfn {

class ResultsFile {
 public:
  using Run = benchmark::BenchmarkReporter::Run;

  // Writes to `folder`/`name`; the folder must exist. `rows` are all rows that
  // there can be.
  ResultsFile(const std::filesystem::path& folder, std::vector<RowKey> rows,
              const std::string& name = "results.json");

  void set_context(JsonObject context) { context_ = std::move(context); }

  // Adds one repetition of row number `row` and writes the file, if the last
  // write was more than a second ago. Throws BadInput if it cannot.
  void Add(std::size_t row, Run run);
  // The same for a profile, or for lost pages, as ToJson() gives it.
  void AddProfile(std::string json);
  void AddLosses(std::string json);
  // Writes all there is; nothing, if there is nothing yet.
  void Write();

  bool is_empty() const;
  // All repetitions of a row, in order.
  const std::vector<Run>& runs(std::size_t row) const { return runs_[row]; }
  const std::filesystem::path& path() const { return path_; }

 private:
  void WriteNowAndThen();
  std::string Render() const;

  std::filesystem::path path_;
  std::vector<RowKey> rows_;
  std::vector<std::vector<Run>> runs_;  // by row
  std::vector<std::string> profiles_;   // as JSON
  std::vector<std::string> losses_;     // likewise
  JsonObject context_;
  std::chrono::steady_clock::time_point last_write_;
};

}  // namespace pfn
