// SPDX-License-Identifier: MIT
//
// What results say of the parts that rows are made of, so that who reads them
// need not know them: structures and what they declare, workloads, operations.

#pragma once

#include "harness/run/rows.h"
#include "workloads/base/json.h"

namespace pfn {

// Fields of the context (docs/results-format.md).
JsonObject DescribeParts(const Plan& plan);

}  // namespace pfn
