// SPDX-License-Identifier: MIT

#include "harness/run/rows.h"

#include <string_view>
#include <unordered_map>
#include <utility>

#include "harness/measure/floor.h"
#include "harness/measure/measure.h"

namespace pfn {

std::vector<std::pair<std::string, std::string>> ConditionsOf(
    const Job& job, const ReplaySpec* replay) {
  std::vector<std::pair<std::string, std::string>> conditions;
  if (replay != nullptr && replay->driver.transport == Transport::kChunks) {
    conditions.emplace_back("policy", replay->policy.ToString());
  }
  if (job.fault.kind != FaultSpec::Kind::kNone) {
    conditions.emplace_back("fault", job.fault.ToString());
    if (job.conditions.fault_draw == FaultDraw::kOperation) {
      conditions.emplace_back("draw", "operation");
    }
  }
  for (auto& named : job.conditions.Named()) {
    conditions.push_back(std::move(named));
  }
  if (replay != nullptr) {
    if (replay->host.is_real) conditions.emplace_back("host", "real");
    if (replay->host.merges) conditions.emplace_back("host-merge", "on");
    if (replay->guest.reacts) conditions.emplace_back("guest", "reacts");
    const std::string driver = DriverToString(replay->driver);
    if (!driver.empty()) conditions.emplace_back("driver", driver);
  }
  return conditions;
}

namespace {

using MeasureJob = Measurement (*)(const Job& job);

Row MakeRow(const Job& job, std::string_view structure, int control,
            MeasureJob measure, const ReplaySpec* replay = nullptr) {
  RowKey key{.operation = std::string(Info(job.operation).name),
             .workload = job.workload->name(),
             .structure = std::string(structure),
             .conditions = ConditionsOf(job, replay),
             .control = control};
  return {.name = key.Name(),
          .job = job,
          .measure = measure,
          .key = std::move(key),
          .replay = replay == nullptr ? std::nullopt : std::optional(*replay)};
}

bool Survives(const Structure& structure, bool requests_fail) {
  return !requests_fail ||
         structure.traits.out_of_memory != OutOfMemory::kAborts;
}

bool CanServe(const Structure& structure, const FaultSpec& fault) {
  return Survives(structure, fault.kind != FaultSpec::Kind::kNone);
}

// The row of the job's structure, and the controls if it is the baseline.
void AddRows(const Plan& plan, const Job& job, MeasureJob measure,
             std::vector<Row>& rows, const ReplaySpec* replay = nullptr) {
  const Structure& structure = *job.structure;
  const int controls = &structure == plan.baseline ? plan.controls : 0;
  for (int control = 0; control <= controls; ++control) {
    Row row = MakeRow(job, structure.traits.name, control, measure, replay);
    row.shares_recordings = job.operation != Operation::kClear &&
                            job.operation != Operation::kReplay &&
                            !structure.traits.defers_work;
    rows.push_back(std::move(row));
  }
}

// The rows of `job`, which is a replay, but for its policy and driver.
void AddReplays(const Plan& plan, Job job, std::vector<Row>& rows) {
  const ReplaySpec usual = {.driver = plan.driver,
                            .policy = {},
                            .host = plan.host,
                            .guest = plan.guest,
                            .most_replaced = plan.most_replaced};
  for (const Structure* structure : plan.structures) {
    if (!CanServe(*structure, job.fault) ||
        !Survives(*structure, plan.guest.reacts)) {
      continue;
    }
    job.structure = structure;
    for (const PolicySpec& policy : plan.policies) {
      if (!CanServe(*structure, policy)) continue;
      ReplaySpec replay = usual;
      replay.policy = policy;
      replay.driver.policy = policy.policy;
      AddRows(plan, job, nullptr, rows, &replay);
    }
  }
  job.structure = nullptr;
  for (const SetlessDriver& driver : plan.setless) {
    ReplaySpec replay = usual;
    replay.driver.policy = {};
    replay.driver.transport = driver.transport;
    rows.push_back(MakeRow(job, driver.name, 0, nullptr, &replay));
  }
}

// The rows of `job`, which measures an operation, but for its structure.
void AddMeasured(const Plan& plan, Job job, std::vector<Row>& rows) {
  for (const Structure* structure : plan.structures) {
    if (!CanServe(*structure, job.fault) ||
        !CanServe(*structure, job.conditions.calls)) {
      continue;
    }
    job.structure = structure;
    AddRows(plan, job, &Measure, rows);
  }
  // A set that does nothing does not fail either.
  if (plan.with_floor && FloorHas(job.operation) &&
      job.fault.kind == FaultSpec::Kind::kNone) {
    job.structure = nullptr;
    rows.push_back(MakeRow(job, kFloorName, 0, &MeasureFloor));
  }
}

}  // namespace

bool CanServe(const Structure& structure, const PolicySpec& policy) {
  return policy.policy != Policy::kReserve || structure.traits.accounts_memory;
}

bool CanServe(const Structure& structure, Calls calls) {
  return calls == Calls::kOutlined || structure.inlined;
}

std::vector<Row> MakeRows(const Plan& plan) {
  std::vector<Row> rows;
  for (const FaultSpec& fault : plan.faults) {
    for (const Operation operation : plan.operations) {
      if (plan.only_what_can_fail && !CanAllocate(operation) &&
          fault.kind != FaultSpec::Kind::kNone) {
        continue;
      }
      for (const auto& workload : plan.workloads) {
        Job job{.operation = operation,
                .workload = workload.get(),
                .fault = fault,
                .conditions = plan.conditions};
        if (operation == Operation::kReplay) {
          job.conditions = plan.conditions.WithoutLoops();
          AddReplays(plan, job, rows);
          continue;
        }
        for (const Calls calls : plan.calls) {
          job.conditions.calls = calls;
          AddMeasured(plan, job, rows);
        }
      }
    }
  }
  return rows;
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
