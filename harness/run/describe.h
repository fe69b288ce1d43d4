// SPDX-License-Identifier: MIT
//
// What results say of the parts that rows are made of, so that who reads them
// need not know them: structures and what they declare, workloads, operations.

#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "harness/run/rows.h"
#include "workloads/base/json.h"

namespace pfn {

// Fields of the context (docs/results-format.md).
JsonObject DescribeParts(const Plan& plan);
// Two of them, as JSON; `unit` is what the figures of operations count.
std::string DescribeOperations(std::string_view unit);
std::string DescribeWorkloads(
    std::span<const std::unique_ptr<Workload>> workloads);

}  // namespace pfn
