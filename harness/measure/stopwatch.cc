// SPDX-License-Identifier: MIT

#include "harness/measure/stopwatch.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <limits>
#include <sstream>
#include <utility>

#include "harness/measure/counter.h"

namespace pfn {
namespace {

// Whether the time-stamp counter runs at one rate in every state of the CPU.
bool HasInvariantTsc() {
#if defined(__x86_64__)
  std::ifstream cpuinfo("/proc/cpuinfo");
  for (std::string line; std::getline(cpuinfo, line);) {
    if (!line.starts_with("flags")) continue;
    std::istringstream words(line);
    bool constant = false;
    bool nonstop = false;
    for (std::string word; words >> word;) {
      constant |= word == "constant_tsc";
      nonstop |= word == "nonstop_tsc";
    }
    return constant && nonstop;
  }
#endif
  return false;
}

template <class Read>
double MedianCostOfPair(Read read) {
  std::array<double, 10001> cost;
  for (double& ticks : cost) {
    const std::uint64_t before = read();
    ticks = static_cast<double>(read() - before);
  }
  std::nth_element(cost.begin(), cost.begin() + cost.size() / 2, cost.end());
  return cost[cost.size() / 2];
}

// A chain of multiplications that cannot run at once. One function for all who
// call it: inlined twice, the two chains were not equally long.
[[gnu::noinline]] std::uint64_t Multiply(std::uint64_t product) {
  for (int i = 0; i < 64; ++i) {
    product *= 0x9E3779B97F4A7C15;
    asm volatile("" : "+r"(product));
  }
  return product;
}

// By how much a step becomes longer when a lap ends it, from the least of many
// sequences. The step takes longer than reading the counter does: that part of
// a lap overlaps the step, so that laps around nothing would read too long.
template <class Read>
double CostOfLap(Read read) {
  constexpr int kSteps = 256;
  std::uint64_t product = 1;
  constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t least = kNever;
  std::uint64_t least_with_laps = kNever;
  std::array<std::uint64_t, kSteps> laps;
  for (int sequence = 0; sequence < 64; ++sequence) {
    const std::uint64_t start = read();
    for (int i = 0; i < kSteps; ++i) product = Multiply(product);
    const std::uint64_t end = read();
    for (std::uint64_t& lap : laps) {
      product = Multiply(product);
      lap = read();
    }
    least = std::min(least, end - start);
    least_with_laps = std::min(least_with_laps, laps.back() - end);
  }
  asm volatile("" : : "r"(product));
  const double ticks =
      static_cast<double>(least_with_laps) - static_cast<double>(least);
  return std::max(0.0, ticks / kSteps);
}

Timer::Source chosen = Timer::Source::kClock;

}  // namespace

void Timer::Choose(Source source) { chosen = source; }

const Timer& Timer::Nothing() {
  static const Timer nothing{.read = [] { return std::uint64_t{0}; }};
  return nothing;
}

const Timer& Timer::Get() {
  static const Timer timer = [] {
    switch (chosen) {
      case Source::kNothing:
        return Nothing();
      case Source::kClock:
        return Clock();
      case Source::kCallgrind:
        return Callgrind();
      case Source::kHardware:
        return Timer{.source = Source::kHardware,
                     .read = &ReadHardwareCounter,
                     .overhead_ticks = MedianCostOfPair(ReadHardwareCounter)};
    }
    return Nothing();
  }();
  return timer;
}

Timer Timer::Clock() {
#if defined(__x86_64__)
  if (HasInvariantTsc()) {
    using std::chrono::steady_clock;
    const auto start = steady_clock::now();
    const std::uint64_t start_ticks = ReadTsc();
    auto now = start;
    while (now - start < std::chrono::milliseconds(50)) {
      now = steady_clock::now();
    }
    const std::uint64_t ticks = ReadTsc() - start_ticks;
    const double ns =
        std::chrono::duration<double, std::nano>(now - start).count();
    return {.source = Source::kClock,
            .uses_tsc = true,
            .ns_per_tick = ns / static_cast<double>(ticks),
            .overhead_ticks = MedianCostOfPair(ReadTsc),
            .lap_ticks = CostOfLap([] { return ReadTscLap(); })};
  }
#endif
  return {.source = Source::kClock,
          .read = &ReadMonotonic,
          .ns_per_tick = 1.0,
          .overhead_ticks = MedianCostOfPair(ReadMonotonic),
          .lap_ticks = CostOfLap([] { return ReadMonotonic(); })};
}

// Callgrind tells totals only, so the cost of a pair is the mean of many; all
// are the same.
Timer Timer::Callgrind() {
  constexpr int kPairs = 1000;
  Timer timer{.source = Source::kCallgrind, .read = &ToggleCallgrind};
  Stopwatch watch(timer);
  for (int i = 0; i < kPairs; ++i) {
    watch.Start();
    watch.Stop();
  }
  timer.overhead_ticks = watch.TakeInstructions() / kPairs;
  return timer;
}

std::string Timer::Describe() const {
  switch (source) {
    case Source::kNothing:
      break;
    case Source::kClock:
      return fmt::format("{}, {:.1f} ns a reading, subtracted",
                         uses_tsc
                             ? fmt::format("tsc {:.0f} MHz", 1e3 / ns_per_tick)
                             : std::string("steady_clock"),
                         overhead_ticks * ns_per_tick);
    case Source::kCallgrind:
      return fmt::format("callgrind, {:g} instructions a stretch, subtracted",
                         overhead_ticks);
    case Source::kHardware:
      return fmt::format("hardware, {:g} instructions a stretch, subtracted",
                         overhead_ticks);
  }
  return "nothing";
}

double Stopwatch::TakeInstructions() {
  if (!timer_.counts_instructions()) return 0;
  double total = std::exchange(ticks_, 0);
  // Its readings are all 0, so that only the corrections have been summed up.
  if (timer_.source == Timer::Source::kCallgrind) {
    total += static_cast<double>(TakeCollectedByCallgrind());
  }
  return std::max(total, 0.0);
}

}  // namespace pfn
