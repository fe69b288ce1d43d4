// SPDX-License-Identifier: MIT

#include "harness/measure/stopwatch.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>

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

}  // namespace

const Timer& Timer::Get() {
  static const Timer timer = [] {
#if defined(__x86_64__)
    if (HasInvariantTsc()) {
      using std::chrono::steady_clock;
      const auto start = steady_clock::now();
      const std::uint64_t start_ticks = Stopwatch::ReadTsc();
      auto now = start;
      while (now - start < std::chrono::milliseconds(50)) {
        now = steady_clock::now();
      }
      const std::uint64_t ticks = Stopwatch::ReadTsc() - start_ticks;
      const double ns =
          std::chrono::duration<double, std::nano>(now - start).count();
      return Timer{true, ns / static_cast<double>(ticks),
                   MedianCostOfPair(Stopwatch::ReadTsc)};
    }
#endif
    return Timer{false, 1.0, MedianCostOfPair(Stopwatch::ReadMonotonic)};
  }();
  return timer;
}

std::string Timer::Describe() const {
  return fmt::format("{}, {:.1f} ns a reading, subtracted",
                     uses_tsc ? fmt::format("tsc {:.0f} MHz", 1e3 / ns_per_tick)
                              : std::string("steady_clock"),
                     overhead_ticks * ns_per_tick);
}

}  // namespace pfn
