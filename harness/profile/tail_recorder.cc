// SPDX-License-Identifier: MIT

#include "harness/profile/tail_recorder.h"

#include <chrono>
#include <cmath>
#include <limits>

namespace pfn {

TailRecorder::TailRecorder(const Timer& timer)
    : timer_(timer),
      overhead_(static_cast<std::uint64_t>(std::lround(timer.lap_ticks))) {}

void TailRecorder::Expect(Step step, std::uint64_t count) {
  of(step).least.assign(std::min(count, kRemembered), kNever);
}

void TailRecorder::BeginRepetition() {
  ++repetitions_;
  for (Kind& kind : kinds_) {
    kind.count = std::max(kind.count, kind.next);
    kind.next = 0;
  }
}

void TailRecorder::Count(Kind& kind, std::uint64_t position,
                         std::uint32_t ticks) {
  kind.histogram.Add(ticks);
  std::size_t place = kind.worst_count;
  if (place == kWorst) {
    if (ticks <= kind.worst.back().ticks) return;
    --place;
  } else {
    ++kind.worst_count;
  }
  for (; place > 0 && kind.worst[place - 1].ticks < ticks; --place) {
    kind.worst[place] = kind.worst[place - 1];
  }
  kind.worst[place] = {ticks, position};
}

StepTimes TailRecorder::Summary(Kind& kind) const {
  const auto ns = [this](std::uint64_t ticks) {
    return static_cast<double>(ticks) * timer_.ns_per_tick;
  };
  kind.count = std::max(kind.count, kind.next);
  const std::uint64_t remembered =
      std::min<std::uint64_t>(kind.count, kind.least.size());
  for (std::uint64_t i = 0; i < remembered; ++i) Count(kind, i, kind.least[i]);

  StepTimes times;
  times.count = kind.histogram.total();
  if (times.count == 0) return times;
  const std::uint64_t longest = kind.worst[0].ticks;
  const auto quantile = [&](double share) {
    return ns(std::min(kind.histogram.Quantile(share), longest));
  };
  times.p50 = quantile(0.5);
  times.p90 = quantile(0.9);
  times.p99 = quantile(0.99);
  times.p99_9 = quantile(0.999);
  times.max = ns(longest);
  times.max_raw = ns(kind.longest);
  for (const TimeHistogram::Bucket& bucket : kind.histogram.Buckets()) {
    times.histogram.push_back(
        {ns(bucket.first), ns(bucket.last + 1), bucket.count});
  }
  for (std::size_t i = 0; i < kind.worst_count; ++i) {
    times.worst.push_back({kind.worst[i].position, ns(kind.worst[i].ticks)});
  }
  return times;
}

double TailRecorder::CostOfStep() {
  using std::chrono::steady_clock;
  constexpr std::uint64_t kSteps = 64 * kAtOnce;
  TailRecorder tails;
  tails.Expect(Step::kSet, kSteps);
  std::chrono::duration<double, std::nano> least{
      std::numeric_limits<double>::max()};
  for (int sequence = 0; sequence < 16; ++sequence) {
    tails.BeginRepetition();
    const auto start = steady_clock::now();
    for (std::uint64_t i = 0; i < kSteps; i += kAtOnce) {
      tails.TimeEach(Step::kSet, kAtOnce, [](std::size_t) { return true; });
    }
    least = std::min<decltype(least)>(least, steady_clock::now() - start);
  }
  return least.count() / kSteps;
}

TailProfile TailRecorder::Finish(std::size_t passes) {
  TailProfile profile;
  profile.overhead_ns = static_cast<double>(overhead_) * timer_.ns_per_tick;
  static const double cost_ns = CostOfStep();
  profile.cost_ns = cost_ns;
  profile.repetitions = repetitions_;
  profile.passes = passes;
  for (std::size_t i = 0; i < kinds_.size(); ++i) {
    profile.steps[i] = Summary(kinds_[i]);
  }
  return profile;
}

}  // namespace pfn
