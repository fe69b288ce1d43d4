// SPDX-License-Identifier: MIT

#include "tests/structures/rig.h"

#include <algorithm>
#include <sstream>

#include "harness/heap/page_arena.h"

namespace pfn {

void PrintTo(const PfnRange& range, std::ostream* out) {
  *out << '[' << range.first << ',' << range.last << ']';
}

namespace testing {
namespace {

using ::testing::AssertionFailure;
using ::testing::AssertionResult;
using ::testing::AssertionSuccess;

// A library that crashes without memory gets what it asks for.
unsigned MaxOrderFor(const ContenderTraits& traits) {
  return traits.out_of_memory == OutOfMemory::kAborts ? PageArena::kMaxOrder
                                                      : kMaxOrderOfKernel;
}

std::string Text(const std::optional<PfnRange>& range) {
  return ::testing::PrintToString(range);
}

std::vector<PfnRange> RangesOf(Oracle& oracle) {
  std::vector<PfnRange> ranges;
  VisitRanges(oracle, kAllPages,
              [&](PfnRange range) { ranges.push_back(range); });
  return ranges;
}

// Where two lists of ranges part.
AssertionResult Same(const std::vector<PfnRange>& actual,
                     const std::vector<PfnRange>& expected) {
  if (actual == expected) return AssertionSuccess();
  const auto [a, e] = std::ranges::mismatch(actual, expected);
  AssertionResult result = AssertionFailure();
  result << actual.size() << " ranges, the oracle has " << expected.size()
         << "; range " << a - actual.begin() << " is ";
  result << (a == actual.end() ? "missing" : ::testing::PrintToString(*a));
  result << ", expected "
         << (e == expected.end() ? "none" : ::testing::PrintToString(*e));
  return result;
}

}  // namespace

PageArena& SharedArena() {
  static PageArena arena;
  return arena;
}

bool FailuresToOrder::Inject(Gfp gfp) {
  if (to_go_ == 0 || MaySleep(gfp)) return false;
  if (to_go_ > 1) {
    --to_go_;
    return false;
  }
  if (mode_ == Mode::kOnce) to_go_ = 0;
  ++injected_;
  return true;
}

bool FailuresToOrder::FailObject(std::size_t, Gfp gfp) { return Inject(gfp); }

bool FailuresToOrder::FailPages(unsigned order, PageUser user, Gfp gfp) {
  if (user == PageUser::kCaller && Inject(gfp)) return true;
  return order > max_order_;
}

Rig::Rig(const SetKind& kind)
    : traits_(kind.traits),
      failures_(MaxOrderFor(kind.traits)),
      heap_(SharedArena()),
      set_(kind.make(heap_)) {
  heap_.set_fault(&failures_);
}

Rig::~Rig() {
  if (set_ != nullptr) {
    EXPECT_TRUE(Destroy());
  }
}

AssertionResult Rig::Destroy() {
  set_.reset();
  const HeapUsage& usage = heap_.usage();
  if (usage.live_objects == 0 && usage.live_requested == 0 &&
      usage.live_rounded == 0) {
    return AssertionSuccess();
  }
  return AssertionFailure()
         << usage.live_objects << " objects, " << usage.live_requested
         << " requested bytes are live after destruction";
}

bool Rig::IsOutOfReach(Pfn pfn) const {
  return span_ && std::max(span_->last, pfn) - std::min(span_->first, pfn) >
                      traits_.max_distance;
}

AssertionResult Rig::Judge(const char* operation, PfnRange range, bool may_fail,
                           std::uint64_t refused) const {
  if (status_ == Status::kOk) return AssertionSuccess();
  AssertionResult failure = AssertionFailure();
  failure << operation << ::testing::PrintToString(range);
  if (status_ != Status::kNoMemory) {
    return failure << " returned no legal status";
  }
  if (!may_fail) return failure << " must not fail";
  if (heap_.usage().failures == refused) {
    return failure << " reported kNoMemory, but no request was refused";
  }
  return AssertionSuccess();
}

AssertionResult Rig::Set(Pfn pfn, Gfp gfp) {
  const std::uint64_t refused = heap_.usage().failures;
  status_ = set_->Set(pfn, gfp);
  if (status_ == Status::kOk) {
    EXPECT_EQ(oracle_.Set(pfn), Status::kOk);
    span_ = span_ ? PfnRange{std::min(span_->first, pfn),
                             std::max(span_->last, pfn)}
                  : PfnRange{pfn, pfn};
  }
  if (status_ == Status::kNoMemory && IsOutOfReach(pfn)) {
    return AssertionSuccess();
  }
  return Judge("Set", {pfn, pfn}, true, refused);
}

AssertionResult Rig::Clear(Pfn pfn, Gfp gfp) {
  const std::uint64_t refused = heap_.usage().failures;
  status_ = set_->Clear(pfn, gfp);
  if (status_ == Status::kOk) {
    EXPECT_EQ(oracle_.Clear(pfn), Status::kOk);
  }
  return Judge("Clear", {pfn, pfn}, traits_.clear_can_fail, refused);
}

AssertionResult Rig::ClearRange(PfnRange range, Gfp gfp) {
  const std::uint64_t refused = heap_.usage().failures;
  status_ = set_->ClearRange(range, gfp);
  if (status_ == Status::kOk) {
    EXPECT_EQ(oracle_.ClearRange(range), Status::kOk);
  }
  return Judge("ClearRange", range, traits_.clear_can_fail, refused);
}

AssertionResult Rig::CheckTest(Pfn pfn) {
  if (set_->Test(pfn) == oracle_.Test(pfn)) return AssertionSuccess();
  return AssertionFailure() << "Test(" << pfn << ") is " << !oracle_.Test(pfn)
                            << ", expected " << oracle_.Test(pfn);
}

AssertionResult Rig::CheckNextRange(Pfn from, Pfn max) {
  const std::optional<PfnRange> actual = set_->NextRange(from, max);
  const std::optional<PfnRange> expected = oracle_.NextRange(from, max);
  if (actual == expected) return AssertionSuccess();
  return AssertionFailure() << "NextRange(" << from << ", " << max << ") is "
                            << Text(actual) << ", expected " << Text(expected);
}

AssertionResult Rig::Check() {
  if (!set_->Validate()) return AssertionFailure() << "Validate() is false";
  return Same(set_->Ranges(kAllPages), RangesOf(oracle_));
}

std::string SetTest::NameOf(const ::testing::TestParamInfo<SetKind>& info) {
  std::string name(info.param.traits.name);
  std::ranges::replace_if(
      name, [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

bool SetTest::Holds(const std::vector<Pfn>& pages) {
  for (const Pfn pfn : pages) {
    EXPECT_TRUE(rig_.Set(pfn));
    if (rig_.status() != Status::kOk) return false;
  }
  return true;
}

bool SetTest::HoldsRange(PfnRange range) {
  for (Pfn pfn = range.first;; ++pfn) {
    if (!Holds({pfn})) return false;
    if (pfn == range.last) return true;
  }
}

void SetTest::Clear(const std::vector<Pfn>& pages) {
  for (const Pfn pfn : pages) {
    EXPECT_TRUE(rig_.Clear(pfn));
    EXPECT_EQ(rig_.status(), Status::kOk);
  }
}

void SetTest::ClearRange(PfnRange range) {
  EXPECT_TRUE(rig_.ClearRange(range));
  EXPECT_EQ(rig_.status(), Status::kOk);
}

std::optional<Pfn> SetTest::FirstSet(Pfn from, Pfn max) {
  const std::optional<PfnRange> range = rig_.set().NextRange(from, max);
  if (!range) return std::nullopt;
  return range->first;
}

std::optional<Pfn> SetTest::FirstZero(Pfn from, Pfn max) {
  const std::optional<PfnRange> range = rig_.set().NextRange(from, max);
  if (!range || range->first != from) return from;
  if (range->last == max) return std::nullopt;
  return range->last + 1;
}

}  // namespace testing
}  // namespace pfn
