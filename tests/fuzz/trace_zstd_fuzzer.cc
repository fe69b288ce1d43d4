// SPDX-License-Identifier: MIT
//
// Fuzzes the reading of compressed files, through a file that has no name.

#include <sys/mman.h>
#include <unistd.h>

#include <string>

#include "tests/fuzz/trace_fuzzing.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const int fd = ::memfd_create("trace", MFD_CLOEXEC);
  if (fd < 0 || ::write(fd, data, size) != static_cast<ssize_t>(size)) {
    pfn::testing::Abort("memfd", "cannot be written");
  }
  const std::string path = "/proc/self/fd/" + std::to_string(fd);
  (void)pfn::testing::FuzzOnce([&] {
    try {
      return pfn::ReadTrace(path);
    } catch (const pfn::BadInput& error) {
      const std::string_view message = error.what();
      if (!message.starts_with(path + ":")) {
        pfn::testing::Abort("a message without place", message);
      }
      throw pfn::BadInput("f" + std::string(message.substr(path.size())));
    }
  });
  ::close(fd);
  return 0;
}
