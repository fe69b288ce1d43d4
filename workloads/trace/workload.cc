// SPDX-License-Identifier: MIT

#include "workloads/trace/workload.h"

#include <algorithm>
#include <utility>

#include "workloads/trace/page_ranges.h"
#include "workloads/trace/trace_io.h"

namespace pfn {
namespace {

// Appends `pages` pages that are not in `ranges`, from the lowest upwards.
// There is room for them above: traces stay below 2^52.
void AppendAbsent(std::span<const PfnRange> ranges, std::uint64_t pages,
                  std::vector<PfnRun>& absent) {
  const auto append = [&](Pfn first, std::uint64_t count) {
    count = std::min(count, pages);
    if (count == 0) return;
    absent.push_back({first, static_cast<std::int64_t>(count)});
    pages -= count;
  };
  Pfn next = ranges.front().first;
  for (const PfnRange& range : ranges) {
    append(next, range.first - next);
    next = range.last + 1;
  }
  append(next, pages);
}

}  // namespace

Workload::Workload(std::string name, Trace trace)
    : name_(std::move(name)),
      trace_id_(TraceId(trace)),
      trace_(std::move(trace)) {
  std::vector<std::size_t> absent_end;
  for (const Pass& pass : trace_.Passes()) {
    const std::vector<PfnRange> ranges = MaximalRanges(trace_.runs_of(pass));
    PreparedPass prepared{.runs = trace_.runs_of(pass),
                          .pages = pass.pages,
                          .span = {ranges.front().first, ranges.back().last},
                          .digest = {},
                          .absent = {}};
    for (const PfnRange& range : ranges) prepared.digest(range);
    AppendAbsent(ranges, prepared.pages, absent_);
    absent_end.push_back(absent_.size());
    pages_ += prepared.pages;
    ranges_ += prepared.digest.ranges();
    passes_.push_back(prepared);
  }
  // Only now that the vector has stopped moving.
  std::size_t begin = 0;
  for (std::size_t i = 0; i < passes_.size(); ++i) {
    passes_[i].absent =
        std::span(absent_).subspan(begin, absent_end[i] - begin);
    begin = absent_end[i];
  }
}

}  // namespace pfn
