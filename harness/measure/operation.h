// SPDX-License-Identifier: MIT
//
// The operations that are measured, by name.

#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace pfn {

enum class Operation : std::uint8_t {
  kSet,
  kTest,
  kExtract,
  kClear,
  kDrain,
  kReplay,
};

struct OperationInfo {
  Operation operation;
  std::string_view name;
  std::string_view what;  // one line for --list-operations
  // What its time is worth dividing by: `extract` never looks at single pages.
  bool per_page = true;
  bool per_range = false;
};

// What is done to a set: `all` of them.
inline constexpr std::array<OperationInfo, 5> kOperations = {{
    {Operation::kSet, "set", "record every page of a pass in an empty set"},
    {Operation::kTest, "test",
     "test the pages of a pass, then as many absent ones"},
    {Operation::kExtract, "extract", "walk all ranges of the filled set", false,
     true},
    {Operation::kClear, "clear", "clear a pass page by page, in trace order"},
    {Operation::kDrain, "drain",
     "walk all ranges, then clear the range from the lowest page to the "
     "highest",
     true, true},
}};

// Looking at a set asks for no memory, and is not told how it might.
constexpr bool CanAllocate(Operation operation) {
  return operation != Operation::kTest && operation != Operation::kExtract;
}

// What a driver does with one; only by its name, because it has rows for each
// policy.
inline constexpr OperationInfo kReplayOperation = {
    Operation::kReplay, "replay",
    "the whole trace through the balloon driver model (not in 'all')"};

constexpr const OperationInfo& Info(Operation operation) {
  for (const OperationInfo& info : kOperations) {
    if (info.operation == operation) return info;
  }
  return kReplayOperation;
}

}  // namespace pfn
