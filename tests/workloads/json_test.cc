// SPDX-License-Identifier: MIT
//
// What is written can be read: valid JSON whatever the text, and the number.

#include "workloads/base/json.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

namespace pfn {
namespace {

TEST(Json, TextIsOnePrintableLineInQuotes) {
  EXPECT_EQ(JsonText("a b"), R"("a b")");
  EXPECT_EQ(JsonText(R"(say "c:\d")"), R"("say \"c:\\d\"")");
  EXPECT_EQ(JsonText("\xc3\xa4"), "\"\xc3\xa4\"");
  EXPECT_EQ(JsonText("a\nb\x1b"), R"("a\\x0ab\\x1b")");
  EXPECT_EQ(JsonText("\xff"), R"("\\xff")");
}

TEST(Json, WholeNumbersKeepAllDigitsAndOthersSeven) {
  EXPECT_EQ(JsonNumber(0), "0");
  EXPECT_EQ(JsonNumber(-0.0), "-0");
  EXPECT_EQ(JsonNumber(8589934592.0), "8589934592");
  EXPECT_EQ(JsonNumber(7.896390294534138), "7.89639");
  EXPECT_EQ(JsonNumber(1234.56789), "1234.568");
  EXPECT_EQ(JsonNumber(1.5e-9), "1.5e-09");
  EXPECT_EQ(JsonNumber(1e300), "1e+300");
}

TEST(Json, ObjectsHoldValuesOfEveryKindInOrder) {
  JsonObject inner;
  EXPECT_EQ(inner.Text(), "{}");
  inner.Add("b", true).Add("a", 18446744073709551615u).Add("c", -1);
  const JsonObject outer =
      JsonObject().Add("x", 2.5).AddJson("y", inner.Text()).AddAll(inner);
  const std::string fields = R"("b":true,"a":18446744073709551615,"c":-1)";
  EXPECT_EQ(outer.Text(), R"({"x":2.5,"y":{)" + fields + "}," + fields + "}");
  EXPECT_EQ(JsonObject().AddAll(JsonObject()).AddAll(inner).Text(),
            "{" + fields + "}");
}

TEST(Json, ObjectsLeaveOutWhatIsNoNumber) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(JsonObject().Add("a", kNan).Add("b", kInfinity).Text(), "{}");
}

TEST(Json, ListsLeaveOutWhatIsEmpty) {
  const std::vector<std::string> items = {"1", "", "[]"};
  const auto as_it_is = [](const std::string& item) { return item; };
  EXPECT_EQ(JsonList(items, as_it_is), "[1,[]]");
  EXPECT_EQ(JsonList(std::vector<std::string>{}, as_it_is), "[]");
}

}  // namespace
}  // namespace pfn
