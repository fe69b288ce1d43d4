// SPDX-License-Identifier: MIT
//
// What /proc and /sys say, in words. `root` is where both are: "/", or in tests
// a folder that looks like another machine.

#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace pfn {

// What is not told.
inline constexpr std::string_view kUnknown = "n/a";

inline constexpr std::string_view kBoostFile =
    "sys/devices/system/cpu/cpufreq/boost";
inline constexpr std::string_view kNoTurboFile =
    "sys/devices/system/cpu/intel_pstate/no_turbo";

// Empty if the file cannot be read.
std::vector<std::string> Lines(const std::filesystem::path& path);

// kUnknown if there is none.
std::string FirstLine(const std::filesystem::path& path);

// "always [madvise] never" -> "madvise"
std::string Bracketed(const std::string& line);

// The frequency governors of all CPUs, each once: "performance".
std::string Governors(const std::filesystem::path& root);

// "on", "off" or kUnknown.
std::string Turbo(const std::filesystem::path& root);

}  // namespace pfn
