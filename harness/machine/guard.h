// SPDX-License-Identifier: MIT
//
// The environment guard: looks, before a run, at what on this machine makes
// figures vary, and says for each finding how to fix it. It only looks; what it
// changes is the CPU of this process, if asked to.

#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "harness/machine/environment.h"

namespace pfn {

struct GuardSettings {
  // Where /proc and /sys are; another machine's copy in tests.
  std::filesystem::path root = "/";
  // Between the two looks that tell who is busy.
  std::function<void()> wait;
  int own_pid = 0;
};

struct GuardFindings {
  std::vector<std::string> warnings;  // one line each: what, and the remedy
  ContextEntries context;             // what was seen, for the results
  std::vector<int> cpus_by_load;      // the least busy first
};

// Takes as long as `wait`. What the machine does not tell is no finding.
GuardFindings LookAround(const GuardSettings& settings);

// Keeps this thread on one CPU. False with errno set if the kernel refuses.
bool PinTo(int cpu);

// CPUs on which this thread may run, ascending.
std::vector<int> AllowedCpus();

}  // namespace pfn
