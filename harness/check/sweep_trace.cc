// SPDX-License-Identifier: MIT

#include "harness/check/sweep_trace.h"

#include <algorithm>
#include <limits>

#include "workloads/trace/page_blocks.h"

namespace pfn {
namespace {

std::vector<Pfn> FirstPages(std::span<const PfnRun> runs, std::uint64_t limit) {
  std::vector<Pfn> pages;
  PageBlocks blocks(runs);
  for (std::span<const Pfn> block = blocks.Next();
       !block.empty() && pages.size() < limit; block = blocks.Next()) {
    const auto taken = block.first(
        std::min<std::uint64_t>(block.size(), limit - pages.size()));
    pages.insert(pages.end(), taken.begin(), taken.end());
  }
  return pages;
}

// The middle half of each run of the first `limit` pages, then `span`.
std::vector<PfnRange> Cuts(std::span<const PfnRun> runs, std::uint64_t limit,
                           PfnRange span) {
  std::vector<PfnRange> cuts;
  for (const PfnRun& run : runs) {
    if (limit == 0) break;
    const std::uint64_t pages = std::min(limit, run.pages());
    limit -= pages;
    const Pfn lowest = run.length < 0 ? run.first - (pages - 1) : run.first;
    cuts.push_back({lowest + pages / 4, lowest + (pages - 1) - pages / 4});
  }
  cuts.push_back(span);
  return cuts;
}

}  // namespace

std::string_view Name(SweepOperation operation) {
  return kSweepOperations[static_cast<std::size_t>(operation)].name;
}

SweepTrace::SweepTrace(const Workload& workload, std::uint64_t limit) {
  std::uint64_t left =
      limit == 0 ? std::numeric_limits<std::uint64_t>::max() : limit;
  for (const PreparedPass& prepared : workload.passes()) {
    if (left == 0) break;
    SweepPass& pass = passes_.emplace_back();
    pass.pages = FirstPages(prepared.runs, left);
    const auto [low, high] = std::ranges::minmax(pass.pages);
    pass.span = {low, high};
    pass.cuts = Cuts(prepared.runs, left, pass.span);
    left -= pass.pages.size();
  }
}

std::uint64_t SweepTrace::steps(SweepOperation operation) const {
  std::uint64_t steps = 0;
  for (const SweepPass& pass : passes_) steps += pass.steps(operation);
  return steps;
}

}  // namespace pfn
