// SPDX-License-Identifier: MIT
//
// A structure lives as long as its driver: two dozen passes with a quarter of
// a million pages leave nothing behind in it. Short tests see neither what a
// pass leaves for a later one, nor a counter that overflows.

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <random>
#include <vector>

#include "tests/structures/rig.h"

namespace pfn::testing {
namespace {

constexpr int kPasses = 24;
constexpr std::uint64_t kPagesOfAPass = 11000;

// Runs of 1 to 96 pages with gaps between them, a third of them downwards, in
// an order that is nearly ascending, as a guest's free lists have it.
std::vector<Pfn> AnyPass(std::mt19937_64& random, Pfn base) {
  std::vector<std::vector<Pfn>> runs;
  Pfn next = base;
  for (std::uint64_t pages = 0; pages < kPagesOfAPass;) {
    next += 1 + random() % (random() % 8 == 0 ? 3000 : 40);
    std::vector<Pfn>& run = runs.emplace_back(1 + random() % 96);
    for (Pfn& pfn : run) pfn = next++;
    if (random() % 3 == 0) std::ranges::reverse(run);
    pages += run.size();
  }
  for (std::size_t i = 0; i + 8 < runs.size(); ++i) {
    std::swap(runs[i], runs[i + random() % 8]);
  }
  std::vector<Pfn> pages;
  for (const std::vector<Pfn>& run : runs) {
    pages.insert(pages.end(), run.begin(), run.end());
  }
  return pages;
}

using EnduranceTest = SetTest;

INSTANTIATE_TEST_SUITE_P(Structures, EnduranceTest,
                         ::testing::ValuesIn(StructureKinds()),
                         SetTest::NameOf);

// As a driver does: the first range, again and again.
void DrainByRanges(Rig& rig) {
  while (const std::optional<PfnRange> range =
             rig.oracle().NextRange(0, kMaxPfn)) {
    ASSERT_TRUE(rig.CheckNextRange(range->first, kMaxPfn));
    ASSERT_TRUE(rig.ClearRange(*range));
    ASSERT_EQ(rig.status(), Status::kOk);
  }
}

// Backwards, because an array moves all that is behind a page that leaves.
void DrainByPages(Rig& rig, const std::vector<Pfn>& pages) {
  for (auto page = pages.rbegin(); page != pages.rend(); ++page) {
    ASSERT_TRUE(rig.Clear(*page));
    ASSERT_EQ(rig.status(), Status::kOk);
  }
}

void DrainAtOnce(Rig& rig) {
  ASSERT_TRUE(rig.ClearRange(kAllPages));
  ASSERT_EQ(rig.status(), Status::kOk);
}

void CheckSome(Rig& rig, const std::vector<Pfn>& pages) {
  for (std::size_t i = 0; i < pages.size(); i += 37) {
    ASSERT_TRUE(rig.CheckTest(pages[i]));
    ASSERT_TRUE(rig.CheckTest(pages[i] + 1));
    ASSERT_TRUE(rig.CheckNextRange(pages[i], kMaxPfn));
  }
}

// In every other pass, one request in a hundred fails for who can stand that.
TEST_P(EnduranceTest, NoPassLeavesAnythingForALaterOne) {
  std::mt19937_64 random(20180103);
  std::vector<Pfn> before;
  for (int pass = 0; pass < kPasses; ++pass) {
    SCOPED_TRACE(::testing::Message() << "pass " << pass);
    const bool may_fail = pass % 2 == 1 && IsFaultable(rig().traits());
    const std::vector<Pfn> pages =
        AnyPass(random, (Pfn{1} << 18) + random() % 20000);
    for (const Pfn pfn : pages) {
      if (may_fail) {
        rig().failures().Arm(1 + random() % 100, FailuresToOrder::Mode::kOnce);
      }
      ASSERT_TRUE(rig().Set(pfn));
    }
    rig().failures().Disarm();
    ASSERT_TRUE(rig().Check());
    CheckSome(rig(), pages);
    CheckSome(rig(), before);
    if (HasFailure()) return;
    switch (pass % 3) {
      case 0:
        DrainByRanges(rig());
        break;
      case 1:
        DrainByPages(rig(), pages);
        break;
      default:
        DrainAtOnce(rig());
    }
    ASSERT_TRUE(rig().Check());
    CheckSome(rig(), pages);
    if (HasFailure()) return;
    before = pages;
  }
}

}  // namespace
}  // namespace pfn::testing
