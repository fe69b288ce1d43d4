// SPDX-License-Identifier: MIT
//
// What a row of the results measures, field by field; its name is made of
// these, and nobody has to take it apart again.

#pragma once

#include <string>
#include <utility>
#include <vector>

#include "workloads/base/json.h"

namespace pfn {

struct RowKey {
  std::string operation;
  std::string workload;
  std::string structure;  // or what stands in its place
  // What is not as usual, as {"fault", "nth:1"}.
  std::vector<std::pair<std::string, std::string>> conditions = {};
  int control = 0;  // of the baseline, from 1

  // operation/workload/structure[/KEY:VALUE]...[/control:N]
  std::string Name() const;
  JsonObject Conditions() const;
  // All fields; of the last two what there is.
  JsonObject Fields() const;
};

}  // namespace pfn
