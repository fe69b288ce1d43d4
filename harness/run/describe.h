// SPDX-License-Identifier: MIT
//
// File: harness/run/describe.h
//
// What results say of the parts that rows are made of, so that who reads them
// need not know them: structures and what they declare, workloads, operations.

#ifndef PFNBENCH_HARNESS_RUN_DESCRIBE_H_
#define PFNBENCH_HARNESS_RUN_DESCRIBE_H_

#include "harness/run/rows.h"
#include "workloads/base/json.h"

namespace pfn {

// Fields of the context (docs/results-format.md).
JsonObject DescribeParts(const Plan& plan);

}  // namespace pfn

#endif  // PFNBENCH_HARNESS_RUN_DESCRIBE_H_
