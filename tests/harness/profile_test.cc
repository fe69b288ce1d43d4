// SPDX-License-Identifier: MIT
//
// Profiles: the memory of a structure that is known is the one worked out by
// hand, what counts of a step is the least of its times, and the slowest step
// is where a structure waits.

#include "harness/profile/profile.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <limits>
#include <new>
#include <numeric>
#include <string>
#include <vector>

#include "harness/profile/memory_run.h"
#include "harness/profile/tail_recorder.h"
#include "harness/profile/time_histogram.h"
#include "harness/run/profiler.h"
#include "structures/xbitmap/xbitmap.h"
#include "tests/harness/testing.h"

namespace {
std::size_t news = 0;  // calls of operator new
}  // namespace

// Not inlined, or the compiler would see a new with a free.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++news;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace pfn {
namespace {

using testing::Honest;
using testing::MakeWorkload;

class Profiles : public ::testing::Test {
 protected:
  template <class S>
  Job JobOn(const Workload& workload, const std::string& fault = "none") {
    return {.operation = Operation::kSet,
            .workload = &workload,
            .structure = &testing::StructureOf<S>(),
            .fault = ParseFaultSpec(fault),
            .arena = &arena_};
  }

  PageArena arena_;
};

std::vector<Pfn> Pages(Pfn first, std::size_t count) {
  std::vector<Pfn> pages(count);
  std::iota(pages.begin(), pages.end(), first);
  return pages;
}

// ---- histogram ----

TEST(TimeHistogram, CountsEveryTimeOnce) {
  TimeHistogram histogram;
  for (std::uint64_t i = 0; i < 5000; ++i) {
    histogram.Add(static_cast<std::uint32_t>(i * i * i / 30));
  }
  histogram.Add(0xffffffff);
  std::uint64_t sum = 0;
  std::uint64_t end = 0;
  for (const TimeHistogram::Bucket& bucket : histogram.Buckets()) {
    EXPECT_GE(bucket.first, end) << "ascending and apart";
    EXPECT_GT(bucket.count, 0);
    end = bucket.last + 1;
    sum += bucket.count;
  }
  EXPECT_EQ(sum, 5001);
  EXPECT_EQ(histogram.total(), 5001);
}

TEST(TimeHistogram, AQuantileIsNeverTooSmallAndAtMostThreePercentTooLarge) {
  TimeHistogram histogram;
  for (std::uint32_t i = 1; i <= 100000; ++i) histogram.Add(i);
  for (const double share : {0.00001, 0.01, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const double exact = share * 100000;
    const auto found = static_cast<double>(histogram.Quantile(share));
    EXPECT_GE(found, exact - 1e-6) << share;
    EXPECT_LE(found, exact * 1.032) << share;
  }
  EXPECT_EQ(TimeHistogram().Quantile(0.5), 0);
}

// ---- recorder ----

std::uint64_t fake_now = 0;
std::uint64_t fake_readings = 0;

const Timer kFake{.source = Timer::Source::kClock,
                  .read =
                      [] {
                        ++fake_readings;
                        return fake_now;
                      },
                  .ns_per_tick = 1,
                  .lap_ticks = 10};

void Take(TailRecorder& tails, std::uint64_t ticks) {
  tails.Time(Step::kSet, [&] { fake_now += ticks; });
}

TEST(TailRecorder, WhatCountsIsTheLeastOfTheRepetitions) {
  TailRecorder tails(kFake);
  tails.Expect(Step::kSet, 3);
  const std::uint64_t times[3][3] = {
      {30, 9010, 60}, {8010, 40, 60}, {35, 50, 70}};
  for (const auto& repetition : times) {
    tails.BeginRepetition();
    for (const std::uint64_t ticks : repetition) Take(tails, ticks);
  }
  const TailProfile profile = tails.Finish(1);
  EXPECT_EQ(profile.repetitions, 3);
  EXPECT_EQ(profile.overhead_ns, 10);
  const StepTimes& set = profile.of(Step::kSet);
  EXPECT_EQ(set.count, 3);
  EXPECT_EQ(set.p50, 30) << "20, 30 and 50, the clock taken off";
  EXPECT_EQ(set.max, 50);
  EXPECT_EQ(set.max_raw, 9000);
  ASSERT_EQ(set.worst.size(), 3);
  EXPECT_EQ(set.worst[0].position, 2);
  EXPECT_EQ(set.worst[0].ns, 50);
  EXPECT_EQ(set.worst[2].position, 0);
  EXPECT_EQ(profile.of(Step::kClear).count, 0);
}

TEST(TailRecorder, ATimeIsNeverNegative) {
  TailRecorder tails(kFake);
  tails.Expect(Step::kSet, 1);
  tails.BeginRepetition();
  Take(tails, 4);
  EXPECT_EQ(tails.Finish(1).of(Step::kSet).max, 0);
}

TEST(TailRecorder, StepsThatWereNotExpectedCountOnce) {
  TailRecorder tails(kFake);
  tails.Expect(Step::kSet, 1);
  for (int repetition = 0; repetition < 3; ++repetition) {
    tails.BeginRepetition();
    for (int i = 0; i < 20; ++i) Take(tails, 100);
  }
  const TailProfile profile = tails.Finish(1);
  EXPECT_EQ(profile.of(Step::kSet).count, 20);
  EXPECT_EQ(profile.of(Step::kSet).worst.size(), TailRecorder::kWorst);
}

TEST(TailRecorder, NothingIsAllocatedWhileItRecords) {
  TailRecorder tails;
  tails.Expect(Step::kSet, 1000);
  tails.BeginRepetition();
  const std::size_t before = news;
  for (int i = 0; i < 2000; ++i) tails.Time(Step::kSet, [] {});
  EXPECT_EQ(news, before);
}

TEST(TailRecorder, StepsThatFollowOneAnotherShareAReading) {
  TailRecorder tails(kFake);
  tails.Expect(Step::kSet, 5);
  tails.BeginRepetition();
  const std::uint64_t readings = fake_readings;
  EXPECT_TRUE(tails.TimeEach(Step::kSet, 5, [](std::size_t i) {
    fake_now += 20 + i;
    return true;
  }));
  EXPECT_EQ(fake_readings - readings, 6);
  const TailProfile profile = tails.Finish(1);
  EXPECT_EQ(profile.of(Step::kSet).count, 5);
  EXPECT_EQ(profile.of(Step::kSet).p50, 12);
  EXPECT_EQ(profile.of(Step::kSet).worst[0].position, 4);
  EXPECT_EQ(profile.of(Step::kSet).max, 14);
}

TEST(TailRecorder, TheStepThatEndsASequenceCounts) {
  TailRecorder tails(kFake);
  tails.Expect(Step::kSet, 5);
  tails.BeginRepetition();
  EXPECT_FALSE(tails.TimeEach(Step::kSet, 5, [](std::size_t i) {
    fake_now += 20 + i;
    return i < 2;
  }));
  const TailProfile profile = tails.Finish(1);
  EXPECT_EQ(profile.of(Step::kSet).count, 3);
  EXPECT_EQ(profile.of(Step::kSet).max, 12);
}

// Chains of multiplications that cannot run at once. One function for both who
// call it: inlined twice, the two chains were not equally long.
[[gnu::noinline]] std::uint64_t Multiply(std::uint64_t product) {
  for (int i = 0; i < 100; ++i) {
    product *= 0x9E3779B97F4A7C15;
    asm volatile("" : "+r"(product));
  }
  return product;
}

// A reading runs at the same time as the step in part, so that what it takes
// alone would be too much to subtract. Of one repetition the 90 % quantile is
// the next tick of a counter that advances in large steps.
TEST(TailRecorder, AStepOfKnownLengthIsNotShorterThanItIs) {
  constexpr std::size_t kSteps = TailRecorder::kAtOnce;
  const Timer& timer = Timer::Get();
  std::uint64_t product = 1;
  double least = std::numeric_limits<double>::max();
  double measured = 0;
  for (int i = 0; i < 20; ++i) {
    const std::uint64_t start = timer.Now();
    for (std::size_t n = 0; n < kSteps; ++n) product = Multiply(product);
    const auto ticks = static_cast<double>(timer.Now() - start);
    least = std::min(least, ticks * timer.ns_per_tick / kSteps);

    TailRecorder tails;
    tails.Expect(Step::kSet, kSteps);
    tails.BeginRepetition();
    tails.TimeEach(Step::kSet, kSteps, [&](std::size_t) {
      product = Multiply(product);
      return true;
    });
    measured = std::max(measured, tails.Finish(1).of(Step::kSet).p90);
  }
  EXPECT_GE(measured, 0.98 * least);
}

TEST(TailRecorder, WhatAStepCostsIsMoreThanWhatIsSubtracted) {
  const Timer& timer = Timer::Get();
  const double lap = timer.lap_ticks * timer.ns_per_tick;
  EXPECT_GT(lap, 0.5);
  EXPECT_GT(TailRecorder::CostOfStep(), lap);
}

// ---- memory ----

// A dense gibibyte: 262144 pages are 256 leaves of 1024 bits.
TEST_F(Profiles, TheMemoryOfADenseXbitmapIsTheOneWorkedOut) {
  const auto workload = MakeWorkload("dense", {Pages(0, 262144)});
  MemoryProfile memory;
  EXPECT_EQ(RunForMemory(JobOn<Xbitmap<NowaitHeap>>(*workload), memory, nullptr)
                .error,
            "");
  EXPECT_EQ(memory.sets, 262144);
  ASSERT_EQ(memory.pass_ends.size(), 1);
  EXPECT_EQ(memory.pass_ends[0].pages, 262144);
  // Leaves have indices 0 to 255: 4 nodes of 64 slots and the one above.
  const std::uint64_t requested = 256 * 128 + 5 * 576;
  const std::uint64_t rounded = 256 * 128 + 5 * 584;
  // 32 leaves to a page, 28 nodes to four pages.
  const std::uint64_t slab = (8 + 4) * 4096;
  const HeldBytes full{requested, rounded, slab, slab, slab};
  EXPECT_EQ(memory.pass_ends[0].held, full);
  EXPECT_EQ(memory.peak, full);
  EXPECT_EQ(memory.retained.requested, 0);
  EXPECT_EQ(memory.allocations, memory.frees);
  EXPECT_EQ(memory.largest_order, 2);
  const std::vector<CacheUsage> caches = {
      {"kmalloc-128", 128, {0, 32}, 8, 256},
      {"radix_tree_node", 576, {2, 28}, 1, 5}};
  EXPECT_EQ(memory.caches, caches);
  EXPECT_EQ(memory.timeline.front(), (TimelinePoint{0, 0, 0}));
  EXPECT_EQ(memory.timeline.back().pages, 262144);
  EXPECT_EQ(memory.timeline.back().rounded, 0);
  EXPECT_LE(memory.timeline.size(), 256);
}

TEST_F(Profiles, TheNumberOfCpusDecidesTheSlabs) {
  const auto workload = MakeWorkload("dense", {Pages(0, 2048)});
  Job job = JobOn<Xbitmap<NowaitHeap>>(*workload);
  job.conditions.heap.cpus = 2;
  MemoryProfile memory;
  EXPECT_EQ(RunForMemory(job, memory, nullptr).error, "");
  EXPECT_EQ(memory.cpus, 2);
  ASSERT_EQ(memory.caches.size(), 2);
  EXPECT_EQ(memory.caches[1].geometry, (SlabGeometry{1, 14}));
  EXPECT_EQ(memory.peak.slab, 4096 + 8192);
}

TEST_F(Profiles, OfManyPassesTheLargestAndTheLastAreKept) {
  std::vector<std::vector<Pfn>> passes(500, Pages(7, 3));
  passes[311] = Pages(7, 100);
  passes[499] = Pages(9, 5);
  const auto workload = MakeWorkload("many", passes);
  MemoryProfile memory;
  EXPECT_EQ(
      RunForMemory(JobOn<Honest<NowaitHeap>>(*workload), memory, nullptr).error,
      "");
  EXPECT_LE(memory.pass_ends.size(), 64);
  EXPECT_EQ(memory.pass_ends.front().pass, 0);
  EXPECT_EQ(memory.pass_ends.back().pass, 499);
  const PassEnd largest{311, 100, {4000, 6400, 8192, 8192, 8192}};
  EXPECT_NE(
      std::find(memory.pass_ends.begin(), memory.pass_ends.end(), largest),
      memory.pass_ends.end());
  EXPECT_LE(memory.timeline.size(), 256);
}

// Asks for 20 KiB with its first page.
template <NowaitAllocator A>
class Large : public Honest<A> {
 public:
  explicit Large(A& heap) : Honest<A>(heap), heap_(heap) {}
  ~Large() {
    if (block_ != nullptr) heap_.Free(block_, 20480, 8);
  }
  Status Set(Pfn pfn, Gfp gfp) {
    if (block_ == nullptr) block_ = heap_.Allocate(20480, 8, gfp);
    return Honest<A>::Set(pfn, gfp);
  }

 private:
  A& heap_;
  void* block_ = nullptr;
};

TEST_F(Profiles, BlocksOfPagesAreCountedWholeAndExact) {
  const auto workload = MakeWorkload("w", {{1}});
  MemoryProfile memory;
  EXPECT_EQ(
      RunForMemory(JobOn<Large<NowaitHeap>>(*workload), memory, nullptr).error,
      "");
  EXPECT_EQ(memory.peak.slab, 4096);
  EXPECT_EQ(memory.peak.pow2, 4096 + 32768);
  EXPECT_EQ(memory.peak.exact, 4096 + 20480);
  EXPECT_EQ(memory.retained.requested, 20480);
  EXPECT_EQ(memory.largest_order, 3);
}

// ---- the whole ----

// Waits where it is told to, and allocates there.
template <NowaitAllocator A>
class Waits : public Honest<A> {
 public:
  using Honest<A>::Honest;
  Status Set(Pfn pfn, Gfp gfp) {
    if (pfn == 1234) Spin();
    return Honest<A>::Set(pfn, gfp);
  }

 protected:
  static void Spin() {
    const auto end =
        std::chrono::steady_clock::now() + std::chrono::milliseconds(30);
    while (std::chrono::steady_clock::now() < end) {
    }
  }
};

TEST_F(Profiles, TheSlowestStepIsWhereTheStructureWaits) {
  const auto workload =
      MakeWorkload("w", {Pages(100, 50), Pages(1200, 100), Pages(100, 50)});
  const ProfileOutcome outcome =
      MakeProfile(JobOn<Waits<NowaitHeap>>(*workload), ProfileTime{});
  EXPECT_EQ(outcome.profile.error, "");
  ASSERT_TRUE(outcome.profile.tails);
  const TailProfile& tails = *outcome.profile.tails;
  EXPECT_EQ(tails.repetitions, 3);
  EXPECT_EQ(tails.passes, 3);
  EXPECT_EQ(tails.of(Step::kSet).count, 200);
  EXPECT_EQ(tails.of(Step::kClear).count, 7 + 13 + 7);
  EXPECT_EQ(tails.of(Step::kNextRange).count, 3);
  EXPECT_EQ(tails.of(Step::kClearRange).count, 3);
  EXPECT_EQ(tails.of(Step::kDestroy).count, 1);
  const SlowStep& worst = tails.of(Step::kSet).worst.front();
  EXPECT_EQ(worst.position, 50 + 34);
  EXPECT_GE(worst.ns, 30e6);
  EXPECT_EQ(worst.place, (SlowStep::Place{1, 1234, 1}));
  EXPECT_EQ(tails.of(Step::kSet).max, worst.ns);
  for (std::size_t i = 0; i < tails.steps.size(); ++i) {
    std::uint64_t sum = 0;
    for (const TimeBucket& bucket : tails.steps[i].histogram) {
      sum += bucket.count;
    }
    EXPECT_EQ(sum, tails.steps[i].count) << kStepNames[i];
    for (const SlowStep& step : tails.steps[i].worst) {
      EXPECT_TRUE(step.place) << kStepNames[i];
    }
  }
}

TEST_F(Profiles, WhatTakesTooLongIsCutOffAndKeepsWhatWasTimed) {
  const auto workload = MakeWorkload("w", {Pages(0, 2000), Pages(0, 2000)});
  const ProfileOutcome outcome =
      MakeProfile(JobOn<Waits<NowaitHeap>>(*workload),
                  {std::chrono::milliseconds(1), std::chrono::milliseconds(1)});
  const std::string& error = outcome.profile.error;
  EXPECT_EQ(error.rfind("over ", 0), 0) << error;
  EXPECT_NE(error.find(" ns per page: cut off after "), error.npos) << error;
  EXPECT_FALSE(outcome.is_wrong);
  ASSERT_TRUE(outcome.profile.tails);
  EXPECT_EQ(outcome.profile.tails->repetitions, 1);
  EXPECT_GT(outcome.profile.tails->of(Step::kSet).count, 0);
  EXPECT_FALSE(outcome.profile.memory);
}

TEST_F(Profiles, AWrongAnswerHasAnErrorAndNoFigure) {
  const auto workload = MakeWorkload("w", {Pages(0, 5)});
  const ProfileOutcome outcome =
      MakeProfile(JobOn<testing::LosesAPage<3>>(*workload), ProfileTime{});
  EXPECT_TRUE(outcome.is_wrong);
  EXPECT_EQ(outcome.profile.error,
            "failed: ranges that differ from the oracle's in pass 0 of 1");
  EXPECT_FALSE(outcome.profile.tails);
  EXPECT_FALSE(outcome.profile.memory);
}

TEST_F(Profiles, FailuresAreNoWrongAnswers) {
  const auto workload = MakeWorkload("w", {Pages(0, 500), Pages(50, 500)});
  for (const char* fault : {"nth:1", "failslab:probability=50"}) {
    const ProfileOutcome outcome =
        MakeProfile(JobOn<Honest<NowaitHeap>>(*workload, fault), ProfileTime{});
    EXPECT_EQ(outcome.profile.error, "") << fault;
    ASSERT_TRUE(outcome.profile.memory);
    EXPECT_EQ(outcome.profile.memory->sets, 1000);
    EXPECT_LT(outcome.profile.memory->allocations, 1000);
  }
}

// ---- JSON ----

TEST(ProfileJson, IsTheGoldenOne) {
  Profile profile{.workload = "w",
                  .structure = "s",
                  .conditions = R"({"fault":"nth:1"})",
                  .error = "say \"why\"",
                  .memory = {},
                  .tails = {}};
  MemoryProfile memory;
  memory.cpus = 4;
  memory.pass_ends = {{0, 8, {1, 2, 3, 4, 5}}};
  memory.peak = {1, 2, 3, 4, 5};
  memory.caches = {{"kmalloc-128", 128, {0, 32}, 7, 200}};
  memory.allocations = 9;
  memory.sets = 8;
  memory.timeline = {{0, 0, 0}, {8, 1, 2}};
  profile.memory = memory;
  TailProfile tails;
  tails.overhead_ns = 10;
  tails.cost_ns = 12;
  tails.repetitions = 3;
  tails.passes = 1;
  tails.of(Step::kSet) = {
      8, 1,           2,
      3, 4,           5.25,
      9, {{1, 2, 8}}, {{7, 5.25, SlowStep::Place{0, 77, 1}}, {3, 5}}};
  profile.tails = tails;
  EXPECT_EQ(
      ToJson(profile),
      R"({"workload":"w","structure":"s","conditions":{"fault":"nth:1"},)"
      R"("error":"say \"why\"","memory":{"cpus":4,"pass_ends":[{"pass":0,)"
      R"("pages":8,"requested":1,"rounded":2,"slab":3,"pow2":4,"exact":5}],)"
      R"("peak":{"requested":1,"rounded":2,"slab":3,"pow2":4,"exact":5},)"
      R"("retained":{"requested":0,"rounded":0,"slab":0,"pow2":0,"exact":0},)"
      R"("caches":[{"name":"kmalloc-128","object":128,"per_slab":32,)"
      R"("order":0,"slabs_peak":7,"objects_peak":200}],"allocations":9,)"
      R"("frees":0,"sets":8,"largest_order":0,"timeline":[[0,0,0],[8,1,2]]},)"
      R"("tails":{"overhead_ns":10,"cost_ns":12,"repetitions":3,"passes":1,)"
      R"("operations":{"set":{"count":8,"p50":1,"p90":2,"p99":3,"p99_9":4,)"
      R"("max":5.2,"max_raw":9,"histogram":[[1,2,8]],"worst":[{"position":7,)"
      R"("pass":0,"pfn":77,"ns":5.2,"allocations":1}]}}}})");
}

}  // namespace
}  // namespace pfn
