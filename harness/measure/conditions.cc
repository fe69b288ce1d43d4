// SPDX-License-Identifier: MIT

#include "harness/measure/conditions.h"

#include <type_traits>

namespace pfn {

Conditions Conditions::WithoutLoops() const {
  Conditions others = *this;
  others.calls = {};
  others.cold = {};
  others.sets = 1;
  return others;
}

std::vector<std::pair<std::string, std::string>> Conditions::Named() const {
  const Conditions usual;
  std::vector<std::pair<std::string, std::string>> named;
  const auto add = [&](const char* key, auto value, auto usual_value) {
    if (value == usual_value) return;
    if constexpr (std::is_integral_v<decltype(value)>) {
      named.emplace_back(key, std::to_string(value));
    } else {
      named.emplace_back(key, Name(value));
    }
  };
  add("large", heap.large, usual.heap.large);
  add("heap", heap.age, usual.heap.age);
  add("heap-seed", heap.seed, usual.heap.seed);
  add("alloc-cost", heap.allocation_cost, usual.heap.allocation_cost);
  add("free-cost", heap.free_cost, usual.heap.free_cost);
  add("grace", heap.grace, usual.heap.grace);
  add("calls", calls, usual.calls);
  add("cold", cold, usual.cold);
  add("sets", sets, usual.sets);
  return named;
}

}  // namespace pfn
