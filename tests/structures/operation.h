// SPDX-License-Identifier: MIT
//
// An operation as a value, so that tests can list, generate, shrink and print
// them, and the fuzzer can read them.

#pragma once

#include <array>
#include <cstdint>
#include <ostream>
#include <string>

#include "harness/check/checked_set.h"
#include "harness/check/failures_to_order.h"

namespace pfn::testing {

struct Operation {
  // In the order of the fuzzer's bytes.
  enum class Kind : std::uint8_t {
    // Of each stride-th page of `range`, one after the other, upwards or
    // downwards. Goes on after a page that fails, as a driver does.
    kSetEach,
    kSetEachDown,
    kClearEach,
    kClearEachDown,
    kTestEach,
    // Of `range` as a whole.
    kNextRange,
    kClearRange,
    // Of no range.
    kEmptyWithoutMemory,
  };

  Kind kind = Kind::kSetEach;
  PfnRange range = {};
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

// "" if all answers and statuses were right. Does not compare membership.
std::string Apply(const Operation& operation, CheckedSet& set);

// An operation of which the n-th request fails, or all from there on.
struct Step {
  Operation operation;
  std::uint64_t failing_request = 0;  // 0: none
  FailuresToOrder::Mode mode = FailuresToOrder::Mode::kOnce;

  friend std::ostream& operator<<(std::ostream& out, const Step& step);
};

// A sequence plays around one place of the page space, so that its pages meet.
// Leaves, segments and chunks end at 2^10, 2^15, 2^16; words and 32 bits at
// places that programs get wrong. All places are a multiple of 2^16 but the
// last one, from which pages count downwards.
inline constexpr std::array<Pfn, 4> kPlaces = {
    0, (Pfn{1} << 32) - 65536, (Pfn{1} << 63) + (Pfn{1} << 24), kMaxPfn};

constexpr Pfn At(Pfn place, std::uint64_t offset) {
  return place == kMaxPfn ? place - offset : place + offset;
}

}  // namespace pfn::testing
