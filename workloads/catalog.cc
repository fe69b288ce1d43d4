// SPDX-License-Identifier: MIT

#include "workloads/catalog.h"

#include "workloads/generate/generators.h"
#include "workloads/shipped.h"
#include "workloads/trace/trace_io.h"

namespace pfn {

std::span<const NamedGenerated> GeneratedWorkloads() {
  static constexpr NamedGenerated kWorkloads[] = {
      {"idle-1t", "idle:inflate=1T"},
  };
  return kWorkloads;
}

Trace LoadTrace(std::string_view word) {
  if (word.starts_with(kGeneratedPrefix)) {
    return Generate(word.substr(kGeneratedPrefix.size()));
  }
  for (const NamedGenerated& workload : GeneratedWorkloads()) {
    if (workload.name == word) return Generate(workload.spec);
  }
  return ReadTrace(PathOfWorkload(word));
}

}  // namespace pfn
