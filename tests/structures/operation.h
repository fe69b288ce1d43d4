// SPDX-License-Identifier: MIT
//
// An operation as a value, so that tests can list, generate, shrink and print
// them.

#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <ostream>

#include "tests/structures/rig.h"

namespace pfn::testing {

struct Operation {
  enum class Kind : std::uint8_t {
    // Of each stride-th page of `range`, one after the other, upwards or
    // downwards. Goes on after a page that fails, as a driver does.
    kSetEach,
    kClearEach,
    kTestEach,
    kSetEachDown,
    kClearEachDown,
    // Of `range` as a whole.
    kNextRange,
    kClearRange,
  };

  Kind kind;
  PfnRange range;
  std::uint64_t stride = 1;

  friend std::ostream& operator<<(std::ostream& out, const Operation& op);
};

inline Operation SetPage(Pfn pfn) {
  return {Operation::Kind::kSetEach, {pfn, pfn}};
}
inline Operation SetEach(PfnRange range, std::uint64_t stride = 1) {
  return {Operation::Kind::kSetEach, range, stride};
}
inline Operation ClearPage(Pfn pfn) {
  return {Operation::Kind::kClearEach, {pfn, pfn}};
}
inline Operation ClearEach(PfnRange range, std::uint64_t stride = 1) {
  return {Operation::Kind::kClearEach, range, stride};
}
inline Operation ClearWhole(PfnRange range) {
  return {Operation::Kind::kClearRange, range};
}

// Success if all answers and statuses were right. Does not compare membership.
::testing::AssertionResult Apply(const Operation& operation, Rig& rig);

}  // namespace pfn::testing
