// SPDX-License-Identifier: MIT
//
// What a run says at its end: figures on stdout, and on stderr what has none.

#pragma once

#include <cstddef>
#include <span>

#include "harness/results/results_file.h"
#include "harness/run/rounds.h"
#include "harness/run/rows.h"

namespace pfn {

// A line of figures for each row.
void PrintSummary(std::span<const Row> rows, const ResultsFile& results);

// Says how many rows have fewer repetitions than the rest.
void ReportShortRows(std::span<const Row> rows, const ResultsFile& results,
                     const RowBudget& budget, int rounds);

// Names every row that ran and has no figure, once, with those that were
// measured together. Returns how many of them failed, and were not just slow.
std::size_t ReportFailures(std::span<const Row> rows,
                           const ResultsFile& results, const Rounds& rounds);

}  // namespace pfn
