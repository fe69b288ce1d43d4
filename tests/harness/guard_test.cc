// SPDX-License-Identifier: MIT
//
// The guard sees what disturbs on machines that are made of files, names a
// remedy for each, and says nothing of a quiet one or of what is not told.

#include "harness/machine/guard.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>

#include "tests/workloads/testing.h"

namespace pfn {
namespace {

namespace fs = std::filesystem;
using testing::ScratchFolder;
using ::testing::Test;

constexpr int kOwnPid = 77;

class Guard : public Test {
 protected:
  // Two CPUs at rest, everything as a benchmark wants it.
  void SetUp() override {
    Write("proc/loadavg", "0.05 0.10 0.15 1/100 4242");
    WriteCpus(100, 100);
    Write("proc/sys/kernel/randomize_va_space", "0");
    Write("proc/self/personality", "00000000");
    Write("sys/kernel/mm/transparent_hugepage/enabled",
          "always [madvise] never");
    Write("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor",
          "performance");
    Write("sys/devices/system/cpu/cpu1/cpufreq/scaling_governor",
          "performance");
    Write("sys/devices/system/cpu/cpufreq/boost", "0");
  }

  void Write(std::string_view path, std::string_view text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text << "\n";
  }
  // Both CPUs have existed for 1000 ticks.
  void WriteCpus(int busy0, int busy1, int total = 1000) {
    const auto line = [&](const char* name, int busy) {
      return std::string(name) + " " + std::to_string(busy) + " 0 0 " +
             std::to_string(total - busy) + " 0 0 0 0 0 0\n";
    };
    Write("proc/stat", line("cpu", busy0 + busy1) + line("cpu0", busy0) +
                           line("cpu1", busy1) + "intr 1 2 3");
  }
  void WriteProcess(int pid, std::string_view name, int user, int system) {
    Write("proc/" + std::to_string(pid) + "/stat",
          std::to_string(pid) + " (" + std::string(name) +
              ") R 1 1 1 0 -1 4194304 102 0 0 0 " + std::to_string(user) + " " +
              std::to_string(system) + " 0 0 20 0 1 0 336410");
  }

  GuardFindings Look(std::function<void()> wait = nullptr) {
    return LookAround(
        {.root = root_.path(), .wait = std::move(wait), .own_pid = kOwnPid});
  }
  // The only warning; it must hold what is wrong and how to fix it.
  void ExpectWarning(std::string_view what, std::string_view remedy,
                     std::function<void()> wait = nullptr) {
    const GuardFindings findings = Look(std::move(wait));
    ASSERT_EQ(findings.warnings.size(), 1);
    EXPECT_NE(findings.warnings[0].find(what), std::string::npos)
        << findings.warnings[0];
    EXPECT_TRUE(findings.warnings[0].ends_with(remedy)) << findings.warnings[0];
    EXPECT_EQ(findings.warnings[0].find('\n'), std::string::npos);
    EXPECT_EQ(Noted(findings, "environment_warnings"), "1");
    EXPECT_EQ(Noted(findings, "warning_1"), findings.warnings[0]);
  }
  static std::string Noted(const GuardFindings& findings,
                           std::string_view key) {
    for (const auto& [name, value] : findings.context) {
      if (name == key) return value;
    }
    return "nothing noted";
  }

