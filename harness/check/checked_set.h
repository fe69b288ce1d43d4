// SPDX-License-Identifier: MIT
//
// One set with its own heap, failures to order, and the oracle as its shadow:
// the judge that failure sweep, fuzzer and tests share. Operations go through
// it, and it holds the set to the contract of structures/core/pfn_set.h: what a
// status may be, and when, and that nothing is thrown. Whether membership is
// right is looked at by Check(), so that the caller decides how often to pay
// for that.
//
// Every operation and check returns what is wrong, in one line; nothing wrong
// is an empty string.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "harness/check/any_set.h"
#include "harness/check/failures_to_order.h"
#include "harness/check/oracle.h"
#include "harness/kernel/nowait_heap.h"
#include "harness/kernel/page_arena.h"

namespace pfn {

class CheckedSet {
 public:
  CheckedSet(const SetKind& kind, PageArena& arena);
  CheckedSet(const CheckedSet&) = delete;
  CheckedSet& operator=(const CheckedSet&) = delete;

  // Each performs the operation on the set and, if it reports success, on the
  // oracle. kNoMemory is right where a request was refused or the page is out
  // of reach, and for clearing only if the structure declares it.
  std::string Set(Pfn pfn, Gfp gfp = Gfp::kNowait);
  std::string Clear(Pfn pfn, Gfp gfp = Gfp::kNowait);
  std::string ClearRange(PfnRange range, Gfp gfp = Gfp::kNowait);
  // Of the last operation that has one.
  Status status() const { return status_; }

  // Whether the answer is the oracle's.
  std::string CheckTest(Pfn pfn);
  std::string CheckNextRange(Pfn from, Pfn max);
  // Whether the set holds what the oracle holds, and its invariants.
  std::string Check();

  // Clears all members page by page while every request fails. That works for
  // a structure whose clear cannot fail: it may ask for memory, to be smaller
  // after, but not depend on it. From the top down, because that is where an
  // array gives pages away cheaply. Includes Check().
  std::string EmptyWithoutMemory();

  // Destroys the set: is all memory free then? Nothing else may follow.
  std::string Destroy();

  AnySet& set() { return *set_; }
  Oracle& oracle() { return oracle_; }
  FailuresToOrder& failures() { return failures_; }
  const HeapUsage& usage() const { return heap_.usage(); }
  const StructureTraits& traits() const { return traits_; }

 private:
  // Judges status_ after an operation before which `refused` requests had been
  // refused.
  std::string Judge(std::string_view operation, PfnRange range, bool may_fail,
                    std::uint64_t refused) const;
  std::string Thrown(std::string_view operation, PfnRange range,
                     std::string_view what) const;
  // What `body` returns, or that it threw.
  template <class Body>
  std::string Guard(std::string_view operation, PfnRange range, Body body);
  bool IsOutOfReach(Pfn pfn) const;

  StructureTraits traits_;
  FailuresToOrder failures_;
  NowaitHeap heap_;
  std::unique_ptr<AnySet> set_;
  Oracle oracle_;
  // The span of all pages that were ever members: a structure with a limit may
  // keep covering pages that have left.
  std::optional<PfnRange> span_;
  Status status_ = Status::kOk;
};

}  // namespace pfn
