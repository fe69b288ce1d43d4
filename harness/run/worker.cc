// SPDX-License-Identifier: MIT

#include "harness/run/worker.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <optional>
#include <system_error>
#include <utility>

#include "harness/run/process.h"

namespace pfn {
namespace {

using std::chrono::steady_clock;

constexpr int kPollMs = 200;

// A message is its size and its bytes.
using Size = std::uint64_t;

// False: nobody is there any more.
bool Send(int socket, const std::string& message) {
  const Size size = message.size();
  std::string bytes(sizeof size, '\0');
  std::memcpy(bytes.data(), &size, sizeof size);
  bytes += message;
  for (std::size_t sent = 0; sent < bytes.size();) {
    const ssize_t some =
        send(socket, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (some < 0 && errno == EINTR) continue;
    if (some <= 0) return false;
    sent += static_cast<std::size_t>(some);
  }
  return true;
}

// Collects a message out of what arrives.
class Inbox {
 public:
  explicit Inbox(int socket) : socket_(socket) {}

  // Waits for bytes. False: there will be none.
  bool Take() {
    std::array<char, 1 << 16> some;
    const ssize_t count = recv(socket_, some.data(), some.size(), 0);
    if (count < 0 && errno == EINTR) return true;
    if (count <= 0) return false;
    bytes_.append(some.data(), static_cast<std::size_t>(count));
    return true;
  }

  std::optional<std::string> Message() const {
    Size size = 0;
    if (bytes_.size() < sizeof size) return std::nullopt;
    std::memcpy(&size, bytes_.data(), sizeof size);
    if (bytes_.size() - sizeof size < size) return std::nullopt;
    return bytes_.substr(sizeof size);
  }

 private:
  const int socket_;
  std::string bytes_;
};

// The life of the new process.
[[noreturn]] void Serve(int socket, pid_t parent,
                        const std::function<Worker::Handler()>& begin) {
  DieWithParent(parent);
  std::signal(SIGINT, SIG_IGN);
  std::signal(SIGTERM, SIG_IGN);
  try {
    const Worker::Handler handler = begin();
    for (;;) {
      Inbox inbox(socket);
      while (!inbox.Message()) {
        if (!inbox.Take()) _exit(0);
      }
      if (!Send(socket, handler(*inbox.Message()))) _exit(0);
    }
  } catch (const std::exception& error) {
    fmt::print(stderr, "pfnbench: {}\n", error.what());
  }
  _exit(1);
}

std::string CauseOfDeath(int status) {
  if (WIFEXITED(status)) {
    return fmt::format("crashed: it exits with status {}", WEXITSTATUS(status));
  }
  const char* const name = sigabbrev_np(WTERMSIG(status));
  return name != nullptr ? fmt::format("crashed: SIG{}", name)
                         : fmt::format("crashed: signal {}", WTERMSIG(status));
}

}  // namespace

void Worker::Start() {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    throw std::system_error(errno, std::generic_category(), "socketpair");
  }
  // Else both processes would write what is in the buffers.
  std::fflush(nullptr);
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ == 0) {
    close(ends[0]);
    Serve(ends[1], parent, begin_);
  }
  close(ends[1]);
  if (pid_ < 0) {
    pid_ = 0;
    close(ends[0]);
    throw std::system_error(errno, std::generic_category(), "fork");
  }
  socket_ = ends[0];
}

int Worker::Stop() {
  if (pid_ == 0) return 0;
  // Harmless to one that is dying: how it dies is decided.
  kill(pid_, SIGKILL);
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  close(std::exchange(socket_, -1));
  pid_ = 0;
  return status;
}

Worker::Outcome Worker::Ask(const std::string& request,
                            std::chrono::nanoseconds patience,
                            const std::function<bool()>& goes_on) {
  if (pid_ == 0) Start();
  if (!Send(socket_, request)) return {End::kDied, CauseOfDeath(Stop())};
  return Await(patience, goes_on);
}

Worker::Outcome Worker::Await(std::chrono::nanoseconds patience,
                              const std::function<bool()>& goes_on) {
  Inbox inbox(socket_);
  const auto start = steady_clock::now();
  for (;;) {
    pollfd waited{.fd = socket_, .events = POLLIN, .revents = 0};
    const bool is_there = poll(&waited, 1, kPollMs) > 0;
    if (is_there && !inbox.Take()) return {End::kDied, CauseOfDeath(Stop())};
    if (auto message = inbox.Message()) {
      return {End::kAnswered, *std::move(message)};
    }
    if (!goes_on()) {
      Stop();
      return {End::kStopped};
    }
    if (patience.count() != 0 && steady_clock::now() - start >= patience) {
      Stop();
      return {End::kDied,
              fmt::format("hangs: no answer in {:.3g} s",
                          std::chrono::duration<double>(patience).count())};
    }
  }
}

}  // namespace pfn
