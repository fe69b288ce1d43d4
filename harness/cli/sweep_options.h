// SPDX-License-Identifier: MIT
//
// The command line of `pfnbench sweep`. As harness/cli/options.h: everything is
// checked before anything is read or run.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/check/command.h"
#include "harness/cli/options.h"
#include "harness/registry/structures.h"

namespace pfn {

struct SweepOptions {
  std::string help;  // not empty: all that was asked for

  std::vector<WorkloadChoice> workloads;
  std::vector<const Structure*> structures;
  std::vector<std::string> plugins;  // files
  std::vector<SweepOperation> operations;
  std::uint64_t limit = kDefaultSweepLimit;
  // With exactly one workload, structure and operation.
  std::optional<SweepCase> only;
};

// `argv[0]` is not looked at, so that it may be the word "sweep". Throws
// BadInput.
SweepOptions ParseSweepOptions(int argc, const char* const* argv);

}  // namespace pfn
