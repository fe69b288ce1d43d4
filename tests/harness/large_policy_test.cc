// SPDX-License-Identifier: MIT
//
// Requests beyond the largest kmalloc class: what each policy takes, wastes and
// gives back.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdint>
#include <cstring>
#include <map>
#include <vector>

#include "harness/kernel/fault_spec.h"
#include "harness/kernel/nowait_heap.h"

namespace pfn {
namespace {

constexpr std::size_t kSize = 20000;  // 5 pages, of a block of 8

class Rig {
 public:
  explicit Rig(LargePolicy large) : heap(arena, {.large = large}) {}

  std::byte* Take(std::size_t size, Gfp gfp = Gfp::kNowait) {
    return static_cast<std::byte*>(heap.Allocate(size, 8, gfp));
  }
  void Give(void* block, std::size_t size) { heap.Free(block, size, 8); }
  const HeapUsage& usage() const { return heap.usage(); }

  PageArena arena;
  NowaitHeap heap;
};

TEST(LargePolicy, Pow2KeepsTheWholeBlock) {
  Rig rig(LargePolicy::kPow2);
  std::byte* block = rig.Take(kSize);
  EXPECT_EQ(rig.usage().live_rounded, 8 * kPageBytes);
  EXPECT_EQ(rig.usage().live_pages, 8 * kPageBytes);
  EXPECT_EQ(rig.Take(3 * kPageBytes), block + 8 * kPageBytes);
  rig.Give(block, kSize);
  EXPECT_EQ(rig.usage().live_pages, 4 * kPageBytes);
}

TEST(LargePolicy, ExactGivesTheTailBackToBeUsedByOthers) {
  Rig rig(LargePolicy::kExact);
  std::byte* block = rig.Take(kSize);
  EXPECT_EQ(rig.usage().live_requested, kSize);
  EXPECT_EQ(rig.usage().live_rounded, 5 * kPageBytes);
  EXPECT_EQ(rig.usage().live_pages, 5 * kPageBytes);
  EXPECT_EQ(rig.usage().peak_pages, 8 * kPageBytes)
      << "for a moment it has the whole block";
  EXPECT_EQ(rig.usage().largest_order, 3) << "contiguous pages are asked for";
  std::memset(block, 1, kSize);
  // The tail is a page and a pair: kmalloc-64 and kmalloc-8192 (order 3) show
  // that the page is in use again, and the pair stays.
  EXPECT_EQ(rig.Take(64), block + 5 * kPageBytes);
  EXPECT_EQ(rig.arena.Allocate(1), block + 6 * kPageBytes);
  rig.Give(block, kSize);
  EXPECT_EQ(rig.usage().live_rounded, 64);
  EXPECT_EQ(rig.usage().live_pages, kPageBytes);
}

TEST(LargePolicy, ExactAsksForTheSameOrderAsPow2) {
  for (const LargePolicy large : {LargePolicy::kPow2, LargePolicy::kExact}) {
    Rig rig(large);
    const auto fault = ParseFaultSpec("order:3").MakeModel(1);
    rig.heap.set_fault(fault.get());
    EXPECT_EQ(rig.Take(kSize), nullptr);
    EXPECT_NE(rig.Take(4 * kPageBytes), nullptr);
    EXPECT_EQ(rig.usage().failures, 1);
  }
}

TEST(LargePolicy, VmallocIsNotForNowait) {
  Rig rig(LargePolicy::kVmalloc);
  EXPECT_EQ(rig.Take(kSize), nullptr);
  EXPECT_EQ(rig.usage().failures, 1);
  EXPECT_NE(rig.Take(8192), nullptr) << "kmalloc serves it";
}

TEST(LargePolicy, VmallocTakesPagesAndTheAddressesOfAGuardPage) {
  Rig rig(LargePolicy::kVmalloc);
  std::byte* block = rig.Take(kSize, Gfp::kKernel);
  ASSERT_NE(block, nullptr);
  EXPECT_EQ(rig.usage().live_rounded, 5 * kPageBytes);
  EXPECT_EQ(rig.usage().live_pages, 5 * kPageBytes);
  EXPECT_EQ(rig.usage().live_guard, kPageBytes);
  EXPECT_EQ(rig.usage().largest_order, 0) << "single pages are asked for";
  EXPECT_EQ(rig.arena.Allocate(1), block + 6 * kPageBytes)
      << "the page behind it is nobody's";
  rig.Give(block, kSize);
  EXPECT_EQ(rig.usage().live_pages, 0);
  EXPECT_EQ(rig.usage().live_guard, 0);
  EXPECT_EQ(rig.usage().peak_guard, kPageBytes);
}

// The block that 2^k + 1 to 2^(k+1) pages get is a quarter empty on average;
// the other policies lose less than a page.
TEST(LargePolicy, WasteIsAQuarterOrLessThanAPage) {
  const auto waste = [](LargePolicy large) {
    Rig rig(large);
    std::uint64_t requested = 0;
    for (std::size_t pages = 33; pages <= 64; ++pages) {
      EXPECT_NE(rig.Take(pages * kPageBytes, Gfp::kKernel), nullptr);
      requested += pages * kPageBytes;
    }
    const auto rounded = static_cast<double>(rig.usage().live_rounded);
    return (rounded - static_cast<double>(requested)) / rounded;
  };
  EXPECT_NEAR(waste(LargePolicy::kPow2), 0.25, 0.01);
  EXPECT_EQ(waste(LargePolicy::kExact), 0);
  EXPECT_EQ(waste(LargePolicy::kVmalloc), 0);
}

RC_GTEST_PROP(LargePolicyProperty, BlocksKeepTheirBytesAndTheLedgerIsRight,
              (const std::vector<std::uint16_t>& steps)) {
  const auto large = *rc::gen::element(LargePolicy::kPow2, LargePolicy::kExact,
                                       LargePolicy::kVmalloc);
  Rig rig(large);
  std::map<std::byte*, std::size_t> blocks;
  const auto is_whole = [](const std::byte* block, std::size_t size) {
    const auto mark = static_cast<std::byte>(size % 251);
    return block[0] == mark && block[size / 2] == mark &&
           block[size - 1] == mark;
  };
  for (const std::uint16_t step : steps) {
    if (step % 3 != 0 || blocks.empty()) {
      const std::size_t size = 1 + step % 60000;
      std::byte* block = rig.Take(size, Gfp::kKernel);
      std::memset(block, static_cast<int>(size % 251), size);
      RC_ASSERT(blocks.emplace(block, size).second);
    } else {
      const auto it = std::next(blocks.begin(), step % blocks.size());
      RC_ASSERT(is_whole(it->first, it->second));
      rig.Give(it->first, it->second);
      blocks.erase(it);
    }
  }
  for (const auto& [block, size] : blocks) {
    RC_ASSERT(is_whole(block, size));
    rig.Give(block, size);
  }
  RC_ASSERT(rig.usage().live_objects() == 0u);
  RC_ASSERT(rig.usage().live_rounded == 0u);
  RC_ASSERT(rig.usage().live_guard == 0u);
}

}  // namespace
}  // namespace pfn
