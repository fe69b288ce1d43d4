// SPDX-License-Identifier: MIT
//
// One set under the judge that the failure sweep has too, and sets of a known
// type for tests that look inside.

#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/check/any_set.h"
#include "harness/check/checked_set.h"
#include "harness/check/failures_to_order.h"
#include "harness/check/oracle.h"
#include "harness/kernel/nowait_heap.h"
#include "harness/kernel/page_arena.h"
#include "tests/structures/operation.h"
#include "tests/structures/structure_kinds.h"

namespace pfn {
// "[5,9]", for messages of tests.
void PrintTo(const PfnRange& range, std::ostream* out);
}  // namespace pfn

namespace pfn::testing {

// One for all heaps of a program, because making one costs more than most
// tests.
PageArena& SharedArena();

// A heap whose requests fail to order.
class FailingHeap : public NowaitHeap {
 public:
  FailingHeap() : NowaitHeap(SharedArena()) { set_fault(&failures_); }

  FailuresToOrder& failures() { return failures_; }
  // The n-th request from now fails.
  void FailOnce(std::uint64_t n) {
    failures_.Arm(n, FailuresToOrder::Mode::kOnce);
  }
  void FailAll() { failures_.Arm(1, FailuresToOrder::Mode::kFromThenOn); }

 private:
  FailuresToOrder failures_;
};

// A set of a known type, for tests that look inside. Nothing is checked but
// what a test asks for, and that all memory is free at the end.
template <PfnSet S>
class Bare {
 public:
  Bare() : set_(std::make_unique<S>(heap_)) {}
  ~Bare() {
    set_.reset();
    EXPECT_EQ(heap_.usage().live_objects(), 0);
    EXPECT_EQ(heap_.usage().live_requested, 0);
  }
  Bare(const Bare&) = delete;
  Bare& operator=(const Bare&) = delete;

  S& operator*() { return *set_; }
  S* operator->() { return set_.get(); }
  // Each must succeed.
  void Set(Pfn pfn) {
    ASSERT_EQ(set_->Set(pfn, Gfp::kNowait), Status::kOk) << pfn;
  }
  void Fill(PfnRange range, Pfn step = 1) {
    for (Pfn pfn = range.first; pfn <= range.last; pfn += step) {
      ASSERT_EQ(set_->Set(pfn, Gfp::kNowait), Status::kOk) << pfn;
    }
    if constexpr (requires { set_->Validate(); }) {
      ASSERT_TRUE(set_->Validate());
    }
  }
  void Clear(Pfn pfn) {
    ASSERT_EQ(set_->Clear(pfn, Gfp::kNowait), Status::kOk) << pfn;
  }
  void ClearRange(PfnRange range) {
    ASSERT_EQ(set_->ClearRange(range, Gfp::kNowait), Status::kOk);
  }
  // It must get no memory.
  void SetFails(Pfn pfn) {
    ASSERT_EQ(set_->Set(pfn, Gfp::kNowait), Status::kNoMemory) << pfn;
  }
  const HeapUsage& usage() const { return heap_.usage(); }
  FailuresToOrder& failures() { return heap_.failures(); }
  void FailOnce(std::uint64_t n) { heap_.FailOnce(n); }
  void FailAll() { heap_.FailAll(); }
  std::vector<PfnRange> Ranges(PfnRange range = kAllPages) {
    std::vector<PfnRange> ranges;
    VisitRanges(*set_, range, [&](PfnRange found) { ranges.push_back(found); });
    return ranges;
  }

 private:
  FailingHeap heap_;
  std::unique_ptr<S> set_;
};

// The judge of harness/check/checked_set.h, as GoogleTest wants it.
class Rig {
 public:
  using Result = ::testing::AssertionResult;

  explicit Rig(const SetKind& kind) : checked_(kind, SharedArena()) {}
  // As Destroy(), which a test may call before to look at the result.
  ~Rig();
  Rig(const Rig&) = delete;
  Rig& operator=(const Rig&) = delete;

  Result Set(Pfn pfn, Gfp gfp = Gfp::kNowait) {
    return Judged(checked_.Set(pfn, gfp));
  }
  Result Clear(Pfn pfn, Gfp gfp = Gfp::kNowait) {
    return Judged(checked_.Clear(pfn, gfp));
  }
  Result ClearRange(PfnRange range, Gfp gfp = Gfp::kNowait) {
    return Judged(checked_.ClearRange(range, gfp));
  }
  Status status() const { return checked_.status(); }

  Result CheckTest(Pfn pfn) { return Judged(checked_.CheckTest(pfn)); }
  Result CheckNextRange(Pfn from, Pfn max) {
    return Judged(checked_.CheckNextRange(from, max));
  }
  Result Apply(const Operation& operation) {
    return Judged(testing::Apply(operation, checked_));
  }
  Result Check() { return Judged(checked_.Check()); }
  Result EmptyWithoutMemory() { return Judged(checked_.EmptyWithoutMemory()); }
  // The rig ends here.
  Result Destroy();

  AnySet& set() { return checked_.set(); }
  Oracle& oracle() { return checked_.oracle(); }
  FailuresToOrder& failures() { return checked_.failures(); }
  const HeapUsage& usage() const { return checked_.usage(); }
  const StructureTraits& traits() const { return checked_.traits(); }

 private:
  static Result Judged(const std::string& error);

  CheckedSet checked_;
  bool is_destroyed_ = false;
};

// Parameterised by structure. `rig()` is a fresh set for each test.
class SetTest : public ::testing::TestWithParam<SetKind> {
 public:
  // GoogleTest's rule for names: letters, digits, underscores.
  static std::string NameOf(const ::testing::TestParamInfo<SetKind>& info);

 protected:
  SetTest() : rig_(GetParam()) {}

  Rig& rig() { return rig_; }

  // Sets the pages in this order. False if the structure cannot hold one of
  // them, which the rig has found to be legal.
  bool Holds(const std::vector<Pfn>& pages);
  bool HoldsRange(PfnRange range);
  void Clear(const std::vector<Pfn>& pages);
  void ClearRange(PfnRange range);

  // The posted queries in our words.
  std::optional<Pfn> FirstSet(Pfn from, Pfn max);
  std::optional<Pfn> FirstZero(Pfn from, Pfn max);
  std::vector<PfnRange> Ranges() { return rig_.set().Ranges(kAllPages); }

 private:
  Rig rig_;
};

}  // namespace pfn::testing
