// SPDX-License-Identifier: MIT
//
// Measures in a process of its own (harness/run/worker.h), with an arena that
// is resident there before anything runs. A structure that crashes, exits or
// never returns ends that process, and the next call gets another.

#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <span>
#include <string>

#include "harness/measure/job.h"
#include "harness/run/heap_probe.h"
#include "harness/run/profiler.h"
#include "harness/run/rows.h"
#include "harness/run/worker.h"

namespace pfn {

class MeasuringWorker {
 public:
  using Duration = std::chrono::nanoseconds;
  // Called now and then while a process works; false stops it.
  using GoesOn = std::function<bool()>;

  // A process that gives no answer is waited for so many times as long as its
  // task may take, and for `least_patience` at least.
  static constexpr int kPatience = 10;

  MeasuringWorker(std::span<const Row> rows, std::size_t prefault_bytes,
                  Duration least_patience);

  // All of them: kAnswered, and `result` is there; kDied, and death() says of
  // what; kStopped by `goes_on`. Throw NoCounter.
  //
  // Measures rows that are measured together, within `limit` (0: none).
  Worker::End Measure(const Visit& visit, Duration limit, const GoesOn& goes_on,
                      Measurement& result);
  struct Made {
    std::string json;
    std::string error = {};  // of what was made, which may have one
    bool is_wrong = false;   // and so the error is no matter of time
  };
  Worker::End MakeProfile(std::size_t row, const ProfileTime& time,
                          const GoesOn& goes_on, Made& result);
  // Under a fault that need not be the row's.
  Worker::End CountLosses(std::size_t row, const FaultSpec& fault,
                          Duration limit, const GoesOn& goes_on, Made& result);
  Worker::End ProbeHeap(std::size_t row, const GoesOn& goes_on,
                        HeapUse& result);

  // What follows is measured in a new process. Its pages, and how its stack and
  // its arena lie to each other, are others.
  void StartAgain() {
    worker_.StartAgain();
    ++number_;
  }

  // "crashed: SIGSEGV", "hangs: no answer in 40 s"
  const std::string& death() const { return death_; }

 private:
  enum class Kind : std::uint8_t { kMeasure, kProfile, kLosses, kProbe };
  struct Task {
    Kind kind;
    Duration limit;
    Duration share;  // of a profile
    Visit rows;
    std::string fault = {};  // of kLosses
  };
  class Bench;

  template <class Archive>
  static void Transfer(Archive& archive, Task& task) {
    archive(task.kind, task.limit, task.share, task.fault);
    archive.Each(task.rows, [&](std::size_t& row) { archive(row); });
  }

  // Has `read` read what the answer holds.
  template <class Read>
  Worker::End Ask(Task task, const GoesOn& goes_on, Read read);

  unsigned number_ = 0;  // of the process
  Worker worker_;
  const Duration least_patience_;
  std::string death_;
};

}  // namespace pfn
