// SPDX-License-Identifier: MIT

#include "harness/profile/memory_run.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "harness/profile/pass_steps.h"

namespace pfn {
namespace {

constexpr std::size_t kMostPassEnds = 64;
// Of a timeline of 256 points; the others are for passes.
constexpr std::uint64_t kIntervals = 192;
constexpr std::size_t kMostPassesInTimeline = 30;

HeldBytes Held(const HeapUsage& usage) {
  return {usage.live_requested, usage.live_rounded, usage.live_slabs,
          usage.live_pow2, usage.live_exact};
}

HeldBytes Peak(const HeapUsage& usage) {
  return {usage.peak_requested, usage.peak_rounded, usage.peak_slabs,
          usage.peak_pow2, usage.peak_exact};
}

// The largest, the last, and of the others as many as there is room for.
std::vector<PassEnd> Thinned(std::vector<PassEnd> ends) {
  if (ends.size() <= kMostPassEnds) return ends;
  const auto largest = std::max_element(
      ends.begin(), ends.end(),
      [](const PassEnd& a, const PassEnd& b) { return a.pages < b.pages; });
  const auto chosen = static_cast<std::size_t>(largest - ends.begin());
  std::vector<PassEnd> kept;
  constexpr std::size_t kEven = kMostPassEnds - 1;  // one is the largest
  bool has_largest = false;
  for (std::size_t i = 0; i < kEven; ++i) {
    const std::size_t at = i * (ends.size() - 1) / (kEven - 1);
    if (!has_largest && chosen <= at) {
      has_largest = true;
      if (chosen != at) kept.push_back(ends[chosen]);
    }
    kept.push_back(ends[at]);
  }
  return kept;
}

// The slow steps of one kind in order of the run.
class Search {
 public:
  Search() = default;
  explicit Search(StepTimes& times) {
    for (SlowStep& step : times.worst) steps_.push_back(&step);
    std::sort(steps_.begin(), steps_.end(),
              [](const SlowStep* a, const SlowStep* b) {
                return a->position < b->position;
              });
    Advance();
  }

  // Whether the next step is one of them; if so, Found() must follow.
  bool IsNext() { return position_++ == wanted_; }
  void Found(const SlowStep::Place& place) {
    steps_[next_++]->place = place;
    Advance();
  }

 private:
  void Advance() {
    wanted_ = next_ < steps_.size() ? steps_[next_]->position
                                    : std::numeric_limits<std::uint64_t>::max();
  }

  std::vector<SlowStep*> steps_;
  std::size_t next_ = 0;
  std::uint64_t position_ = 0;
  std::uint64_t wanted_ = std::numeric_limits<std::uint64_t>::max();
};

class MemoryRun : public PassSteps<MemoryRun> {
 public:
  MemoryRun(const Job& job, Rig& rig, AnySet& set, MemoryProfile& memory,
            TailProfile* tails)
      : PassSteps(job, rig, set),
        memory_(memory),
        interval_(job.workload->pages() / kIntervals + 1),
        shows_passes_(job.workload->passes().size() <= kMostPassesInTimeline) {
    if (tails == nullptr) return;
    for (std::size_t i = 0; i < searches_.size(); ++i) {
      searches_[i] = Search(tails->steps[i]);
    }
  }

  StepsOutcome Run(std::size_t passes) {
    AddPoint();
    StepsOutcome outcome = RunPasses(passes);
    if (!outcome.error.empty()) return outcome;
    if (!shows_passes_) AddPoint();
    memory_.pass_ends = Thinned(std::move(ends_));
    memory_.peak = Peak(usage());
    memory_.retained = Held(usage());
    memory_.largest_order = usage().largest_order;
    memory_.allocations = usage().allocations;
    memory_.frees = usage().frees;
    return outcome;
  }

  // Notes if it was a slow one.
  template <class Body>
  void Take(Step step, std::span<const Pfn> pages, Body body) {
    for (std::size_t i = 0; i < pages.size(); ++i) {
      const bool is_slow = search(step).IsNext();
      const std::uint64_t before = usage().allocations;
      const bool is_done = body(i);
      if (is_slow) {
        search(step).Found({pass(), pages[i], usage().allocations - before});
      }
      if (step != Step::kSet) continue;
      recorded_ += is_done;
      if (++memory_.sets % interval_ == 0) AddPoint();
    }
  }

  // By the structure's own walk: looking at a set asks for no memory.
  bool Walk(PfnRange span, RangeDigest& digest) {
    Search& slow = search(Step::kNextRange);
    const std::vector<PfnRange> ranges = set_.Ranges(span);
    for (const PfnRange range : ranges) {
      digest(range);
      if (slow.IsNext()) slow.Found({pass(), range.first, 0});
    }
    // The step that finds no more, unless the last range ends the span, as it
    // does when no page of the pass is missing.
    const bool ends_span =
        !ranges.empty() && span.last - ranges.back().last < 2;
    if (!ends_span && slow.IsNext()) {
      slow.Found({pass(), ranges.empty() ? span.first : ranges.back().last, 0});
    }
    return true;
  }

  void Filled(const PreparedPass& pass) {
    if (shows_passes_) AddPoint();
    ends_.push_back(
        {this->pass(), pass.pages - failed_sets().size(), Held(usage())});
  }
  void Emptied() {
    if (shows_passes_) AddPoint();
  }

 private:
  const HeapUsage& usage() const { return rig_.usage(); }
  Search& search(Step step) {
    return searches_[static_cast<std::size_t>(step)];
  }

  void AddPoint() {
    memory_.timeline.push_back(
        {recorded_, usage().live_requested, usage().live_rounded});
  }

  MemoryProfile& memory_;
  const std::uint64_t interval_;  // sets between two points of the timeline
  const bool shows_passes_;       // in the timeline
  std::array<Search, kStepNames.size()> searches_;
  std::vector<PassEnd> ends_;
  std::uint64_t recorded_ = 0;
};

}  // namespace

StepsOutcome RunForMemory(const Job& job, MemoryProfile& memory,
                          TailProfile* tails) {
  // Where others hold slabs already, a small set would seem to need none.
  Job on_fresh_heap = job;
  on_fresh_heap.conditions.heap.age = HeapAge::kFresh;
  Rig rig(on_fresh_heap);
  memory.cpus = job.conditions.heap.cpus;
  {
    const std::unique_ptr<AnySet> set = job.structure->make(rig.heap());
    MemoryRun run(job, rig, *set, memory, tails);
    StepsOutcome outcome = run.Run(job.workload->passes().size());
    if (!outcome.error.empty()) return outcome;
    memory.caches = rig.heap().CacheUsages();
    if (tails != nullptr) {
      for (SlowStep& step : tails->of(Step::kDestroy).worst) {
        step.place = {job.workload->passes().empty() ? 0 : tails->passes - 1, 0,
                      0};
      }
    }
  }
  return {rig.LedgerError()};
}

}  // namespace pfn
