// SPDX-License-Identifier: MIT

#include "tests/structures/operation.h"

namespace pfn::testing {
namespace {

// Steps over a range without passing 2^64-1.
template <class Visit>
std::string EachUp(const Operation& op, Visit&& visit) {
  for (Pfn pfn = op.range.first;; pfn += op.stride) {
    if (std::string error = visit(pfn); !error.empty()) return error;
    if (op.range.last - pfn < op.stride) return "";
  }
}
template <class Visit>
std::string EachDown(const Operation& op, Visit&& visit) {
  for (Pfn pfn = op.range.last;; pfn -= op.stride) {
    if (std::string error = visit(pfn); !error.empty()) return error;
    if (pfn - op.range.first < op.stride) return "";
  }
}

constexpr std::array kNames = {"Set each of ",   "Set downwards each of ",
                               "Clear each of ", "Clear downwards each of ",
                               "Test each of ",  "NextRange ",
                               "ClearRange ",    "empty without memory "};

}  // namespace

std::ostream& operator<<(std::ostream& out, const Operation& op) {
  out << kNames[static_cast<std::size_t>(op.kind)] << '[' << op.range.first
      << ',' << op.range.last << ']';
  if (op.stride != 1) out << " by " << op.stride;
  return out;
}

std::ostream& operator<<(std::ostream& out, const Step& step) {
  out << step.operation;
  if (step.failing_request == 0) return out;
  return out << ", request " << step.failing_request << " fails"
             << (step.mode == FailuresToOrder::Mode::kOnce ? ""
                                                           : ", and all later");
}

std::string Apply(const Operation& op, CheckedSet& checked) {
  const auto set = [&](Pfn pfn) { return checked.Set(pfn); };
  const auto clear = [&](Pfn pfn) { return checked.Clear(pfn); };
  const auto test = [&](Pfn pfn) { return checked.CheckTest(pfn); };
  switch (op.kind) {
    case Operation::Kind::kSetEach:
      return EachUp(op, set);
    case Operation::Kind::kSetEachDown:
      return EachDown(op, set);
    case Operation::Kind::kClearEach:
      return EachUp(op, clear);
    case Operation::Kind::kClearEachDown:
      return EachDown(op, clear);
    case Operation::Kind::kTestEach:
      return EachUp(op, test);
    case Operation::Kind::kNextRange:
      return checked.CheckNextRange(op.range.first, op.range.last);
    case Operation::Kind::kClearRange:
      return checked.ClearRange(op.range);
    case Operation::Kind::kEmptyWithoutMemory:
      return checked.EmptyWithoutMemory();
  }
  return "no such operation";
}

}  // namespace pfn::testing