  ScratchFolder root_;
};

TEST_F(Guard, SaysNothingOfAQuietMachine) {
  const GuardFindings findings = Look();
  EXPECT_TRUE(findings.warnings.empty()) << findings.warnings.front();
  EXPECT_EQ(Noted(findings, "load_average"), "0.05");
  EXPECT_EQ(Noted(findings, "busy_processes"), "none");
  EXPECT_EQ(Noted(findings, "aslr_of_this_run"), "0");
  EXPECT_EQ(Noted(findings, "environment_warnings"), "0");
}

TEST_F(Guard, SaysNothingOfWhatAMachineDoesNotTell) {
  fs::remove_all(root_ / "proc");
  fs::remove_all(root_ / "sys");
  const GuardFindings findings = Look();
  EXPECT_TRUE(findings.warnings.empty());
  EXPECT_TRUE(findings.cpus_by_load.empty());
  EXPECT_EQ(Noted(findings, "load_average"), "n/a");
}

TEST_F(Guard, WarnsOfAGovernorOnAnyCpu) {
  Write("sys/devices/system/cpu/cpu1/cpufreq/scaling_governor", "powersave");
  ExpectWarning("performance, powersave",
                "cpupower frequency-set -g performance");
}

TEST_F(Guard, WarnsOfTurboWhereItsSwitchIs) {
  Write("sys/devices/system/cpu/cpufreq/boost", "1");
  ExpectWarning("turbo is on",
                "echo 0 | sudo tee /sys/devices/system/cpu/cpufreq/boost");
  fs::remove(root_ / "sys/devices/system/cpu/cpufreq/boost");
  Write("sys/devices/system/cpu/intel_pstate/no_turbo", "0");
  ExpectWarning(
      "turbo is on",
      "echo 1 | sudo tee /sys/devices/system/cpu/intel_pstate/no_turbo");
}

TEST_F(Guard, WarnsOfRandomAddressesThatCouldNotBeSwitchedOff) {
  Write("proc/sys/kernel/randomize_va_space", "2");
  ExpectWarning("ASLR 2",
                "run where personality(ADDR_NO_RANDOMIZE) is allowed");
  Write("proc/self/personality", "00040000");
  EXPECT_TRUE(Look().warnings.empty());
  EXPECT_EQ(Noted(Look(), "aslr_of_this_run"), "0");
}

TEST_F(Guard, WarnsOfHugePagesThatAreAlwaysOrNeverThere) {
  constexpr std::string_view kFile =
      "sys/kernel/mm/transparent_hugepage/enabled";
  constexpr std::string_view kRemedy =
      "echo madvise | sudo tee /sys/kernel/mm/transparent_hugepage/enabled";
  Write(kFile, "[always] madvise never");
  ExpectWarning("always", kRemedy);
  Write(kFile, "always madvise [never]");
  ExpectWarning("never", kRemedy);
}

TEST_F(Guard, WarnsOfLoadAboveHalfOfTheCpus) {
  Write("proc/loadavg", "0.99 0 0 1/100 1");
  EXPECT_TRUE(Look().warnings.empty());
  Write("proc/loadavg", "1.01 0 0 1/100 1");
  ExpectWarning("load average is 1.01 on 2 CPUs",
                "wait until uptime shows less than 1.0");
}

TEST_F(Guard, NamesAProcessThatIsBusyWhileItLooks) {
  WriteProcess(10, "cc1plus", 500, 500);
  WriteProcess(11, "idler", 90000, 0);
  const auto work = [&] {
    WriteCpus(180, 100, 1100);
    WriteProcess(10, "cc1plus", 570, 510);
    WriteProcess(11, "idler", 90005, 0);
  };
  ExpectWarning("cc1plus (process 10) uses 80 % of a CPU",
                "wait until it is done", work);
}

TEST_F(Guard, KnowsAProcessWhateverItsName) {
  WriteProcess(10, "a) R 1 (b\033[31m", 0, 0);
  ExpectWarning("a) R 1 (b?[31m (process 10)", "wait until it is done", [&] {
    WriteCpus(100, 100, 1100);
    WriteProcess(10, "a) R 1 (b\033[31m", 50, 0);
  });
}

TEST_F(Guard, DoesNotNameItselfOrWhatHasGone) {
  WriteProcess(kOwnPid, "pfnbench", 0, 0);
  WriteProcess(12, "gone", 0, 0);
  const GuardFindings findings = Look([&] {
    WriteCpus(200, 100, 1100);
    WriteProcess(kOwnPid, "pfnbench", 100, 0);
    fs::remove_all(root_ / "proc/12");
  });
  EXPECT_TRUE(findings.warnings.empty()) << findings.warnings.front();
}

TEST_F(Guard, NamesThreeAndCountsTheRest) {
  for (int pid = 20; pid < 25; ++pid) WriteProcess(pid, "cc1", 0, 0);
  const GuardFindings findings = Look([&] {
    WriteCpus(200, 200, 1100);
    for (int pid = 20; pid < 25; ++pid) WriteProcess(pid, "cc1", pid, 0);
  });
  ASSERT_EQ(findings.warnings.size(), 4);
  EXPECT_NE(findings.warnings[0].find("process 24"), std::string::npos);
  EXPECT_EQ(findings.warnings[3], "and 2 more are busy: top shows them");
  EXPECT_EQ(Noted(findings, "warning_4"), findings.warnings[3]);
  EXPECT_EQ(Noted(findings, "warning_5"), "nothing noted");
  EXPECT_EQ(Noted(findings, "busy_processes"),
            "cc1 24 %, cc1 23 %, cc1 22 %, 2 more");
}

TEST_F(Guard, RanksCpusByWhatTheyDoWhileItLooksAndTheFirstLast) {
  EXPECT_EQ(Look().cpus_by_load, (std::vector<int>{1, 0}));
  const auto busy1 = [&] { WriteCpus(110, 190, 1100); };
  EXPECT_EQ(Look(busy1).cpus_by_load, (std::vector<int>{0, 1}));
}

TEST(PinTo, KeepsThisThreadOnTheCpu) {
  const std::vector<int> allowed = AllowedCpus();
  ASSERT_FALSE(allowed.empty());
  std::thread([&] {
    ASSERT_TRUE(PinTo(allowed.back()));
    EXPECT_EQ(AllowedCpus(), std::vector<int>{allowed.back()});
    EXPECT_EQ(sched_getcpu(), allowed.back());
    EXPECT_FALSE(PinTo(CPU_SETSIZE - 1)) << "no machine has it";
  }).join();
  EXPECT_EQ(AllowedCpus(), allowed) << "other threads go where they like";
}

}  // namespace
}  // namespace pfn
