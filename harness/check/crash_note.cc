// SPDX-License-Identifier: MIT

#include "harness/check/crash_note.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstddef>

namespace pfn {
namespace {

// A handler may touch neither the heap nor a std::string.
std::array<char, 1024> note_text;
volatile std::size_t note_size = 0;

void WriteNote(int signal) {
  [[maybe_unused]] const auto written =
      write(STDERR_FILENO, note_text.data(), note_size);
  raise(signal);  // as ever: SA_RESETHAND has put the default back
}

}  // namespace

void InstallCrashNote() {
  struct sigaction action = {};
  action.sa_handler = WriteNote;
  action.sa_flags = SA_RESETHAND | SA_NODEFER;
  for (const int signal : {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV}) {
    sigaction(signal, &action, nullptr);
  }
}

void SetCrashNote(std::string_view note) {
  note_size = 0;
  const std::size_t size = std::min(note.size(), note_text.size() - 1);
  std::copy_n(note.begin(), size, note_text.begin());
  note_text[size] = '\n';
  note_size = size + 1;
}

}  // namespace pfn
