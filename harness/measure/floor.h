// SPDX-License-Identifier: MIT
//
// The measured loops of `set`, `test` and `clear` around a set that does
// nothing: the part of a figure that is not the structure's.

#pragma once

#include <string_view>

#include "harness/measure/job.h"

namespace pfn {

// It stands among the structures by this name.
inline constexpr std::string_view kFloorName = "floor";
Measurement MeasureFloor(const Job& job);
bool FloorHas(Operation operation);

}  // namespace pfn
