// SPDX-License-Identifier: MIT
//
// The promises of the importer of the lines that workloads/record/balloon.bt
// prints.

#include <gtest/gtest.h>

#include <string>

#include "tests/workloads/testing.h"
#include "workloads/import/importers.h"
#include "workloads/trace/trace_io.h"

namespace pfn::testing {
namespace {

constexpr std::string_view kHeader =
    "Attaching 4 probes...\n"
    "balloon.bt 1 vmemmap 0xffffea0000000000 page 64\n";

ImportResult Import(std::string_view text) {
  return ImportBpftrace(*OpenMemory(text), "f");
}

std::string Error(std::string_view lines) {
  return ErrorOf([&] { Import(std::string(kHeader) + std::string(lines)); });
}

TEST(Bpftrace, IsInflatedAndDeflatedPagesInOrder) {
  const ImportResult result = Import(std::string(kHeader) +
                                     "10 A 0xffffea0000000140\n"
                                     "11 A 0xffffea0000000180\n"
                                     "12 A 0x0\n"
                                     "13 E 0xffffea0000000180\n"
                                     "14 E 0xffffea0000000140\n"
                                     "20 D 0xffffea0000000140\n"
                                     "21 D 0xffffea0000000180\n");
  EXPECT_EQ(BodyOf(result.trace), "I +6-2\nD +0+2\nend 0 2 2 2\n");
  EXPECT_EQ(result.lines, 9u);
  EXPECT_EQ(result.notes.back(), "1 attempts to allocate got no page");
}

TEST(Bpftrace, NeedsTheLineThatTellsWherePagesAre) {
  for (const std::string_view text :
       {"13 E 0xffffea0000000180\n", "balloon.bt 2 vmemmap 0x0 page 64\n",
        "balloon.bt 1 vmemmap 0xffffea0000000000 page 56\n",
        "balloon.bt 1 vmemmap 0xffffea0000000000 page 64 \n"}) {
    EXPECT_TRUE(
        Has(ErrorOf([&] { Import(text); }), "expected \"balloon.bt 1 vm"));
  }
  EXPECT_EQ(ErrorOf([] {
              Import("balloon.bt 1 vmemmap 0x1000 page 64\n");
            }).substr(0, 30),
            "f:1: found vmemmap at 0x1000; ");
}

TEST(Bpftrace, RefusesLostEventsAndOtherLines) {
  EXPECT_EQ(Error("Lost 12 events\n").substr(0, 49),
            "f:3: found \"Lost 12 events\"; expected no lost eve");
  for (const std::string_view line :
       {"13 X 0xffffea0000000180\n", "13 E ffffea0000000180\n",
        "E 0xffffea0000000180\n", "13 E 0xffffea0000000180 1\n", "13\n",
        "13  \n"}) {
    EXPECT_EQ(Error(line).substr(0, 11), "f:3: found ") << line;
  }
  EXPECT_TRUE(Has(Error("I 5\n"), "looks like --from=pfn-lines"));
}

TEST(Bpftrace, RefusesAFileWithoutPages) {
  EXPECT_EQ(Error("").substr(0, 45),
            "f:2: found the end and no page of a balloon; ");
}

}  // namespace
}  // namespace pfn::testing
