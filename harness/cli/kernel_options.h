// SPDX-License-Identifier: MIT
//
// The command line of `pfnbench kernel`, which ./run kernel calls before and
// after the kernel ran. As harness/cli/options.h: everything is checked before
// anything is read.

#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "harness/cli/names.h"

namespace pfn {

struct KernelOptions {
  std::string help;  // not empty: all that was asked for

  std::vector<WorkloadChoice> workloads;
  std::uint64_t pages = 0;     // of each workload; 0: all
  std::filesystem::path pack;  // a folder; empty: results are written
  std::vector<std::filesystem::path> printed;
  std::vector<std::pair<std::string, std::string>> notes;
  std::filesystem::path out;
};

// `argv[0]` is not looked at. Throws BadInput.
KernelOptions ParseKernelOptions(int argc, const char* const* argv);

}  // namespace pfn
