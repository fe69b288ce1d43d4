// SPDX-License-Identifier: MIT
//
// Replay as a measurement: figures of right structures, no figure for wrong
// ones, and a host that really gives memory back.

#include "harness/driver/replay.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "harness/driver/real_host.h"
#include "structures/xbitmap/xbitmap.h"
#include "tests/harness/testing.h"

namespace pfn {
namespace {

using testing::Honest;

// 2,048 pages in runs of up to 40, inflated and deflated.
const Workload& Guest() {
  static const auto workload = [] {
    Trace trace;
    trace.AppendTarget(2048);
    for (Pfn page = 4096; page < 4096 + 2048; page += 256) {
      trace.BeginArray(Direction::kInflate);
      for (Pfn i = 0; i < 256; ++i) trace.AppendPage(2 * page + i + i / 40);
    }
    trace.AppendTarget(0);
    return std::make_unique<Workload>("guest", std::move(trace));
  }();
  return *workload;
}

template <PfnSet S>
Measurement RunReplayOf(PolicySpec policy, const std::string& fault = "none",
                        HostSpec host = {}) {
  PageArena arena;
  return Replay(
      {.operation = Operation::kReplay,
       .workload = &Guest(),
       .structure = &testing::StructureOf<S>(),
       .fault = ParseFaultSpec(fault),
       .arena = &arena},
      {.driver = {.policy = policy.policy}, .policy = policy, .host = host});
}

double Value(const Measurement& m, std::string_view name) {
  for (const Figure& figure : m.figures) {
    if (figure.name == name) return figure.value;
  }
  ADD_FAILURE() << "no " << name;
  return -1;
}

TEST(Replay, CountsWhatTheDriverDidAndTimesTheSet) {
  const Measurement m = RunReplayOf<Honest<NowaitHeap>>({});
  EXPECT_EQ(m.error, "");
  EXPECT_EQ(m.pages, 4096);
  EXPECT_EQ(m.failed_sets, 0);
  EXPECT_GT(m.ns, 0);
  EXPECT_GT(m.ranges, 100);
  EXPECT_EQ(Value(m, "pages_told"), 4096);
  EXPECT_EQ(Value(m, "rounds"), 2);
  EXPECT_EQ(Value(m, "chunks"), static_cast<double>(m.ranges));
  EXPECT_GT(Value(m, "sim_inflate_ms"), 0);
  EXPECT_LT(Value(m, "sim_inflate_ms"), Value(m, "sim_ms"));
  // One of the two takes half of the time at least.
  const double longest = Value(m, "longest_round_structure_ms");
  EXPECT_LE(longest, Value(m, "structure_ms"));
  EXPECT_GE(longest, Value(m, "structure_ms") / 2);
}

TEST(Replay, RecordingTakesWhatTheSetTookUnlessTheFlagSaysOtherwise) {
  PageArena arena;
  Job job{.operation = Operation::kReplay,
          .workload = &Guest(),
          .structure = &testing::StructureOf<Honest<NowaitHeap>>(),
          .arena = &arena};
  const auto run = [&](const char* record_ns) {
    ReplaySpec replay{.driver = {}, .policy = {}, .host = {}};
    replay.driver.costs = ParseCosts("2016", {{"record", record_ns}});
    return Replay(job, replay);
  };
  const Measurement own = run("own");
  EXPECT_GT(Value(own, "sim_inflate_record_ms"), 0);
  EXPECT_LT(Value(own, "sim_inflate_record_ms"), Value(own, "structure_ms"));
  EXPECT_DOUBLE_EQ(Value(run("1000"), "sim_inflate_record_ms"), 2.048);
  EXPECT_EQ(Value(run("0"), "sim_inflate_record_ms"), 0);
}

// The guest hands page 4 out again although the model's driver released page 1.
TEST(Replay, TooManyPagesThatAreNotTheRecordedOnesAreNoFigure) {
  Trace trace;
  const auto array = [&](Direction direction,
                         std::initializer_list<Pfn> pages) {
    trace.BeginArray(direction);
    for (const Pfn page : pages) trace.AppendPage(page);
  };
  trace.AppendTarget(4);
  array(Direction::kInflate, {4, 3, 2, 1});
  trace.AppendTarget(3);
  array(Direction::kDeflate, {4});
  trace.AppendTarget(4);
  array(Direction::kInflate, {4});
  const Workload workload("drifts", std::move(trace));
  PageArena arena;
  Job job{.operation = Operation::kReplay,
          .workload = &workload,
          .structure = &testing::StructureOf<Honest<NowaitHeap>>(),
          .arena = &arena};
  ReplaySpec replay{.driver = {}, .policy = {}, .host = {}};
  EXPECT_EQ(ReplacedPercent(workload.trace(), replay), 20);
  const Measurement taken = Replay(job, replay);
  EXPECT_EQ(taken.error, "");
  EXPECT_EQ(Value(taken, "guest_pages_replaced"), 1);
  EXPECT_EQ(Value(taken, "guest_replaced_percent"), 20);
  replay.most_replaced = 19;
  EXPECT_EQ(Replay(job, replay).error,
            "20.0 % of the pages are not those recorded; --replaced=20 takes "
            "that");
}

TEST(Replay, PoliciesDifferInWhatBecomesOfAPage) {
  const auto run = [](Policy policy) {
    const Measurement m = RunReplayOf<Xbitmap<NowaitHeap>>(
        {.policy = policy}, "failslab:probability=50");
    EXPECT_EQ(m.error, "");
    EXPECT_GT(m.failed_sets, 0) << "failures must really fire";
    EXPECT_EQ(Value(m, "pages_lost"), 0);
    return m;
  };
  EXPECT_GT(Value(run(Policy::kFree), "pages_freed_back"), 0);
  const Measurement single = run(Policy::kSingle);
  EXPECT_GT(Value(single, "pages_told_singly"), 0);
  EXPECT_EQ(Value(single, "pages_told"), 4096);
  const Measurement array = run(Policy::kArray);
  EXPECT_GT(Value(array, "pages_told_by_array"), 0);
  EXPECT_EQ(Value(array, "pages_told"), 4096);
}

TEST(Replay, AReserveServesWhatTheFaultsRefuse) {
  const PolicySpec reserve{.policy = Policy::kReserve,
                           .reserve_bytes = 1 << 20};
  const Measurement m =
      RunReplayOf<Xbitmap<NowaitHeap>>(reserve, "failslab:probability=100");
  EXPECT_EQ(m.error, "");
  EXPECT_EQ(m.failed_sets, 0);
  EXPECT_GT(Value(m, "requests_from_reserve"), 0);
  EXPECT_EQ(Value(m, "pages_told"), 4096);
}

template <class A>
class Forgets : public Honest<A> {
 public:
  using Honest<A>::Honest;
  Status Set(Pfn page, Gfp gfp) {
    return page % 97 == 0 ? Status::kOk : Honest<A>::Set(page, gfp);
  }
};

template <class A>
class KeepsAPage : public Honest<A> {
 public:
  using Honest<A>::Honest;
  Status ClearRange(PfnRange range, Gfp gfp) {
    return Honest<A>::ClearRange({range.first + 1, range.last}, gfp);
  }
};

template <class A>
class Leaks : public Honest<A> {
 public:
  using Honest<A>::Honest;
  ~Leaks() { this->pages_.clear(); }
  Status ClearRange(PfnRange range, Gfp) {
    for (Pfn page = range.first; page <= range.last; ++page) {
      this->pages_.erase(page);
    }
    return Status::kOk;
  }
};

TEST(Replay, AWrongStructureHasNoFigure) {
  EXPECT_EQ(RunReplayOf<Forgets<NowaitHeap>>({}).error,
            "the set gave back other pages than were recorded");
  EXPECT_NE(RunReplayOf<KeepsAPage<NowaitHeap>>({}).error, "");
  EXPECT_NE(RunReplayOf<Leaks<NowaitHeap>>({}).error.find(
                "objects are still allocated"),
            std::string::npos);
}

TEST(Replay, ADriverWithoutASetHasNoTimeOfOne) {
  PageArena arena;
  const Measurement m = Replay(
      {.operation = Operation::kReplay, .workload = &Guest(), .arena = &arena},
      {.driver = {.transport = Transport::kPipelined},
       .policy = {},
       .host = {}});
  EXPECT_EQ(m.error, "");
  EXPECT_EQ(m.pages, 0);
  EXPECT_EQ(m.ns, 0);
  EXPECT_EQ(Value(m, "pages_told"), 4096);
  EXPECT_EQ(Value(m, "kicks"), 2);
  EXPECT_EQ(Value(m, "madvise_calls"), 4096);
  EXPECT_EQ(Value(m, "pages_per_madvise"), 1);
}

TEST(Replay, AHostThatMergesMakesACallForEachRangeOfAnArray) {
  PageArena arena;
  Job job{
      .operation = Operation::kReplay, .workload = &Guest(), .arena = &arena};
  for (const bool is_real : {false, true}) {
    const Measurement m = Replay(
        job, {.driver = {.transport = Transport::kPipelined},
              .policy = {},
              .host = {.is_real = is_real, .bytes = 1 << 30, .merges = true}});
    EXPECT_EQ(m.error, "");
    EXPECT_EQ(Value(m, "pages_told"), 4096);
    // An array of 256 pages has 7 runs of at most 40; 8 arrays each way.
    EXPECT_EQ(Value(m, "madvise_calls"), 2 * 8 * 7);
    EXPECT_NEAR(Value(m, "pages_per_madvise"), 4096.0 / 112, 1e-9);
    EXPECT_GT(
        Value(m, is_real ? "real_inflate_sort_ms" : "sim_inflate_sort_ms"), 0);
  }
}

// ---- The real host ----

TEST(RealHost, GivesBackThePagesItIsToldOfAndNoOther) {
  constexpr PfnRange kGuest{1000, 1999};
  RealHost host(kGuest);
  ASSERT_EQ(host.error(), "");
  for (Pfn page = kGuest.first; page <= kGuest.last; ++page) host.Touch(page);
  EXPECT_EQ(host.ResidentPages(kGuest), 1000);
  const Pfn array[] = {1500, 1200, 1999};
  const Buffer buffers[] = {{Direction::kInflate, 1010, 90, nullptr},
                            {Direction::kInflate, 0, 3, array}};
  const HostTime time = host.Handle(buffers, true);
  EXPECT_EQ(host.error(), "");
  EXPECT_EQ(host.ResidentPages(kGuest), 1000 - 93);
  EXPECT_EQ(host.ResidentPages({1010, 1099}), 0);
  EXPECT_EQ(host.ResidentPages({1100, 1199}), 100);
  EXPECT_EQ(host.ResidentPages({1500, 1500}), 0);
  EXPECT_GT(time.notify, 0);
  EXPECT_GT(time.madvise, 0);
}

TEST(RealHost, MergesTheArraysThatItIsToldToMerge) {
  constexpr PfnRange kGuest{1000, 1999};
  RealHost host(kGuest, true);
  ASSERT_EQ(host.error(), "");
  for (Pfn page = kGuest.first; page <= kGuest.last; ++page) host.Touch(page);
  const Pfn array[] = {1502, 1500, 1501, 1999, 1503};
  const Buffer buffers[] = {{Direction::kInflate, 0, 5, array}};
  const HostTime time = host.Handle(buffers, true);
  EXPECT_EQ(host.error(), "");
  EXPECT_EQ(time.madvise_calls, 2);
  EXPECT_EQ(host.ResidentPages(kGuest), 1000 - 5);
  EXPECT_EQ(host.ResidentPages({1500, 1503}), 0);
}

TEST(RealHost, RefusesPagesThatTheGuestDoesNotHave) {
  RealHost host({10, 19});
  const Buffer buffers[] = {{Direction::kInflate, 15, 10, nullptr}};
  host.Handle(buffers, true);
  EXPECT_NE(host.error(), "");
}

TEST(RealHost, MeasuresAReplayAndStaysWithinItsMemory) {
  const HostSpec host{.is_real = true, .bytes = 4 << 20};  // 1,024 pages
  const Measurement m = RunReplayOf<Honest<NowaitHeap>>({}, "none", host);
  EXPECT_EQ(m.error, "");
  EXPECT_EQ(Value(m, "pages_told"), 2048);
  EXPECT_GT(Value(m, "real_inflate_madvise_ms"), 0);
  EXPECT_GT(Value(m, "real_notify_ms"), Value(m, "real_inflate_notify_ms"));
}

}  // namespace
}  // namespace pfn
