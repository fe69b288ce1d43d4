// SPDX-License-Identifier: MIT
//
// The promises of the QEMU log importer. The files in data/ are lines of real
// logs, cut: an import must see that lines are missing.

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "tests/workloads/testing.h"
#include "workloads/import/importers.h"

namespace pfn::testing {
namespace {

using Notes = std::vector<std::string>;

constexpr auto* Import = &Imported<ImportQemuLog>;
constexpr auto* Error = &ImportError<ImportQemuLog>;

// The log becomes a trace with this body, and this is said of it.
void ExpectImport(std::string_view log, std::string_view body,
                  const Notes& notes) {
  const ImportResult result = Import(log);
  EXPECT_EQ(BodyOf(result.trace), body);
  EXPECT_EQ(result.notes, notes);
}

std::string Page(Pfn pfn) {
  std::ostringstream line;
  line << "virtio_balloon_handle_output section name: pc.ram gpa: 0x"
       << std::hex << pfn << "000\n";
  return line.str();
}

std::string Pages(std::initializer_list<Pfn> pages) {
  std::string lines;
  for (const Pfn pfn : pages) lines += Page(pfn);
  return lines;
}

std::string Kick(int queue, std::string_view device = "555be0aee950") {
  return "virtio_queue_notify vdev 0x" + std::string(device) + " n " +
         std::to_string(queue) + " vq 0x7f81981df010\n";
}

std::string Config(std::uint64_t actual, std::uint64_t old_actual) {
  return "virtio_balloon_set_config actual: " + std::to_string(actual) +
         " oldactual: " + std::to_string(old_actual) + "\n";
}

std::string Target(std::uint64_t pages) {
  return "virtio_balloon_to_target balloon target: 0x7fc00000 num_pages: " +
         std::to_string(pages) + "\n";
}

const std::string kDiscard =
    "ram_block_discard_range pc.ram@0x7fc5d9de3000 + 0x1000: madvise: 1 "
    "fallocate: 0 ret: 0\n";

std::string Sample(std::string_view name) {
  return ReadBytes(std::filesystem::path(SAMPLES_FOLDER) / name);
}

const char kFromKicks[] = "directions are from virtio_queue_notify";
const char kFromConfig[] =
    "directions are from set_config; arrays between two set_configs are one "
    "array";
const char kFromDiscards[] =
    "directions are from ram_block_discard_range and set_config; arrays "
    "between "
    "two set_configs are one array";

TEST(QemuLog, WithKicksBecomesTheWorkedExample) {
  ExpectImport(Kick(2) + Target(8) + Kick(0) +
                   Pages({0x1ff, 0x1fe, 0x1fd, 0x1fc, 0x300}) + Config(5, 0) +
                   Kick(0) + Pages({0x301, 0x302, 0x303}) + Config(8, 5) +
                   Target(0) + Kick(1) + Pages({0x303, 0x302, 0x301, 0x300}) +
                   Config(4, 8) + Kick(1) +
                   Pages({0x1fc, 0x1fd, 0x1fe, 0x1ff}) + Config(0, 4),
               BodyOf(SmallTrace()), {kFromKicks});
}

TEST(QemuLog, TargetsTellTheMemoryOfTheGuest) {
  const std::string pages = Kick(0) + Page(0x300) + Config(1, 0);
  const std::string target = "virtio_balloon_to_target balloon target: ";
  EXPECT_EQ(Import(pages).guest_memory_bytes, 0u);
  EXPECT_EQ(Import(target + "0x60000000 num_pages: 131072\n" + pages)
                .guest_memory_bytes,
            std::uint64_t{2} << 30);
  EXPECT_EQ(Import(target + "0xffffffffffffffff num_pages: 1\n" + pages)
                .guest_memory_bytes,
            0u)
      << "no guest has so much";
}

TEST(QemuLog, WithoutKicksTakesTheDirectionFromSetConfig) {
  ExpectImport(Target(8) + Pages({0x1ff, 0x1fe, 0x1fd, 0x1fc, 0x300}) +
                   Config(5, 0) + Pages({0x301, 0x302, 0x303}) + Config(8, 5) +
                   Target(0) + Pages({0x303, 0x302, 0x301, 0x300}) +
                   Config(4, 8) + Pages({0x1fc, 0x1fd, 0x1fe, 0x1ff}) +
                   Config(0, 4),
               BodyOf(SmallTrace()), {kFromConfig});
}

TEST(QemuLog, MayHaveTimestampsAndOtherEvents) {
  const std::string timestamp = "14010@1795238287.412702:";
  ExpectImport(
      timestamp +
          "ram_block_discard_range pc.ram@0x7fc5d9de3000 + 0x1000: "
          "madvise: 1 fallocate: 0 ret: 0\n" +
          timestamp + "virtio_balloon_get_config num_pages: 0 actual: 0\n" +
          timestamp + Page(5) + timestamp + "memory_region_ops_read cpu 0\n" +
          "qemu-system-x86_64: warning: something\n\n" + timestamp +
          Config(1, 0),
      "I +5\nend 0 1 1 0\n",
      Notes{kFromConfig,
            "1 discards of 1 pages left out, from free page reporting",
            "3 lines of other events ignored"});
}

TEST(QemuLog, MayHaveThePrefixOfAnotherTraceBackend) {
  const std::string prefix = " qemu-17 [000] .... 12.5: tracing_mark_write: ";
  EXPECT_EQ(
      BodyOf(Import(prefix + Kick(0) + prefix + Page(5) + prefix + Config(1, 0))
                 .trace),
      "I +5\nend 0 1 1 0\n");
}

TEST(QemuLog, ADiscardBehindAPageTellsThatItWasInflated) {
  // As compaction does it: one page each way and no set_config between.
  ExpectImport(Page(5) + kDiscard + Page(6) + kDiscard + Config(2, 0) +
                   Page(9) + kDiscard + Page(5) + Page(7) + kDiscard +
                   Config(3, 2),
               "I +5+2\nI +3\nD -4\nI +2\nend 0 4 4 1\n", Notes{kFromDiscards});
  EXPECT_EQ(
      BodyOf(Import(Page(5) + kDiscard + Config(1, 0) + Page(5) + Config(0, 1))
                 .trace),
      "I +5\nD +0\nend 0 2 1 1\n");
}

TEST(QemuLog, DiscardsMustFitTheCount) {
  EXPECT_EQ(Error(Page(5) + kDiscard + Page(6) + Config(2, 0)),
            "f:4: found 1 pages with a discard and 1 without since the "
            "set_config before; expected 2, the difference of actual and "
            "oldactual; lines are missing or directions are wrong");
}

TEST(QemuLog, ADiscardAfterAKickToDeflateIsAWrongDirection) {
  EXPECT_EQ(Error(Kick(0) + Page(5) + kDiscard + Kick(1) + Page(5) + kDiscard),
            "f:6: found the discard of a page after a kick of queue 1 "
            "(deflate); expected one after a kick of queue 0 (inflate) only; a "
            "kick is missing");
}

TEST(QemuLog, LargerDiscardsAreFreePageReporting) {
  const ImportResult result = Import(
      Kick(0) + Page(5) +
      "ram_block_discard_range pc.ram@0x7f45d7a00000 + 0x400000: madvise: 1 "
      "fallocate: 0 ret: 0\n" +
      Config(1, 0));
  EXPECT_EQ(result.notes,
            (Notes{kFromKicks,
                   "1 discards of 1024 pages left out, from free page "
                   "reporting"}));
}

TEST(QemuLog, RefusesLinesOfOtherTools) {
  EXPECT_TRUE(
      Has(Error(Kick(0) + Page(5) +
                "kworker/0:1-17 [000] ..... 13.1: mm_page_alloc: pfn=0x5\n"),
          "f:3: "));
  EXPECT_TRUE(Has(Error("I 1fe4 1fe5\n"), "looks like --from=pfn-lines"));
}

TEST(QemuLog, KeepsATargetBetweenThePagesThatItCameBetween) {
  EXPECT_EQ(BodyOf(Import(Page(5) + Target(9) + Page(6) + Config(2, 0)).trace),
            "I +5\nT 9\nI +1\nend 1 2 2 0\n");
  EXPECT_EQ(BodyOf(Import(Kick(0) + Page(5) + Target(9) + Page(6)).trace),
            "I +5\nT 9\nI +1\nend 1 2 2 0\n");
}

TEST(QemuLog, IgnoresKicksOfOtherDevices) {
  ExpectImport(Kick(0, "b10c") + Kick(0) + Page(5) + Kick(1, "b10c") + Page(6) +
                   Config(2, 0),
               "I +5+2\nend 0 1 2 0\n",
               Notes{kFromKicks, "1 lines of other events ignored"});
}

TEST(QemuLog, CountsAttemptsThatGotNothing) {
  const ImportResult result =
      Import(Kick(0) + Page(5) + Config(1, 0) + Config(1, 1) + Config(1, 1));
  EXPECT_EQ(result.notes,
            (Notes{kFromKicks, "2 attempts to inflate got no page"}));
}

TEST(QemuLog, TellsThatALineIsMissingFromTheRealSamples) {
  const std::string missing =
      "f:14: found 10 pages since the set_config before; expected 256, the "
      "difference of actual and oldactual; record virtio_queue_notify too if "
      "the balloon inflates and deflates at once";
  EXPECT_EQ(Error(Sample("qemu_log_plain.txt")), missing);
  EXPECT_EQ(Error(Sample("qemu_log_timestamp.txt")), missing);
}

TEST(QemuLog, TellsWhichPagesOfARealSampleHaveNoDirection) {
  EXPECT_EQ(Error(Sample("qemu_log_with_discard.txt")),
            "f:4: found 6 pages from here to the end without a "
            "virtio_balloon_set_config after them; expected one to tell their "
            "direction; delete the lines from here on");
}

TEST(QemuLog, ReadsTheRealSamplesOnceTheCountsFit) {
  for (const std::string_view name :
       {"qemu_log_plain.txt", "qemu_log_timestamp.txt"}) {
    std::string log = Sample(name);
    log = Replaced(log, "actual: 256 oldactual: 0", "actual: 10 oldactual: 0");
    log = Replaced(log, "actual: 768 oldactual: 1024",
                   "actual: 23 oldactual: 10");
    log += Config(21, 23);
    EXPECT_EQ(BodyOf(Import(log).trace),
              "T 1024\n"
              "I +29e5 +905 -8f3 -7 +8fc -90f +2 +917 -925 +17\n"
              "I -ae5+4\n"
              "T 512\n"
              "I -104 +638c+5 +137+3\n"
              "D -63c9-2\n"
              "end 2 4 23 2\n");
  }
  // Its last page was cut off from its discard.
  std::string log = Sample("qemu_log_with_discard.txt");
  EXPECT_EQ(Error(log + Config(6, 0)).substr(0, 56),
            "f:19: found 5 pages with a discard and 1 without since t");
  const std::string last = "gpa: 0x1fe8000\n";
  log = Replaced(log, last, last + kDiscard);
  EXPECT_EQ(BodyOf(Import(log + Config(6, 0)).trace),
            "T 131072\nI +1fe3+6\nend 1 1 6 0\n");
}

TEST(QemuLog, WithoutKicksRefusesPagesThatDoNotFitTheCount) {
  EXPECT_EQ(Error(Pages({5, 6}) + Config(1, 1)).substr(0, 60),
            "f:3: found 2 pages since the set_config before; expected 0, ");
}

TEST(QemuLog, RefusesACountThatDoesNotFollowTheOneBefore) {
  EXPECT_EQ(Error(Page(5) + Config(1, 0) + Page(6) + Config(3, 2)),
            "f:4: found oldactual: 2; expected 1, the actual of the set_config "
            "before; lines are missing between the two");
}

TEST(QemuLog, MayBeginWithPagesInTheBalloon) {
  EXPECT_EQ(BodyOf(Import(Kick(1) + Page(5) + Config(99, 100) + Kick(1) +
                          Page(6) + Config(98, 99))
                       .trace),
            "D +5\nD +1\nend 0 2 0 2\n");
}

TEST(QemuLog, WithKicksNoticesThatAnArrayIsMissing) {
  std::string log = Kick(0) + Page(5) + Config(1, 0);
  std::uint64_t pages = 1;
  log += Config(pages + 256, pages);  // Its 256 pages are not in the log.
  pages += 256;
  for (Pfn pfn = 10; pfn < 30; ++pfn, ++pages) {
    log += Kick(0) + Page(pfn) + Config(pages + 1, pages);
  }
  EXPECT_EQ(Error(log),
            "f:52: found actual: 273; expected 17, which is what the pages "
            "kicked so far add up to; they have differed since line 4: lines "
            "are missing before it");
}

TEST(QemuLog, WithKicksNoticesAWrongDirectionAtOnceIfItIsLarge) {
  std::string log = Kick(0) + Page(1) + Config(1, 0) + Kick(1);
  for (Pfn pfn = 2; pfn < 302; ++pfn) log += Page(pfn);
  log += Config(301, 1);
  EXPECT_EQ(Error(log).substr(0, 46),
            "f:305: found actual: 301; expected -299, which");
}

// Lines 4689 and after of a log in which inflation fights the OOM notifier: the
// count of the fill is written after the leak's.
TEST(QemuLog, AllowsACountThatIsLateByAnArrayOfEachQueue) {
  std::string log = Kick(0) + Page(1) + Config(1, 0) + Kick(1) + Page(1) +
                    Kick(0) + Pages({2, 3, 4}) + Config(0, 1) + Config(3, 0);
  ExpectImport(
      log, "I +1\nD +0\nI +1+3\nend 0 3 4 1\n",
      Notes{kFromKicks,
            "1 set_config lines were up to 3 pages off the kicks, from "
            "filling and leaking at once"});
}

TEST(QemuLog, AllowsCompactionWhichWritesNoCount) {
  EXPECT_EQ(BodyOf(Import(Kick(0) + Page(5) + Config(1, 0) + Kick(0) + Page(9) +
                          Kick(1) + Page(5) + Kick(0) + Page(6) + Config(2, 1))
                       .trace),
            "I +5\nI +4\nD -4\nI +1\nend 0 4 3 1\n");
}

TEST(QemuLog, RefusesPagesBeforeTheFirstKick) {
  const std::string error = Error(Page(5) + Kick(0) + Page(6));
  EXPECT_EQ(error.substr(0, 58),
            "f:2: found the first virtio_queue_notify after pages; expe");
}

TEST(QemuLog, RefusesPagesAfterAKickOfAnotherQueue) {
  EXPECT_EQ(Error(Kick(2) + Page(5)),
            "f:2: found a page after a kick of queue 2; expected a kick of "
            "queue 0 (inflate) or 1 (deflate) before it");
}

TEST(QemuLog, RefusesLinesOfAnotherForm) {
  for (const std::string_view line :
       {"virtio_balloon_handle_output section name: pc.ram\n",
        "virtio_balloon_handle_output section name: pc.ram gpa: 0x29e5001\n",
        "virtio_balloon_handle_output section name: pc.ram gpa: 0x\n",
        "virtio_balloon_handle_output section name: pc.ram gpa: 0x1000 \n",
        "virtio_balloon_handle_output gpa: 0x10000000000000000\n",
        "virtio_balloon_set_config actual: 1\n",
        "virtio_balloon_set_config actual: -1 oldactual: 0\n",
        "virtio_balloon_to_target balloon target: 0x1000\n",
        "virtio_queue_notify vdev (nil) n 0 vq 0x1\n",
        "virtio_balloon_bad_addr 0x1000\n"}) {
    const std::string error = Error(line);
    EXPECT_EQ(error.substr(0, 19), "f:1: found \"virtio_") << error;
  }
}

TEST(QemuLog, RefusesALogWithoutPages) {
  const std::string expected =
      "found the end of the log and no page; expected "
      "virtio_balloon_handle_output lines; was the event switched on?";
  EXPECT_EQ(Error(""), "f:1: " + expected);
  EXPECT_EQ(Error(Target(5) + Config(0, 0)), "f:2: " + expected);
}

TEST(QemuLog, RefusesALastLineThatIsCutOff) {
  const std::string log = Kick(0) + Page(5) + Page(0x29e5);
  EXPECT_EQ(Error(log.substr(0, log.size() - 1)),
            "f:3: found a last line without line feed; expected a complete "
            "line; delete it");
}

}  // namespace
}  // namespace pfn::testing
