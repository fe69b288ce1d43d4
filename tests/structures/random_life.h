// SPDX-License-Identifier: MIT
//
// A long random life: a set grows and shrinks several times, with failing
// requests on the way, and the oracle looks on. Random pages do for trees whose
// nodes hold few runs what the structured sequences of the differential test do
// not: neighbouring runs meet, part and cross the borders of nodes at every
// level.

#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>

#include "tests/structures/rig.h"

namespace pfn::testing {

struct RandomLife {
  Pfn base = 0;  // the first page
  std::uint64_t pages;
  unsigned steps = 40'000;
  std::uint64_t longest = 1;  // pages that a step sets or clears one by one
  unsigned look_every = 1;    // steps between two queries
  std::uint64_t seed = 1;
};

// Returns in how many steps a request failed.
inline std::uint64_t PlayRandomLife(const SetKind& kind,
                                    const RandomLife& life) {
  using Mode = FailuresToOrder::Mode;
  std::mt19937_64 random(life.seed);
  Rig rig(kind);
  const Pfn last_page = life.base + (life.pages - 1);
  const auto any_page = [&] { return life.base + random() % life.pages; };
  const auto any_range = [&](std::uint64_t longest) {
    const Pfn first = any_page();
    return PfnRange{first,
                    first + std::min(random() % longest, last_page - first)};
  };
  std::uint64_t failed = 0;
  for (unsigned step = 0; step < life.steps; ++step) {
    const bool grow = random() % 16 < (step * 8 / life.steps % 2 == 0 ? 13 : 3);
    // Mostly short ones, which part what the long ones join.
    const PfnRange range = any_range(
        random() % 3 == 0 ? life.longest : std::min<Pfn>(life.longest, 20));
    Operation operation = ClearEach(range, random() % 3 == 0 ? 3 : 1);
    if (grow) {
      operation.kind = random() % 2 == 0 ? Operation::Kind::kSetEach
                                         : Operation::Kind::kSetEachDown;
    } else if (random() % 8 == 0) {
      operation = ClearWhole(any_range(std::max<Pfn>(life.longest, 40)));
    }
    rig.failures().Arm(step % 3 == 0 ? 1 + random() % 4 : 0,
                       step % 2 == 0 ? Mode::kFromThenOn : Mode::kOnce);
    EXPECT_TRUE(rig.Apply(operation)) << operation << ", step " << step;
    rig.failures().Disarm();
    failed += rig.failures().injected() != 0;
    if (step % life.look_every == 0) {
      EXPECT_TRUE(rig.CheckTest(any_page()));
      EXPECT_TRUE(rig.CheckNextRange(any_page(), last_page));
    }
    if (step % std::max(life.steps / 160, 1u) == 0) {
      EXPECT_TRUE(rig.Check()) << "step " << step;
    }
    if (::testing::Test::HasFailure()) return failed;
  }
  EXPECT_TRUE(rig.ClearRange({life.base + 1, last_page - 1}));
  EXPECT_TRUE(rig.Check());
  EXPECT_TRUE(rig.Destroy());
  return failed;
}

}  // namespace pfn::testing
