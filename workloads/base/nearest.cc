// SPDX-License-Identifier: MIT

#include "workloads/base/nearest.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

namespace pfn {

std::size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> cost(
      a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1,
                             cost[i - 1][j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
      }
    }
  }
  return cost[a.size()][b.size()];
}

std::string DidYouMean(std::string_view name,
                       std::span<const std::string> known) {
  // Distances to a text of megabytes would take seconds, and it is no name.
  constexpr std::size_t kLongestName = 100;
  if (name.size() > kLongestName) return "";
  const auto nearest = std::min_element(
      known.begin(), known.end(), [&](const auto& a, const auto& b) {
        return EditDistance(name, a) < EditDistance(name, b);
      });
  if (nearest == known.end() ||
      EditDistance(name, *nearest) > 1 + name.size() / 3) {
    return "";
  }
  return fmt::format("; did you mean {}?", *nearest);
}

std::string UnknownName(std::string_view kind, std::string_view name,
                        std::span<const std::string> known) {
  return fmt::format("unknown {} '{}'{} (known: {})", kind, name,
                     DidYouMean(name, known), fmt::join(known, ", "));
}

std::string UnknownArgument(std::string_view argument,
                            std::span<const std::string> flags,
                            std::span<const std::string> commands) {
  const std::string name(argument.substr(0, argument.find('=')));
  const bool is_flag = name.starts_with('-');
  std::string text = fmt::format("unknown argument '{}'", argument);
  const std::string command = is_flag ? "" : DidYouMean(name, commands);
  text += !command.empty() ? command
                           : DidYouMean(is_flag ? name : "--" + name, flags);
  if (!is_flag && !commands.empty()) {
    text += fmt::format(" (commands: {})", fmt::join(commands, ", "));
  }
  return text;
}

}  // namespace pfn
