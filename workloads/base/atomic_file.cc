// SPDX-License-Identifier: MIT

#include "workloads/base/atomic_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "workloads/base/error.h"

namespace pfn {
namespace {

namespace fs = std::filesystem;

// Exists until it is renamed; a destructor takes it away otherwise.
class TemporaryFile {
 public:
  // The name has the process id, so that two writers of one target do not meet.
  explicit TemporaryFile(const fs::path& target)
      : target_(target),
        path_(target.parent_path() / fmt::format(".{}.{}.tmp",
                                                 target.filename().string(),
                                                 ::getpid())),
        fd_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
                   0666)) {
    if (fd_ < 0) Fail();
  }
  ~TemporaryFile() {
    if (fd_ >= 0) ::close(fd_);
    if (!renamed_) ::unlink(path_.c_str());
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  void Write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
      if (written >= 0) {
        bytes.remove_prefix(static_cast<std::size_t>(written));
      } else if (errno != EINTR) {
        Fail();
      }
    }
  }

  void RenameToTarget() {
    if (::fsync(fd_) != 0) Fail();
    const int fd = fd_;
    fd_ = -1;
    if (::close(fd) != 0) Fail();
    if (std::rename(path_.c_str(), target_.c_str()) != 0) Fail();
    renamed_ = true;
  }

 private:
  [[noreturn]] void Fail() const {
    throw NotWritten(fmt::format("{}: cannot be written: {}", target_.string(),
                                 std::strerror(errno)));
  }

  fs::path target_;
  fs::path path_;
  int fd_;
  bool renamed_ = false;
};

}  // namespace

void WriteFileAtomically(const fs::path& path, std::string_view bytes) {
  std::error_code ignored;
  const fs::file_status status = fs::status(path, ignored);
  if (fs::exists(status) && !fs::is_regular_file(status)) {
    throw NotWritten(fmt::format(
        "{}: is not a regular file; name another output file", path.string()));
  }
  TemporaryFile file(path);
  file.Write(bytes);
  file.RenameToTarget();
}

}  // namespace pfn
