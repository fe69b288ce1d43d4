// SPDX-License-Identifier: MIT

#include "harness/measure/counter.h"

#include <fmt/format.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#else  // never reached: IsUnderCallgrind() is false
#define RUNNING_ON_VALGRIND 0
#define CALLGRIND_TOGGLE_COLLECT (void)0
#define CALLGRIND_DUMP_STATS (void)0
#endif

namespace pfn {
namespace {

int hardware_counter = -1;

// The total of a profile: the line "totals: 1234" of callgrind's format.
std::uint64_t TotalOf(const std::filesystem::path& profile) {
  constexpr std::string_view kTotals = "totals: ";
  std::ifstream file(profile);
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(kTotals)) {
      return std::stoull(line.substr(kTotals.size()));
    }
  }
  throw NoCounter(
      fmt::format("{}: callgrind left no total there; is there room in {}?",
                  profile.string(), profile.parent_path().string()));
}

}  // namespace

bool IsUnderCallgrind() {
  static const bool is_under =
      RUNNING_ON_VALGRIND != 0 && std::getenv(kCallgrindOutVariable) != nullptr;
  return is_under;
}

std::uint64_t ToggleCallgrind() {
  CALLGRIND_TOGGLE_COLLECT;
  return 0;
}

std::uint64_t TakeCollectedByCallgrind() {
  static pid_t counted = getpid();
  static int dumps = 0;
  CALLGRIND_DUMP_STATS;
  // It numbers its files, and a fork begins again at the first number.
  if (counted != getpid()) {
    counted = getpid();
    dumps = 0;
  }
  const std::filesystem::path profile =
      fmt::format("{}.{}", std::getenv(kCallgrindOutVariable), ++dumps);
  const std::uint64_t total = TotalOf(profile);
  std::filesystem::remove(profile);
  return total;
}

void OpenHardwareCounter() {
  perf_event_attr attributes{};
  attributes.size = sizeof attributes;
  attributes.type = PERF_TYPE_HARDWARE;
  attributes.config = PERF_COUNT_HW_INSTRUCTIONS;
  attributes.exclude_kernel = 1;
  attributes.exclude_hv = 1;
  hardware_counter =
      static_cast<int>(syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0));
  if (hardware_counter >= 0) return;
  const bool is_forbidden = errno == EACCES || errno == EPERM;
  throw NoCounter(fmt::format(
      "the hardware's counter of instructions: n/a here "
      "(perf_event_open: {}); {}",
      std::strerror(errno),
      is_forbidden ? "sysctl kernel.perf_event_paranoid=2 permits it"
                   : "--instructions=callgrind needs none"));
}

std::uint64_t ReadHardwareCounter() {
  std::uint64_t instructions = 0;
  if (read(hardware_counter, &instructions, sizeof instructions) !=
      sizeof instructions) {
    return 0;
  }
  return instructions;
}

}  // namespace pfn
