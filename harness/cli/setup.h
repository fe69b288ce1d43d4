// SPDX-License-Identifier: MIT
//
// The steps between a command line and the first row of a run, in the order in
// which main.cc takes them. All throw BadInput.

#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/check/command.h"
#include "harness/cli/options.h"
#include "harness/cli/sweep_options.h"
#include "harness/run/rows.h"
#include "workloads/base/json.h"

namespace pfn {

// Fixes the addresses of this process, or puts it under callgrind, by starting
// it again; chooses the source of figures. A status: this process is done.
std::optional<int> PrepareProcess(const Options& options, char** argv);

// The plan of `options` with its workloads in memory.
Plan ReadWorkloads(Options& options);

// Leaves the rows whose names match --benchmark_filter.
void KeepMatching(const std::string& filter, std::vector<Row>& rows);

// Hands the flags that are not ours to Google Benchmark.
void InitializeBenchmark(const Options& options, const char* executable);

// What results say of the run. Warns of what makes times vary, and takes the
// CPU that was asked for.
JsonObject DescribeRun(const Options& options, const Plan& plan, int argc,
                       char** argv);

// Last of all checks, because it is the first thing that leaves a trace.
void MakeFolder(const std::filesystem::path& folder);

// Of `pfnbench sweep`. `workloads` owns what the request points to.
SweepRequest ReadSweepWorkloads(
    const SweepOptions& options,
    std::vector<std::unique_ptr<Workload>>& workloads);

}  // namespace pfn
