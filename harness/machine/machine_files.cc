// SPDX-License-Identifier: MIT

#include "harness/machine/machine_files.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <fstream>
#include <set>
#include <system_error>

namespace pfn {

namespace fs = std::filesystem;

std::vector<std::string> Lines(const fs::path& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

std::string FirstLine(const fs::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line.empty() ? std::string(kUnknown) : line;
}

std::string Bracketed(const std::string& line) {
  const std::size_t open = line.find('[');
  const std::size_t close = line.find(']');
  if (open == std::string::npos || close == std::string::npos) return line;
  return line.substr(open + 1, close - open - 1);
}

std::string Governors(const fs::path& root) {
  std::set<std::string> governors;
  std::error_code error;
  for (const auto& entry :
       fs::directory_iterator(root / "sys/devices/system/cpu", error)) {
    const std::string governor =
        FirstLine(entry.path() / "cpufreq/scaling_governor");
    if (governor != kUnknown) governors.insert(governor);
  }
  if (governors.empty()) return std::string(kUnknown);
  return fmt::format("{}", fmt::join(governors, ", "));
}

std::string Turbo(const fs::path& root) {
  const std::string boost = FirstLine(root / kBoostFile);
  if (boost != kUnknown) return boost == "1" ? "on" : "off";
  const std::string no_turbo = FirstLine(root / kNoTurboFile);
  if (no_turbo != kUnknown) return no_turbo == "0" ? "on" : "off";
  return std::string(kUnknown);
}

}  // namespace pfn
