// SPDX-License-Identifier: MIT
//
// What is said about a name that nobody knows.

#include "workloads/base/nearest.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace pfn {
namespace {

const std::vector<std::string> kKnown = {"idle-8g", "frag-4g", "set"};

TEST(EditDistance, CountsInsertionsDeletionsReplacementsAndSwaps) {
  EXPECT_EQ(EditDistance("", ""), 0);
  EXPECT_EQ(EditDistance("drain", "drain"), 0);
  EXPECT_EQ(EditDistance("", "set"), 3);
  EXPECT_EQ(EditDistance("set", ""), 3);
  EXPECT_EQ(EditDistance("drain", "dran"), 1);
  EXPECT_EQ(EditDistance("drain", "drrain"), 1);
  EXPECT_EQ(EditDistance("drain", "drawn"), 1);
  EXPECT_EQ(EditDistance("drain", "drian"), 1);
  EXPECT_EQ(EditDistance("xbitmap", "cvbmp"), 5);
}

TEST(UnknownName, NamesTheNearestAndAllThatAreKnown) {
  EXPECT_EQ(UnknownName("workload", "idel-8g", kKnown),
            "unknown workload 'idel-8g'; did you mean idle-8g? (known: "
            "idle-8g, frag-4g, set)");
  EXPECT_EQ(UnknownName("operation", "sat", kKnown),
            "unknown operation 'sat'; did you mean set? (known: idle-8g, "
            "frag-4g, set)");
}

TEST(UnknownName, GuessesNothingThatIsFarOff) {
  EXPECT_EQ(UnknownName("workload", "benchmark", kKnown),
            "unknown workload 'benchmark' (known: idle-8g, frag-4g, set)");
  EXPECT_EQ(UnknownName("workload", "", kKnown),
            "unknown workload '' (known: idle-8g, frag-4g, set)");
}

}  // namespace
}  // namespace pfn
