// SPDX-License-Identifier: MIT
//
// Both ends of a run inside a kernel: the passes that harness/module reads
// there, and results.json from the lines that it printed.

#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "workloads/trace/workload.h"

namespace pfn {

// Writes the passes of `workload` as harness/module/pfnbench.c describes them.
void PackPasses(const Workload& workload, const std::filesystem::path& path);

struct KernelRun {
  // In the order of their numbers in the files below.
  std::span<const std::unique_ptr<Workload>> workloads;
  // What the module printed, a file for each kernel.
  std::vector<std::filesystem::path> printed;
  // More for the context of results.json.
  std::vector<std::pair<std::string, std::string>> notes;
  std::filesystem::path out;  // a folder, which is there
};

// Compares the digests with the oracle's, writes `out`/results.json and prints
// a table. Returns how many rows have no figure because they are wrong. Throws
// BadInput for a line that the module does not print.
std::size_t WriteKernelResults(const KernelRun& run);

}  // namespace pfn
