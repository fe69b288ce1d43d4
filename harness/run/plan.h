// SPDX-License-Identifier: MIT
//
// What a run measures: the command line, checked, with the workloads in memory.
// Everything that makes rows or describes a run gets it by reference.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "harness/driver/replay_spec.h"
#include "harness/kernel/fault_spec.h"
#include "harness/measure/conditions.h"
#include "harness/measure/operation.h"
#include "harness/registry/structures.h"
#include "workloads/trace/workload.h"

namespace pfn {

struct Plan {
  std::vector<std::unique_ptr<Workload>> workloads;
  std::vector<const Structure*> structures;
  bool with_floor = false;
  std::vector<Operation> operations;
  // Operations that ask for no memory have rows without faults only.
  bool only_what_can_fail = false;
  std::vector<FaultSpec> faults;
  Conditions conditions;
  // Each has rows of its own, and stands in the conditions of those.
  std::vector<Calls> calls = {Calls::kOutlined};
  // replay: a row for each policy of each structure, and the drivers without a
  // set.
  std::vector<PolicySpec> policies = {PolicySpec{}};
  std::vector<SetlessDriver> setless = {};
  DriverOptions driver = {};
  std::string costs = "2016";  // the set that driver.costs come from
  HostSpec host = {};
  GuestOptions guest = {};
  double most_replaced = 5;  // ReplaySpec
  // The structure that ratios refer to. Its further rows are the controls: the
  // first is what a report compares with, more are for experiments that need
  // many structures that are alike.
  const Structure* baseline = nullptr;
  int controls = 1;
};

}  // namespace pfn
