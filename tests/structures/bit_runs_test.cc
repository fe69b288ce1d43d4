// SPDX-License-Identifier: MIT
//
// The scan for runs against a walk from bit to bit.

#include "structures/core/bit_runs.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <vector>

#include "structures/core/pfn.h"

namespace pfn::bits {
namespace {

using List = std::vector<PfnRange>;
using Words = std::vector<std::uint64_t>;

struct Collect {
  List ranges;
  void operator()(PfnRange range) { ranges.push_back(range); }
};

List BitByBit(const Words& words, std::uint64_t begin, std::uint64_t end,
              Pfn first) {
  List ranges;
  for (std::uint64_t bit = begin; bit < end; ++bit) {
    if (!Test(words.data(), bit)) continue;
    if (!ranges.empty() && ranges.back().last + 1 == first + bit) {
      ++ranges.back().last;
    } else {
      ranges.push_back({first + bit, first + bit});
    }
  }
  return ranges;
}

List Scan(const Words& words, std::uint64_t begin, std::uint64_t end,
          Pfn first) {
  Collect found;
  RunScan scan(found);
  scan.AddWords(words.data(), begin, end, first);
  scan.Finish();
  return found.ranges;
}

// Words as bitmaps have them: mostly all alike, some with few borders, some
// with many.
Words RandomWords(std::mt19937_64& random, std::size_t count) {
  Words words(count);
  std::uint64_t same = 0;
  for (std::uint64_t& word : words) {
    switch (random() % 8) {
      case 0:
        same = ~same;
        word = same << (random() % 64);
        break;
      case 1:
        word = random();
        break;
      case 2:
        word = random() & random() & random();
        break;
      default:
        word = same;
    }
  }
  return words;
}

TEST(BitRunsTest, TheyAreThoseThatAWalkFromBitToBitFinds) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 3000; ++i) {
    const Words words = RandomWords(random, 1 + random() % 24);
    const std::uint64_t size = words.size() * kWordBits;
    const std::uint64_t begin = random() % size;
    const std::uint64_t end = begin + 1 + random() % (size - begin);
    EXPECT_EQ(Scan(words, 0, size, 640), BitByBit(words, 0, size, 640));
    ASSERT_EQ(Scan(words, begin, end, 0), BitByBit(words, begin, end, 0));
  }
}

TEST(BitRunsTest, EveryPartOfTwoWordsIsSeen) {
  const Words words = {0xf0000000000000ff, 0x80000000000000ff};
  for (std::uint64_t begin = 0; begin < 128; ++begin) {
    for (std::uint64_t end = begin; end <= 128; ++end) {
      ASSERT_EQ(Scan(words, begin, end, 0), BitByBit(words, begin, end, 0));
    }
  }
}

TEST(BitRunsTest, AFullBatchLosesNothing) {
  const Words words(100, 0x5555555555555555);
  EXPECT_EQ(Scan(words, 0, 6400, 64), BitByBit(words, 0, 6400, 64));
  EXPECT_EQ(Scan(words, 0, 6400, 64).size(), 3200);
}

TEST(BitRunsTest, ARunEndsAtTheLastPageOfAll) {
  const Words words(2, ~std::uint64_t{0});
  EXPECT_EQ(Scan(words, 1, 128, kMaxPfn - 127),
            (List{{kMaxPfn - 126, kMaxPfn}}));
}

TEST(BitRunsTest, PiecesThatTouchAreOneRun) {
  const Words full(2, ~std::uint64_t{0});
  Collect found;
  RunScan scan(found);
  scan.AddRun({10, 63});
  scan.AddWords(full.data(), 0, 128, 64);
  scan.AddRun({192, 200});
  scan.AddRun({201, 255});
  scan.AddWords(full.data(), 0, 64, 256);
  scan.Finish();
  EXPECT_EQ(found.ranges, (List{{10, 319}}));
}

TEST(BitRunsTest, PiecesThatLieApartAreNot) {
  const Words full(2, ~std::uint64_t{0});
  Collect found;
  RunScan scan(found);
  scan.AddWords(full.data(), 0, 128, 0);
  scan.AddWords(full.data(), 0, 128, 192);
  scan.AddRun({400, 410});
  scan.AddRun({412, 412});
  scan.AddWords(full.data(), 0, 62, 448);
  scan.AddWords(full.data(), 0, 64, 512);
  scan.Finish();
  EXPECT_EQ(found.ranges, (List{{0, 127},
                                {192, 319},
                                {400, 410},
                                {412, 412},
                                {448, 509},
                                {512, 575}}));
}

TEST(BitRunsTest, NothingGivesNothing) {
  Collect found;
  RunScan scan(found);
  scan.AddWords(nullptr, 5, 5, 0);
  scan.Finish();
  EXPECT_EQ(found.ranges, List{});
}

}  // namespace
}  // namespace pfn::bits
