// SPDX-License-Identifier: MIT
//
// File: harness/cli/nearest.h
//
// What a user who mistyped a name probably meant.

#ifndef PFNBENCH_HARNESS_CLI_NEAREST_H_
#define PFNBENCH_HARNESS_CLI_NEAREST_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace pfn {

// Insertions, deletions, replacements and swaps of neighbours that turn `a`
// into `b`.
std::size_t EditDistance(std::string_view a, std::string_view b);

// "unknown workload 'idel-8g'; did you mean idle-8g? (known: ...)"
std::string UnknownName(std::string_view kind, std::string_view name,
                        std::span<const std::string> known);

}  // namespace pfn

#endif  // PFNBENCH_HARNESS_CLI_NEAREST_H_
