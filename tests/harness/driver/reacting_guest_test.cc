// SPDX-License-Identifier: MIT
//
// A guest that reacts: its zone, its program, kswapd and the OOM notifier, and
// that each argument about them can come out either way.

#include "harness/driver/reacting_guest.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/harness/driver/testing.h"

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
  EXPECT_FALSE(squeezed.guest.IsOutOfMemory());
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

// Needs a page of the guest's zone for every 64 pages, until it is cleared.
class HungrySet {
 public:
  static constexpr StructureTraits kTraits{
      .name = "hungry", .family = "test", .origin = "tests"};

  HungrySet(ReactingGuest& guest, std::uint64_t reserve)
      : guest_(guest), reserve_(reserve) {}

  Status Set(Pfn page, Gfp) {
    if (!nodes_.contains(page / 64)) {
      if (!guest_.FailPages(0, PageUser::kSlab, Gfp::kNowait)) {
        ++taken_;
      } else if (nodes_.size() - taken_ >= reserve_) {
        return Status::kNoMemory;
      }
      nodes_.insert(page / 64);
    }
    return oracle_.Set(page);
  }
  Status Clear(Pfn page, Gfp) { return oracle_.Clear(page); }
  bool Test(Pfn page) { return oracle_.Test(page); }
  std::optional<PfnRange> NextRange(Pfn from, Pfn max) {
    return oracle_.NextRange(from, max);
  }
  Status ClearRange(PfnRange range, Gfp) {
    guest_.NoteOtherPages(-static_cast<std::int64_t>(taken_));
    taken_ = 0;
    nodes_.clear();
    return oracle_.ClearRange(range);
  }

 private:
  ReactingGuest& guest_;
  const std::uint64_t reserve_;  // pages
  std::set<Pfn> nodes_;
  std::uint64_t taken_ = 0;  // of the zone, for nodes
  Oracle oracle_;
};

struct Scenario {
  std::uint64_t target = 62'000;
  std::uint64_t demand = 3;
  std::uint64_t rate = 10'000;
  Policy policy = Policy::kFree;
  OomPath oom_path = OomPath::kChunks;
  std::uint64_t reserve = 0;
  std::uint64_t seed = 1;
};

struct Outcome {
  DriverMetrics metrics;
  std::vector<Figure> figures;

  double stalled() const { return Value(figures, "guest_stalled_ms"); }
  double kills() const { return Value(figures, "guest_oom_kills"); }
  double messages() const { return Value(figures, "guest_puff_messages"); }
};

// A guest of 256 MiB.
Outcome OutcomeOf(const Scenario& scenario) {
  const Trace trace = Targets({scenario.target}, 256 << 20);
  ReactingGuest guest(trace,
                      {.reacts = true,
                       .cache = 0,
                       .demand = scenario.demand,
                       .rate = scenario.rate,
                       .hold = 20,
                       .pause = 5,
                       .target = 2000},
                      true, scenario.seed);
  HungrySet set(guest, scenario.reserve);
  NoWatch watch;
  SetRecorder<HungrySet, NoWatch> recorder(set, watch);
  NotingHost host;
  NotingSurroundings surroundings;
  DriverOptions options{.policy = scenario.policy,
                        .oom_path = scenario.oom_path};
  options.costs = ParseCosts("2016", {{"record", "10"}});
  Driver driver(guest, options, host, &recorder, surroundings);
  EXPECT_TRUE(driver.Run([] { return false; }));
  EXPECT_EQ(driver.Check(), "");
  Outcome outcome{.metrics = driver.metrics(), .figures = {}};
  guest.AddFigures(outcome.figures);
  return outcome;
}

TEST(Reacting, EqualSeedsGiveEqualFigures) {
  const auto values = [](std::uint64_t seed) {
    std::vector<double> found;
    for (const Figure& figure : OutcomeOf({.seed = seed}).figures) {
      found.push_back(figure.value);
    }
    return found;
  };
  EXPECT_EQ(values(1), values(1));
  EXPECT_NE(values(1), values(2));
}

TEST(Reacting, FreeingAPageThatIsNotRecordedMayRelieveTheGuest) {
  const auto stalled = [](Scenario scenario, Policy policy) {
    scenario.policy = policy;
    return OutcomeOf(scenario).stalled();
  };
  const Scenario relieved{.target = 63'500, .rate = 1000};
  EXPECT_LT(stalled(relieved, Policy::kFree),
            stalled(relieved, Policy::kArray) / 2);
  const Scenario worse{.target = 63'500, .rate = 10'000};
  EXPECT_GT(stalled(worse, Policy::kFree), 2 * stalled(worse, Policy::kArray));
  const Scenario alike{.demand = 10, .rate = 100};
  EXPECT_GT(stalled(alike, Policy::kFree), 0);
  EXPECT_EQ(stalled(alike, Policy::kFree), stalled(alike, Policy::kArray));
}

TEST(Reacting, PagesMayBeHadWhileTheSetGetsNone) {
  const DriverMetrics fast = OutcomeOf({.rate = 10'000}).metrics;
  EXPECT_GT(fast.unrecorded_rounds, 0);
  EXPECT_EQ(fast.puffs, 0);
  const DriverMetrics slow = OutcomeOf({.rate = 1000}).metrics;
  EXPECT_EQ(slow.unrecorded_rounds, 0);
  EXPECT_EQ(slow.failed_sets, 0);
  // Nor if there is no page for the balloon either.
  const DriverMetrics full = OutcomeOf({.target = 65'536, .demand = 0}).metrics;
  EXPECT_GT(full.puffs, 0);
  EXPECT_GT(full.failed_sets, 0);
  EXPECT_EQ(full.unrecorded_rounds, 0);
}

TEST(Reacting, ARestOf200MsMayBeManyMessagesOrNone) {
  EXPECT_EQ(OutcomeOf({.target = 63'500, .rate = 100}).messages(), 0);
  EXPECT_EQ(OutcomeOf({.demand = 30}).messages(), 9);
}

TEST(Reacting, AReserveHelpsANotifierThatRecordsIfAnything) {
  const auto kills = [](Scenario scenario, std::uint64_t reserve) {
    scenario.oom_path = OomPath::kSet;
    scenario.reserve = reserve;
    return OutcomeOf(scenario).kills();
  };
  const Scenario tight{.target = 63'500, .rate = 100};
  EXPECT_GT(kills(tight, 0), 0);
  EXPECT_EQ(kills(tight, 64), 0);
  EXPECT_EQ(OutcomeOf(tight).kills(), 0) << "chunks need no memory";
  const Scenario roomy{.rate = 1000};
  EXPECT_EQ(kills(roomy, 0), 0);
  // It does not help where the balloon has nothing on its list.
  const Scenario hidden{.demand = 30};
  EXPECT_GT(kills(hidden, 64), 0);
}

}  // namespace
}  // namespace pfn::testing
