// SPDX-License-Identifier: MIT

#include "harness/run/process.h"

#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <ios>
#include <sstream>
#include <string>
#include <system_error>

#if !defined(MADV_POPULATE_WRITE)  // since Linux 5.14
#define MADV_POPULATE_WRITE 23
#endif

namespace pfn {
namespace {

// Set in the process that this one becomes, so that it does not go on for ever
// where the system grants the flag and does not keep it.
constexpr const char* kOnceVariable = "PFNBENCH_ADDRESSES_FIXED";

std::string OwnPath() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).string();
}

}  // namespace

void FixAddresses(char** argv) {
  constexpr unsigned long kAsk = 0xffffffff;
  const int flags = personality(kAsk);
  const bool was_here = std::getenv(kOnceVariable) != nullptr;
  unsetenv(kOnceVariable);
  if (flags == -1 || (flags & ADDR_NO_RANDOMIZE) != 0 || was_here) return;
  const std::string self = OwnPath();
  if (self.empty() || personality(static_cast<unsigned long>(flags) |
                                  ADDR_NO_RANDOMIZE) == -1) {
    return;
  }
  setenv(kOnceVariable, "1", 1);
  execv(self.c_str(), argv);
  // Not started: everything as it was.
  unsetenv(kOnceVariable);
  personality(static_cast<unsigned long>(flags));
}

void TakeOwnPages() {
  const std::string self = OwnPath();
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    std::istringstream words(line);
    std::uintptr_t first = 0;
    std::uintptr_t end = 0;
    char dash = 0;
    std::string permissions;
    std::string skipped;
    std::string name;
    words >> std::hex >> first >> dash >> end >> permissions >> skipped >>
        skipped >> skipped >> std::ws;
    std::getline(words, name);
    if (permissions != "rw-p") continue;
    if (name != "[heap]" && name != "[stack]" && name != self) continue;
    // A kernel that does not know it takes the pages later.
    (void)madvise(reinterpret_cast<void*>(first), end - first,
                  MADV_POPULATE_WRITE);
  }
}

void DieWithParent(pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // It may be dead by now.
  if (getppid() != parent) _exit(1);
}

}  // namespace pfn
