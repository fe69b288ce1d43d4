// SPDX-License-Identifier: MIT
//
// The promises of the importer of PFN lines.

#include <gtest/gtest.h>

#include <string>

#include "tests/workloads/testing.h"
#include "workloads/import/importers.h"

namespace pfn::testing {
namespace {

constexpr auto* Import = &Imported<ImportPfnLines>;
constexpr auto* Error = &ImportError<ImportPfnLines>;

TEST(PfnLines, BecomeTheWorkedExample) {
  ImportResult result = Import(
      "T 8\nI 1ff 1fe 1fd 1fc 300\nI 301 302 303\nT 0\n"
      "D 303 302 301 300\nD 1fc 1fd 1fe 1ff\n");
  result.trace.provenance = SmallTrace().provenance;
  EXPECT_EQ(result.trace, SmallTrace());
  EXPECT_EQ(result.lines, 6u);
  EXPECT_TRUE(result.notes.empty());
}

TEST(PfnLines, SayWhatWasDropped) {
  const ImportResult result =
      Import("I 5\nF\nR fc00 400\nF\nR f800 200\nD 5\n");
  EXPECT_EQ(result.trace.arrays(), 2u);
  EXPECT_EQ(result.notes,
            (std::vector<std::string>{
                "dropped 2 attempts to inflate that got no page",
                "dropped 2 ranges of 1536 pages from free page reporting"}));
}

TEST(PfnLines, RefuseWhatTheyDoNotKnow) {
  const std::string known =
      "; expected \"T PAGES\", \"I PFN...\", \"D PFN...\", \"F\" or \"R START "
      "COUNT\"";
  EXPECT_EQ(Error("I 5\nX 5\n"), "f:2: found \"X 5\"" + known);
  EXPECT_EQ(Error("\n"), "f:1: found \"\"" + known);
  EXPECT_EQ(Error("F \n"), "f:1: found \"F \"" + known);
  EXPECT_EQ(Error("I\n"), "f:1: found \"I\"" + known);
  EXPECT_EQ(Error("F\r\n"), "f:1: found \"F\\x0d\"" + known);
}

TEST(PfnLines, RefusePagesThatAreNone) {
  const std::string expected =
      "; expected a PFN below 2^52 in lower-case hexadecimal";
  EXPECT_EQ(Error("I 5 \n"), "f:1: found \"\"" + expected);
  EXPECT_EQ(Error("I 5 FF\n"), "f:1: found \"FF\"" + expected);
  EXPECT_EQ(Error("I 10000000000000\n"),
            "f:1: found \"10000000000000\"" + expected);
  EXPECT_EQ(Error("I 5,6\n"),
            "f:1: found \",6\"; expected PFNs separated by one blank");
  EXPECT_EQ(Error("T 1f\n"),
            "f:1: found \"T 1f\"; expected \"T PAGES\", decimal, below 2^52");
  EXPECT_EQ(Error("R 1f\n"),
            "f:1: found \"R 1f\"; expected \"R START COUNT\" in lower-case "
            "hexadecimal");
}

TEST(PfnLines, RefuseAnEmptyOrCutOffFile) {
  EXPECT_EQ(Error(""),
            "f:1: found no T, I or D line; expected at least one; is this the "
            "right file?");
  EXPECT_EQ(Error("I 5\nI 12"),
            "f:2: found a last line without line feed; expected a complete "
            "line; delete it");
}

}  // namespace
}  // namespace pfn::testing
