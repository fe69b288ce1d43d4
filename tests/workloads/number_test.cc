// SPDX-License-Identifier: MIT
//
// Numbers with suffixes mean the same on every command line.

#include "workloads/base/number.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace pfn {
namespace {

TEST(ParseSize, TakesWholeNumbers) {
  EXPECT_EQ(ParseSize("0"), 0u);
  EXPECT_EQ(ParseSize("4096"), 4096u);
  EXPECT_EQ(ParseSize("18446744073709551615"), ~std::uint64_t{0});
}

TEST(ParseSize, TakesPowersOf1024InAnySpelling) {
  for (const char* text : {"64K", "64k", "64KB", "64kb", "64KiB", "64kib"}) {
    EXPECT_EQ(ParseSize(text), std::uint64_t{64} << 10) << text;
  }
  EXPECT_EQ(ParseSize("3M"), std::uint64_t{3} << 20);
  EXPECT_EQ(ParseSize("8G"), std::uint64_t{8} << 30);
  EXPECT_EQ(ParseSize("1T"), std::uint64_t{1} << 40);
  EXPECT_EQ(ParseSize("16777215T"), (~std::uint64_t{0} >> 40) << 40);
}

TEST(ParseSize, RefusesEverythingElse) {
  for (const char* text :
       {"", "K", "-1", "+1", " 1", "1 ", "1 K", "1.5K", "1X", "1KK", "1Ki",
        "1KiBB", "1B", "0x10", "1e3", "18446744073709551616", "16777216T"}) {
    EXPECT_EQ(ParseSize(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace pfn
