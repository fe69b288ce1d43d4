// SPDX-License-Identifier: MIT
//
// What a user who mistyped a name probably meant.

#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pfn {

// Insertions, deletions, replacements and swaps of neighbours that turn `a`
// into `b`.
std::size_t EditDistance(std::string_view a, std::string_view b);

// "; did you mean drain?", or nothing if no name is near.
std::string DidYouMean(std::string_view name,
                       std::span<const std::string> known);

// "unknown workload 'idel-8g'; did you mean idle-8g? (known: ...)"
std::string UnknownName(std::string_view kind, std::string_view name,
                        std::span<const std::string> known);

// "unknown argument '--strucure=flat'; did you mean --structure?", of what is
// none of `flags`, which begin with dashes. Where a command could stand, the
// `commands` are said.
std::string UnknownArgument(std::string_view argument,
                            std::span<const std::string> flags,
                            std::span<const std::string> commands);

// The names of the things in a table, for the functions above.
template <class Table>
std::vector<std::string> NamesIn(const Table& table) {
  std::vector<std::string> names;
  for (const auto& each : table) names.emplace_back(each.name);
  return names;
}

}  // namespace pfn
