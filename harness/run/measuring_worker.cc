// SPDX-License-Identifier: MIT

#include "harness/run/measuring_worker.h"

#include <alloca.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

#include "harness/driver/replay.h"
#include "harness/kernel/page_arena.h"
#include "harness/measure/counter.h"
#include "harness/measure/stopwatch.h"
#include "harness/profile/profile.h"
#include "harness/run/message.h"
#include "harness/run/process.h"
#include "harness/run/profiles.h"

namespace pfn {
namespace {

double CpuSeconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) +
         static_cast<double>(now.tv_nsec) * 1e-9;
}

}  // namespace

// The other end, in the process that measures.
class MeasuringWorker::Bench {
 public:
  // `number`: of the process, from 0.
  Bench(std::span<const Row> rows, std::size_t prefault_bytes, unsigned number)
      : rows_(rows), stack_bytes_(number % 61 * 144) {
    TakeOwnPages();
    // Of the process that it counts.
    if (Timer::Get().source == Timer::Source::kHardware) OpenHardwareCounter();
    arena_.Prefault(prefault_bytes);
    for (unsigned page = 0; page < number % 509; ++page) arena_.Allocate(0);
  }

  // What ends the whole run, or nothing; then the result.
  std::string Answer(const std::string& request) {
    [[maybe_unused]] volatile auto* const shift = alloca(stack_bytes_ + 16);
    Task task{};
    MessageReader reader(request);
    MeasuringWorker::Transfer(reader, task);
    MessageWriter fatal;
    MessageWriter result;
    try {
      Do(task, result);
    } catch (const NoCounter& error) {
      fatal(std::string(error.what()));
      return fatal.bytes();
    }
    fatal(std::string());
    return fatal.bytes() + result.bytes();
  }

 private:
  void Do(const Task& task, MessageWriter& result) {
    const Row& row = rows_[task.rows.front()];
    Job job = row.job;
    job.arena = &arena_;
    job.time_limit = task.limit;
    switch (task.kind) {
      case Kind::kMeasure: {
        for (const std::size_t other : std::span(task.rows).subspan(1)) {
          job.more.push_back(rows_[other].job.operation);
        }
        // What an arena has given out before decides a few instructions of a
        // row: a count has one of its own.
        std::optional<PageArena> own;
        if (Timer::Get().counts_instructions()) job.arena = &own.emplace();
        Measurement measured = Measured(row, job);
        pfn::Transfer(result, measured);
        break;
      }
      case Kind::kProfile: {
        const Made made = Profiled(row, job, {task.share, task.limit});
        result(made.json, made.error, made.is_wrong);
        break;
      }
      case Kind::kLosses: {
        job.fault = ParseFaultSpec(task.fault);
        const Made made = Counted(job);
        result(made.json, made.error, made.is_wrong);
        break;
      }
      case Kind::kProbe: {
        PageArena arena;
        result(ProbeHeapUse(row.job.structure->kind(), arena));
        break;
      }
    }
  }

  static Measurement Measured(const Row& row, const Job& job) {
    const double start = CpuSeconds();
    Measurement measured;
    try {
      measured = row.replay ? Replay(job, *row.replay) : row.measure(job);
    } catch (const NoCounter&) {
      throw;
    } catch (const std::exception& error) {
      measured.error = fmt::format("throws {}", error.what());
    }
    measured.cpu_seconds = CpuSeconds() - start;
    return measured;
  }

  static Made Profiled(const Row& row, const Job& job,
                       const ProfileTime& time) {
    ProfileOutcome outcome;
    try {
      outcome = pfn::MakeProfile(job, time);
    } catch (const std::exception& error) {
      outcome.profile.error = fmt::format("failed: throws {}", error.what());
      outcome.is_wrong = true;
    }
    NameProfile(row, outcome.profile);
    return {ToJson(outcome.profile), outcome.profile.error, outcome.is_wrong};
  }

  static Made Counted(const Job& job) {
    Losses losses;
    try {
      losses = pfn::CountLosses(job, PassesOf(*job.workload, kLossPages),
                                kLossSeeds);
    } catch (const std::exception& error) {
      losses.error = fmt::format("failed: throws {}", error.what());
      losses.is_wrong = true;
    }
    NameLosses(job, losses);
    return {ToJson(losses), losses.error, losses.is_wrong};
  }

  std::span<const Row> rows_;
  const std::size_t stack_bytes_;  // by which the stack lies lower
  PageArena arena_;
};

MeasuringWorker::MeasuringWorker(std::span<const Row> rows,
                                 std::size_t prefault_bytes,
                                 Duration least_patience)
    : worker_([this, rows, prefault_bytes] {
        const auto bench =
            std::make_shared<Bench>(rows, prefault_bytes, number_);
        return [bench](const std::string& request) {
          return bench->Answer(request);
        };
      }),
      least_patience_(least_patience) {}

template <class Read>
Worker::End MeasuringWorker::Ask(Task task, const GoesOn& goes_on, Read read) {
  MessageWriter request;
  Transfer(request, task);
  const Duration patience =
      task.limit.count() == 0
          ? Duration::zero()
          : std::max<Duration>(kPatience * task.limit, least_patience_);
  Worker::Outcome outcome = worker_.Ask(request.bytes(), patience, goes_on);
  if (outcome.end != Worker::End::kAnswered) {
    death_ = std::move(outcome.text);
    return outcome.end;
  }
  MessageReader answer(outcome.text);
  std::string fatal;
  answer(fatal);
  if (!fatal.empty()) throw NoCounter(fatal);
  read(answer);
  return outcome.end;
}

Worker::End MeasuringWorker::Measure(const Visit& visit, Duration limit,
                                     const GoesOn& goes_on,
                                     Measurement& result) {
  return Ask({Kind::kMeasure, limit, {}, visit}, goes_on,
             [&](MessageReader& answer) { pfn::Transfer(answer, result); });
}

Worker::End MeasuringWorker::MakeProfile(std::size_t row,
                                         const ProfileTime& time,
                                         const GoesOn& goes_on, Made& result) {
  return Ask({Kind::kProfile, time.patience, time.share, {row}}, goes_on,
             [&](MessageReader& answer) {
               answer(result.json, result.error, result.is_wrong);
             });
}

Worker::End MeasuringWorker::CountLosses(std::size_t row,
                                         const FaultSpec& fault, Duration limit,
                                         const GoesOn& goes_on, Made& result) {
  return Ask({Kind::kLosses, limit, {}, {row}, fault.ToString()}, goes_on,
             [&](MessageReader& answer) {
               answer(result.json, result.error, result.is_wrong);
             });
}

Worker::End MeasuringWorker::ProbeHeap(std::size_t row, const GoesOn& goes_on,
                                       HeapUse& result) {
  return Ask({Kind::kProbe, least_patience_ / kPatience, {}, {row}}, goes_on,
             [&](MessageReader& answer) { answer(result); });
}

}  // namespace pfn
