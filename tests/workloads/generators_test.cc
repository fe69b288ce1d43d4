// SPDX-License-Identifier: MIT
//
// The promises that all generators make, and those of the plain shapes, of the
// idle guest, of twins and of the other users.

#include "workloads/generate/generators.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

#include "tests/workloads/testing.h"
#include "workloads/generate/array_writer.h"
#include "workloads/generate/catalog.h"
#include "workloads/trace/page_ranges.h"
#include "workloads/trace/trace_io.h"
#include "workloads/trace/trace_stats.h"

namespace pfn::testing {
namespace {

TEST(Generators, AllMakeTracesThatCanBeWrittenAndReadAndAreSound) {
  for (const Generator& generator : Generators()) {
    SCOPED_TRACE(generator.name);
    const Trace trace = Generate(generator.name);
    EXPECT_GT(trace.pages_inflated(), 1000u);
    EXPECT_EQ(trace.provenance.provoked, "gen:" + std::string(generator.name));
    EXPECT_EQ(ParseTrace(EncodeTrace(trace), "f"), trace);
    ExpectSound(trace);
    EXPECT_EQ(TraceId(Generate(generator.name)), TraceId(trace));
  }
}

TEST(Generators, SayWhatTheyDoNotKnow) {
  EXPECT_EQ(ErrorOf([] { Generate("budy:preset=mixed"); }),
            "gen:\"budy:preset=mixed\": unknown generator 'budy'; did you "
            "mean buddy? (known: idle, buddy, twin, sequential, reverse, "
            "strided, random, clustered, shuffled, cma, reporting, dirty-log, "
            "kexec, guest-memfd, vfio); see docs/generators.md");
  EXPECT_EQ(
      ErrorOf([] { Generate("reverse:page=5"); }),
      "gen:\"reverse:page=5\": found the key \"page\"; did you mean pages?; "
      "expected pages, base; see docs/generators.md");
  EXPECT_EQ(ErrorOf([] { Generate("reverse:pages"); }),
            "gen:\"reverse:pages\": found \"pages\"; expected KEY=VALUE; see "
            "docs/generators.md");
  EXPECT_EQ(ErrorOf([] { Generate("reverse:pages=1:pages=1"); }),
            "gen:\"reverse:pages=1:pages=1\": found \"pages\" twice; expected "
            "it once; see docs/generators.md");
  EXPECT_EQ(
      ErrorOf([] { Generate("buddy:preset=frsh"); }),
      "gen:\"buddy:preset=frsh\": found preset=\"frsh\"; did you mean fresh?; "
      "expected fresh|recycled|allfreed|punched|mixed|from_buddyinfo; see "
      "docs/generators.md");
  for (const char* spec :
       {"reverse:pages=0", "reverse:pages=-1", "reverse:pages=1X",
        "reverse:pages=", "reverse:pages=1KK", "reverse:pages=99999999999T",
        "reverse:pages=1P", "buddy:freed=1.5", "buddy:freed=nan",
        "buddy:freed=-0.5", "buddy:freed=", "random:pages=2K:span=1K",
        "clustered:pages=2K:span=1K", "vfio:space=4K", ":", "",
        "reverse:", "reverse::pages=1", "twin:of=/no/such.pfntrace"}) {
    EXPECT_NE(ErrorOf([&] { Generate(spec); }), "") << spec;
  }
}

TEST(Generators, ShapesAreTheirWords) {
  EXPECT_EQ(BodyOf(Generate("sequential:pages=300:base=16")),
            "T 300\nI +10+100\nI +1+2c\nT 0\nD +0-2c\nD -1-100\n"
            "end 2 4 300 300\n");
  EXPECT_EQ(BodyOf(Generate("reverse:pages=4:base=0")),
            "T 4\nI +3-4\nT 0\nD +0+4\nend 2 2 4 4\n");
  EXPECT_EQ(BodyOf(Generate("strided:pages=3:base=0:stride=16")),
            "T 3\nI +0 +10 +10\nT 0\nD +0 -10 -10\nend 2 2 3 3\n");
}

// Pages of the inflating half, in order.
std::vector<Pfn> Inflated(const Trace& trace) {
  std::vector<Pfn> pages;
  for (const TraceEvent& event : trace.events()) {
    if (event.kind != TraceEvent::Kind::kInflate) continue;
    const std::vector<Pfn> more = PagesOf(trace.runs_of(event));
    pages.insert(pages.end(), more.begin(), more.end());
  }
  return pages;
}

TEST(Generators, ShuffledPagesStayWithinTheirDistance) {
  const std::vector<Pfn> pages =
      Inflated(Generate("shuffled:pages=10000:base=0:distance=50"));
  std::uint64_t moved = 0;
  for (std::uint64_t i = 0; i < pages.size(); ++i) {
    const std::uint64_t distance = pages[i] > i ? pages[i] - i : i - pages[i];
    ASSERT_LT(distance, 50u);
    moved += distance > 0;
  }
  EXPECT_GT(moved, 9000u);
}

TEST(Generators, ClustersAreAlignedAndDistinct) {
  const Trace trace = Generate("clustered:pages=4K:base=0:cluster=8:span=64K");
  EXPECT_EQ(CheckMembership(trace).inflated_twice, 0u);
  for (const PfnRun& run : trace.runs()) EXPECT_EQ(run.pages() % 8, 0u);
}

RC_GTEST_PROP(PermutationProperty, IsAPermutation, (std::uint64_t seed)) {
  const auto size = *rc::gen::inRange<std::uint64_t>(1, 2000);
  const Permutation permutation(size, seed);
  std::vector<bool> seen(size);
  for (std::uint64_t i = 0; i < size; ++i) {
    const std::uint64_t value = permutation(i);
    RC_ASSERT(value < size);
    RC_ASSERT(!seen[value]);
    seen[value] = true;
  }
}

TEST(Generators, AnIdleGuestOfATerabyteIsAFewRuns) {
  const Trace trace = LoadTrace("idle-1t");
  EXPECT_EQ(trace.pages_inflated(), 268'435'456u);
  EXPECT_EQ(trace.pages_deflated(), 268'435'456u);
  EXPECT_EQ(trace.runs().size(), 2u << 20) << "arrays of 256";
  EXPECT_EQ(trace.Passes().size(), 2u);
  EXPECT_LT(ComputeStats(trace).max_ranges, 200u);
}

TEST(Generators, AnIdleGuestIsLikeTheRecordedOne) {
  const TraceStats recorded = ComputeStats(LoadTrace("idle-8g"));
  const TraceStats generated = ComputeStats(LoadTrace("gen:idle:inflate=7G"));
  EXPECT_EQ(generated.inflate_arrays, recorded.inflate_arrays);
  EXPECT_NEAR(generated.mean_run, recorded.mean_run, 5);
  EXPECT_EQ(generated.p50_run, recorded.p50_run);
  EXPECT_EQ(generated.steps_up, 0u);
}

TEST(Generators, ATwinHasTheRunsOfItsOriginalInAnotherOrder) {
  const auto lengths = [](const Trace& trace) {
    std::vector<std::pair<Pfn, std::int64_t>> runs;
    for (const PfnRun& run : trace.runs()) {
      runs.emplace_back(run.first, run.length);
    }
    return runs;
  };
  const Trace original = LoadTrace("frag-4g");
  const Trace twin = LoadTrace("gen:twin:of=frag-4g");
  auto before = lengths(original);
  auto after = lengths(twin);
  EXPECT_NE(before, after);
  std::sort(before.begin(), before.end());
  std::sort(after.begin(), after.end());
  EXPECT_EQ(before, after);
  EXPECT_EQ(ComputeStats(twin).max_ranges, ComputeStats(original).max_ranges);
  EXPECT_EQ(CheckMembership(twin).deflated_absent, 0u);
}

// Rows of the table in docs/generators.md, which start with the trace.
TEST(Generators, TheDocumentedFiguresAreThoseOfTheTraces) {
  std::ifstream document(GENERATORS_DOCUMENT);
  std::size_t rows = 0;
  for (std::string line; std::getline(document, line);) {
    if (!line.starts_with("| `") || line.find("` | ") == line.npos ||
        std::count(line.begin(), line.end(), '|') != 11) {
      continue;
    }
    const std::string word = line.substr(3, line.find("` | ") - 3);
    EXPECT_EQ(line + "\n", FormatTableRow(word, LoadTrace(word)));
    ++rows;
  }
  EXPECT_GE(rows, 10u);
}

TEST(Generators, ReportsAreGroupsOf32BlocksDownwards) {
  const Trace trace = Generate("reporting:reused=0");
  for (const TraceEvent& event : trace.events()) {
    const std::span<const PfnRun> runs = trace.runs_of(event);
    EXPECT_LE(runs.size(), 32u);
    for (std::size_t i = 1; i < runs.size(); ++i) {
      EXPECT_LT(runs[i].first, runs[i - 1].first);
    }
  }
  EXPECT_EQ(trace.runs().front().pages(), 512u) << "low orders first";
  EXPECT_EQ(trace.runs().back().pages(), 1024u);
}

TEST(Generators, ADirtyLogIsClearedUpwardsAfterEachRound) {
  const Trace trace = Generate("dirty-log:rounds=3");
  const std::vector<Pass> passes = trace.Passes();
  ASSERT_EQ(passes.size(), 6u);
  for (std::size_t i = 0; i < passes.size(); i += 2) {
    EXPECT_EQ(MaximalRanges(trace.runs_of(passes[i])),
              MaximalRanges(trace.runs_of(passes[i + 1])));
    const auto cleared = trace.runs_of(passes[i + 1]);
    EXPECT_TRUE(std::is_sorted(
        cleared.begin(), cleared.end(),
        [](const PfnRun& a, const PfnRun& b) { return a.first < b.first; }));
    EXPECT_LT(passes[i].pages, 65'536u) << "hot pages are written again";
  }
}

TEST(Generators, PreservedBlocksHaveOrders0To10AndAreAligned) {
  const Trace trace = Generate("kexec");
  std::uint64_t large = 0;
  for (const PfnRun& run : trace.runs()) {
    EXPECT_TRUE(std::has_single_bit(run.pages()) && run.pages() <= 1024);
    EXPECT_EQ(run.first % run.pages(), 0u);
    large += run.pages() >= 256;
  }
  EXPECT_GT(large, 20u);
}

TEST(Generators, ConversionsAre2MiBOrIslands) {
  const Trace trace = Generate("guest-memfd");
  EXPECT_EQ(trace.runs().front().pages(), std::uint64_t{1} << 20);
  std::uint64_t huge = 0;
  std::uint64_t islands = 0;
  for (const PfnRun& run : trace.runs().subspan(1)) {
    if (run.pages() == 512) {
      EXPECT_EQ(run.first % 512, 0u);
      ++huge;
    } else {
      EXPECT_LE(run.pages(), 8u);
      ++islands;
    }
  }
  EXPECT_GT(huge, islands);
  EXPECT_GT(islands, 500u);
}

TEST(Generators, PinnedBuffersAreReusedAndAllUnpinnedInTheEnd) {
  const Trace trace = Generate("vfio");
  EXPECT_EQ(trace.pages_inflated(), trace.pages_deflated());
  std::vector<PfnRun> runs;
  for (const TraceEvent& event : trace.events()) {
    if (event.kind != TraceEvent::Kind::kInflate) continue;
    for (const PfnRun& run : trace.runs_of(event)) runs.push_back(run);
  }
  std::uint64_t distinct = 0;
  for (const PfnRange& range : MaximalRanges(runs)) {
    distinct += range.last - range.first + 1;
  }
  EXPECT_LT(4 * distinct, trace.pages_inflated());
}

}  // namespace
}  // namespace pfn::testing
