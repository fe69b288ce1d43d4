// SPDX-License-Identifier: MIT
//
// File: harness/report/results_file.h
//
// results.json: every repetition of every row, in Google Benchmark's JSON
// format, so that its compare.py and everybody's scripts read it; and, under a
// key of their own, which those pass over, the profiles. The file is
// replaced as a whole, atomically: whenever the run ends, however it ends, what
// stands there is valid and holds all that was finished.

#ifndef PFNBENCH_HARNESS_REPORT_RESULTS_FILE_H_
#define PFNBENCH_HARNESS_REPORT_RESULTS_FILE_H_

#include <benchmark/benchmark.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pfn {

class ResultsFile {
 public:
  using Run = benchmark::BenchmarkReporter::Run;
  using Context = benchmark::BenchmarkReporter::Context;

  // Writes to `folder`/`name`; the folder must exist. `rows` is how many rows
  // there will be.
  ResultsFile(const std::filesystem::path& folder, std::size_t rows,
              const std::string& name = "results.json");

  // Before the first Add.
  void SetContext(const Context& context) { context_.emplace(context); }

  // Adds one repetition of row number `row` and writes the file, if the last
  // write was more than a second ago. Throws TraceError if it cannot.
  void Add(std::size_t row, Run run);
  // The same for a profile, as ToJson(profile, kProfileIndent) gives it.
  static constexpr std::string_view kProfileIndent = "    ";
  void AddProfile(std::string json);
  // Writes all there is; nothing, if there is nothing yet.
  void Write();

  bool is_empty() const;
  // All repetitions of a row, in order.
  const std::vector<Run>& runs(std::size_t row) const { return rows_[row]; }
  const std::filesystem::path& path() const { return path_; }

 private:
  void WriteNowAndThen();
  std::string Render() const;

  std::filesystem::path path_;
  std::vector<std::vector<Run>> rows_;
  std::vector<std::string> profiles_;  // as JSON
  std::optional<Context> context_;
  std::chrono::steady_clock::time_point last_write_;
};

}  // namespace pfn

#endif  // PFNBENCH_HARNESS_REPORT_RESULTS_FILE_H_
