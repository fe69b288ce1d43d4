// SPDX-License-Identifier: MIT
//
// The command line of `pfnbench sweep`. As harness/cli/options.h: everything is
// checked before anything is read or run.

#pragma once

#include <string>
#include <vector>

#include "harness/check/command.h"
#include "harness/cli/names.h"

namespace pfn {

struct SweepOptions {
  std::string help;  // not empty: all that was asked for

  std::vector<WorkloadChoice> workloads;
  SweepRequest request;  // but for its workloads, which are not read yet
};

// `argv[0]` is not looked at, so that it may be the word "sweep". Throws
// BadInput.
SweepOptions ParseSweepOptions(int argc, const char* const* argv);

}  // namespace pfn
