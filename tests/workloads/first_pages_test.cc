// SPDX-License-Identifier: MIT
//
// The beginning of a trace is what the whole one begins with.

#include "workloads/trace/first_pages.h"

#include <gtest/gtest.h>

#include <vector>

#include "workloads/trace/trace.h"

namespace pfn {
namespace {

Trace Sample() {
  Trace trace;
  trace.provenance.kernel = "Linux 6.1";
  trace.AppendTarget(8);
  trace.BeginArray(Direction::kInflate);
  trace.AppendRun({100, 3});
  trace.AppendRun({90, -4});
  trace.BeginArray(Direction::kInflate);
  trace.AppendPage(50);
  trace.AppendTarget(0);
  trace.BeginArray(Direction::kDeflate);
  trace.AppendRun({100, 2});
  return trace;
}

std::vector<Pfn> PagesOf(const Trace& trace) {
  std::vector<Pfn> pages;
  for (const PfnRun& run : trace.runs()) {
    for (std::uint64_t i = 0; i < run.pages(); ++i) {
      pages.push_back(run.length < 0 ? run.first - i : run.first + i);
    }
  }
  return pages;
}

TEST(FirstPages, AreThePagesThatTheTraceBeginsWithWhereverItIsCut) {
  const std::vector<Pfn> all = PagesOf(Sample());
  for (std::uint64_t pages = 0; pages <= all.size(); ++pages) {
    const Trace first = FirstPages(Sample(), pages);
    EXPECT_EQ(PagesOf(first),
              std::vector<Pfn>(all.begin(), all.begin() + pages));
    EXPECT_EQ(first.pages_inflated() + first.pages_deflated(), pages);
  }
}

TEST(FirstPages, OfAllPagesAreTheTrace) {
  EXPECT_EQ(FirstPages(Sample(), 10), Sample());
  EXPECT_EQ(FirstPages(Sample(), 1000), Sample());
}

TEST(FirstPages, KeepProvenanceAndTheDirectionOfRuns) {
  const Trace first = FirstPages(Sample(), 5);
  EXPECT_EQ(first.provenance, Sample().provenance);
  ASSERT_EQ(first.runs().size(), 2);
  EXPECT_EQ(first.runs()[1], (PfnRun{90, -2}));
}

TEST(FirstPages, EndBeforeAnArrayOfWhichNoPageIsLeft) {
  EXPECT_EQ(FirstPages(Sample(), 7).arrays(), 1);
  EXPECT_EQ(FirstPages(Sample(), 8).arrays(), 2);
  EXPECT_EQ(FirstPages(Sample(), 9).arrays(), 3);
}

}  // namespace
}  // namespace pfn
