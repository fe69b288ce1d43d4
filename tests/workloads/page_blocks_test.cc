// SPDX-License-Identifier: MIT
//
// Runs expand to exactly their pages, in order, in full blocks.

#include "workloads/trace/page_blocks.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdint>
#include <vector>

namespace pfn {
namespace {

std::vector<std::vector<Pfn>> BlocksOf(const std::vector<PfnRun>& runs) {
  PageBlocks blocks(runs);
  std::vector<std::vector<Pfn>> all;
  for (std::span<const Pfn> block = blocks.Next(); !block.empty();
       block = blocks.Next()) {
    all.emplace_back(block.begin(), block.end());
  }
  EXPECT_TRUE(blocks.Next().empty()) << "the end stays the end";
  return all;
}

TEST(PageBlocks, OfNothingAreNone) { EXPECT_TRUE(BlocksOf({}).empty()); }

TEST(PageBlocks, RunsGoUpAndDownAndMeetInOneBlock) {
  EXPECT_EQ(BlocksOf({{5, 3}, {100, -4}, {9, 1}, {0, 2}, {1, -2}}),
            (std::vector<std::vector<Pfn>>{
                {5, 6, 7, 100, 99, 98, 97, 9, 0, 1, 1, 0}}));
}

TEST(PageBlocks, ARunContinuesInTheNextBlock) {
  const auto blocks = BlocksOf({{7, 1}, {5000, -2048}, {9, 1}});
  ASSERT_EQ(blocks.size(), 3);
  EXPECT_EQ(blocks[0].size(), PageBlocks::kBlockPages);
  EXPECT_EQ(blocks[0].front(), 7);
  EXPECT_EQ(blocks[0].back(), 5000 - 1022);
  EXPECT_EQ(blocks[1].front(), 5000 - 1023);
  EXPECT_EQ(blocks[1].back(), 5000 - 2046);
  EXPECT_EQ(blocks[2], (std::vector<Pfn>{5000 - 2047, 9}));
}

TEST(PageBlocks, SomeBlocksCanBeShorter) {
  const std::vector<PfnRun> runs = {{7, 5}, {100, 4}};
  PageBlocks blocks(runs);
  const auto next = [&](std::size_t most) {
    const std::span<const Pfn> block = blocks.Next(most);
    return std::vector<Pfn>(block.begin(), block.end());
  };
  EXPECT_EQ(next(2), (std::vector<Pfn>{7, 8}));
  EXPECT_EQ(next(4), (std::vector<Pfn>{9, 10, 11, 100}));
  EXPECT_EQ(next(PageBlocks::kBlockPages), (std::vector<Pfn>{101, 102, 103}));
  EXPECT_EQ(next(1), std::vector<Pfn>{});
}

RC_GTEST_PROP(
    PageBlocksProperty, AreThePagesOfTheRunsInOrder,
    (const std::vector<std::pair<std::uint32_t, std::int16_t>>& generated)) {
  std::vector<PfnRun> runs;
  std::vector<Pfn> expected;
  for (const auto& [first, length] : generated) {
    if (length == 0) continue;
    runs.push_back({first + 40000ull, length});
    for (int i = 0; i < std::abs(length); ++i) {
      expected.push_back(first + 40000ull + (length < 0 ? -i : i));
    }
  }
  std::vector<Pfn> pages;
  const auto blocks = BlocksOf(runs);
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    if (i + 1 < blocks.size()) {
      RC_ASSERT(blocks[i].size() == PageBlocks::kBlockPages);
    }
    pages.insert(pages.end(), blocks[i].begin(), blocks[i].end());
  }
  RC_ASSERT(pages == expected);
}

}  // namespace
}  // namespace pfn
