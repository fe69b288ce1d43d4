// SPDX-License-Identifier: MIT

#include "harness/machine/run_under_callgrind.h"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/personality.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "harness/measure/counter.h"

namespace pfn {
namespace {

namespace fs = std::filesystem;

volatile std::sig_atomic_t child = 0;

void PassOn(int signal) {
  if (child != 0) kill(child, signal);
}

// A folder of its own that goes with all that callgrind wrote.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string name = fs::temp_directory_path() / "pfnbench-XXXXXX";
    if (mkdtemp(name.data()) == nullptr) {
      throw NoCounter(fmt::format("{}: cannot be made: {}; set TMPDIR", name,
                                  std::strerror(errno)));
    }
    path_ = name;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

// The C library chooses among several memcpy by what the CPU can do. It is told
// that this one can do no more than x86-64 must, else the counts were the
// machine's.
constexpr const char* kPlainCpu =
    "glibc.cpu.hwcaps=-AVX512F,-AVX512VL,-AVX512BW,-AVX2,-AVX,-AVX2_Usable,"
    "-ERMS,-FSRM,-SSSE3,-SSE4_1,-SSE4_2,-BMI1,-BMI2,"
    "-AVX_Fast_Unaligned_Load,-Fast_Unaligned_Copy,-Fast_Copy_Backward";

// The value of waitpid() as a shell would give it.
int ExitStatus(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

int RunUnderCallgrind(char** argv) {
  const ScratchFolder folder;
  const std::string out = folder.path() / "callgrind";
  const fs::path self = fs::read_symlink("/proc/self/exe");
  std::vector<std::string> words = {
      "valgrind",   "--tool=callgrind",     "--quiet",
      "--vgdb=no",  "--collect-atstart=no", "--callgrind-out-file=" + out,
      self.string()};
  for (char** argument = argv + 1; *argument != nullptr; ++argument) {
    words.emplace_back(*argument);
  }
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);

  setenv(kCallgrindOutVariable, out.c_str(), 1);
  setenv("GLIBC_TUNABLES", kPlainCpu, 1);
  // Else the first call of a library's function, wherever it happens to be, is
  // charged with the search for it.
  setenv("LD_BIND_NOW", "1", 1);
  // Inherited; without it, addresses, and what depends on them, vary.
  personality(ADDR_NO_RANDOMIZE);

  struct sigaction action {};
  action.sa_handler = PassOn;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  pid_t pid = 0;
  const int error = posix_spawnp(&pid, pointers[0], nullptr, nullptr,
                                 pointers.data(), environ);
  if (error != 0) {
    throw NoCounter(
        fmt::format("valgrind cannot be run: {}; apt-get install "
                    "valgrind",
                    std::strerror(error)));
  }
  child = pid;
  int status = 0;
  while (waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) throw std::system_error(errno, std::generic_category());
  }
  return ExitStatus(status);
}

}  // namespace pfn
