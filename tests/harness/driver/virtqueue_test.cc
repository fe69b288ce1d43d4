// SPDX-License-Identifier: MIT
//
// The ring arithmetic of the posted driver: how many kicks a number of chunks
// takes, and what is left in the ring.

#include "harness/driver/virtqueue.h"

#include <gtest/gtest.h>

#include "tests/harness/driver/testing.h"

namespace pfn::testing {
namespace {

// Chunks of one page, as tell_host_sgs() emits them.
void Emit(Virtqueue& queue, Host& host, std::uint64_t chunks, Wait last_wait) {
  for (std::uint64_t i = 0; i < chunks; ++i) {
    queue.Collect();
    ASSERT_GT(queue.free(), 0) << "adding must never fail";
    queue.Add({Direction::kInflate, i, 1, nullptr});
    if (queue.free() == 0) queue.KickAndWait(host, Wait::kOne);
  }
  if (queue.has_outstanding()) queue.KickAndWait(host, last_wait);
}

struct Case {
  std::uint32_t per_kick;
  std::uint64_t chunks;
  std::uint64_t kicks;
  std::uint64_t superfluous;
  std::uint64_t unprocessed;  // at return
};

TEST(Virtqueue, CountsWhatIsAddedThoughNoEntryIsFree) {
  NotingHost host;
  Virtqueue queue(2, 0);
  for (Pfn page = 0; page < 3; ++page) {
    queue.Add({Direction::kInflate, page, 1, nullptr});
  }
  EXPECT_EQ(queue.adds_to_full(), 1);
  EXPECT_EQ(queue.free(), 0);
  queue.KickAndWait(host, Wait::kAll);
  EXPECT_EQ(host.messages.size(), 3);
  EXPECT_EQ(queue.free(), 2);
}

class RingOf128 : public ::testing::TestWithParam<Case> {};

TEST_P(RingOf128, TakesTheKicksOfThePostedDriver) {
  const Case& expected = GetParam();
  NotingHost host;
  Virtqueue queue(128, expected.per_kick);
  Emit(queue, host, expected.chunks, Wait::kOne);
  EXPECT_EQ(queue.kicks(), expected.kicks);
  EXPECT_EQ(queue.superfluous_kicks(), expected.superfluous);
  EXPECT_EQ(queue.pages_unprocessed(), expected.unprocessed);
  EXPECT_EQ(queue.buffers(), expected.chunks);
  EXPECT_EQ(host.messages.size(), expected.chunks - expected.unprocessed);
}

INSTANTIATE_TEST_SUITE_P(
    HostFinishesAll, RingOf128,
    ::testing::Values(Case{0, 0, 0, 0, 0}, Case{0, 1, 1, 0, 0},
                      Case{0, 127, 1, 0, 0}, Case{0, 128, 2, 1, 0},
                      Case{0, 256, 3, 1, 0}, Case{0, 1000, 8, 0, 0},
                      Case{0, 7168, 57, 1, 0}));
INSTANTIATE_TEST_SUITE_P(HostFinishesOne, RingOf128,
                         ::testing::Values(Case{1, 1, 1, 0, 0},
                                           Case{1, 127, 1, 0, 126},
                                           Case{1, 256, 130, 0, 126},
                                           Case{1, 1000, 874, 0, 126}));

TEST(Virtqueue, WaitingForAllLeavesNothingInTheRing) {
  for (const std::uint32_t per_kick : {0, 1, 3, 127, 200}) {
    NotingHost host;
    Virtqueue queue(64, per_kick);
    for (int round = 0; round < 5; ++round) {
      Emit(queue, host, 100, Wait::kAll);
      EXPECT_FALSE(queue.has_outstanding());
      EXPECT_EQ(queue.pages_unprocessed(), 0);
    }
    EXPECT_EQ(host.messages.size(), 500);
  }
}

TEST(Virtqueue, AddingNeverFailsUnderAnyCompletionModel) {
  for (std::uint32_t size : {1, 2, 64, 128, 1024}) {
    for (const std::uint32_t per_kick : {0, 1, 2, 100}) {
      NotingHost host;
      Virtqueue queue(size, per_kick);
      for (const std::uint64_t chunks : {1, 5, 300, 2000}) {
        Emit(queue, host, chunks, Wait::kOne);
      }
    }
  }
}

TEST(Virtqueue, TheHostSeesBuffersInOrder) {
  NotingHost host;
  Virtqueue queue(8, 3);
  Emit(queue, host, 100, Wait::kAll);
  ASSERT_EQ(host.messages.size(), 100);
  for (std::size_t i = 0; i < 100; ++i) {
    EXPECT_EQ(host.messages[i].pages, std::vector<Pfn>{i});
  }
}

}  // namespace
}  // namespace pfn::testing
