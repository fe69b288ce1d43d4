// SPDX-License-Identifier: MIT
//
// Pages that are lost when requests for memory fail, counted without a clock,
// for each of several seeds: where failures come in bursts, one says little.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "harness/measure/job.h"

namespace pfn {

struct Losses {
  std::string workload = {};
  std::string structure = {};
  std::string conditions = {};           // in JSON, as rows have them
  std::size_t passes = 0;                // of the workload, from its start
  std::uint64_t pages = 0;               // to record for each seed
  std::vector<std::uint64_t> lost = {};  // of them, by seed
  std::string error = {};                // empty, or why nothing is counted
  bool is_wrong = false;                 // and it is no matter of time
};

// Under the job's fault, for its seed and those that follow; fewer than `seeds`
// if the job's time is up. For the first seed that has requests fail, members
// are compared with the oracle's in those passes: looking takes long.
Losses CountLosses(const Job& job, std::size_t passes, std::size_t seeds);

// An object in JSON.
std::string ToJson(const Losses& losses);

}  // namespace pfn
