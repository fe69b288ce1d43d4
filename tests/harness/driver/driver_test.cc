// SPDX-License-Identifier: MIT
//
// The driver's rules, one by one: the paths, the policies, the defects of the
// posted patch, and what happens when memory runs out in the middle.

#include "harness/driver/driver.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "tests/harness/driver/testing.h"

namespace pfn::testing {
namespace {

DriverOptions With(Policy policy) { return {.policy = policy}; }
DriverOptions With(Transport transport) { return {.transport = transport}; }

std::vector<Pfn> Sorted(std::vector<Pfn> pages) {
  std::sort(pages.begin(), pages.end());
  return pages;
}

// ---- Paths ----

TEST(ArrayPath, TellsWhatWasRecordedInTheSameArrays) {
  const Trace trace = Inflation(Pages(5000, 600, 3), 100);
  Rig rig(trace, With(Transport::kArrays));
  rig.Run();
  ASSERT_EQ(rig.host.messages.size(), 5);
  std::size_t array = 0;
  for (const TraceEvent& event : trace.events()) {
    if (event.kind != TraceEvent::Kind::kInflate) continue;
    std::vector<Pfn> pages;
    for (const PfnRun& run : trace.runs_of(event)) pages.push_back(run.first);
    EXPECT_EQ(rig.host.messages[array++].pages, pages);
  }
  // Last in, first out: deflating begins with the page that was reported last.
  const std::vector<Pfn> inflated = rig.Reported(Direction::kInflate);
  std::vector<Pfn> deflated = rig.Reported(Direction::kDeflate);
  EXPECT_EQ(deflated.size(), 500);
  EXPECT_TRUE(std::equal(deflated.begin(), deflated.end(), inflated.rbegin()));
  EXPECT_EQ(rig.driver.inflate_queue().kicks(), 3);
  EXPECT_EQ(rig.driver.deflate_queue().kicks(), 2);
  EXPECT_EQ(rig.metrics.rounds, 5);
  EXPECT_EQ(rig.driver.balloon_pages(), 100);
}

TEST(ChunkPath, TellsAscendingRangesInOneRound) {
  std::vector<Pfn> order = Pages(700, 300);
  const std::vector<Pfn> more = Pages(100, 200);
  order.insert(order.end(), more.begin(), more.end());
  Rig rig(Inflation(order));
  rig.Run();
  ASSERT_EQ(rig.host.messages.size(), 2);
  EXPECT_EQ(rig.host.messages[0].pages, more);
  EXPECT_EQ(rig.host.messages[1].pages, Pages(700, 300));
  EXPECT_EQ(rig.metrics.rounds, 1);
  EXPECT_EQ(rig.metrics.chunks, 2);
  EXPECT_EQ(rig.metrics.chunk_pages, 500);
  EXPECT_EQ(rig.driver.inflate_queue().kicks(), 1);
}

TEST(ChunkPath, RecordsInTheExactReverseOfTheAllocationOrder) {
  Rig rig(Inflation(Pages(0, 1000)));
  std::vector<Pfn> recorded;
  rig.set.fails = [&](Pfn page) {
    recorded.push_back(page);
    return false;
  };
  rig.Run();
  std::vector<Pfn> expected = Pages(0, 1000);
  std::reverse(expected.begin(), expected.end());
  EXPECT_EQ(recorded, expected);
}

TEST(ChunkPath, SplitsRangesOfMoreThanFourGibibytes) {
  const std::uint64_t pages = 2 * 1'048'575 + 1;
  Trace trace;
  trace.AppendTarget(pages);
  for (Pfn first = 0; first < pages; first += 256) {
    const std::uint64_t length = std::min<std::uint64_t>(256, pages - first);
    trace.AppendArray(Direction::kInflate,
                      {first + length - 1, -static_cast<std::int64_t>(length)});
  }
  Rig rig(trace);
  rig.Run();
  ASSERT_EQ(rig.host.messages.size(), 3);
  EXPECT_EQ(rig.host.messages[0].pages.size(), 1'048'575);
  EXPECT_EQ(rig.host.messages[1].pages.size(), 1'048'575);
  EXPECT_EQ(rig.host.messages[2].pages, std::vector<Pfn>{pages - 1});
}

TEST(PipelinedPath, KicksWhenTheRingIsFull) {
  Rig rig(Inflation(Pages(0, 7168 * 256)), With(Transport::kPipelined));
  rig.Run();
  EXPECT_EQ(rig.metrics.arrays, 7168);
  EXPECT_EQ(rig.driver.inflate_queue().kicks(), 57);
  EXPECT_EQ(rig.metrics.rounds, 1);
}

TEST(Clip, CutsARequestIntoRounds) {
  const Trace trace = Inflation(Pages(0, 10'000));
  for (const auto& [clip, rounds] :
       {std::pair{256u, 40u}, {4096u, 3u}, {0u, 1u}}) {
    Rig rig(trace, {.clip = clip});
    rig.Run();
    EXPECT_EQ(rig.metrics.rounds, rounds);
    EXPECT_EQ(rig.metrics.max_invisible_pages, clip == 0 ? 10'000 : clip);
  }
}

TEST(Blocks, TheirFurtherPagesCostWhatTheFlagSays) {
  // Blocks of 16 pages: 0 and 16, half of 32, and one page of 64.
  std::vector<Pfn> pages = Pages(0, 40);
  pages.push_back(64);
  const auto allocated = [&](std::uint32_t order) {
    DriverOptions options;
    options.costs.allocate_page = 1000;
    options.costs.allocate_next = 1;
    options.block_order = order;
    Rig rig(Inflation(pages), options);
    rig.Run();
    return rig.driver.inflating().spent(Stage::kAllocate);
  };
  EXPECT_EQ(allocated(0), 41 * 1000);
  EXPECT_EQ(allocated(4), 4 * 1000 + 37);
}

// ---- Policies: what happens to a page that cannot be recorded ----

class Policies : public ::testing::TestWithParam<Policy> {};

TEST_P(Policies, ReachTheTargetWhenEveryThirdRecordFails) {
  Rig rig(Inflation(Pages(0, 5000, 2), 0), With(GetParam()));
  std::uint64_t calls = 0;
  rig.set.fails = [&](Pfn) { return ++calls % 3 == 0; };
  rig.Run();
  EXPECT_GE(rig.metrics.failed_sets,
            GetParam() == Policy::kArrayRest ? 2 : 1000);
  EXPECT_EQ(Sorted(rig.Reported(Direction::kInflate)), Pages(0, 5000, 2));
  EXPECT_EQ(Sorted(rig.Reported(Direction::kDeflate)), Pages(0, 5000, 2));
  EXPECT_EQ(rig.metrics.pages_told, 10'000);
  EXPECT_EQ(rig.metrics.pages_told_twice, 0);
  EXPECT_EQ(rig.metrics.pages_lost, 0);
  EXPECT_EQ(rig.driver.balloon_pages(), 0);
  EXPECT_EQ(rig.surroundings.taken, 0) << "every page came back";
}

INSTANTIATE_TEST_SUITE_P(All, Policies,
                         ::testing::Values(Policy::kFree, Policy::kSingle,
                                           Policy::kArray, Policy::kArrayRest,
                                           Policy::kReserve,
                                           Policy::kNowaitPages));

// The worst case of the thread: not one bit can be set.
DriverMetrics NothingCanBeRecorded(Policy policy) {
  Rig rig(Inflation(Pages(0, 1000), 0), With(policy));
  rig.set.fails = [](Pfn) { return true; };
  rig.Run();
  EXPECT_EQ(rig.driver.balloon_pages(), 0);
  return rig.metrics;
}

TEST(NothingCanBeRecorded, FreeMakesNoProgressAndIsStopped) {
  const DriverMetrics m = NothingCanBeRecorded(Policy::kFree);
  EXPECT_EQ(m.pages_told, 0);
  EXPECT_EQ(m.rounds, 10);
  EXPECT_EQ(m.zero_rounds, 10) << "and none of them slept";
  EXPECT_EQ(m.puffs, 0);
  EXPECT_EQ(m.stalls, 1) << "the second target finds an empty balloon";
  EXPECT_EQ(m.pages_freed_back, 10'000);
}

TEST(NothingCanBeRecorded, SingleTellsEveryPageAsAChunk) {
  const DriverMetrics m = NothingCanBeRecorded(Policy::kSingle);
  EXPECT_EQ(m.pages_told, 2000);
  EXPECT_EQ(m.pages_told_singly, 2000);
  EXPECT_EQ(m.chunks, 2000);
  EXPECT_EQ(m.rounds, 2);
}

TEST(NothingCanBeRecorded, ArrayTellsEveryPageInArrays) {
  for (const Policy policy : {Policy::kArray, Policy::kArrayRest}) {
    const DriverMetrics m = NothingCanBeRecorded(policy);
    EXPECT_EQ(m.pages_told, 2000);
    EXPECT_EQ(m.pages_told_by_array, 2000);
    EXPECT_EQ(m.arrays, 8);
    EXPECT_EQ(m.chunks, 0);
    EXPECT_EQ(m.set_attempts, policy == Policy::kArray ? 2000 : 2)
        << "the rest of a round is not tried";
  }
}

TEST(Deflating, StopsAtAPageThatCannotBeRecordedAndKeepsIt) {
  Rig rig(Inflation(Pages(0, 1000), 0));
  bool deflates = false;
  std::uint64_t calls = 0;
  rig.set.fails = [&](Pfn) {
    deflates |= ++calls > 1000;
    return deflates;
  };
  rig.Run();
  EXPECT_EQ(rig.driver.balloon_pages(), 1000)
      << "deflating needs memory in order to free memory";
  EXPECT_EQ(rig.metrics.zero_rounds, 10);
  EXPECT_EQ(rig.metrics.stalls, 1);
  EXPECT_EQ(rig.metrics.pages_freed_back, 0);
}

TEST(Deflating, TellsAndReleasesWhatWasRecordedBeforeTheFailure) {
  Rig rig(Inflation(Pages(0, 1000), 0));
  std::uint64_t calls = 0;
  rig.set.fails = [&](Pfn) { return ++calls == 1301; };
  rig.Run();
  EXPECT_EQ(rig.driver.balloon_pages(), 0);
  EXPECT_EQ(rig.metrics.rounds, 3);
  EXPECT_EQ(rig.metrics.zero_rounds, 0);
  EXPECT_EQ(rig.host.messages.size(), 3);
  EXPECT_EQ(rig.host.messages[1].pages.size(), 300);
}

TEST(ReserveAndSurroundings, AreToldOfPagesAndOfEveryRound) {
  Rig rig(Inflation(Pages(0, 1000)), With(Policy::kReserve));
  rig.Run();
  EXPECT_EQ(rig.surroundings.taken, 1000);
  EXPECT_EQ(rig.surroundings.refills, 1);
}

// ---- The defects of the posted patch ----

// Reported pages of a round of these pages.
std::uint64_t LostOf(const std::vector<Pfn>& pages, Defect walk) {
  Rig rig(Inflation(pages), {.walk = walk});
  rig.Run();
  EXPECT_EQ(rig.metrics.pages_lost + rig.metrics.pages_told, pages.size());
  return rig.metrics.pages_lost;
}

TEST(PostedWalk, LosesAPageInExactly4109OfAllSubsetsOf14Pages) {
  std::uint64_t posted = 0;
  std::uint64_t fixed = 0;
  for (unsigned subset = 1; subset < 1 << 14; ++subset) {
    std::vector<Pfn> pages;
    for (Pfn page = 0; page < 14; ++page) {
      if (subset >> page & 1) pages.push_back(100 + page);
    }
    const std::uint64_t lost = LostOf(pages, Defect::kPosted);
    ASSERT_LE(lost, 1) << "only the last page can be lost";
    // Alone, or two after the range before it.
    const Pfn last = pages.back();
    const bool is_alone =
        pages.size() == 1 || (pages[pages.size() - 2] == last - 2);
    ASSERT_EQ(lost, is_alone) << subset;
    posted += lost;
    fixed += LostOf(pages, Defect::kFixed);
  }
  EXPECT_EQ(posted, 4109);
  EXPECT_EQ(fixed, 0);
}

TEST(PostedRelease, ReusesPagesBeforeTheHostHearsOfThem) {
  Trace trace = Inflation(Pages(0, 1000));
  AppendDeflation(trace, Pages(900, 100));
  for (const Defect release : {Defect::kPosted, Defect::kFixed}) {
    Rig rig(trace, {.release = release});
    rig.Run();
    EXPECT_EQ(rig.metrics.oom_calls, 1);
    EXPECT_EQ(rig.metrics.oom_pages, 256);
    EXPECT_EQ(rig.metrics.released_early, release == Defect::kPosted ? 254 : 0)
        << "all but the two whose chunk filled the ring";
    EXPECT_EQ(rig.driver.deflate_queue().kicks(), 3);
  }
}

TEST(PostedWait, ReleasesPagesThatAreStillInTheRing) {
  const Trace trace = Inflation(Pages(0, 300, 2), 0);
  for (const Wait wait : {Wait::kOne, Wait::kAll}) {
    Rig rig(trace, {.per_kick = 1, .wait = wait});
    ASSERT_TRUE(rig.driver.Run([] { return false; }));
    EXPECT_EQ(rig.metrics.released_early, wait == Wait::kOne ? 126 : 0);
  }
}

TEST(PostedOrder, CountsPagesThatAreFreeAndOnTheListAtOnce) {
  for (const Defect order : {Defect::kPosted, Defect::kFixed}) {
    Rig rig(Inflation(Pages(0, 100)), {.order = order});
    std::uint64_t calls = 0;
    rig.set.fails = [&](Pfn) { return ++calls % 10 == 0; };
    rig.Run();
    EXPECT_EQ(rig.metrics.pages_freed_back, 11);
    EXPECT_EQ(rig.metrics.pages_used_twice, order == Defect::kPosted ? 11 : 0);
  }
}

// ---- The OOM notifier and migration ----

TEST(OomNotifier, TakesThreeKicksByChunksAndOneByAnArray) {
  Trace trace = Inflation(Pages(0, 1000));
  AppendDeflation(trace, Pages(900, 100));
  for (const OomPath path : {OomPath::kChunks, OomPath::kArray}) {
    Rig rig(trace, {.oom_path = path});
    std::uint64_t calls = 0;
    rig.set.fails = [&](Pfn) { return ++calls > 1000; };
    rig.Run();
    EXPECT_EQ(rig.metrics.oom_pages, 256);
    EXPECT_EQ(rig.metrics.failed_sets, 0) << "neither uses the set";
    EXPECT_EQ(rig.driver.deflate_queue().kicks(),
              path == OomPath::kChunks ? 3 : 1);
    EXPECT_EQ(rig.driver.balloon_pages(), 744);
  }
}

// 256 pages, a call of the notifier, and 256 more.
Trace OomBetweenArrays() {
  Trace trace;
  trace.AppendTarget(512);
  AppendInflation(trace, Pages(0, 256));
  AppendDeflation(trace, Pages(0, 256));
  AppendInflation(trace, Pages(1000, 512));
  return trace;
}

TEST(OomNotifier, FindsTheArraysButNotTheLocalListOfALargeRound) {
  Rig arrays(OomBetweenArrays(), With(Transport::kArrays));
  arrays.Run();
  EXPECT_EQ(arrays.metrics.oom_pages, 256);
  EXPECT_EQ(arrays.metrics.oom_found_nothing, 0);
  EXPECT_EQ(arrays.metrics.max_invisible_pages, 256);

  Rig chunks(OomBetweenArrays());
  chunks.Run();
  EXPECT_EQ(chunks.metrics.oom_calls, 1);
  EXPECT_EQ(chunks.metrics.oom_found_nothing, 1);
  EXPECT_EQ(chunks.metrics.max_invisible_pages, 512);
  EXPECT_GT(chunks.metrics.invisible_page_ms, arrays.metrics.invisible_page_ms);
}

TEST(OomNotifier, FindsEverythingIfPagesAreAllocatedUnderTheLock) {
  Rig rig(OomBetweenArrays(), With(Policy::kNowaitPages));
  rig.Run();
  EXPECT_EQ(rig.metrics.oom_found_nothing, 0);
  EXPECT_EQ(rig.metrics.oom_pages, 256);
  EXPECT_EQ(rig.metrics.max_invisible_pages, 0);
  EXPECT_EQ(rig.metrics.invisible_page_ms, 0);
  EXPECT_EQ(rig.metrics.puffs, 1) << "what must not reclaim fails there";
  EXPECT_EQ(rig.driver.balloon_pages(), 512);
}

TEST(Puff, SleepsWhileTheLocalListIsInvisible) {
  Trace trace;
  trace.AppendTarget(200);
  AppendInflation(trace, Pages(0, 100));
  AppendInflation(trace, Pages(200, 100));
  Rig rig(trace);
  rig.Run();
  EXPECT_EQ(rig.metrics.puffs, 1);
  EXPECT_EQ(rig.metrics.rounds, 2);
  EXPECT_EQ(rig.driver.clock().spent(Stage::kSleep), 200 * kPicosecondsPerMs);
  EXPECT_NEAR(rig.metrics.invisible_page_ms, 100 * 200, 2);
}

TEST(Migration, TellsTheNewPageThenTheOldOne) {
  for (const Transport transport : {Transport::kChunks, Transport::kArrays}) {
    Trace trace = Inflation(Pages(0, 256));
    AppendInflation(trace, {900});
    AppendDeflation(trace, {17});
    trace.AppendTarget(0);
    Rig rig(trace, With(transport));
    rig.Run();
    EXPECT_EQ(rig.metrics.migrations, 1);
    ASSERT_GE(rig.host.messages.size(), 4);
    using Message = NotingHost::Message;
    EXPECT_EQ(rig.host.messages[1], (Message{Direction::kInflate, {900}}));
    EXPECT_EQ(rig.host.messages[2], (Message{Direction::kDeflate, {17}}));
    EXPECT_EQ(rig.driver.balloon_pages(), 0);
    EXPECT_EQ(rig.Reported(Direction::kDeflate).size(), 257);
  }
}

// ---- The check ----

TEST(Check, SeesASetThatForgetsAPage) {
  class Forgets : public FailingSet {
   public:
    Status Set(Pfn page, Gfp gfp) {
      return page == 7 ? Status::kOk : FailingSet::Set(page, gfp);
    }
  };
  Forgets set;
  NoWatch watch;
  SetRecorder<Forgets, NoWatch> recorder(set, watch);
  NotingHost host;
  NotingSurroundings surroundings;
  const Trace trace = Inflation(Pages(0, 20));
  RecordedGuest guest(trace);
  Driver driver(guest, {}, host, &recorder, surroundings);
  EXPECT_TRUE(driver.Run([] { return false; }));
  EXPECT_EQ(driver.Check(), "the set gave back other pages than were recorded");
}

}  // namespace
}  // namespace pfn::testing
