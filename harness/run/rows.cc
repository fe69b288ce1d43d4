// SPDX-License-Identifier: MIT

#include "harness/run/rows.h"

#include <fmt/format.h>

#include <string_view>
#include <unordered_map>

#include "harness/replay/replay.h"

namespace pfn {
namespace {

std::string_view Name(Operation operation) {
  for (const OperationInfo& info : kOperations) {
    if (info.operation == operation) return info.name;
  }
  return kReplayOperation.name;
}

// What follows the structure in a row's name, each key with a slash before it.
std::string Keys(const Job& job) {
  std::string name;
  const bool is_replay = job.operation == Operation::kReplay;
  if (is_replay && job.replay.driver.transport == Transport::kChunks) {
    name += "/policy:" + job.replay.policy.ToString();
  }
  if (job.fault.kind != FaultSpec::Kind::kNone) {
    name += "/fault:" + job.fault.ToString();
    if (job.fault_draw == FaultDraw::kOperation) name += "/draw:operation";
  }
  if (job.large != LargePolicy::kPow2) {
    name += fmt::format("/large:{}", Name(job.large));
  }
  if (is_replay && job.replay.host.is_real) name += "/host:real";
  if (is_replay) {
    const std::string driver = DriverToString(job.replay.driver);
    if (!driver.empty()) name += "/driver:" + driver;
  }
  return name;
}

std::string RowName(const Job& job, std::string_view structure, int control) {
  std::string name = fmt::format("{}/{}/{}{}", Name(job.operation),
                                 job.workload->name(), structure, Keys(job));
  if (control != 0) name += fmt::format("/control:{}", control);
  return name;
}

bool CanServe(const Contender& contender, const FaultSpec& fault) {
  return fault.kind == FaultSpec::Kind::kNone ||
         contender.traits.out_of_memory != OutOfMemory::kAborts;
}

// The row of `contender`, and the controls if it is the baseline.
void AddRows(const RowRequest& request, const Job& job,
             const Contender& contender, Measurement (*measure)(const Job& job),
             std::vector<Row>& rows) {
  const int controls = &contender == request.baseline ? request.controls : 0;
  const std::string keys = Keys(job);
  for (int control = 0; control <= controls; ++control) {
    rows.push_back({.name = RowName(job, contender.traits.name, control),
                    .job = job,
                    .measure = measure,
                    .shares_recordings = job.operation != Operation::kClear &&
                                         job.operation != Operation::kReplay &&
                                         !contender.traits.defers_work,
                    .contender = &contender,
                    .condition = keys.empty() ? "" : keys.substr(1)});
  }
}

// The rows of `job`, which is a replay, but for its policy and driver.
void AddReplays(const RowRequest& request, Job job, std::vector<Row>& rows) {
  job.replay = {.driver = request.driver, .policy = {}, .host = request.host};
  for (const Contender* contender : request.contenders) {
    if (!CanServe(*contender, job.fault)) continue;
    for (const PolicySpec& policy : request.policies) {
      if (!CanServe(*contender, policy)) continue;
      job.replay.policy = policy;
      job.replay.driver.policy = policy.policy;
      AddRows(request, job, *contender, contender->replay, rows);
    }
  }
  for (const SetlessDriver& driver : request.setless) {
    job.replay.policy = {};
    job.replay.driver.policy = {};
    job.replay.driver.transport = driver.transport;
    rows.push_back({RowName(job, driver.name, 0), job, &ReplaySetless});
  }
}

}  // namespace

bool CanServe(const Contender& contender, const PolicySpec& policy) {
  return policy.policy != Policy::kReserve || contender.traits.accounts_memory;
}

std::vector<Row> MakeRows(const RowRequest& request) {
  std::vector<Row> rows;
  for (const FaultSpec& fault : request.faults) {
    for (const Operation operation : request.operations) {
      if (request.only_what_can_fail && !CanAllocate(operation) &&
          fault.kind != FaultSpec::Kind::kNone) {
        continue;
      }
      for (const auto& workload : request.workloads) {
        const Job job{.operation = operation,
                      .workload = workload.get(),
                      .fault = fault,
                      .fault_seed = request.fault_seed,
                      .arena = nullptr,
                      .fault_draw = request.fault_draw,
                      .large = request.large,
                      .cpus = request.cpus};
        if (operation == Operation::kReplay) {
          AddReplays(request, job, rows);
          continue;
        }
        for (const Contender* contender : request.contenders) {
          if (!CanServe(*contender, fault)) continue;
          AddRows(request, job, *contender, contender->measure, rows);
        }
        // A set that does nothing does not fail either.
        if (request.with_floor && FloorHas(operation) &&
            fault.kind == FaultSpec::Kind::kNone) {
          rows.push_back({RowName(job, "floor", 0), job, &MeasureFloor});
        }
      }
    }
  }
  return rows;
}

std::string_view StructureOf(const Row& row) {
  std::string_view name = row.name;
  for (int before = 0; before < 2; ++before) {
    const std::size_t slash = name.find('/');
    if (slash != name.npos) name.remove_prefix(slash + 1);
  }
  return name.substr(0, name.find('/'));
}

std::vector<Visit> MakeVisits(std::span<const Row> rows, bool share) {
  std::vector<Visit> visits;
  std::unordered_map<std::string_view, std::size_t> shared;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (share && rows[i].shares_recordings) {
      const std::string_view name = rows[i].name;
      const auto [visit, is_new] =
          shared.try_emplace(name.substr(name.find('/')), visits.size());
      if (!is_new) {
        visits[visit->second].push_back(i);
        continue;
      }
    }
    visits.push_back({i});
  }
  return visits;
}

}  // namespace pfn
