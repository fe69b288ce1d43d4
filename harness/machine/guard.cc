// SPDX-License-Identifier: MIT

#include "harness/machine/guard.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sched.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <map>
#include <sstream>
#include <string_view>

#include "harness/machine/machine_files.h"
#include "workloads/base/number.h"

namespace pfn {
namespace {

namespace fs = std::filesystem;

// A process is busy that takes more than this share of one CPU, and so is a
// machine with more than this load for each CPU: less is a machine's own
// housekeeping.
constexpr double kBusyShare = 0.1;
constexpr double kBusyLoad = 0.5;
constexpr std::size_t kMostNamed = 3;
constexpr unsigned long kNoRandomisation = 0x0040000;  // ADDR_NO_RANDOMIZE

// Time in the ticks of /proc.
struct CpuTime {
  std::uint64_t busy = 0;
  std::uint64_t total = 0;
};

struct Process {
  std::string name;
  std::uint64_t ticks = 0;
};

// Who has used how much CPU since it started.
struct Usage {
  std::map<int, CpuTime> cpus;
  std::map<int, Process> processes;
};

std::map<int, CpuTime> ReadCpuTimes(const fs::path& root) {
  std::map<int, CpuTime> cpus;
  for (const std::string& line : Lines(root / "proc/stat")) {
    std::istringstream words(line);
    std::string name;
    words >> name;
    if (!name.starts_with("cpu")) continue;
    const std::optional<int> cpu =
        ParseNumber<int>(std::string_view(name).substr(3));
    if (!cpu) continue;  // the sum
    // user nice system idle iowait irq softirq steal; guests are in user.
    CpuTime& time = cpus[*cpu];
    std::uint64_t ticks = 0;
    for (int field = 0; field < 8 && words >> ticks; ++field) {
      time.total += ticks;
      if (field != 3 && field != 4) time.busy += ticks;
    }
  }
  return cpus;
}

// "pid (name) state ...": the name may hold anything, parentheses too.
std::optional<Process> ReadProcess(const fs::path& stat) {
  const std::string line = FirstLine(stat);
  const std::size_t open = line.find('(');
  const std::size_t close = line.rfind(')');
  if (open == line.npos || close == line.npos || close < open) {
    return std::nullopt;  // gone in the meantime
  }
  Process process{.name = line.substr(open + 1, close - open - 1)};
  // Who chose it may not write to a terminal.
  std::ranges::replace_if(
      process.name,
      [](char c) { return !std::isprint(static_cast<unsigned char>(c)); }, '?');
  std::istringstream fields(line.substr(close + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  std::uint64_t user = 0;
  std::uint64_t system = 0;
  fields >> user >> system;
  process.ticks = user + system;
  return process;
}

Usage ReadUsage(const fs::path& root) {
  Usage usage{.cpus = ReadCpuTimes(root), .processes = {}};
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(root / "proc", error)) {
    const std::string name = entry.path().filename().string();
    const std::optional<int> pid = ParseNumber<int>(name);
    if (!pid) continue;
    if (auto process = ReadProcess(entry.path() / "stat")) {
      usage.processes.emplace(*pid, *std::move(process));
    }
  }
  return usage;
}

// The share of its time that each CPU was busy.
std::map<int, double> BusyShares(const Usage& before, const Usage& after) {
  std::map<int, double> shares;
  for (const auto& [cpu, now] : after.cpus) {
    const auto then = before.cpus.find(cpu);
    if (then == before.cpus.end()) continue;
    const double total = static_cast<double>(now.total - then->second.total);
    shares[cpu] =
        total > 0 ? static_cast<double>(now.busy - then->second.busy) / total
                  : 0;
  }
  return shares;
}

struct BusyProcess {
  int pid;
  std::string name;
  double share;  // of one CPU
};

// The busiest first.
std::vector<BusyProcess> BusyProcesses(const Usage& before, const Usage& after,
                                       int own_pid) {
  // What a CPU's time has grown by is how long the look took.
  double elapsed = 0;
  for (const auto& [cpu, now] : after.cpus) {
    const auto then = before.cpus.find(cpu);
    if (then == before.cpus.end()) continue;
    elapsed =
        std::max(elapsed, static_cast<double>(now.total - then->second.total));
  }
  std::vector<BusyProcess> busy;
  if (elapsed == 0) return busy;
  for (const auto& [pid, now] : after.processes) {
    if (pid == own_pid) continue;
    const auto then = before.processes.find(pid);
    const std::uint64_t ticks_then =
        then == before.processes.end() ? 0 : then->second.ticks;
    if (now.ticks < ticks_then) continue;  // another process has the number
    const double share = static_cast<double>(now.ticks - ticks_then) / elapsed;
    if (share > kBusyShare) busy.push_back({pid, now.name, share});
  }
  std::sort(busy.begin(), busy.end(),
            [](const BusyProcess& a, const BusyProcess& b) {
              return a.share > b.share;
            });
  return busy;
}

class Guard {
 public:
  explicit Guard(const GuardSettings& settings) : settings_(settings) {}

  GuardFindings Look() {
    LookAtFrequency();
    LookAtTurbo();
    LookAtAddresses();
    LookAtHugePages();
    LookAtOthers();
    Note("environment_warnings", std::to_string(findings_.warnings.size()));
    for (std::size_t i = 0; i < findings_.warnings.size(); ++i) {
      findings_.context.emplace_back(fmt::format("warning_{}", i + 1),
                                     findings_.warnings[i]);
    }
    return std::move(findings_);
  }

 private:
  void Warn(std::string warning) {
    findings_.warnings.push_back(std::move(warning));
  }
  void Note(const char* key, std::string value) {
    findings_.context.emplace_back(key, std::move(value));
  }
  std::string First(std::string_view path) const {
    return FirstLine(settings_.root / path);
  }

  void LookAtFrequency() {
    const std::string governor = Governors(settings_.root);
    if (governor == kUnknown || governor == "performance") return;
    Warn(
        fmt::format("the CPU changes its frequency (governor {}): cpupower "
                    "frequency-set -g performance",
                    governor));
  }

  void LookAtTurbo() {
    if (Turbo(settings_.root) != "on") return;
    const bool is_intel = First(kNoTurboFile) != kUnknown;
    Warn(
        fmt::format("turbo is on, so frequency depends on heat: echo {} | "
                    "sudo tee /{}",
                    is_intel ? 1 : 0, is_intel ? kNoTurboFile : kBoostFile));
  }

  void LookAtAddresses() {
    const std::string aslr = First("proc/sys/kernel/randomize_va_space");
    const std::string personality = First("proc/self/personality");
    const bool is_off = personality != kUnknown &&
                        (std::strtoul(personality.c_str(), nullptr, 16) &
                         kNoRandomisation) != 0;
    Note("aslr_of_this_run", is_off ? "0" : aslr);
    if (aslr == kUnknown || aslr == "0" || is_off) return;
    Warn(
        fmt::format("addresses are random (ASLR {}), so layout differs from "
                    "run to run, and this system refuses to switch that off: "
                    "run where personality(ADDR_NO_RANDOMIZE) is allowed",
                    aslr));
  }

  void LookAtHugePages() {
    constexpr std::string_view kEnabled =
        "sys/kernel/mm/transparent_hugepage/enabled";
    const std::string thp = Bracketed(First(kEnabled));
    if (thp == "always") {
      Warn(
          fmt::format("transparent huge pages come unasked (always): echo "
                      "madvise | sudo tee /{}",
                      kEnabled));
    } else if (thp == "never") {
      Warn(
          fmt::format("there are no transparent huge pages (never), the heap "
                      "asks for them: echo madvise | sudo tee /{}",
                      kEnabled));
    }
  }

  void LookAtOthers() {
    const Usage before = ReadUsage(settings_.root);
    if (settings_.wait) settings_.wait();
    const Usage after = ReadUsage(settings_.root);
    LookAtLoad(after.cpus.size());
    LookAtBusy(BusyProcesses(before, after, settings_.own_pid));
    RankCpus(BusyShares(before, after));
  }

  void LookAtLoad(std::size_t cpus) {
    std::string load = First("proc/loadavg");
    load.resize(std::min(load.find(' '), load.size()));
    Note("load_average", load);
    if (load == kUnknown || cpus == 0) return;
    const double share =
        std::strtod(load.c_str(), nullptr) / static_cast<double>(cpus);
    if (share <= kBusyLoad) return;
    Warn(
        fmt::format("the load average is {} on {} CPUs: wait until uptime "
                    "shows less than {:.1f}",
                    load, cpus, kBusyLoad * static_cast<double>(cpus)));
  }

  void LookAtBusy(const std::vector<BusyProcess>& busy) {
    std::vector<std::string> named;
    for (const BusyProcess& process : busy) {
      if (named.size() == kMostNamed) break;
      named.push_back(
          fmt::format("{} {:.0f} %", process.name, 100 * process.share));
      Warn(
          fmt::format("{} (process {}) uses {:.0f} % of a CPU: wait until "
                      "it is done",
                      process.name, process.pid, 100 * process.share));
    }
    if (busy.size() > named.size()) {
      named.push_back(fmt::format("{} more", busy.size() - named.size()));
      Warn(fmt::format("and {} more are busy: top shows them",
                       busy.size() - kMostNamed));
    }
    Note("busy_processes",
         named.empty() ? "none" : fmt::format("{}", fmt::join(named, ", ")));
  }

  // Of equals the last: the first has most interrupts.
  void RankCpus(const std::map<int, double>& shares) {
    std::vector<std::pair<double, int>> ranked;
    for (const auto& [cpu, share] : shares) ranked.push_back({share, -cpu});
    std::sort(ranked.begin(), ranked.end());
    for (const auto& [share, cpu] : ranked) {
      findings_.cpus_by_load.push_back(-cpu);
    }
  }

  const GuardSettings& settings_;
  GuardFindings findings_;
};

}  // namespace

GuardFindings LookAround(const GuardSettings& settings) {
  return Guard(settings).Look();
}

bool PinTo(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  return sched_setaffinity(0, sizeof set, &set) == 0;
}

std::vector<int> AllowedCpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<int> cpus;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
  }
  return cpus;
}

}  // namespace pfn
