// SPDX-License-Identifier: MIT
//
// A process of its own for what may crash, exit or never return: it answers
// requests, and when it dies of one, its parent lives on and can say so. The
// next request gets a new process. It is a fork, so that it knows all that was
// there when it was made; it never outlives its parent, and leaves SIGINT and
// SIGTERM to it.

#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <string>

namespace pfn {

class Worker {
 public:
  // Runs in the new process. It may not throw.
  using Handler = std::function<std::string(const std::string& request)>;

  enum class End : std::uint8_t { kAnswered, kDied, kStopped };
  struct Outcome {
    End end;
    // The answer; or of what it died: "crashed: SIGSEGV".
    std::string text = {};
  };

  // `begin` runs in every new process, before its first request.
  explicit Worker(std::function<Handler()> begin) : begin_(std::move(begin)) {}
  ~Worker() { Stop(); }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Waits for the answer, for `patience` at most unless that is zero. Calls
  // `goes_on` several times a second, and stops the worker once it says no.
  Outcome Ask(const std::string& request, std::chrono::nanoseconds patience,
              const std::function<bool()>& goes_on);

  // The next request finds a new process.
  void StartAgain() { Stop(); }

 private:
  void Start();
  // Ends the process, however busy it is, and gives what waitpid() says.
  int Stop();
  Outcome Await(std::chrono::nanoseconds patience,
                const std::function<bool()>& goes_on);

  std::function<Handler()> begin_;
  pid_t pid_ = 0;  // 0: there is none
  int socket_ = -1;
};

}  // namespace pfn
