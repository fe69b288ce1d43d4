// SPDX-License-Identifier: MIT

#include "workloads/trace/trace.h"

#include <cassert>

namespace pfn {
namespace {

// +1 or -1 if a page `next` continues `run`, otherwise 0. A single page has no
// direction yet and continues either way.
int StepThatContinues(const PfnRun& run, Pfn next) {
  const Pfn last = run.last();
  if (run.length >= 1 && next == last + 1) return 1;
  if ((run.length < 0 || run.length == 1) && next + 1 == last) return -1;
  return 0;
}

}  // namespace

void Trace::AppendTarget(std::uint64_t pages) {
  array_state_ = ArrayState::kNone;
  events_.push_back(
      {TraceEvent::Kind::kTarget, pages, runs_.size(), runs_.size()});
  ++targets_;
}

void Trace::BeginArray(Direction direction) {
  array_state_ = ArrayState::kBegun;
  direction_ = direction;
}

void Trace::AppendRun(PfnRun run) {
  assert(array_state_ != ArrayState::kNone);
  assert(run.length != 0);
  assert(run.lowest() <= run.highest() && run.highest() < kPfnLimit);
  if (run.length == -1) run.length = 1;
  (direction_ == Direction::kInflate ? pages_inflated_ : pages_deflated_) +=
      run.pages();

  if (array_state_ == ArrayState::kBegun) {
    array_state_ = ArrayState::kOpen;
    const auto kind = direction_ == Direction::kInflate
                          ? TraceEvent::Kind::kInflate
                          : TraceEvent::Kind::kDeflate;
    events_.push_back({kind, 0, runs_.size(), runs_.size()});
    runs_.push_back(run);
    events_.back().end_run = runs_.size();
    return;
  }
  PfnRun& tail = runs_.back();
  const std::int64_t step = StepThatContinues(tail, run.first);
  if (step == 0) {
    runs_.push_back(run);
  } else if (run.length == 1 || (run.length > 0) == (step > 0)) {
    tail.length = step * static_cast<std::int64_t>(tail.pages() + run.pages());
  } else {
    // `run` turns round: only its first page goes on in the tail's direction.
    tail.length = step * static_cast<std::int64_t>(tail.pages() + 1);
    const std::int64_t rest = run.length + step;
    runs_.push_back({run.first - static_cast<Pfn>(step),
                     rest == -1 ? std::int64_t{1} : rest});
  }
  events_.back().end_run = runs_.size();
}

std::vector<Pass> Trace::Passes() const {
  std::vector<Pass> passes;
  bool extends = false;  // The next array may belong to the last pass.
  for (const TraceEvent& event : events_) {
    if (event.kind == TraceEvent::Kind::kTarget) {
      extends = false;
      continue;
    }
    if (!extends || passes.back().direction != event.direction()) {
      passes.push_back(
          {event.direction(), event.first_run, event.first_run, 0});
    }
    Pass& pass = passes.back();
    for (const PfnRun& run : runs_of(event)) pass.pages += run.pages();
    pass.end_run = event.end_run;
    extends = true;
  }
  return passes;
}

Trace FirstPages(const Trace& trace, std::uint64_t pages) {
  Trace first;
  first.provenance = trace.provenance;
  for (const TraceEvent& event : trace.events()) {
    if (pages == 0) break;
    if (event.kind == TraceEvent::Kind::kTarget) {
      first.AppendTarget(event.target_pages);
      continue;
    }
    first.BeginArray(event.direction());
    for (PfnRun run : trace.runs_of(event)) {
      const std::uint64_t kept = std::min(run.pages(), pages);
      if (kept == 0) break;
      const auto length = static_cast<std::int64_t>(kept);
      first.AppendRun({run.first, run.length < 0 ? -length : length});
      pages -= kept;
    }
  }
  return first;
}

}  // namespace pfn
