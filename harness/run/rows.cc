// SPDX-License-Identifier: MIT

#include "harness/run/rows.h"

#include <fmt/format.h>

namespace pfn {
namespace {

std::string_view Name(Operation operation) {
  for (const OperationInfo& info : kOperations) {
    if (info.operation == operation) return info.name;
  }
  return "unknown";
}

std::string RowName(const Job& job, std::string_view structure,
                    bool is_control) {
  std::string name = fmt::format("{}/{}/{}", Name(job.operation),
                                 job.workload->name(), structure);
  if (job.fault.kind != FaultSpec::Kind::kNone) {
    name += "/fault:" + job.fault.ToString();
    if (job.fault_draw == FaultDraw::kOperation) name += "/draw:operation";
  }
  if (job.large != LargePolicy::kPow2) {
    name += fmt::format("/large:{}", Name(job.large));
  }
  if (is_control) name += "/control:1";
  return name;
}

bool CanServe(const Contender& contender, const FaultSpec& fault) {
  return fault.kind == FaultSpec::Kind::kNone ||
         contender.traits.out_of_memory != OutOfMemory::kAborts;
}

}  // namespace

std::vector<Row> MakeRows(const RowRequest& request, PageArena& arena) {
  std::vector<Row> rows;
  for (const FaultSpec& fault : request.faults) {
    for (const Operation operation : request.operations) {
      for (const auto& workload : request.workloads) {
        const Job job{.operation = operation,
                      .workload = workload.get(),
                      .fault = fault,
                      .fault_seed = request.fault_seed,
                      .arena = &arena,
                      .fault_draw = request.fault_draw,
                      .large = request.large};
        for (const Contender* contender : request.contenders) {
          if (!CanServe(*contender, fault)) continue;
          rows.push_back({RowName(job, contender->traits.name, false), job,
                          contender->measure});
          if (contender != request.baseline) continue;
          rows.push_back({RowName(job, contender->traits.name, true), job,
                          contender->measure});
        }
        // A set that does nothing does not fail either.
        if (request.with_floor && FloorHas(operation) &&
            fault.kind == FaultSpec::Kind::kNone) {
          rows.push_back({RowName(job, "floor", false), job, &MeasureFloor});
        }
      }
    }
  }
  return rows;
}

}  // namespace pfn
