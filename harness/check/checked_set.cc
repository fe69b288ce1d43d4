// SPDX-License-Identifier: MIT

#include "harness/check/checked_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <vector>

namespace pfn {
namespace {

// A library that crashes without memory gets what it asks for.
unsigned MaxOrderFor(const StructureTraits& traits) {
  return traits.out_of_memory == OutOfMemory::kAborts ? PageArena::kMaxOrder
                                                      : kMaxOrderOfKernel;
}

std::string Text(PfnRange range) {
  return fmt::format("[{},{}]", range.first, range.last);
}

std::string Text(const std::optional<PfnRange>& range) {
  return range ? Text(*range) : "none";
}

std::vector<PfnRange> RangesOf(Oracle& oracle) {
  std::vector<PfnRange> ranges;
  VisitRanges(oracle, kAllPages,
              [&](PfnRange range) { ranges.push_back(range); });
  return ranges;
}

// Where two lists of ranges part.
std::string Difference(const std::vector<PfnRange>& actual,
                       const std::vector<PfnRange>& expected) {
  if (actual == expected) return "";
  const auto [a, e] = std::ranges::mismatch(actual, expected);
  return fmt::format(
      "{} ranges, the oracle has {}; range {} is {}, expected {}",
      actual.size(), expected.size(), a - actual.begin(),
      a == actual.end() ? "missing" : Text(*a),
      e == expected.end() ? "none" : Text(*e));
}

}  // namespace

CheckedSet::CheckedSet(const SetKind& kind, PageArena& arena)
    : traits_(kind.traits),
      failures_(MaxOrderFor(kind.traits)),
      heap_(arena),
      set_(kind.make(heap_)) {
  heap_.set_fault(&failures_);
}

bool CheckedSet::IsOutOfReach(Pfn pfn) const {
  return span_ && std::max(span_->last, pfn) - std::min(span_->first, pfn) >
                      traits_.max_distance;
}

std::string CheckedSet::Judge(std::string_view operation, PfnRange range,
                              bool may_fail, std::uint64_t refused) const {
  if (status_ == Status::kOk) return "";
  std::string_view why;
  if (status_ != Status::kNoMemory) {
    why = "returned no legal status";
  } else if (!may_fail) {
    why = "must not fail";
  } else if (heap_.usage().failures == refused) {
    why = "reported kNoMemory, but no request was refused";
  } else {
    return "";
  }
  return fmt::format("{}{} {}", operation, Text(range), why);
}

std::string CheckedSet::Thrown(std::string_view operation, PfnRange range,
                               std::string_view what) const {
  return fmt::format("{}{} threw '{}', though it declares '{}'", operation,
                     Text(range), what, Name(traits_.out_of_memory));
}

// Adapters of libraries that throw catch that themselves; anything that gets as
// far as here would have ended a program without exceptions.
template <class Body>
std::string CheckedSet::Guard(std::string_view operation, PfnRange range,
                              Body body) {
  try {
    return body();
  } catch (const std::exception& error) {
    return Thrown(operation, range, error.what());
  } catch (...) {
    return Thrown(operation, range, "something");
  }
}

std::string CheckedSet::Set(Pfn pfn, Gfp gfp) {
  const PfnRange page = {pfn, pfn};
  return Guard("Set", page, [&]() -> std::string {
    const std::uint64_t refused = heap_.usage().failures;
    status_ = set_->Set(pfn, gfp);
    if (status_ == Status::kNoMemory && IsOutOfReach(pfn)) return "";
    if (status_ == Status::kOk) {
      (void)oracle_.Set(pfn);
      span_ = span_ ? PfnRange{std::min(span_->first, pfn),
                               std::max(span_->last, pfn)}
                    : page;
    }
    return Judge("Set", page, true, refused);
  });
}

std::string CheckedSet::Clear(Pfn pfn, Gfp gfp) {
  const PfnRange page = {pfn, pfn};
  return Guard("Clear", page, [&] {
    const std::uint64_t refused = heap_.usage().failures;
    status_ = set_->Clear(pfn, gfp);
    if (status_ == Status::kOk) (void)oracle_.Clear(pfn);
    return Judge("Clear", page, traits_.clear_can_fail, refused);
  });
}

std::string CheckedSet::ClearRange(PfnRange range, Gfp gfp) {
  return Guard("ClearRange", range, [&] {
    const std::uint64_t refused = heap_.usage().failures;
    status_ = set_->ClearRange(range, gfp);
    if (status_ == Status::kOk) (void)oracle_.ClearRange(range);
    return Judge("ClearRange", range, traits_.clear_can_fail, refused);
  });
}

std::string CheckedSet::CheckTest(Pfn pfn) {
  return Guard("Test", {pfn, pfn}, [&]() -> std::string {
    const bool expected = oracle_.Test(pfn);
    if (set_->Test(pfn) == expected) return "";
    return fmt::format("Test({}) is {}, expected {}", pfn, !expected, expected);
  });
}

std::string CheckedSet::CheckNextRange(Pfn from, Pfn max) {
  return Guard("NextRange", {from, max}, [&]() -> std::string {
    const std::optional<PfnRange> actual = set_->NextRange(from, max);
    const std::optional<PfnRange> expected = oracle_.NextRange(from, max);
    if (actual == expected) return "";
    return fmt::format("NextRange({}, {}) is {}, expected {}", from, max,
                       Text(actual), Text(expected));
  });
}

std::string CheckedSet::Check() {
  return Guard("Check", kAllPages, [&]() -> std::string {
    if (!set_->Validate()) return "Validate() is false";
    return Difference(set_->Ranges(kAllPages), RangesOf(oracle_));
  });
}

std::string CheckedSet::EmptyWithoutMemory() {
  failures_.Arm(1, FailuresToOrder::Mode::kFromThenOn);
  const std::vector<PfnRange> ranges = RangesOf(oracle_);
  std::string error;
  for (auto range = ranges.rbegin(); range != ranges.rend(); ++range) {
    for (Pfn pfn = range->last; error.empty(); --pfn) {
      error = Clear(pfn);
      if (pfn == range->first) break;
    }
  }
  failures_.Disarm();
  if (error.empty()) error = Check();
  return error.empty() ? "" : "emptied without memory: " + error;
}

std::string CheckedSet::Destroy() {
  set_.reset();
  const HeapUsage& usage = heap_.usage();
  if (usage.live_objects() == 0 && usage.live_requested == 0 &&
      usage.live_rounded == 0) {
    return "";
  }
  return fmt::format(
      "{} objects, {} requested bytes are live after destruction",
      usage.live_objects(), usage.live_requested);
}

}  // namespace pfn
