// SPDX-License-Identifier: MIT

#include "harness/results/row_key.h"

#include <fmt/format.h>

namespace pfn {

std::string RowKey::Name() const {
  std::string name = fmt::format("{}/{}/{}", operation, workload, structure);
  for (const auto& [key, value] : conditions) {
    name += fmt::format("/{}:{}", key, value);
  }
  return control == 0 ? name : fmt::format("{}/control:{}", name, control);
}

JsonObject RowKey::Conditions() const {
  JsonObject object;
  for (const auto& [key, value] : conditions) object.Add(key, value);
  return object;
}

JsonObject RowKey::Fields() const {
  JsonObject object;
  object.Add("operation", operation)
      .Add("workload", workload)
      .Add("structure", structure);
  if (!conditions.empty()) object.AddJson("conditions", Conditions().Text());
  if (control != 0) object.Add("control", control);
  return object;
}

}  // namespace pfn
