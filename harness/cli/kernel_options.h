// SPDX-License-Identifier: MIT
//
// The command line of `pfnbench kernel`, which ./run kernel calls before and
// after the kernel ran. As harness/cli/options.h: everything is checked before
// anything is read.

#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "harness/cli/names.h"

namespace pfn {

struct KernelOptions {
  std::string help;  // not empty: all that was asked for

  std::vector<WorkloadChoice> workloads;
  std::uint64_t pages = std::uint64_t{1} << 17;  // of each workload; 0: all
  std::string pack;                  // a folder; empty: results are written
  std::vector<std::string> printed;  // files
  std::vector<std::pair<std::string, std::string>> notes;
  std::string out;  // a folder
};

// `argv[0]` is not looked at. Throws BadInput.
KernelOptions ParseKernelOptions(int argc, const char* const* argv);

}  // namespace pfn
