// SPDX-License-Identifier: MIT
//
// File: harness/measure/conditions.h
//
// What a command line says once for all rows of a run, and what a measurement
// is made under, apart from the fault of its row.

#ifndef PFNBENCH_HARNESS_MEASURE_CONDITIONS_H_
#define PFNBENCH_HARNESS_MEASURE_CONDITIONS_H_

#include <cstdint>
#include <string_view>

#include "harness/kernel/large_policy.h"
#include "harness/kernel/nowait_heap.h"
#include "harness/kernel/operation_draw.h"

namespace pfn {

// How a measured loop reaches the code of a structure: by a call for each page,
// as in a kernel, or as the compiler inlines it for a user of the header.
enum class Calls : std::uint8_t { kOutlined, kInlined };

constexpr std::string_view Name(Calls calls) {
  return calls == Calls::kInlined ? "inlined" : "outlined";
}

struct Conditions {
  std::uint64_t fault_seed = 1;
  FaultDraw fault_draw = FaultDraw::kAllocation;
  LargePolicy large = LargePolicy::kPow2;
  unsigned cpus = NowaitHeap::Options{}.cpus;  // of the modelled machine
  Calls calls = Calls::kOutlined;
};

}  // namespace pfn

#endif  // PFNBENCH_HARNESS_MEASURE_CONDITIONS_H_
