// SPDX-License-Identifier: MIT

#include "workloads/trace/shipped.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <system_error>

#include "workloads/trace/trace_io.h"
#include "workloads/trace/trace_stats.h"

namespace pfn {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFolderVariable = "PFNBENCH_TRACES";

fs::path Folder() {
  const char* const folder = std::getenv(kFolderVariable);
  return folder != nullptr && *folder != '\0' ? folder
                                              : PFNBENCH_RECORDED_TRACES;
}

// "idle-8g" of "idle-8g.pfntrace.zst"; empty if the file is no trace.
std::string WorkloadName(const fs::path& path) {
  const std::string file = path.filename().string();
  for (const std::string_view suffix : {".pfntrace", ".pfntrace.zst"}) {
    if (file.ends_with(suffix)) {
      return file.substr(0, file.size() - suffix.size());
    }
  }
  return "";
}

}  // namespace

bool IsTracePath(std::string_view word) {
  return word.find('/') != word.npos || word.find(".pfntrace") != word.npos;
}

std::vector<ShippedWorkload> ShippedWorkloads() {
  const fs::path folder = Folder();
  std::error_code error;
  std::vector<ShippedWorkload> workloads;
  for (fs::directory_iterator it(folder, error), end; !error && it != end;
       it.increment(error)) {
    std::string name = WorkloadName(it->path());
    if (!name.empty()) workloads.push_back({std::move(name), it->path()});
  }
  if (error) {
    throw BadInput(
        fmt::format("{}: cannot list the shipped traces: {}; set {} to the "
                    "folder workloads/recorded of pfnbench",
                    folder.string(), error.message(), kFolderVariable));
  }
  std::sort(workloads.begin(), workloads.end(),
            [](const ShippedWorkload& a, const ShippedWorkload& b) {
              return a.name < b.name;
            });
  const auto twin = std::adjacent_find(
      workloads.begin(), workloads.end(),
      [](const ShippedWorkload& a, const ShippedWorkload& b) {
        return a.name == b.name;
      });
  if (twin != workloads.end()) {
    throw BadInput(
        fmt::format("{}: has {} compressed and uncompressed; "
                    "remove one",
                    folder.string(), twin->name));
  }
  return workloads;
}

fs::path PathOfWorkload(std::string_view name) {
  if (IsTracePath(name)) return name;
  for (const ShippedWorkload& workload : ShippedWorkloads()) {
    if (workload.name == name) return workload.path;
  }
  return name;
}

std::string DescribeWorkload(const ShippedWorkload& workload) {
  return FormatFacts(ReadTrace(workload.path));
}

}  // namespace pfn
