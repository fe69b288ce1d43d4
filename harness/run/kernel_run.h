// SPDX-License-Identifier: MIT
//
// Both ends of a run inside a kernel: the passes that harness/module reads
// there, and results.json from the lines that it printed.

#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "harness/results/results_file.h"
#include "harness/results/row_key.h"
#include "workloads/base/json.h"
#include "workloads/trace/workload.h"

namespace pfn {

// Writes the passes of `workload` as harness/module/pfnbench.c describes them.
void PackPasses(const Workload& workload, const std::filesystem::path& path);

struct KernelRun {
  // In the order of their numbers in the files below.
  std::span<const std::unique_ptr<Workload>> workloads;
  // What the module printed, a file for each kernel and workload.
  std::vector<std::filesystem::path> printed;
  // More for the context of results.json.
  std::vector<std::pair<std::string, std::string>> notes;
};

class KernelResults {
 public:
  // Reads what was printed, and compares the digests with the oracle's. Throws
  // BadInput for a line that the module does not print.
  explicit KernelResults(const KernelRun& run);

  // Writes results.json. Returns how many rows have no figure because they are
  // wrong.
  std::size_t Write(const std::filesystem::path& folder) const;

 private:
  JsonObject context_;
  std::vector<RowKey> keys_;
  std::vector<std::vector<ResultsFile::Run>> runs_;  // by key
};

}  // namespace pfn
