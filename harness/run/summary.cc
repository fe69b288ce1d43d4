// SPDX-License-Identifier: MIT

#include "harness/run/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <string_view>
#include <vector>

#include "harness/measure/stopwatch.h"

namespace pfn {

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

void ReportShortRows(std::span<const Row> rows, const ResultsFile& results,
                     const RowBudget& budget, int rounds) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    count += budget.is_used_up(i) && !budget.is_cut_off(i) &&
             results.runs(i).size() < static_cast<std::size_t>(rounds);
  }
  if (count == 0) return;
  fmt::print(stderr,
             "pfnbench: {} of {} rows used up the row budget of {} s and "
             "have fewer than {} repetitions\n",
             count, rows.size(), budget.Seconds(), rounds);
}

}  // namespace pfn
