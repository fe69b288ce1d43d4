// SPDX-License-Identifier: MIT
//
// What a figure depends on besides the code: machine, kernel, compiler, build.

#pragma once

#include <string>
#include <utility>
#include <vector>

#include "workloads/base/json.h"

namespace pfn {

using ContextEntries = std::vector<std::pair<std::string, std::string>>;

// When, on which host and processor `executable` runs: as Google Benchmark
// writes it, for scripts that look for it.
JsonObject DescribeMachine(const std::string& executable);

// Key and value, both printable; what this machine does not tell is "n/a".
ContextEntries DescribeEnvironment();

}  // namespace pfn
