// SPDX-License-Identifier: MIT
//
// A guest that reacts: its zone, its program, kswapd and the OOM notifier, and
// that each argument about them can come out either way.

#include "harness/driver/reacting_guest.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "harness/driver/replay.h"
#include "structures/xbitmap/xbitmap.h"
#include "tests/harness/driver/testing.h"
#include "tests/harness/testing.h"

namespace pfn::testing {
namespace {

using Kind = Guest::Item::Kind;

constexpr Picoseconds kMs = kPicosecondsPerMs;
constexpr std::uint64_t kPages = 16'384;  // 64 MiB

Trace Targets(const std::vector<std::uint64_t>& targets,
              std::uint64_t bytes = kPages * 4096) {
  Trace trace;
  trace.provenance.guest_memory_bytes = bytes;
  for (const std::uint64_t target : targets) trace.AppendTarget(target);
  return trace;
}

// Without page cache, and with a program that never begins.
GuestOptions Quiet() {
  return {.reacts = true, .cache = 0, .reclaim = 0, .pause = 3'600'000};
}

// Lets the balloon take all that it gets.
std::uint64_t TakeAll(Guest& guest) {
  std::uint64_t pages = 0;
  while (guest.Allocate().kind == Kind::kPage) ++pages;
  return pages;
}

double Value(const std::vector<Figure>& figures, std::string_view name) {
  for (const Figure& figure : figures) {
    if (figure.name == name) return figure.value;
  }
  ADD_FAILURE() << "no " << name;
  return -1;
}

double Value(const Guest& guest, std::string_view name) {
  std::vector<Figure> figures;
  guest.AddFigures(figures);
  return Value(figures, name);
}

// ---- The zone ----

TEST(ReactingGuest, HasTheWatermarksOfLinux) {
  const Trace trace = Targets({1}, std::uint64_t{2} << 30);
  const ReactingGuest guest(trace, Quiet(), true, 1);
  EXPECT_EQ(guest.free_pages(), 524'288);
  EXPECT_EQ(guest.min_pages(), 1448);  // 5,792 KiB, 4 times the root
  EXPECT_EQ(guest.low_pages(), 1448 + 524);
  EXPECT_EQ(guest.high_pages(), 1448 + 2 * 524);
}

TEST(ReactingGuest, OnePoolServesTheBalloonAndTheSet) {
  const Trace trace = Targets({kPages});
  ReactingGuest guest(trace, Quiet(), true, 1);
  EXPECT_EQ(guest.NextEvent().target, kPages);
  EXPECT_FALSE(guest.FailPages(3, PageUser::kSlab, Gfp::kNowait));
  EXPECT_EQ(TakeAll(guest), kPages - guest.min_pages() - 8);
  EXPECT_TRUE(guest.FailPages(0, PageUser::kSlab, Gfp::kNowait));
  EXPECT_FALSE(guest.FailPages(0, PageUser::kSlab, Gfp::kKernel));
  EXPECT_EQ(guest.free_pages(), guest.min_pages() - 1);
  guest.NoteOtherPages(-9);
  EXPECT_EQ(guest.free_pages(), guest.min_pages() + 8);
  EXPECT_TRUE(guest.FailPages(4, PageUser::kSlab, Gfp::kNowait));
  EXPECT_FALSE(guest.FailPages(3, PageUser::kSlab, Gfp::kNowait));
}

TEST(ReactingGuest, PageCacheIsReclaimedForTheBalloonUnlessItMayNot) {
  const Trace trace = Targets({kPages});
  GuestOptions options = Quiet();
  options.cache = 50;
  ReactingGuest may(trace, options, true, 1);
  may.NextEvent();
  EXPECT_EQ(TakeAll(may), kPages - may.min_pages());
  EXPECT_EQ(Value(may, "guest_direct_reclaims"), kPages / 2 / 32);
  ReactingGuest may_not(trace, options, false, 1);
  may_not.NextEvent();
  EXPECT_EQ(TakeAll(may_not), kPages / 2 - may_not.min_pages());
  EXPECT_EQ(Value(may_not, "guest_direct_reclaims"), 0);
}

TEST(ReactingGuest, KswapdReclaimsUpToTheHighWatermarkAtItsRate) {
  const Trace trace = Targets({kPages});
  GuestOptions options = Quiet();
  options.cache = 50;
  options.reclaim = 100;  // 2.56 pages a tick
  ReactingGuest guest(trace, options, false, 1);
  guest.NextEvent();
  TakeAll(guest);
  guest.Pass(kMs);
  EXPECT_EQ(guest.free_pages(), guest.min_pages() + 25);
  guest.Pass(100 * kMs);
  EXPECT_EQ(guest.free_pages(), guest.high_pages());
}

// ---- The program ----

// A program that wants all memory, while the balloon has it.
struct Squeezed {
  explicit Squeezed(std::uint64_t seed = 1)
      : trace(Targets({kPages})),
        guest(trace,
              {.reacts = true,
               .cache = 0,
               .demand = 100,
               .hold = 3'600'000,
               .pause = 1},
              true, seed) {
    guest.NextEvent();
    taken = TakeAll(guest);
    guest.Pass(10 * kMs);
  }

  const Trace trace;
  ReactingGuest guest;
  std::uint64_t taken = 0;
};

TEST(ReactingGuest, AProgramThatGetsNoPageCallsTheNotifier) {
  Squeezed squeezed;
  EXPECT_TRUE(squeezed.guest.IsOutOfMemory());
  EXPECT_EQ(squeezed.guest.Allocate().kind, Kind::kOom);
  EXPECT_EQ(squeezed.guest.NextEvent().kind, Kind::kOom);
  EXPECT_GT(Value(squeezed.guest, "guest_stalled_ms"), 5);
}

TEST(ReactingGuest, ACallThatReleasesNothingKillsTheProgram) {
  Squeezed killed;
  killed.guest.NotifierReleased(0);
  EXPECT_FALSE(killed.guest.IsOutOfMemory());
  EXPECT_EQ(Value(killed.guest, "guest_oom_kills"), 1);
  Squeezed saved;
  for (Pfn page = 0; page < 256; ++page) saved.guest.Release(page);
  saved.guest.NotifierReleased(256);
  EXPECT_FALSE(saved.guest.IsOutOfMemory());
  EXPECT_EQ(Value(saved.guest, "guest_oom_kills"), 0);
  saved.guest.Pass(kMs);
  EXPECT_EQ(Value(saved.guest, "guest_program_pages"), 256);
}

TEST(ReactingGuest, PagesThatAreFreedEndTheWaitWithoutTheNotifier) {
  Squeezed squeezed;
  for (Pfn page = 0; page < 256; ++page) squeezed.guest.FreeUnrecorded(page);
  squeezed.guest.Pass(ReactingGuest::kTick);
  EXPECT_FALSE(squeezed.guest.IsOutOfMemory());
  EXPECT_GT(Value(squeezed.guest, "guest_program_pages"), 0);
}

TEST(ReactingGuest, ATargetStandsForItsTime) {
  const Trace trace = Targets({100, 50});
  GuestOptions options = Quiet();
  options.target = 10;
  ReactingGuest guest(trace, options, true, 1);
  EXPECT_EQ(guest.NextEvent().target, 100);
  EXPECT_EQ(guest.Allocate().kind, Kind::kPage);
  guest.Pass(10 * kMs);
  EXPECT_EQ(guest.Allocate().kind, Kind::kEnd);
  EXPECT_EQ(guest.NextEvent().target, 50);
  EXPECT_EQ(guest.NextEvent().kind, Kind::kEnd);
}

TEST(ReactingGuest, MessagesAreLimitedToTenInFiveSeconds) {
  const Trace trace = Targets({kPages});
  GuestOptions options = Quiet();
  options.target = 60'000;
  ReactingGuest guest(trace, options, true, 1);
  guest.NextEvent();
  TakeAll(guest);  // the first
  for (int i = 0; i < 30; ++i) {
    EXPECT_EQ(guest.Allocate().kind, Kind::kFailure);
  }
  EXPECT_EQ(Value(guest, "guest_puff_messages"), 10);
  guest.Pass(5000 * kMs);
  guest.Allocate();
  EXPECT_EQ(Value(guest, "guest_puff_messages"), 11);
}

// ---- Flags ----

std::string ErrorOf(std::string_view kind,
                    const std::map<std::string, std::string>& flags) {
  try {
    ParseGuest(kind, flags);
  } catch (const BadInput& error) {
    return error.what();
  }
  return "";
}

TEST(GuestFlags, AreReadWithinTheirBounds) {
  EXPECT_EQ(GuestToString(ParseGuest("recorded", {})), "");
  const GuestOptions read =
      ParseGuest("reacts", {{"demand", "40"}, {"hold-ms", "2K"}});
  EXPECT_EQ(read.demand, 40);
  EXPECT_EQ(read.hold, 2048);
  EXPECT_EQ(GuestToString(read),
            "reacts: cache 10 %, demand 40 %, rate 1000 MiB/s, reclaim 500 "
            "MiB/s, hold-ms 2048, pause-ms 200, target-ms 5000");
  for (const GuestFlag& flag : GuestFlags()) {
    const std::string name(flag.name);
    EXPECT_EQ(ErrorOf("reacts", {{name, std::to_string(flag.least)}}), "");
    for (const std::string wrong : {"-1", "some", "4T"}) {
      const std::string error = ErrorOf("reacts", {{name, wrong}});
      EXPECT_TRUE(
          error.starts_with("--guest-" + name + " cannot be '" + wrong + "'"))
          << error;
    }
  }
}

TEST(GuestFlags, WhatCannotBeIsRefused) {
  EXPECT_EQ(ErrorOf("react", {}),
            "--guest cannot be 'react'; did you mean reacts?: recorded, "
            "reacts");
  EXPECT_EQ(ErrorOf("recorded", {{"rate", "5"}}),
            "--guest-rate is for a guest that reacts; add --guest=reacts");
  EXPECT_EQ(ErrorOf("reacts", {{"cache", "60"}, {"demand", "60"}}),
            "--guest-cache=60 and --guest-demand=60 are more than all memory "
            "together; make one of them smaller");
  EXPECT_THROW(CheckCanReact(Targets({1}, 0), "w"), BadInput);
  EXPECT_THROW(CheckCanReact(Targets({1}, 1 << 20), "w"), BadInput);
  EXPECT_THROW(CheckCanReact(Targets({1}, std::uint64_t{1} << 46), "w"),
               BadInput);
  CheckCanReact(Targets({1}), "w");
}

// ---- Each argument, both ways ----

struct Scenario {
  GuestOptions guest = {.reacts = true};
  PolicySpec policy = {};
  OomPath oom_path = OomPath::kChunks;
  std::uint64_t sleep_ms = 200;
  std::uint64_t seed = 1;
};

// A guest of 256 MiB is asked for seven eighths, and for nothing then.
std::vector<Figure> FiguresOf(const Scenario& scenario) {
  static const Workload workload("squeezed", Targets({57'344, 0}, 256 << 20));
  PageArena arena;
  Job job{.operation = Operation::kReplay,
          .workload = &workload,
          .structure = &StructureOf<Xbitmap<NowaitHeap>>(),
          .arena = &arena};
  job.conditions.fault_seed = scenario.seed;
  ReplaySpec replay{.driver = {.policy = scenario.policy.policy,
                               .oom_path = scenario.oom_path},
                    .policy = scenario.policy,
                    .host = {},
                    .guest = scenario.guest};
  replay.driver.sleep = scenario.sleep_ms * kMs;
  replay.driver.costs = ParseCosts("2016", {{"record", "10"}});
  Measurement measured = Replay(job, replay);
  EXPECT_EQ(measured.error, "");
  measured.figures.push_back(
      {"failed_sets", static_cast<double>(measured.failed_sets)});
  return measured.figures;
}

double ValueOf(const Scenario& scenario, std::string_view name) {
  return Value(FiguresOf(scenario), name);
}

TEST(Reacting, EqualSeedsGiveEqualFigures) {
  const auto values = [](std::uint64_t seed) {
    std::vector<double> found;
    for (const Figure& figure : FiguresOf({.seed = seed})) {
      const bool is_timed =
          figure.name.find("structure_ms") != std::string::npos;
      if (!is_timed) found.push_back(figure.value);
    }
    return found;
  };
  EXPECT_EQ(values(1), values(1));
  EXPECT_NE(values(1), values(2));
}

}  // namespace
}  // namespace pfn::testing
