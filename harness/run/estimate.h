// SPDX-License-Identifier: MIT
//
// How long a run will take, before anything of it is known: from the pages,
// ranges and passes of its workloads and what these cost on the whole.

#pragma once

#include <chrono>
#include <span>
#include <string>

#include "harness/run/row_budget.h"
#include "harness/run/rows.h"
#include "harness/run/runner.h"

namespace pfn {

// At most what the limits allow.
std::chrono::seconds EstimateRounds(std::span<const Row> rows,
                                    std::span<const Visit> visits, int rounds,
                                    const RowBudget::Limits& limits);
std::chrono::seconds EstimateProfiles(std::span<const Row* const> plan,
                                      const RowBudget::Limits& limits);
std::chrono::seconds EstimateLosses(std::span<const Row* const> plan,
                                    const RowBudget::Limits& limits);

// "1 min 40 s"; of more than two minutes only these.
std::string InWords(std::chrono::seconds time);

// Says on stderr how long it will take, unless that is not long.
void PrintEstimate(std::span<const Row> rows, std::span<const Visit> visits,
                   const RunSettings& settings);

}  // namespace pfn
