// SPDX-License-Identifier: MIT
//
// The distances that a clustered list walks on a trace are those of a list that
// is really walked.

#include "workloads/trace/list_distance.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <cstdint>
#include <iterator>
#include <list>
#include <utility>
#include <vector>

#include "tests/workloads/testing.h"

namespace pfn::testing {
namespace {

Trace Inflated(const std::vector<std::vector<PfnRun>>& passes) {
  Trace trace;
  std::uint64_t target = 0;
  for (const std::vector<PfnRun>& runs : passes) {
    trace.AppendTarget(++target);
    trace.AppendArray(Direction::kInflate, runs);
  }
  return trace;
}

// The list itself: a node for each segment, the walk from the node used last.
ListDistances Walked(const Trace& trace, std::uint64_t segment_pages) {
  ListDistances distances;
  for (const Pass& pass : trace.Passes()) {
    std::list<Pfn> nodes;
    auto at = nodes.end();
    for (const Pfn page : PagesOf(trace.runs_of(pass))) {
      const Pfn segment = page / segment_pages;
      std::uint64_t steps = 0;
      if (nodes.empty()) {
        at = nodes.insert(nodes.end(), segment);
      } else if (segment > *at) {
        do {
          ++steps;
          ++at;
        } while (at != nodes.end() && *at < segment);
        if (at == nodes.end() || *at != segment) {
          at = nodes.insert(at, segment);
        }
      } else if (segment < *at) {
        while (at != nodes.begin() && *at > segment) {
          ++steps;
          --at;
        }
        // Stopped at the head of the list with all of it above.
        if (*at > segment) {
          ++steps;
          at = nodes.insert(at, segment);
        } else if (*at < segment) {
          at = nodes.insert(std::next(at), segment);
        }
      }
      std::size_t bin = 0;
      while (bin < ListDistances::kUpTo.size() &&
             steps > ListDistances::kUpTo[bin]) {
        ++bin;
      }
      ++distances.pages[bin];
      ++distances.total;
      distances.nodes += steps;
      distances.most = std::max(distances.most, steps);
    }
  }
  return distances;
}

TEST(ListDistance, IsZeroWithinASegmentAndOneToTheNext) {
  // 1024 pages a segment: 24 pages in the first, 1024 in each of two more.
  const ListDistances distances =
      MeasureListDistances(Inflated({{{1000, 2072}}}));
  EXPECT_EQ(distances.total, 2072u);
  EXPECT_EQ(distances.pages[0], 2070u);
  EXPECT_EQ(distances.pages[1], 2u);
  EXPECT_EQ(distances.nodes, 2u);
  EXPECT_EQ(distances.most, 1u);
}

TEST(ListDistance, CountsTheNodesBetweenAndBeginsEveryPassAnew) {
  // Segments 0, 1, 2, 3 of eight pages, then back to 0; then 0 in a new list.
  const ListDistances distances = MeasureListDistances(
      Inflated({{{0, 1}, {8, 1}, {16, 1}, {24, 1}, {1, 1}}, {{2, 1}}}), 8);
  EXPECT_EQ(distances.total, 6u);
  EXPECT_EQ(distances.pages[0], 2u) << "the first page of either pass";
  EXPECT_EQ(distances.pages[1], 3u);
  EXPECT_EQ(distances.pages[2], 1u);
  EXPECT_EQ(distances.most, 3u);
  EXPECT_EQ(distances.ToString(),
            "0:0.3333,1:0.5,10:0.1667,100:0,1000:0,more:0,mean:1,most:3");
}

RC_GTEST_PROP(
    ListDistance, IsThatOfAListThatIsWalked,
    (const std::vector<std::vector<std::pair<std::uint8_t, int>>>& passes)) {
  std::vector<std::vector<PfnRun>> runs;
  for (const auto& pass : passes) {
    runs.emplace_back();
    for (const auto& [first, length] : pass) {
      const int bounded = length % 40;
      runs.back().push_back(
          {Pfn{1000} + first * Pfn{3}, bounded == 0 ? 1 : bounded});
    }
  }
  const Trace trace = Inflated(runs);
  RC_ASSERT(MeasureListDistances(trace, 8) == Walked(trace, 8));
}

}  // namespace
}  // namespace pfn::testing
