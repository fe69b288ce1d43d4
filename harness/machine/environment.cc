// SPDX-License-Identifier: MIT

#include "harness/machine/environment.h"

#include <benchmark/benchmark.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <gnu/libc-version.h>
#include <sys/personality.h>
#include <sys/utsname.h>

#include <cmath>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "harness/machine/machine_files.h"
#include "harness/measure/stopwatch.h"
#include "pfnbench_version.h"

namespace pfn {
namespace {

// The value of the first line "key : value" of /proc/cpuinfo.
std::string CpuInfo(std::string_view key) {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(key)) continue;
    const std::size_t colon = line.find(": ");
    if (colon != std::string::npos) return line.substr(colon + 2);
  }
  return std::string(kUnknown);
}

std::string Kernel() {
  utsname name{};
  if (uname(&name) != 0) return std::string(kUnknown);
  return fmt::format("{} {}", name.sysname, name.release);
}

// Of this process, which may have switched it off.
std::string Aslr() {
  constexpr unsigned long kAsk = 0xffffffff;
  const int flags = personality(kAsk);
  if (flags != -1 && (flags & ADDR_NO_RANDOMIZE) != 0) return "off";
  return FirstLine("/proc/sys/kernel/randomize_va_space");
}

std::string Compiler() {
#if defined(__clang__)
  return fmt::format("Clang {}.{}.{}", __clang_major__, __clang_minor__,
                     __clang_patchlevel__);
#else
  return fmt::format("GCC {}.{}.{}", __GNUC__, __GNUC_MINOR__,
                     __GNUC_PATCHLEVEL__);
#endif
}

// Local, with the distance to UTC as "+01:00".
std::string Now() {
  const std::tm now = fmt::localtime(std::time(nullptr));
  const std::string zone = fmt::format("{:%z}", now);
  return fmt::format("{:%FT%T}{}:{}", now, zone.substr(0, 3), zone.substr(3));
}

std::string Json(const benchmark::CPUInfo::CacheInfo& cache) {
  return JsonObject()
      .Add("type", cache.type)
      .Add("level", cache.level)
      .Add("size", cache.size)
      .Add("num_sharing", cache.num_sharing)
      .Text();
}

}  // namespace

JsonObject DescribeMachine(const std::string& executable) {
  using benchmark::CPUInfo;
  const CPUInfo& cpu = CPUInfo::Get();
  JsonObject machine;
  machine.Add("date", Now())
      .Add("host_name", benchmark::SystemInfo::Get().name)
      // Not where it is: results are sent to others.
      .Add("executable", std::filesystem::path(executable).filename().string())
      .Add("num_cpus", cpu.num_cpus)
      .Add("mhz_per_cpu", std::round(cpu.cycles_per_second * 1e-6));
  if (cpu.scaling != CPUInfo::UNKNOWN) {
    machine.Add("cpu_scaling_enabled", cpu.scaling == CPUInfo::ENABLED);
  }
  return machine
      .AddJson(
          "caches",
          JsonList(cpu.caches, [](const auto& cache) { return Json(cache); }))
      .AddJson("load_avg", JsonList(cpu.load_avg, JsonNumber));
}

ContextEntries DescribeEnvironment() {
  return {
      {"pfnbench_schema", "2"},
      {"pfnbench_version", PFN_VERSION},
      {"commit", PFN_COMMIT},
      {"cpu_model", CpuInfo("model name")},
      {"microcode", CpuInfo("microcode")},
      {"kernel", Kernel()},
      {"libc", fmt::format("glibc {}", gnu_get_libc_version())},
      {"compiler", Compiler()},
      {"compiler_flags", PFN_CXX_FLAGS},
      {"build_type", PFN_BUILD_TYPE},
      {"governor", Governors("/")},
      {"turbo", Turbo("/")},
      {"smt", FirstLine("/sys/devices/system/cpu/smt/active")},
      {"thp",
       Bracketed(FirstLine("/sys/kernel/mm/transparent_hugepage/enabled"))},
      {"aslr", Aslr()},
      {"timer", Timer::Get().Describe()},
  };
}

}  // namespace pfn
