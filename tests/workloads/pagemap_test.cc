// SPDX-License-Identifier: MIT
//
// The promises of the importer of pagemap dumps.

#include <gtest/gtest.h>

#include <cstdint>
#include <initializer_list>
#include <string>

#include "tests/workloads/testing.h"
#include "workloads/import/importers.h"
#include "workloads/trace/trace_io.h"

namespace pfn::testing {
namespace {

constexpr std::uint64_t kPresent = std::uint64_t{1} << 63;
constexpr std::uint64_t kSwapped = std::uint64_t{1} << 62;
constexpr std::uint64_t kSoftDirty = std::uint64_t{1} << 55;

std::string Dump(std::initializer_list<std::uint64_t> entries) {
  std::string bytes;
  for (const std::uint64_t entry : entries) {
    for (int byte = 0; byte < 8; ++byte) {
      bytes += static_cast<char>(entry >> (8 * byte) & 0xff);
    }
  }
  return bytes;
}

constexpr auto* Import = &Imported<ImportPagemap>;
constexpr auto* Error = &ImportError<ImportPagemap>;

TEST(Pagemap, IsFramesInTheOrderOfAddresses) {
  const ImportResult result =
      Import(Dump({kPresent | kSoftDirty | 0x29e8, kPresent | 0x29e9, 0,
                   kSwapped | kPresent | 0x123, kPresent | 0x100}));
  EXPECT_EQ(BodyOf(result.trace), "I +29e8+2 -28e9\nend 0 1 3 0\n");
  EXPECT_EQ(result.lines, 5u);
  EXPECT_EQ(result.notes[1], "1 pages not present left out");
  EXPECT_EQ(result.notes[2], "1 pages in swap left out");
}

TEST(Pagemap, MayBeLongerThanABuffer) {
  std::string bytes;
  for (std::uint64_t i = 1; i <= 100'000; ++i) bytes += Dump({kPresent | i});
  const ImportResult result = Import(bytes);
  EXPECT_EQ(result.trace.pages_inflated(), 100'000u);
  EXPECT_EQ(result.trace.arrays(), (100'000u + 255) / 256);
  EXPECT_EQ(result.trace.runs().front(), (PfnRun{1, 256}));
}

TEST(Pagemap, RefusesHiddenFrames) {
  EXPECT_EQ(Error(Dump({kPresent | 5, kPresent})),
            "f: byte 8: found a page that is present in frame 0; expected its "
            "frame; the kernel hides frames from all but root "
            "(CAP_SYS_ADMIN)");
}

TEST(Pagemap, RefusesAFrameThatComesTwice) {
  EXPECT_EQ(
      Error(Dump({kPresent | 5, kPresent | 6, kPresent | 5})).substr(0, 44),
      "f: byte 16: found frame 0x5 a second time; e");
}

TEST(Pagemap, RefusesWhatIsNoDump) {
  EXPECT_EQ(Error(Dump({kPresent | 5}) + "abc").substr(0, 38),
            "f: byte 8: found 3 bytes at the end; e");
  EXPECT_EQ(Error(""), Error(Dump({})));
  EXPECT_EQ(Error(Dump({0, 0})).substr(0, 46),
            "f: byte 16: found the end and no page that is ");
  EXPECT_EQ(Error(Dump({kPresent | kPfnLimit})).substr(0, 38),
            "f: byte 0: found frame 0x1000000000000");
}

}  // namespace
}  // namespace pfn::testing
