// SPDX-License-Identifier: MIT
//
// A shell command, and what became of it.

#pragma once

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <string>

namespace pfn::testing {

struct Outcome {
  int status;  // -1: it was ended by a signal
  std::string output;
};

inline Outcome RunCommand(const std::string& command) {
  std::FILE* const pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return {-1, "popen failed"};
  std::string output;
  std::array<char, 4096> buffer;
  while (const std::size_t got =
             std::fread(buffer.data(), 1, buffer.size(), pipe)) {
    output.append(buffer.data(), got);
  }
  const int status = pclose(pipe);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, output};
}

}  // namespace pfn::testing
