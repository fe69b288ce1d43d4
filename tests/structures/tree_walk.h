// SPDX-License-Identifier: MIT
//
// A long random life for trees whose nodes hold few runs: grows to many levels
// and shrinks to nothing several times, with failing requests on the way.
// Random pages do that better than the structured sequences of the differential
// test: neighbouring runs meet, part and cross the borders of nodes at every
// level.

#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>

#include "tests/structures/rig.h"

namespace pfn::testing {

// Returns how many operations ran out of memory. `base` is the first page.
inline std::uint64_t WalkTree(const SetKind& kind, Pfn base,
                              std::uint64_t seed) {
  constexpr std::uint64_t kPages = 4000;
  constexpr int kSteps = 40000;
  std::mt19937_64 random(seed);
  Rig rig(kind);
  std::uint64_t failed = 0;
  for (int step = 0; step < kSteps; ++step) {
    const bool grow = random() % 16 < (step / 5000 % 2 == 0 ? 13u : 3u);
    const Pfn pfn = base + random() % kPages;
    const bool may_fail = step % 3 == 0;
    if (may_fail) {
      rig.failures().Arm(1 + random() % 4, FailuresToOrder::Mode::kFromThenOn);
    }
    ::testing::AssertionResult done = ::testing::AssertionSuccess();
    if (grow) {
      done = rig.Set(pfn);
    } else if (random() % 8 != 0) {
      done = rig.Clear(pfn);
    } else {
      const Pfn last = std::min(pfn + random() % 40, base + (kPages - 1));
      done = rig.ClearRange({pfn, last});
    }
    rig.failures().Disarm();
    EXPECT_TRUE(done) << "step " << step;
    failed += rig.status() == Status::kNoMemory;
    EXPECT_TRUE(rig.CheckTest(base + random() % kPages));
    EXPECT_TRUE(
        rig.CheckNextRange(base + random() % kPages, base + (kPages - 1)));
    if (step % 250 == 0) {
      EXPECT_TRUE(rig.Check()) << "step " << step;
    }
    if (::testing::Test::HasFailure()) return failed;
  }
  EXPECT_TRUE(rig.ClearRange({base + 1, base + (kPages - 2)}));
  EXPECT_TRUE(rig.Check());
  EXPECT_TRUE(rig.Destroy());
  return failed;
}

}  // namespace pfn::testing
