// SPDX-License-Identifier: MIT
//
// The pages behind the heap: aligned blocks that do not overlap, are used
// again, and know their owner.

#include "harness/heap/page_arena.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <map>
#include <vector>

namespace pfn {
namespace {

std::uintptr_t Address(const void* block) {
  return reinterpret_cast<std::uintptr_t>(block);
}

TEST(PageArena, AlignsEveryBlockToItsSizeUpToAHugePage) {
  PageArena arena;
  for (const unsigned order : {0u, 3u, 1u, 9u, 0u, 5u, 10u, 2u, 9u}) {
    const void* block = arena.Allocate(order);
    ASSERT_NE(block, nullptr);
    const std::size_t align = std::min(OrderBytes(order), std::size_t{2} << 20);
    EXPECT_EQ(Address(block) % align, 0) << "order " << order;
  }
}

TEST(PageArena, BlocksDoNotOverlap) {
  PageArena arena;
  std::map<std::uintptr_t, std::uintptr_t> blocks;  // begin, end
  for (unsigned i = 0; i < 200; ++i) {
    const unsigned order = i * 7 % 5;
    const auto begin = Address(arena.Allocate(order));
    ASSERT_TRUE(blocks.emplace(begin, begin + OrderBytes(order)).second);
  }
  for (auto it = blocks.begin(); std::next(it) != blocks.end(); ++it) {
    EXPECT_LE(it->second, std::next(it)->first);
  }
}

TEST(PageArena, HandsOutWhatWasFreedLastFirst) {
  PageArena arena;
  void* a = arena.Allocate(1);
  void* b = arena.Allocate(1);
  void* other_order = arena.Allocate(2);
  arena.Free(a, 1);
  arena.Free(b, 1);
  arena.Free(other_order, 2);
  EXPECT_EQ(arena.Allocate(1), b);
  EXPECT_EQ(arena.Allocate(1), a);
  void* fresh = arena.Allocate(1);
  EXPECT_NE(fresh, a);
  EXPECT_NE(fresh, b);
  EXPECT_NE(fresh, other_order);
  EXPECT_EQ(arena.Allocate(2), other_order);
}

TEST(PageArena, AnswersNullWhenTheAddressSpaceIsUsedUp) {
  PageArena arena;
  EXPECT_EQ(arena.Allocate(PageArena::kMaxOrder + 1), nullptr);
  constexpr unsigned kOrder = 14;  // 64 MiB; none of it is touched
  std::vector<void*> blocks;
  while (void* block = arena.Allocate(kOrder)) {
    blocks.push_back(block);
    ASSERT_LE(blocks.size(), 1024) << "more than the 64 GiB it may reserve";
  }
  ASSERT_FALSE(blocks.empty());
  arena.Free(blocks.back(), kOrder);
  EXPECT_EQ(arena.Allocate(kOrder), blocks.back());
}

TEST(PageArena, KnowsTheOwnerOfEveryPageOfABlock) {
  PageArena arena;
  int first_owner = 0;
  int second_owner = 0;
  auto* first = static_cast<std::byte*>(arena.Allocate(2));
  auto* second = static_cast<std::byte*>(arena.Allocate(0));
  EXPECT_EQ(arena.OwnerOf(first), nullptr);
  arena.SetOwner(first, 2, &first_owner);
  arena.SetOwner(second, 0, &second_owner);
  for (std::size_t at = 0; at < OrderBytes(2); at += 1000) {
    EXPECT_EQ(arena.OwnerOf(first + at), &first_owner) << at;
  }
  EXPECT_EQ(arena.OwnerOf(first + OrderBytes(2) - 1), &first_owner);
  EXPECT_EQ(arena.OwnerOf(second + 4095), &second_owner);
  arena.SetOwner(first, 2, nullptr);
  EXPECT_EQ(arena.OwnerOf(first + 5000), nullptr);
  EXPECT_EQ(arena.OwnerOf(second), &second_owner);
}

std::size_t ResidentPages(void* block, unsigned order) {
  std::vector<unsigned char> resident(std::size_t{1} << order);
  EXPECT_EQ(mincore(block, OrderBytes(order), resident.data()), 0);
  return static_cast<std::size_t>(
      std::count_if(resident.begin(), resident.end(),
                    [](unsigned char page) { return (page & 1) != 0; }));
}

TEST(PageArena, TakesNoMemoryBeforeItIsUsed) {
  PageArena arena;
  EXPECT_EQ(ResidentPages(arena.Allocate(11), 11), 0);
}

TEST(PageArena, PrefaultMakesTheNextPagesResident) {
  PageArena arena;
  arena.Prefault(OrderBytes(8));
  EXPECT_EQ(ResidentPages(arena.Allocate(8), 8), 256);
}

TEST(PageArena, PrefaultLeavesBlocksInUseAlone) {
  PageArena arena;
  int owner = 0;
  void* block = arena.Allocate(0);
  std::memset(block, 0x5a, kPageBytes);
  arena.SetOwner(block, 0, &owner);
  arena.Prefault(OrderBytes(8));
  EXPECT_EQ(static_cast<unsigned char*>(block)[0], 0x5a);
  EXPECT_EQ(arena.OwnerOf(block), &owner);
}

}  // namespace
}  // namespace pfn
