// SPDX-License-Identifier: MIT
//
// File: tests/structures/rig.h
//
// One set with its own heap, failures to order, and the oracle as its shadow.
// Operations go through the rig, which holds the set to the contract of
// structures/core/pfn_set.h: what a status may be, and when. Whether membership
// is right is looked at by Check(), so that a test decides how often it pays
// for that.

#ifndef PFNBENCH_TESTS_STRUCTURES_RIG_H_
#define PFNBENCH_TESTS_STRUCTURES_RIG_H_

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/fault/fault_model.h"
#include "harness/heap/nowait_heap.h"
#include "harness/heap/page_arena.h"
#include "harness/oracle.h"
#include "tests/structures/any_set.h"

namespace pfn {
// "[5,9]", for messages of tests.
void PrintTo(const PfnRange& range, std::ostream* out);
}  // namespace pfn

namespace pfn::testing {

inline constexpr PfnRange kAllPages = {0, kMaxPfn};
inline constexpr unsigned kMaxOrderOfKernel = 10;

// One for all heaps of a program, because making one costs more than most
// tests.
PageArena& SharedArena();

// Fails the n-th request that must not sleep, or all from the n-th on. Counts
// the slab objects and page blocks that a structure asks for, as `nth:N` does.
//
// Also refuses, to whoever asks and however, a block of more than 2^10 pages:
// the kernel has none, and a bitmap over a wide span must not fill the memory
// of the machine that runs the tests.
class FailuresToOrder final : public FaultModel {
 public:
  enum class Mode : std::uint8_t { kOnce, kFromThenOn };

  explicit FailuresToOrder(unsigned max_order = kMaxOrderOfKernel)
      : max_order_(max_order) {}

  void Arm(std::uint64_t n, Mode mode) {
    to_go_ = n;
    mode_ = mode;
    injected_ = 0;
  }
  void Disarm() { to_go_ = 0; }
  // Failures since the last Arm().
  std::uint64_t injected() const { return injected_; }

  bool FailObject(std::size_t object_bytes, Gfp gfp) override;
  bool FailPages(unsigned order, PageUser user, Gfp gfp) override;

 private:
  bool Inject(Gfp gfp);

  unsigned max_order_;
  std::uint64_t to_go_ = 0;  // 0: not armed
  Mode mode_ = Mode::kOnce;
  std::uint64_t injected_ = 0;
};

// A set of a known type, for tests that look inside. Nothing is checked but
// that all memory is free at the end.
template <PfnSet S>
class Bare {
 public:
  Bare() : heap_(SharedArena()), set_(std::make_unique<S>(heap_)) {
    heap_.set_fault(&failures_);
  }
  ~Bare() {
    set_.reset();
    EXPECT_EQ(heap_.usage().live_objects, 0);
    EXPECT_EQ(heap_.usage().live_requested, 0);
  }
  Bare(const Bare&) = delete;
  Bare& operator=(const Bare&) = delete;

  S& operator*() { return *set_; }
  S* operator->() { return set_.get(); }
  FailuresToOrder& failures() { return failures_; }
  const HeapUsage& usage() const { return heap_.usage(); }
  std::vector<PfnRange> Ranges(PfnRange range = kAllPages) {
    std::vector<PfnRange> ranges;
    VisitRanges(*set_, range, [&](PfnRange found) { ranges.push_back(found); });
    return ranges;
  }
  // The n-th request from now fails.
  void FailOnce(std::uint64_t n) {
    failures_.Arm(n, FailuresToOrder::Mode::kOnce);
  }
  void FailAll() { failures_.Arm(1, FailuresToOrder::Mode::kFromThenOn); }

 private:
  FailuresToOrder failures_;
  NowaitHeap heap_;
  std::unique_ptr<S> set_;
};

class Rig {
 public:
  explicit Rig(const SetKind& kind);
  // As Destroy(), which a test may call before to look at the result.
  ~Rig();
  Rig(const Rig&) = delete;
  Rig& operator=(const Rig&) = delete;

  // Each performs the operation on the set and, if it reports success, on the
  // oracle. The result is the contract's: kNoMemory is fine where a request
  // was refused or the page is out of reach, and for clearing only if the
  // contender declares it.
  ::testing::AssertionResult Set(Pfn pfn, Gfp gfp = Gfp::kNowait);
  ::testing::AssertionResult Clear(Pfn pfn, Gfp gfp = Gfp::kNowait);
  ::testing::AssertionResult ClearRange(PfnRange range, Gfp gfp = Gfp::kNowait);
  // Of the last operation.
  Status status() const { return status_; }

  // Whether the answer is the oracle's.
  ::testing::AssertionResult CheckTest(Pfn pfn);
  ::testing::AssertionResult CheckNextRange(Pfn from, Pfn max);
  // Whether the set holds what the oracle holds, and its invariants.
  ::testing::AssertionResult Check();
  // Whether all memory is free when the set is gone. The rig ends here.
  ::testing::AssertionResult Destroy();

  AnySet& set() { return *set_; }
  Oracle& oracle() { return oracle_; }
  FailuresToOrder& failures() { return failures_; }
  const HeapUsage& usage() const { return heap_.usage(); }
  const ContenderTraits& traits() const { return traits_; }

 private:
  // Judges status_ after an operation before which `refused` requests had been
  // refused.
  ::testing::AssertionResult Judge(const char* operation, PfnRange range,
                                   bool may_fail, std::uint64_t refused) const;
  bool IsOutOfReach(Pfn pfn) const;

  ContenderTraits traits_;
  FailuresToOrder failures_;
  NowaitHeap heap_;
  std::unique_ptr<AnySet> set_;
  Oracle oracle_;
  // The span of all pages that were ever members: a structure with a limit may
  // keep covering pages that have left.
  std::optional<PfnRange> span_;
  Status status_ = Status::kOk;
};

// Parameterised by contender. `rig()` is a fresh set for each test.
class SetTest : public ::testing::TestWithParam<SetKind> {
 public:
  // GoogleTest's rule for names: letters, digits, underscores.
  static std::string NameOf(const ::testing::TestParamInfo<SetKind>& info);

 protected:
  SetTest() : rig_(GetParam()) {}

  Rig& rig() { return rig_; }

  // Sets the pages in this order. False if the contender cannot hold one of
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

#endif  // PFNBENCH_TESTS_STRUCTURES_RIG_H_
