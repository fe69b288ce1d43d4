// SPDX-License-Identifier: MIT

#include "workloads/generate/catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <vector>

#include "workloads/base/nearest.h"
#include "workloads/generate/generators.h"
#include "workloads/trace/shipped.h"
#include "workloads/trace/trace_io.h"

namespace pfn {

std::span<const NamedGenerated> GeneratedWorkloads() {
  static constexpr NamedGenerated kWorkloads[] = {
      {"idle-1t", "idle:inflate=1T"},
  };
  return kWorkloads;
}

bool IsGenerated(std::string_view word) {
  const auto named = GeneratedWorkloads();
  return word.starts_with(kGeneratedPrefix) ||
         std::ranges::find(named, word, &NamedGenerated::name) != named.end();
}

std::filesystem::path FileOfWorkload(std::string_view word) {
  const std::filesystem::path path = PathOfWorkload(word);
  std::error_code error;
  if (path != word || IsTracePath(word) || word == "-" ||
      std::filesystem::exists(path, error)) {
    return path;
  }
  std::vector<std::string> known = NamesIn(ShippedWorkloads());
  for (const NamedGenerated& workload : GeneratedWorkloads()) {
    known.emplace_back(workload.name);
  }
  throw BadInput(fmt::format("{}, and no such file is here",
                             UnknownName("workload", word, known)));
}

Trace LoadTrace(std::string_view word) {
  if (word.starts_with(kGeneratedPrefix)) {
    return Generate(word.substr(kGeneratedPrefix.size()));
  }
  for (const NamedGenerated& workload : GeneratedWorkloads()) {
    if (workload.name == word) return Generate(workload.spec);
  }
  return ReadTrace(FileOfWorkload(word));
}

}  // namespace pfn
