// SPDX-License-Identifier: MIT

#include "tests/structures/operation.h"

namespace pfn::testing {
namespace {

using ::testing::AssertionResult;
using ::testing::AssertionSuccess;

// Steps over a range without passing 2^64-1.
template <class Visit>
AssertionResult EachUp(const Operation& op, Visit&& visit) {
  for (Pfn pfn = op.range.first;; pfn += op.stride) {
    if (AssertionResult result = visit(pfn); !result) return result;
    if (op.range.last - pfn < op.stride) return AssertionSuccess();
  }
}
template <class Visit>
AssertionResult EachDown(const Operation& op, Visit&& visit) {
  for (Pfn pfn = op.range.last;; pfn -= op.stride) {
    if (AssertionResult result = visit(pfn); !result) return result;
    if (pfn - op.range.first < op.stride) return AssertionSuccess();
  }
}

const char* Name(Operation::Kind kind) {
  switch (kind) {
    case Operation::Kind::kSetEach:
      return "Set each of ";
    case Operation::Kind::kClearEach:
      return "Clear each of ";
    case Operation::Kind::kTestEach:
      return "Test each of ";
    case Operation::Kind::kSetEachDown:
      return "Set downwards each of ";
    case Operation::Kind::kClearEachDown:
      return "Clear downwards each of ";
    case Operation::Kind::kNextRange:
      return "NextRange ";
    case Operation::Kind::kClearRange:
      return "ClearRange ";
  }
  return "?";
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Operation& op) {
  out << Name(op.kind);
  PrintTo(op.range, &out);
  if (op.stride != 1) out << " by " << op.stride;
  return out;
}

AssertionResult Apply(const Operation& op, Rig& rig) {
  const auto set = [&](Pfn pfn) { return rig.Set(pfn); };
  const auto clear = [&](Pfn pfn) { return rig.Clear(pfn); };
  const auto test = [&](Pfn pfn) { return rig.CheckTest(pfn); };
  switch (op.kind) {
    case Operation::Kind::kSetEach:
      return EachUp(op, set);
    case Operation::Kind::kClearEach:
      return EachUp(op, clear);
    case Operation::Kind::kTestEach:
      return EachUp(op, test);
    case Operation::Kind::kSetEachDown:
      return EachDown(op, set);
    case Operation::Kind::kClearEachDown:
      return EachDown(op, clear);
    case Operation::Kind::kNextRange:
      return rig.CheckNextRange(op.range.first, op.range.last);
    case Operation::Kind::kClearRange:
      return rig.ClearRange(op.range);
  }
  return ::testing::AssertionFailure() << "no such operation";
}

}  // namespace pfn::testing
