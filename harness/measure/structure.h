// SPDX-License-Identifier: MIT
//
// A structure as all see it that measure: what it declares about itself, and
// how a set of it is made, to be measured or to be looked at.

#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "harness/check/any_set.h"
#include "harness/kernel/nowait_heap.h"
#include "harness/measure/conditions.h"
#include "harness/measure/measured_set.h"
#include "structures/core/pfn_set.h"

namespace pfn {

struct Structure {
  StructureTraits traits;
  // The library that it wraps, as structures/CMakeLists.txt calls it, or
  // "plugin"; empty for what is the project's own code.
  std::string_view library;
  MakeMeasuredSet inlined;  // empty: it cannot be
  MakeSet make;
  // Instead of calls of what `make` gives.
  MakeMeasuredSet outlined = {};
  // Its file; empty: it is built in.
  std::string plugin = {};

  SetKind kind() const { return {traits, make}; }
  // As the measured loops see it under these conditions.
  std::unique_ptr<MeasuredSet> Measured(const Conditions& conditions,
                                        NowaitHeap& heap) const;
};

}  // namespace pfn
