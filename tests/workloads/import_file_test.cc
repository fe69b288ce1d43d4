// SPDX-License-Identifier: MIT
//
// What the user does not say about a recording is found out: its format, the
// guest's memory, a name for the trace.

#include "workloads/import/import_file.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "tests/workloads/testing.h"
#include "workloads/import/importers.h"

namespace pfn::testing {
namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;

Trace TraceOf(const std::vector<Pfn>& pages) { return InflationOf(pages); }

// The page at so many bytes.
constexpr Pfn PageAt(std::uint64_t bytes) { return bytes >> 12; }

TEST(GuessFormatOfHead, FindsTheFirstLineThatIsClear) {
  EXPECT_EQ(GuessFormatOfHead("hello\n\nI 1fe4 1fe5\n"), "pfn-lines");
  EXPECT_EQ(
      GuessFormatOfHead("balloon.bt 1 vmemmap 0xffffea0000000000 page 64"),
      "bpftrace");
  EXPECT_EQ(GuessFormatOfHead("# tracer: nop\n"
                              " kworker/0:1-9 [000] .... 13.1: balloon_enq: "
                              "(x) page=0x1\n"),
            "ftrace");
  EXPECT_EQ(GuessFormatOfHead("char device redirected\n"
                              "virtio_queue_notify vdev 0x1 n 0 vq 0x2\n"),
            "qemu-log");
  EXPECT_EQ(GuessFormatOfHead("Dear diary,\n"), "");
  EXPECT_EQ(GuessFormatOfHead(""), "");
}

TEST(GuessFormatOfHead, TellsPagemapFromOtherBinaries) {
  const std::string absent(8, '\0');
  const std::string present("\x34\x12\0\0\0\0\x80\x81", 8);
  EXPECT_EQ(GuessFormatOfHead(absent + present), "pagemap");
  EXPECT_EQ(GuessFormatOfHead(absent), "") << "no page at all";
  EXPECT_EQ(GuessFormatOfHead(present + std::string("\x7f"
                                                    "ELF\2\1\0\x18",
                                                    8)),
            "");
}

TEST(EstimateGuestMemory, IsASizeThatGuestsHave) {
  EXPECT_EQ(EstimateGuestMemory(Trace()), 0u);
  EXPECT_EQ(EstimateGuestMemory(TraceOf({0})), 4096u);
  EXPECT_EQ(EstimateGuestMemory(TraceOf({5, PageAt(1600 * kMiB)})), 2 * kGiB);
  EXPECT_EQ(EstimateGuestMemory(TraceOf({PageAt(2 * kGiB) - 1})), 2 * kGiB);
  EXPECT_EQ(EstimateGuestMemory(TraceOf({PageAt(2 * kGiB)})), 3 * kGiB);
}

TEST(EstimateGuestMemory, LeavesOutTheHoleBelow4GiB) {
  EXPECT_EQ(EstimateGuestMemory(TraceOf({PageAt(9 * kGiB) - 1})), 8 * kGiB);
  EXPECT_EQ(EstimateGuestMemory(TraceOf({PageAt(65 * kGiB) - 1})), 64 * kGiB);
  EXPECT_EQ(EstimateGuestMemory(
                TraceOf({PageAt(7 * kGiB) / 2, PageAt(8 * kGiB) - 1})),
            8 * kGiB)
      << "where it would be is a page";
}

TEST(PagesBeyond, AllowsForAHoleOnlyWhereThereIsOne) {
  EXPECT_EQ(PagesBeyond(Trace(), 1), 0u);
  EXPECT_EQ(PagesBeyond(TraceOf({0, PageAt(2 * kGiB) - 1}), 2 * kGiB), 0u);
  EXPECT_EQ(PagesBeyond(TraceOf({0, PageAt(2 * kGiB)}), 2 * kGiB), 1u);
  EXPECT_EQ(
      PagesBeyond(TraceOf({PageAt(kGiB), PageAt(3 * kGiB) - 1}), 2 * kGiB), 0u)
      << "some machines have no memory at 0";
  EXPECT_EQ(PagesBeyond(TraceOf({0, PageAt(10 * kGiB) - 1}), 8 * kGiB), 0u);
  EXPECT_EQ(PagesBeyond(TraceOf({0, PageAt(7 * kGiB) - 1}), 2 * kGiB),
            PageAt(3 * kGiB));
}

TEST(TraceNameFor, IsTheNameOfTheRecordingInTheCurrentFolder) {
  EXPECT_EQ(TraceNameFor("/logs/busy-2g.log.zst"), "busy-2g.pfntrace.zst");
  EXPECT_EQ(TraceNameFor("balloon.txt"), "balloon.pfntrace.zst");
  EXPECT_EQ(TraceNameFor("../v6.1"), "v6.1.pfntrace.zst");
  EXPECT_EQ(TraceNameFor(".log"), ".log.pfntrace.zst");
  EXPECT_EQ(TraceNameFor("a b,c\n\x1b[1m.log"), "a_b_c___1m.pfntrace.zst");
}

TEST(Sha256OfFile, IsThatOfSha256sum) {
  const ScratchFolder folder;
  WriteBytes(folder / "abc", "abc");
  EXPECT_EQ(Sha256OfFile(folder / "abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_TRUE(Has(ErrorOf([&] { Sha256OfFile(folder / "none"); }), "--source"));
}

TEST(ImportFile, TakesWhatTheUserSaysAndFindsTheRest) {
  const ScratchFolder folder;
  WriteBytes(folder / "lines", "T 2\nI 5 7ffff\n");
  const std::string input = (folder / "lines").string();
  ImportedFile file =
      ImportFile({.input = input, .from = "", .provenance = {}});
  EXPECT_EQ(file.result.trace.provenance.guest_memory_bytes, 2 * kGiB);
  EXPECT_EQ(file.result.trace.provenance.source,
            "lines sha256:" + Sha256OfFile(input) + "; guest-memory estimated");
  EXPECT_EQ(file.result.trace.provenance.kernel, "");
  EXPECT_TRUE(file.warnings.empty());

  file = ImportFile({.input = input,
                     .from = "pfn-lines",
                     .provenance = {.guest_memory_bytes = kGiB,
                                    .kernel = "k",
                                    .recorder = "",
                                    .provoked = "",
                                    .source = "s"}});
  EXPECT_EQ(file.result.trace.provenance.guest_memory_bytes, kGiB);
  EXPECT_EQ(file.result.trace.provenance.kernel, "k");
  EXPECT_EQ(file.result.trace.provenance.source, "s");
  ASSERT_EQ(file.warnings.size(), 1u);
  EXPECT_TRUE(Has(file.warnings[0],
                  "0x5 to 0x7ffff do not fit into a guest of "
                  "1 GiB: 262139 too many"));
}

TEST(ImportFile, RefusesWhatItDoesNotRecognise) {
  const ScratchFolder folder;
  const auto error_of = [&](std::string_view bytes) {
    WriteBytes(folder / "f", bytes);
    return ErrorOf([&] {
      ImportFile(
          {.input = (folder / "f").string(), .from = "", .provenance = {}});
    });
  };
  const std::string unknown =
      (folder / "f").string() +
      ": found no line of a recording that is known; say --from=FORMAT, which "
      "is one of bpftrace, ftrace, pagemap, perf-script, pfn-lines, qemu-log, "
      "trace-cmd";
  EXPECT_EQ(error_of("Dear diary,\n"), unknown);
  EXPECT_EQ(error_of(""), unknown);
  EXPECT_EQ(error_of(std::string(5 << 20, 'x')), unknown);
  EXPECT_EQ(error_of(std::string(5 << 20, '\0')), unknown);
  EXPECT_TRUE(Has(error_of(kSmallText), "is a trace already"));
}

}  // namespace
}  // namespace pfn::testing
