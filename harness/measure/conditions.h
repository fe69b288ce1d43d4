// SPDX-License-Identifier: MIT
//
// What a command line says once for all rows of a run, and what a measurement
// is made under, apart from the fault of its row.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/kernel/nowait_heap.h"
#include "harness/kernel/operation_draw.h"

namespace pfn {

// How a measured loop reaches the code of a structure: by a call for each page,
// as in a kernel, or as the compiler inlines it for a user of the header.
enum class Calls : std::uint8_t { kOutlined, kInlined };

constexpr std::string_view Name(Calls calls) {
  return calls == Calls::kInlined ? "inlined" : "outlined";
}

// What a driver does between two sets: nothing, or it touches a line of the
// page's descriptor, as one that puts the page on a list.
enum class Between : std::uint8_t { kNothing, kTouch };

constexpr std::string_view Name(Between between) {
  return between == Between::kTouch ? "touch" : "no";
}

struct Conditions {
  std::uint64_t fault_seed = 1;
  FaultDraw fault_draw = FaultDraw::kAllocation;
  NowaitHeap::Options heap = {.age = HeapAge::kAged};
  // Of the measured loops alone; replay and profiles know nothing of them.
  Calls calls = Calls::kOutlined;
  Between cold = Between::kNothing;
  // So many sets get each array of pages in turn, as a host with many guests
  // has them; what is measured is all of them.
  unsigned sets = 1;

  // Those of the loops as usual.
  Conditions WithoutLoops() const;
  // What is not as usual, as in the names of rows: {"large", "exact"}.
  std::vector<std::pair<std::string, std::string>> Named() const;
};

}  // namespace pfn
