// SPDX-License-Identifier: MIT
//
// The recorded traces that come with pfnbench. A workload is a file
// NAME.pfntrace or NAME.pfntrace.zst in workloads/recorded/ of the source tree,
// or in the folder that the environment variable PFNBENCH_TRACES names: to add
// one, put it there.

#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace pfn {

struct ShippedWorkload {
  std::string name;  // "idle-8g"
  std::filesystem::path path;
};

// Ordered by name. Throws BadInput if the folder cannot be listed or has two
// files of one name.
std::vector<ShippedWorkload> ShippedWorkloads();

// Whether `word` is meant as a path, not as a name: it has a slash, or
// ".pfntrace".
bool IsTracePath(std::string_view word);

// The file of a shipped workload of that name, or else `name` as a path.
// Throws BadInput as ShippedWorkloads does.
std::filesystem::path PathOfWorkload(std::string_view name);

// One line of facts, taken from the trace itself. Throws BadInput.
std::string DescribeWorkload(const ShippedWorkload& workload);

}  // namespace pfn
