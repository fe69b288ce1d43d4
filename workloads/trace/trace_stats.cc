// SPDX-License-Identifier: MIT

#include "workloads/trace/trace_stats.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <iterator>
#include <span>
#include <vector>

#include "workloads/trace/page_ranges.h"
#include "workloads/trace/trace_io.h"

namespace pfn {
namespace {

double Share(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0.0
                    : static_cast<double>(part) / static_cast<double>(whole);
}

// The smallest value that at least `percent` of the values do not exceed.
std::uint64_t Percentile(std::vector<std::uint64_t>& values,
                         std::size_t percent) {
  if (values.empty()) return 0;
  const std::size_t rank = (values.size() * percent + 99) / 100;
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(rank - 1);
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

void CountPasses(const Trace& trace, TraceStats* stats) {
  std::vector<std::uint64_t> ranges;
  for (const Pass& pass : trace.Passes()) {
    if (pass.direction == Direction::kInflate) {
      ranges.push_back(MaximalRanges(trace.runs_of(pass)).size());
    } else {
      ++stats->deflate_passes;
    }
  }
  stats->inflate_passes = ranges.size();
  stats->median_ranges = Percentile(ranges, 50);
  stats->max_ranges = Percentile(ranges, 100);
}

void CountSteps(std::span<const PfnRun> array, TraceStats* stats) {
  for (std::size_t i = 0; i < array.size(); ++i) {
    const PfnRun& run = array[i];
    (run.length < 0 ? stats->steps_down : stats->steps_up) += run.pages() - 1;
    if (i == 0) continue;
    const Pfn before = array[i - 1].last();
    if (run.first + 1 == before) {
      ++stats->steps_down;
    } else if (run.first == before + 1) {
      ++stats->steps_up;
    } else {
      ++stats->steps_other;
    }
  }
}

void CountArrays(const Trace& trace, TraceStats* stats) {
  std::vector<std::uint64_t> lengths;
  for (const TraceEvent& event : trace.events()) {
    if (event.kind == TraceEvent::Kind::kDeflate) ++stats->deflate_arrays;
    if (event.kind != TraceEvent::Kind::kInflate) continue;
    ++stats->inflate_arrays;
    CountSteps(trace.runs_of(event), stats);
    for (const PfnRun& run : trace.runs_of(event)) {
      lengths.push_back(run.pages());
      const auto bin =
          static_cast<std::size_t>(std::bit_width(run.pages()) - 1);
      stats->run_pages[std::min(bin, TraceStats::kRunBins - 1)] += run.pages();
    }
  }
  if (lengths.empty()) return;
  stats->mean_run = Share(trace.pages_inflated(), lengths.size());
  stats->p50_run = Percentile(lengths, 50);
  stats->p90_run = Percentile(lengths, 90);
}

}  // namespace

std::string FormatBytes(std::uint64_t bytes) {
  constexpr std::string_view kUnits[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  while (bytes != 0 && bytes % 1024 == 0 && unit + 1 < std::size(kUnits)) {
    bytes /= 1024;
    ++unit;
  }
  return fmt::format("{} {}", bytes, kUnits[unit]);
}

TraceStats ComputeStats(const Trace& trace) {
  TraceStats stats;
  CountArrays(trace, &stats);
  CountPasses(trace, &stats);
  stats.span = SpanOf(trace);
  return stats;
}

PfnRange SpanOf(const Trace& trace) {
  if (trace.runs().empty()) return {0, 0};
  PfnRange span = trace.runs().front().range();
  for (const PfnRun& run : trace.runs()) {
    span.first = std::min(span.first, run.lowest());
    span.last = std::max(span.last, run.highest());
  }
  return span;
}

std::string FormatInfo(std::string_view title, const Trace& trace) {
  const TraceStats stats = ComputeStats(trace);
  std::string text = fmt::format("{}\n", title);
  const auto line = [&text](std::string_view key, std::string_view value) {
    text += fmt::format("  {:<14}{}\n", key, value);
  };
  for (const HeaderField& field : kHeaderFields) {
    if (field.number != nullptr) {
      const std::uint64_t bytes = trace.provenance.*field.number;
      line(field.key, bytes == 0 ? "unknown" : FormatBytes(bytes));
    } else {
      const std::string& value = trace.provenance.*field.text;
      line(field.key, value.empty() ? "unknown" : value);
    }
  }
  line("targets", fmt::format("{}", trace.targets()));
  line("arrays", fmt::format("{} inflated, {} deflated", stats.inflate_arrays,
                             stats.deflate_arrays));
  line("passes", fmt::format("{} inflating, {} deflating", stats.inflate_passes,
                             stats.deflate_passes));
  line("pages", fmt::format("{} inflated, {} deflated", trace.pages_inflated(),
                            trace.pages_deflated()));
  line("span",
       fmt::format("{:#x} to {:#x}", stats.span.first, stats.span.last));
  line("ranges", fmt::format("median {}, max {} per inflating pass",
                             stats.median_ranges, stats.max_ranges));
  line("run length", fmt::format("mean {:.1f}, p50 {}, p90 {} pages, inflating",
                                 stats.mean_run, stats.p50_run, stats.p90_run));
  const auto percent = [&](std::uint64_t steps) {
    return Share(100 * steps, stats.steps());
  };
  line("steps", fmt::format("-1: {:.2f} %, +1: {:.2f} %, other: {:.2f} % "
                            "inside inflated arrays",
                            percent(stats.steps_down), percent(stats.steps_up),
                            percent(stats.steps_other)));
  line("id", TraceId(trace));
  return text;
}

std::string FormatTableHead() {
  return "| trace | pages | ranges | mean run | p50 | p90 | step -1 | step +1 "
         "| "
         "other | % of the pages in runs of 1, 2-3, 4-7, ..., 128-255, 256+ |\n"
         "|---|---|---|---|---|---|---|---|---|---|\n";
}

std::string FormatTableRow(std::string_view title, const Trace& trace) {
  Trace first;
  for (const Pass& pass : trace.Passes()) {
    if (pass.direction != Direction::kInflate) continue;
    for (const TraceEvent& event : trace.events()) {
      if (event.first_run < pass.first_run || event.end_run > pass.end_run ||
          event.kind == TraceEvent::Kind::kTarget) {
        continue;
      }
      first.AppendArray(Direction::kInflate, trace.runs_of(event));
    }
    break;
  }
  const TraceStats stats = ComputeStats(first);
  std::string bins;
  for (const std::uint64_t pages : stats.run_pages) {
    bins += fmt::format(" {:.0f}", 100 * Share(pages, first.pages_inflated()));
  }
  return fmt::format(
      "| `{}` | {} | {} | {:.1f} | {} | {} | {:.3f} | {:.3f} | {:.3f} |{} |\n",
      title, first.pages_inflated(), stats.max_ranges, stats.mean_run,
      stats.p50_run, stats.p90_run, Share(stats.steps_down, stats.steps()),
      Share(stats.steps_up, stats.steps()),
      Share(stats.steps_other, stats.steps()), bins);
}

std::string FormatFacts(const Trace& trace) {
  const TraceStats stats = ComputeStats(trace);
  return fmt::format(
      "{} guest, {} pages inflated in {} arrays and {} passes, up to {} ranges "
      "a pass, mean run {:.1f}",
      FormatBytes(trace.provenance.guest_memory_bytes), trace.pages_inflated(),
      stats.inflate_arrays, stats.inflate_passes, stats.max_ranges,
      stats.mean_run);
}

Membership CheckMembership(const Trace& trace) {
  Membership membership;
  PageRanges ballooned;
  for (const TraceEvent& event : trace.events()) {
    for (const PfnRun& run : trace.runs_of(event)) {
      if (event.kind == TraceEvent::Kind::kInflate) {
        membership.inflated_twice += ballooned.Insert(run.range());
      } else {
        membership.deflated_absent += ballooned.Remove(run.range());
      }
    }
  }
  return membership;
}

}  // namespace pfn
