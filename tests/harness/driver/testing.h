// SPDX-License-Identifier: MIT
//
// What the tests of the balloon model share: a host that remembers what
// it gets, a recorder around the oracle that fails on demand, and traces.

#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "harness/check/oracle.h"
#include "harness/driver/driver.h"
#include "harness/driver/model_host.h"
#include "harness/driver/recorder.h"
#include "workloads/trace/trace.h"

namespace pfn::testing {

// Takes modelled time, and remembers every buffer.
class NotingHost final : public Host {
 public:
  HostTime Handle(std::span<const Buffer> buffers, bool is_kick) override {
    for (const Buffer& buffer : buffers) {
      messages.push_back({buffer.direction, {}});
      std::vector<Pfn>& pages = messages.back().pages;
      for (std::uint32_t i = 0; i < buffer.pages; ++i) {
        pages.push_back(buffer.array != nullptr ? buffer.array[i]
                                                : buffer.first + i);
      }
    }
    return model_.Handle(buffers, is_kick);
  }
  void Touch(Pfn page) override { touched.push_back(page); }

  struct Message {
    Direction direction;
    std::vector<Pfn> pages;

    friend bool operator==(const Message&, const Message&) = default;
  };
  std::vector<Message> messages;
  std::vector<Pfn> touched;

 private:
  ModelHost model_{PostedCosts()};
};

// A watch that stands still.
struct NoWatch {
  void Start() {}
  void Stop() {}
  double nanoseconds() const { return 0; }
};

// A set that is right and fails when `fails(page)` says so.
class FailingSet {
 public:
  static constexpr StructureTraits kTraits{
      .name = "failing", .family = "test", .origin = "tests"};

  Status Set(Pfn page, Gfp) {
    if (fails(page)) return Status::kNoMemory;
    return oracle_.Set(page);
  }
  Status Clear(Pfn page, Gfp) { return oracle_.Clear(page); }
  bool Test(Pfn page) { return oracle_.Test(page); }
  std::optional<PfnRange> NextRange(Pfn from, Pfn max) {
    return oracle_.NextRange(from, max);
  }
  Status ClearRange(PfnRange range, Gfp) { return oracle_.ClearRange(range); }

  std::function<bool(Pfn)> fails = [](Pfn) { return false; };

 private:
  Oracle oracle_;
};

struct NotingSurroundings final : public Surroundings {
  void PagesTaken(std::int64_t pages) override { taken += pages; }
  void RefillReserve() override { ++refills; }

  std::int64_t taken = 0;
  std::uint64_t refills = 0;
};

// One replay with everything that it needs.
class Rig {
 public:
  explicit Rig(Trace trace, const DriverOptions& options = {})
      : trace_(std::move(trace)),
        guest(trace_),
        recorder_(set, watch_),
        driver(guest, options, host,
               options.transport == Transport::kChunks ? &recorder_ : nullptr,
               surroundings) {}

  void Run() {
    EXPECT_TRUE(driver.Run([] { return false; }));
    EXPECT_EQ(driver.Check(), "");
  }

  // The pages reported in one direction, in order.
  std::vector<Pfn> Reported(Direction direction) const {
    std::vector<Pfn> pages;
    for (const NotingHost::Message& message : host.messages) {
      if (message.direction != direction) continue;
      pages.insert(pages.end(), message.pages.begin(), message.pages.end());
    }
    return pages;
  }

  FailingSet set;
  NotingHost host;
  NotingSurroundings surroundings;

 private:
  const Trace trace_;

 public:
  RecordedGuest guest;

 private:
  NoWatch watch_;
  SetRecorder<FailingSet, NoWatch> recorder_;

 public:
  Driver driver;
  const DriverMetrics& metrics = driver.metrics();
};

// Appends arrays of at most 256 pages, as a driver of arrays tells `pages`,
// which are in the order of their allocation.
inline void AppendInflation(Trace& trace, const std::vector<Pfn>& pages) {
  for (std::size_t begin = 0; begin < pages.size(); begin += 256) {
    const std::size_t end = std::min(pages.size(), begin + 256);
    trace.BeginArray(Direction::kInflate);
    for (std::size_t i = end; i > begin; --i) trace.AppendPage(pages[i - 1]);
  }
}

inline void AppendDeflation(Trace& trace, const std::vector<Pfn>& pages) {
  trace.BeginArray(Direction::kDeflate);
  for (const Pfn page : pages) trace.AppendPage(page);
}

// first, first + step, ...
inline std::vector<Pfn> Pages(Pfn first, std::size_t count, Pfn step = 1) {
  std::vector<Pfn> pages;
  for (std::size_t i = 0; i < count; ++i) pages.push_back(first + i * step);
  return pages;
}

// Inflates `pages` and ends, or has another target then.
inline Trace Inflation(const std::vector<Pfn>& pages,
                       std::optional<std::uint64_t> target = {}) {
  Trace trace;
  trace.AppendTarget(pages.size());
  AppendInflation(trace, pages);
  if (target) trace.AppendTarget(*target);
  return trace;
}

}  // namespace pfn::testing
