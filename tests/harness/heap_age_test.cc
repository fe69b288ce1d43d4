// SPDX-License-Identifier: MIT
//
// The heap as it is on a machine that has run for a while, and what its options
// add: where objects lie changes, what is counted does not, and a grace period
// keeps memory.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include "harness/kernel/nowait_heap.h"

namespace pfn {
namespace {

constexpr CacheSpec kNodes{
    .name = "nodes", .size = 576, .is_freed_by_rcu = true};

std::vector<std::uintptr_t> Addresses(const NowaitHeap::Options& options,
                                      std::size_t count) {
  PageArena arena;
  NowaitHeap heap(arena, options);
  std::vector<void*> objects;
  std::vector<std::uintptr_t> addresses;
  for (std::size_t i = 0; i < count; ++i) {
    objects.push_back(heap.Allocate(128, 8, Gfp::kNowait));
    addresses.push_back(reinterpret_cast<std::uintptr_t>(objects.back()) -
                        reinterpret_cast<std::uintptr_t>(objects.front()));
  }
  for (void* object : objects) heap.Free(object, 128, 8);
  return addresses;
}

TEST(AFreshHeap, GivesTheLowestObjectOfASlabFirst) {
  const auto addresses = Addresses({.age = HeapAge::kFresh}, 32);
  EXPECT_TRUE(std::ranges::is_sorted(addresses));
  EXPECT_EQ(addresses.back(), 31 * 128);
}

TEST(AnAgedHeap, GivesObjectsInAnOrderThatTheSeedDecides) {
  const NowaitHeap::Options one{.age = HeapAge::kAged, .seed = 1};
  const NowaitHeap::Options two{.age = HeapAge::kAged, .seed = 2};
  // More than others left free in slabs that were there.
  const auto addresses = Addresses(one, 2000);
  EXPECT_FALSE(std::ranges::is_sorted(addresses));
  EXPECT_EQ(addresses, Addresses(one, 2000));
  EXPECT_NE(addresses, Addresses(two, 2000));
  auto sorted = addresses;
  std::ranges::sort(sorted);
  EXPECT_EQ(std::ranges::adjacent_find(sorted), sorted.end())
      << "each object is given once";
}

TEST(AnAgedHeap, ServesTheFirstRequestsFromSlabsThatWereThere) {
  PageArena arena;
  NowaitHeap heap(arena, {.age = HeapAge::kAged});
  EXPECT_EQ(heap.usage(), HeapUsage{}) << "what others hold is in no figure";
  void* const first = heap.Allocate(128, 8, Gfp::kNowait);
  EXPECT_EQ(heap.usage().live_pages, 0);
  EXPECT_EQ(heap.usage().live_rounded, 128);
  std::vector<void*> rest;
  while (heap.usage().live_pages == 0) {
    rest.push_back(heap.Allocate(128, 8, Gfp::kNowait));
    ASSERT_LT(rest.size(), 1000);
  }
  EXPECT_GT(rest.size(), 32) << "half of several slabs";
  heap.Free(first, 128, 8);
  for (void* object : rest) heap.Free(object, 128, 8);
  EXPECT_EQ(heap.usage().live_objects(), 0);
}

TEST(AnAgedHeap, CountsRequestsAndBytesAsAFreshOneDoes) {
  HeapUsage fresh;
  for (const HeapAge age : {HeapAge::kFresh, HeapAge::kAged}) {
    PageArena arena;
    NowaitHeap heap(arena, {.age = age});
    NowaitHeap::Cache& nodes = heap.OpenCache(kNodes);
    std::vector<void*> objects;
    for (int i = 0; i < 500; ++i) objects.push_back(nodes.Allocate({}));
    void* const large = heap.Allocate(100000, 8, Gfp::kNowait);
    for (void* object : objects) nodes.Free(object);
    heap.Free(large, 100000, 8);
    if (age == HeapAge::kFresh) fresh = heap.usage();
    EXPECT_EQ(heap.usage().allocations, fresh.allocations);
    EXPECT_EQ(heap.usage().peak_requested, fresh.peak_requested);
    EXPECT_EQ(heap.usage().peak_rounded, fresh.peak_rounded);
    EXPECT_LE(heap.usage().peak_slabs, fresh.peak_slabs);
    ASSERT_EQ(heap.CacheUsages().size(), 1);
    EXPECT_EQ(heap.CacheUsages()[0].peak_objects, 500);
  }
}

TEST(AnAgedHeap, GivesItsPagesBackToTheArena) {
  PageArena arena;
  void* const before = arena.Allocate(3);
  arena.Free(before, 3);
  for (int i = 0; i < 100; ++i) {
    NowaitHeap heap(arena, {.age = HeapAge::kAged, .seed = 7});
    heap.Free(heap.Allocate(64, 8, Gfp::kNowait), 64, 8);
  }
  // A hundred that were lost would be 1.6 GiB further up.
  void* const after = arena.Allocate(10);
  EXPECT_LT(static_cast<std::byte*>(after) - static_cast<std::byte*>(before),
            std::ptrdiff_t{64} << 20);
}

TEST(AGracePeriod, KeepsNodesUntilSoManyMoreRequests) {
  PageArena arena;
  NowaitHeap heap(arena, {.grace = 3});
  NowaitHeap::Cache& nodes = heap.OpenCache(kNodes);
  void* const node = nodes.Allocate(Gfp::kNowait);
  nodes.Free(node);
  EXPECT_EQ(heap.usage().live_objects(), 1) << "readers may still look at it";
  std::vector<void*> others;
  for (int i = 0; i < 3; ++i) {
    others.push_back(heap.Allocate(64, 8, Gfp::kNowait));
    EXPECT_EQ(heap.usage().frees, 0);
  }
  others.push_back(heap.Allocate(64, 8, Gfp::kNowait));
  EXPECT_EQ(heap.usage().frees, 1);
  for (void* other : others) {
    heap.Free(other, 64, 8);  // no node of RCU
  }
  EXPECT_EQ(heap.usage().live_objects(), 0);
}

TEST(AGracePeriod, EndsForAllAtABarrier) {
  PageArena arena;
  NowaitHeap heap(arena, {.grace = std::numeric_limits<std::uint32_t>::max()});
  NowaitHeap::Cache& nodes = heap.OpenCache(kNodes);
  std::vector<void*> objects;
  for (int i = 0; i < 100; ++i) objects.push_back(nodes.Allocate({}));
  for (void* object : objects) nodes.Free(object);
  EXPECT_EQ(heap.usage().live_objects(), 100);
  heap.FinishFrees();
  EXPECT_EQ(heap.usage(), [&] {
    HeapUsage usage = heap.usage();
    usage.frees = 100;
    usage.live_requested = usage.live_rounded = 0;
    return usage;
  }());
}

}  // namespace
}  // namespace pfn
