// SPDX-License-Identifier: MIT
//
// The pages behind the heap: aligned blocks that do not overlap, are used
// again, and know their owner.

#include "harness/kernel/page_arena.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
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
  arena.Allocate(1);  // the buddies of a and b stay in use
  void* b = arena.Allocate(1);
  arena.Allocate(1);
  void* other_order = arena.Allocate(2);
  arena.Allocate(2);
  arena.Free(a, 1);
  arena.Free(b, 1);
  arena.Free(other_order, 2);
  EXPECT_EQ(arena.Allocate(1), b);
  EXPECT_EQ(arena.Allocate(1), a);
  EXPECT_EQ(arena.Allocate(2), other_order);
  void* fresh = arena.Allocate(1);
  EXPECT_NE(fresh, a);
  EXPECT_NE(fresh, b);
  EXPECT_NE(fresh, other_order);
}

TEST(PageArena, TwoFreeBuddiesAreOneBlockAgain) {
  PageArena arena;
  void* whole = arena.Allocate(3);
  arena.Free(whole, 3);
  void* left = arena.Allocate(2);
  void* right = arena.Allocate(2);
  EXPECT_EQ(left, whole) << "a larger block is split";
  EXPECT_EQ(Address(right), Address(whole) + OrderBytes(2));
  arena.Free(left, 2);
  EXPECT_NE(arena.Allocate(3), whole) << "half of it is in use";
  arena.Free(right, 2);
  EXPECT_EQ(arena.Allocate(3), whole);
}

TEST(PageArena, TailPagesServeOthersAndComeBack) {
  PageArena arena;
  auto* block = static_cast<std::byte*>(arena.Allocate(3));
  arena.FreeRange(block + 5 * kPageBytes, 3);
  EXPECT_EQ(arena.Allocate(0), block + 5 * kPageBytes);
  EXPECT_EQ(arena.Allocate(1), block + 6 * kPageBytes);
  arena.FreeRange(block, 5);
  EXPECT_EQ(arena.Allocate(2), block);
  arena.Free(block, 2);
  arena.FreeRange(block + 5 * kPageBytes, 3);
  EXPECT_EQ(arena.Allocate(3), block);
}

TEST(PageArena, WhatAlignmentSkipsIsUsedByOthers) {
  PageArena arena;
  auto* page = static_cast<std::byte*>(arena.Allocate(0));
  auto* block = static_cast<std::byte*>(arena.Allocate(3));
  EXPECT_EQ(block, page + OrderBytes(3));
  EXPECT_EQ(arena.Allocate(0), page + kPageBytes);
  EXPECT_EQ(arena.Allocate(2), page + OrderBytes(2));
}

// Whatever is taken and given back, in whatever pieces: blocks do not overlap,
// and when all is back the arena is whole.
RC_GTEST_PROP(PageArenaProperty, BlocksStayApartAndBecomeWholeAgain,
              (const std::vector<std::uint8_t>& steps)) {
  PageArena arena;
  void* const whole = arena.Allocate(12);
  arena.Free(whole, 12);
  std::map<std::uintptr_t, std::size_t> taken;  // first byte, pages
  for (const std::uint8_t step : steps) {
    if (step % 3 != 0 || taken.empty()) {
      const unsigned order = step / 3 % 6;
      // Some keep only a part, as alloc_pages_exact() does.
      const std::size_t kept =
          (std::size_t{1} << order) - (step % 2) * order / 2;
      auto* block = static_cast<std::byte*>(arena.Allocate(order));
      arena.FreeRange(block + kept * kPageBytes,
                      (std::size_t{1} << order) - kept);
      const auto [it, is_new] = taken.emplace(Address(block), kept);
      RC_ASSERT(is_new);
      if (it != taken.begin()) {
        const auto before = std::prev(it);
        RC_ASSERT(before->first + before->second * kPageBytes <= it->first);
      }
      if (std::next(it) != taken.end()) {
        RC_ASSERT(it->first + kept * kPageBytes <= std::next(it)->first);
      }
    } else {
      const auto it = std::next(taken.begin(), step % taken.size());
      arena.FreeRange(reinterpret_cast<void*>(it->first), it->second);
      taken.erase(it);
    }
  }
  for (const auto& [first, pages] : taken) {
    arena.FreeRange(reinterpret_cast<void*>(first), pages);
  }
  RC_ASSERT(Address(arena.Allocate(12)) == Address(whole));
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
