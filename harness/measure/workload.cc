// SPDX-License-Identifier: MIT

#include "harness/measure/workload.h"

#include <algorithm>
#include <utility>

#include "harness/oracle.h"
#include "structures/core/pfn_set.h"
#include "workloads/trace/trace_io.h"

namespace pfn {
namespace {

PfnRange SpanOf(std::span<const PfnRun> runs) {
  PfnRange span{kMaxPfn, 0};
  for (const PfnRun& run : runs) {
    span.first = std::min(span.first, run.lowest());
    span.last = std::max(span.last, run.highest());
  }
  return span;
}

void Fill(Oracle& oracle, std::span<const PfnRun> runs) {
  for (const PfnRun& run : runs) {
    for (Pfn pfn = run.lowest();; ++pfn) {
      (void)oracle.Set(pfn);
      if (pfn == run.highest()) break;
    }
  }
}

// Appends `pages` pages that are not in `oracle`, from span.first upwards.
// There is room for them above: traces stay below 2^52.
void AppendAbsent(Oracle& oracle, PfnRange span, std::uint64_t pages,
                  std::vector<PfnRun>& absent) {
  const auto append = [&](Pfn first, std::uint64_t count) {
    count = std::min(count, pages);
    if (count == 0) return;
    absent.push_back({first, static_cast<std::int64_t>(count)});
    pages -= count;
  };
  Pfn next = span.first;
  VisitRanges(oracle, span, [&](PfnRange range) {
    append(next, range.first - next);
    next = range.last + 1;
  });
  append(next, pages);
}

}  // namespace

Workload::Workload(std::string name, Trace trace)
    : name_(std::move(name)),
      trace_id_(TraceId(trace)),
      trace_(std::move(trace)) {
  std::vector<std::size_t> absent_end;
  for (const Pass& pass : trace_.Passes()) {
    PreparedPass prepared{.runs = trace_.runs_of(pass),
                          .pages = pass.pages,
                          .span = SpanOf(trace_.runs_of(pass)),
                          .digest = {},
                          .absent = {}};
    Oracle oracle;
    Fill(oracle, prepared.runs);
    VisitRanges(oracle, prepared.span, prepared.digest);
    AppendAbsent(oracle, prepared.span, prepared.pages, absent_);
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
