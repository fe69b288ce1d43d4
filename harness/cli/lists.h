// SPDX-License-Identifier: MIT
//
// What there is for --fault, --policy, --driver and --costs, each on one
// screen.

#pragma once

#include <span>
#include <string>
#include <string_view>

namespace pfn {

struct List {
  std::string_view what;  // "faults" is for --list-faults
  std::string_view help;
  std::string (*text)();
};

std::span<const List> Lists();

}  // namespace pfn
