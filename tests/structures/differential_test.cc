// SPDX-License-Identifier: MIT
//
// Whatever is done to a structure, and whichever of its allocations fail, it
// holds what the oracle holds. A failure is shrunk to the shortest sequence of
// operations that shows it, and ends with the line that reproduces it.

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "tests/structures/rig.h"

namespace pfn::testing {
namespace {

using Kind = Operation::Kind;

// Around the borders of words, leaves, segments, chunks and containers.
rc::Gen<std::uint64_t> AnyOffset() {
  return rc::gen::map(
      rc::gen::tuple(
          rc::gen::element<std::uint64_t>(64, 1024, 4096, 32768, 65536),
          rc::gen::inRange<std::uint64_t>(0, 5),
          rc::gen::inRange<std::int64_t>(-3, 40)),
      [](const auto& parts) {
        const auto [border, multiple, delta] = parts;
        if (multiple == 0 && delta < 0) return std::uint64_t{0};
        return border * multiple + static_cast<std::uint64_t>(delta);
      });
}

// Pages of a run, less one.
rc::Gen<std::uint64_t> AnyExtent() {
  return rc::gen::weightedOneOf<std::uint64_t>(
      {{12, rc::gen::inRange<std::uint64_t>(0, 4)},
       {6, rc::gen::inRange<std::uint64_t>(0, 130)},
       {2, rc::gen::inRange<std::uint64_t>(1000, 1050)},
       {1, rc::gen::element<std::uint64_t>(2047, 3071, 4095, 4100)}});
}

rc::Gen<Pfn> AnyFarPage() {
  return rc::gen::map(rc::gen::tuple(rc::gen::elementOf(kPlaces), AnyOffset()),
                      [](const auto& parts) {
                        return At(std::get<0>(parts), std::get<1>(parts));
                      });
}

PfnRange Between(Pfn a, Pfn b) { return {std::min(a, b), std::max(a, b)}; }

// `extent` times `scale` long.
rc::Gen<PfnRange> AnyRange(Pfn place, const rc::Gen<std::uint64_t>& extent,
                           std::uint64_t scale) {
  return rc::gen::map(
      rc::gen::pair(AnyOffset(), extent), [=](const auto& parts) {
        return Between(At(place, parts.first),
                       At(place, parts.first + parts.second * scale));
      });
}

// One to four whole leaves or segments, which some structures treat apart.
rc::Gen<PfnRange> AnySegments(Pfn place) {
  return rc::gen::map(rc::gen::pair(rc::gen::inRange<std::uint64_t>(0, 8),
                                    rc::gen::inRange<std::uint64_t>(1, 5)),
                      [=](const auto& parts) {
                        const auto [first, count] = parts;
                        return Between(At(place, first * 1024),
                                       At(place, (first + count) * 1024 - 1));
                      });
}

// Of each stride-th page, one by one.
rc::Gen<Operation> AnyOfEach(const rc::Gen<PfnRange>& range,
                             std::uint64_t stride) {
  const auto any_kind =
      rc::gen::weightedElement<Kind>({{6, Kind::kSetEach},
                                      {3, Kind::kSetEachDown},
                                      {3, Kind::kClearEach},
                                      {2, Kind::kClearEachDown},
                                      {1, Kind::kTestEach}});
  return rc::gen::map(rc::gen::pair(any_kind, range), [=](const auto& parts) {
    return Operation{parts.first, parts.second, stride};
  });
}

// Dense runs, lone pages, pages of leaves of their own.
rc::Gen<Operation> AnyRun(Pfn place) {
  const auto any_few = rc::gen::inRange<std::uint64_t>(0, 130);
  return rc::gen::weightedOneOf<Operation>(
      {{6, AnyOfEach(AnyRange(place, AnyExtent(), 1), 1)},
       {2, AnyOfEach(AnySegments(place), 1)},
       {2, AnyOfEach(AnyRange(place, AnyExtent(), 2), 2)},
       {1, AnyOfEach(AnyRange(place, any_few, 64), 64)},
       {1, AnyOfEach(AnyRange(place, any_few, 1024), 1024)}});
}

rc::Gen<Operation> AnyFarOperation() {
  return rc::gen::map(
      rc::gen::pair(
          rc::gen::element(Kind::kSetEach, Kind::kClearEach, Kind::kTestEach),
          AnyFarPage()),
      [](const auto& parts) {
        return Operation{parts.first, {parts.second, parts.second}};
      });
}

rc::Gen<Operation> AnyRangeOperation(Pfn place) {
  const auto any_range =
      rc::gen::oneOf(AnyRange(place, AnyExtent(), 1),
                     AnyRange(place, AnyExtent(), 100), AnySegments(place),
                     rc::gen::map(rc::gen::pair(AnyFarPage(), AnyFarPage()),
                                  [](const auto& parts) {
                                    return Between(parts.first, parts.second);
                                  }));
  return rc::gen::map(
      rc::gen::pair(rc::gen::element(Kind::kClearRange, Kind::kNextRange,
                                     Kind::kNextRange),
                    any_range),
      [](const auto& parts) {
        return Operation{parts.first, parts.second};
      });
}

rc::Gen<std::vector<Step>> AnySteps() {
  const auto any_place = rc::gen::weightedElement<Pfn>(
      {{4, kPlaces[0]}, {1, kPlaces[1]}, {1, kPlaces[2]}, {3, kPlaces[3]}});
  return rc::gen::mapcat(any_place, [](Pfn place) {
    return rc::gen::container<std::vector<Step>>(rc::gen::build<Step>(
        rc::gen::set(&Step::operation, rc::gen::weightedOneOf<Operation>(
                                           {{8, AnyRun(place)},
                                            {3, AnyRangeOperation(place)},
                                            {1, AnyFarOperation()}})),
        rc::gen::set(&Step::failing_request,
                     rc::gen::weightedOneOf<std::uint64_t>(
                         {{2, rc::gen::just<std::uint64_t>(0)},
                          {1, rc::gen::inRange<std::uint64_t>(0, 6)}})),
        rc::gen::set(&Step::mode,
                     rc::gen::element(FailuresToOrder::Mode::kOnce,
                                      FailuresToOrder::Mode::kFromThenOn))));
  });
}

void Require(const ::testing::AssertionResult& result) {
  if (!result) RC_FAIL(result.message());
}

// Test and NextRange at both sides of every end of a range.
void CheckEnds(Rig& rig) {
  for (const PfnRange range : rig.set().Ranges(kAllPages)) {
    for (const Pfn pfn :
         {range.first - 1, range.first, range.last, range.last + 1}) {
      Require(rig.CheckTest(pfn));
    }
    Require(rig.CheckNextRange(range.first, kMaxPfn));
  }
}

// Returns how many requests were made to fail.
std::uint64_t Play(const SetKind& kind, const std::vector<Step>& steps) {
  Rig rig(kind);
  std::uint64_t injected = 0;
  for (const Step& step : steps) {
    if (IsFaultable(kind.traits)) {
      rig.failures().Arm(step.failing_request, step.mode);
    }
    Require(rig.Apply(step.operation));
    rig.failures().Disarm();
    injected += rig.failures().injected();
    Require(rig.Check());
  }
  CheckEnds(rig);
  Require(rig.ClearRange(kAllPages));
  RC_ASSERT(rig.status() == Status::kOk);
  Require(rig.Check());
  Require(rig.Destroy());
  return injected;
}

using DifferentialTest = SetTest;

INSTANTIATE_TEST_SUITE_P(Structures, DifferentialTest,
                         ::testing::ValuesIn(StructureKinds()),
                         SetTest::NameOf);

TEST_P(DifferentialTest, NoSequenceOfOperationsPartsItFromTheOracle) {
  std::uint64_t injected = 0;
  const rc::Gen<std::vector<Step>> any_steps = AnySteps();
  rc::detail::checkGTest(
      [&] { injected += Play(GetParam(), *any_steps.as("steps")); });
  RecordProperty("injected", std::to_string(injected));
  if (!HasFailure() && IsFaultable(GetParam().traits)) {
    EXPECT_GT(injected, 0) << "not one request failed";
  }
}

}  // namespace
}  // namespace pfn::testing
