// SPDX-License-Identifier: MIT
//
// The promises of the importers of ftrace, trace-cmd, perf script and bpftrace.
// The files in data/ are lines of real recordings of one guest, cut.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/workloads/testing.h"
#include "workloads/import/importers.h"
#include "workloads/import/line_importer.h"

namespace pfn::testing {
namespace {

using Notes = std::vector<std::string>;

constexpr auto* Ftrace = &Imported<ImportFtrace>;
constexpr auto* FtraceError = &ImportError<ImportFtrace>;
constexpr auto* Perf = &Imported<ImportPerfScript>;
constexpr auto* PerfError = &ImportError<ImportPerfScript>;

std::string Sample(std::string_view name) {
  return ReadBytes(std::filesystem::path(SAMPLES_FOLDER) / name);
}

std::string Event(std::string_view event) {
  return "     kworker/0:1-17      [000] .....    13.132010: " +
         std::string(event) + "\n";
}
std::string Alloc(std::string_view pfn) {
  return Event("mm_page_alloc: page=000000005c21aeb0 pfn=" + std::string(pfn) +
               " order=0 migratetype=1 gfp_flags=GFP_HIGHUSER_MOVABLE|"
               "__GFP_NOWARN|__GFP_NORETRY|__GFP_NOMEMALLOC");
}
std::string Probe(std::string_view name, std::string_view page) {
  return Event(std::string(name) +
               ": (some_function+0xdc/0x2d5) page=" + std::string(page));
}

const char kNokaslr[] =
    "vmemmap is at 0xffd4000000000000, where x86-64 has it without KASLR";

TEST(KernelEvent, IsFoundBehindAnyCommand) {
  for (const std::string_view line :
       {"  kworker/0:1-17   [000] .....    13.132010: ev: pfn=0x1 x=2",
        "  <...>-187168 [003] 14540.343835: ev:        pfn=0x1 x=2",
        "  make-16810 [004] .....  2319.000857: ev:        pfn=0x1 x=2",
        "  a [b] c:d-5 [001] d..3.     8.525077: ev: pfn=0x1 x=2"}) {
    const auto event = ParseKernelEvent(line);
    ASSERT_TRUE(event) << line;
    EXPECT_EQ(event->system, "");
    EXPECT_EQ(event->name, "ev");
    EXPECT_EQ(FieldOf(event->fields, "pfn="), "0x1");
    EXPECT_EQ(FieldOf(event->fields, "x="), "2");
    EXPECT_EQ(FieldOf(event->fields, "fn="), "");
  }
  const auto event =
      ParseKernelEvent(" Web Content 17/17 [000] 18.501317895:  kmem:ev: x=2");
  ASSERT_TRUE(event);
  EXPECT_EQ(event->system, "kmem");
  EXPECT_EQ(event->name, "ev");
}

TEST(KernelEvent, IsNothingInOtherLines) {
  for (const std::string_view line :
       {"", "[", "[000]", "x [000] 1.2:", "x [000] 1.2: ", "x [000] 1.2: ev",
        "x [000] . . 1.2: ev: a=1", "x 1.2: ev: a=1", "x [] 1.2: ev: a=1",
        "x [000] 12: ev: a=1", "x [99999999999999999999999] 1.2: ev: a=1"}) {
    EXPECT_FALSE(ParseKernelEvent(line)) << line;
  }
}

TEST(KernelLog, ARealFtraceOfAnInflateIsTheArrayThatQemuSaw) {
  // Its deflates are of pages whose inflate was cut out.
  const std::string sample = Sample("ftrace_trace.txt");
  std::string inflate = sample.substr(0, sample.find("balloon_deq"));
  inflate.resize(inflate.rfind('\n') + 1);
  inflate = Replaced(inflate, "3561/3561", "31/31");
  const ImportResult result = Ftrace(inflate);
  EXPECT_EQ(BodyOf(result.trace).substr(0, 7), "I +28ee");
  EXPECT_EQ(result.trace.pages_deflated(), 0u);
  EXPECT_EQ(result.notes,
            (Notes{"vmemmap is at 0xffd4000000000000, as allocations logged "
                   "both ways say"}));
}

TEST(KernelLog, ARealFtraceThatWasCutIsNoticed) {
  const std::string error = FtraceError(Sample("ftrace_trace.txt"));
  EXPECT_TRUE(Has(error, "dequeued that were not enqueued"));
}

TEST(KernelLog, ARealPerfScriptHasItsArraysByEnqueuedPages) {
  const ImportResult result = Perf(Sample("perf_script.txt"));
  EXPECT_EQ(BodyOf(result.trace).substr(0, 8), "I +8867-");
  EXPECT_EQ(result.notes, (Notes{kNokaslr}));
  EXPECT_EQ(result.lines, 30u);
}

TEST(KernelLog, ARealPerfScriptOfAllocationsIsTurnedRound) {
  const ImportResult result = Perf(Sample("perf_script_F_ns.txt"));
  EXPECT_EQ(BodyOf(result.trace), "I +8312 -7 +3 -13\nend 0 1 4 0\n");
  EXPECT_EQ(result.notes,
            (Notes{"only allocations were recorded: their arrays are 256 pages "
                   "each, turned round as the driver does"}));
}

TEST(KernelLog, ARealLogOfOtherEventsHasNoPages) {
  EXPECT_EQ(FtraceError(Sample("ftrace_zone_locked.txt")).substr(0, 52),
            "f:8: found the end and no page of a balloon; expecte");
}

TEST(KernelLog, TraceCmdPadsItsEventsAndOldKernelsHaveDecimalPages) {
  const std::string flags =
      " order=0 migratetype=1 gfp_flags=GFP_HIGHUSER_MOVABLE|__GFP_NOMEMALLOC";
  EXPECT_EQ(BodyOf(Ftrace("cpus=2\n"
                          "<...>-17 [003] 14540.343835: mm_page_alloc:        "
                          "page=0x3070e0 pfn=10728" +
                          flags +
                          "\n"
                          "<...>-17 [003] 14540.343836: mm_page_alloc:        "
                          "page=0xffffea0000134 pfn=0x29e9" +
                          flags + "\n")
                       .trace),
            "I +29e9-2\nend 0 1 2 0\n");
}

TEST(KernelLog, AllocationsBetweenEnqueuedPagesEndAnArray) {
  const ImportResult result = Ftrace(
      Alloc("0x5") + Alloc("0x6") + Probe("balloon_enq", "0xffd4000000000180") +
      Probe("balloon_enq", "0xffd4000000000140") + Alloc("0x7") +
      Probe("balloon_enq", "0xffd40000000001c0") +
      Probe("balloon_deq", "0xffd40000000001c0"));
  EXPECT_EQ(BodyOf(result.trace), "I +6-2\nI +2\nD +0\nend 0 3 3 1\n");
}

TEST(KernelLog, AnArrayHasAtMost256Pages) {
  std::string log;
  for (int i = 0; i < 257; ++i) {
    char page[32];
    std::snprintf(page, sizeof page, "0x%llx", 0xffd4000000000000 + 64ull * i);
    log += Probe("balloon_enq", page);
  }
  EXPECT_EQ(BodyOf(Ftrace(log).trace), "I +0+100\nI +1\nend 0 2 257 0\n");
}

TEST(KernelLog, WithKaslrTheAllocationsTellWherePagesAre) {
  const std::string randomised =
      Alloc("0x28ee") + Probe("balloon_alloc", "0xff1a8a00400a3b80");
  EXPECT_EQ(
      BodyOf(Ftrace(randomised + Probe("balloon_enq", "0xff1a8a00400a3b80"))
                 .trace),
      "I +28ee\nend 0 1 1 0\n");
  EXPECT_EQ(FtraceError(randomised + Alloc("0x28ee") +
                        Probe("balloon_alloc", "0xff1a8a00800a3b80"))
                .substr(0, 57),
            "f:4: found page=0xff1a8a00800a3b80 for pfn 0x28ee, so tha");
  EXPECT_EQ(
      FtraceError(Probe("balloon_enq", "0xff1a8a00400a3b80")).substr(0, 65),
      "f:1: found page=0xff1a8a00400a3b80 and nothing that gives its num");
}

TEST(KernelLog, FailedAllocationsAreCounted) {
  const ImportResult result =
      Ftrace(Alloc("0x5") + Alloc("0x0") + Alloc("18446744073709551615") +
             Probe("balloon_alloc", "0x0"));
  EXPECT_EQ(BodyOf(result.trace), "I +5\nend 0 1 1 0\n");
  EXPECT_EQ(result.notes.back(), "3 attempts to allocate got no page");
}

TEST(KernelLog, AllocationsOfOthersAreIgnored) {
  const ImportResult result =
      Ftrace(Alloc("0x5") +
             Event("mm_page_alloc: page=1 pfn=0x9 order=0 migratetype=0 "
                   "gfp_flags=GFP_KERNEL") +
             Event("mm_page_alloc: page=1 pfn=0x10 order=3 migratetype=0 "
                   "gfp_flags=GFP_NOWAIT|__GFP_NOMEMALLOC") +
             Event("sched_switch: prev_comm=x"));
  EXPECT_EQ(BodyOf(result.trace), "I +5\nend 0 1 1 0\n");
  EXPECT_EQ(result.notes.back(), "3 other events ignored");
}

TEST(KernelLog, RefusesHashedPointers) {
  EXPECT_EQ(FtraceError(Probe("balloon_enq", "0x000000005c21aeb0")),
            "f:1: found page=0x5c21aeb0, a hashed pointer or none at all; "
            "expected the address of a struct page; let the probe print it "
            "with :x64");
  EXPECT_TRUE(Has(FtraceError(Probe("balloon_enq", "____ptrval____")), ":x64"));
}

TEST(KernelLog, RefusesAddressesThatAreNoStructPage) {
  const std::string known = Probe("balloon_enq", "0xffd4000000000140");
  EXPECT_EQ(FtraceError(known + Probe("balloon_enq", "0xffd4000000000150"))
                .substr(0, 36),
            "f:2: found page=0xffd4000000000150; ");
  EXPECT_EQ(FtraceError(known + Probe("balloon_enq", "0xffc4000000000140"))
                .substr(0, 36),
            "f:2: found page=0xffc4000000000140; ");
}

TEST(KernelLog, RefusesLostEvents) {
  for (const std::string_view lost :
       {"CPU:0 [LOST 123 EVENTS]\n", "CPU:1 [17 EVENTS DROPPED]\n",
        "# entries-in-buffer/entries-written: 9/3561   #P:2\n"}) {
    EXPECT_TRUE(Has(FtraceError(Alloc("0x5") + std::string(lost)), "lost"));
  }
  EXPECT_EQ(PerfError(" swapper 0 [001] 1.2: PERF_RECORD_LOST lost 5\n")
                .substr(0, 11),
            "f:1: found ");
}

TEST(KernelLog, RefusesMixedFormats) {
  const std::string perf = Sample("perf_script_F_ns.txt");
  EXPECT_TRUE(Has(FtraceError(Alloc("0x5") + perf),
                  "this one is of perf script: import with "
                  "--from=perf-script, and not mixed"));
  EXPECT_EQ(PerfError(perf + Alloc("0x5")).substr(0, 11), "f:5: found ");
  EXPECT_TRUE(
      Has(FtraceError("virtio_balloon_handle_output section name: pc.ram "
                      "gpa: 0x29e5000\n"),
          "looks like --from=qemu-log"));
  EXPECT_TRUE(Has(FtraceError("13132010000 E 0xffffea00000a3b80\n"),
                  "looks like --from=bpftrace"));
  EXPECT_TRUE(Has(FtraceError("I 1fe4 1fe5\n"), "looks like --from=pfn-lines"));
}

TEST(KernelLog, RefusesFlagsThatAreNumbersIfItNeedsThem) {
  const std::string numeric = Event(
      "mm_page_alloc: page=1 pfn=0x9 order=0 migratetype=1 gfp_flags=0x152c4a");
  EXPECT_EQ(FtraceError(numeric).substr(0, 38),
            "f:1: found gfp_flags as a number, and ");
  EXPECT_EQ(
      BodyOf(
          Ftrace(numeric + Probe("balloon_enq", "0xffd4000000000140")).trace),
      "I +5\nend 0 1 1 0\n");
}

TEST(KernelLog, RefusesProbesThatAreExchanged) {
  std::string log;
  for (const char* page : {"0xffd4000000000140", "0xffd4000000000180"}) {
    log += Probe("balloon_deq", page);
  }
  log += Probe("balloon_enq", "0xffd4000000000140");
  EXPECT_EQ(FtraceError(log).substr(0, 60),
            "f:1: found 0 pages enqueued twice and 2 dequeued that were n");
}

TEST(KernelLog, RefusesALastLineThatIsCutOff) {
  const std::string log = Alloc("0x5") + Alloc("0x6");
  EXPECT_EQ(FtraceError(log.substr(0, log.size() - 1)).substr(0, 40),
            "f:2: found a last line without line feed");
}

// ---- the lines that workloads/record/balloon.bt prints ----

constexpr std::string_view kHeader =
    "Attaching 4 probes...\n"
    "balloon.bt 1 vmemmap 0xffffea0000000000 page 64\n";

constexpr auto* Bpftrace = &Imported<ImportBpftrace>;

std::string BpftraceError(std::string_view lines) {
  return ImportError<ImportBpftrace>(std::string(kHeader) + std::string(lines));
}

TEST(Bpftrace, IsInflatedAndDeflatedPagesInOrder) {
  const ImportResult result = Bpftrace(std::string(kHeader) +
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
        Has(ErrorOf([&] { Bpftrace(text); }), "expected \"balloon.bt 1 vm"));
  }
  EXPECT_EQ(ErrorOf([] {
              Bpftrace("balloon.bt 1 vmemmap 0x1000 page 64\n");
            }).substr(0, 30),
            "f:1: found vmemmap at 0x1000; ");
}

TEST(Bpftrace, RefusesLostEventsAndOtherLines) {
  EXPECT_EQ(BpftraceError("Lost 12 events\n").substr(0, 49),
            "f:3: found \"Lost 12 events\"; expected no lost eve");
  for (const std::string_view line :
       {"13 X 0xffffea0000000180\n", "13 E ffffea0000000180\n",
        "E 0xffffea0000000180\n", "13 E 0xffffea0000000180 1\n", "13\n",
        "13  \n"}) {
    EXPECT_EQ(BpftraceError(line).substr(0, 11), "f:3: found ") << line;
  }
  EXPECT_TRUE(Has(BpftraceError("I 5\n"), "looks like --from=pfn-lines"));
}

TEST(Bpftrace, RefusesAFileWithoutPages) {
  EXPECT_EQ(BpftraceError("").substr(0, 45),
            "f:2: found the end and no page of a balloon; ");
}

}  // namespace
}  // namespace pfn::testing
