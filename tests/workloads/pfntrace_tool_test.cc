// SPDX-License-Identifier: MIT
//
// The promises of the program pfntrace: its output, its messages, its exit
// status, and that it leaves a complete file or none.

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cstdlib>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "tests/workloads/testing.h"
#include "workloads/trace/byte_source.h"
#include "workloads/trace/trace_io.h"

namespace pfn::testing {
namespace {

constexpr std::string_view kPfnLines =
    "T 8\nI 1ff 1fe 1fd 1fc 300\nI 301 302 303\nT 0\nD 303 302 301 300\n"
    "D 1fc 1fd 1fe 1ff\n";

const std::string kImport =
    "import --from=pfn-lines --guest-memory=2G --kernel='Linux 6.1.192' "
    "--recorder='by hand' --provoked='inflate 8 pages, deflate all' ";

// `kSmallText` with the source that an import adds.
std::string WithSource(const std::string& source) {
  std::string text(kSmallText);
  return text.insert(text.find("\n\n") + 1, "source: " + source + "\n");
}

// Of `kPfnLines`.
const std::string kSha256 =
    "7976f0919585328e2621e7db09aceabd88601ac98814e7b56f696712fda65640";

struct Outcome {
  int status;
  std::string out;
  std::string err;
};

class Pfntrace : public ::testing::Test {
 protected:
  Pfntrace() {
    WriteBytes(folder_ / "small.pfntrace", kSmallText);
    WriteBytes(folder_ / "lines", kPfnLines);
  }

  // Runs in the folder; `rest` is shell text behind the name of the program.
  Outcome Run(const std::string& rest) const {
    const ScratchFolder streams;
    const std::string command = "cd " + folder_.path().string() +
                                " && { " PFNTRACE_BINARY " " + rest + "; } >" +
                                (streams / "out").string() + " 2>" +
                                (streams / "err").string();
    const int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1,
            ReadBytes(streams / "out"), ReadBytes(streams / "err")};
  }

  // What it prints, without a complaint.
  std::string Out(const std::string& rest) const {
    const Outcome outcome = Run(rest);
    EXPECT_EQ(outcome.status, 0) << rest;
    EXPECT_EQ(outcome.err, "") << rest;
    return outcome.out;
  }

  void ExpectRefused(const std::string& rest, const std::string& message) {
    const std::size_t files = folder_.files();
    const Outcome outcome = Run(rest);
    EXPECT_EQ(outcome.status, 2) << rest;
    EXPECT_EQ(outcome.err, "pfntrace: " + message + "\n");
    EXPECT_EQ(folder_.files(), files);
  }

  ScratchFolder folder_;
};

TEST_F(Pfntrace, ImportsAFile) {
  EXPECT_EQ(Out(kImport + "lines -o new.pfntrace"),
            "new.pfntrace: 6 lines, 8 pages inflated, 8 deflated\n"
            "Measure with it: ./run bench --workload=" +
                (folder_ / "new.pfntrace").string() +
                " --structure=flat,xbitmap,cvbmp\n");
  EXPECT_EQ(ReadBytes(folder_ / "new.pfntrace"),
            WithSource("lines sha256:" + kSha256));
}

TEST_F(Pfntrace, ImportNeedsNothingButTheRecording) {
  EXPECT_EQ(Out("import lines"),
            "lines.pfntrace.zst: 6 lines, 8 pages inflated, 8 deflated\n"
            "  the format is pfn-lines, by the first lines\n"
            "  guest memory is estimated from the highest page: 4 MiB; "
            "--guest-memory=SIZE says it\n"
            "Measure with it: ./run bench --workload=" +
                (folder_ / "lines.pfntrace.zst").string() +
                " --structure=flat,xbitmap,cvbmp\n");
  EXPECT_EQ(Run("cat lines.pfntrace.zst").out.substr(0, 166),
            "pfntrace 1\npage-size: 4096\nguest-memory: 4194304\nsource: lines "
            "sha256:" +
                kSha256 + "; guest-memory estimated\n\nT 8\nI ");
}

TEST_F(Pfntrace, ImportNeverOverwritesSilently) {
  WriteBytes(folder_ / "lines.pfntrace.zst", "kept");
  ExpectRefused("import lines",
                "lines.pfntrace.zst exists and is not overwritten: remove it, "
                "or say -o FILE; see pfntrace import --help");
  EXPECT_EQ(ReadBytes(folder_ / "lines.pfntrace.zst"), "kept");
  ExpectRefused("import lines -o ./lines",
                "./lines is the recording itself: -o needs another name; see "
                "pfntrace import --help");
  EXPECT_TRUE(Has(Out("import lines -o lines.pfntrace.zst"),
                  "; an older file was replaced\n"));
}

TEST_F(Pfntrace, ImportWarnsOfAGuestThatIsTooSmall) {
  const Outcome outcome = Run("import lines --guest-memory=1M -o new.pfntrace");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.err,
            "pfntrace: warning: the pages 0x1fc to 0x303 do not fit into a "
            "guest of 1 MiB: 8 too many, or more, with any hole below 4 "
            "GiB; check --guest-memory, or the recording\n");
}

TEST_F(Pfntrace, ImportTellsAllThatIsWrongAtOnce) {
  ExpectRefused(
      "import --from=qemu-lgo --guest-memory=2X --kernel='k ' -",
      "standard input has no name: -o FILE is missing; --from: unknown format "
      "'qemu-lgo'; did you mean qemu-log? (known: bpftrace, ftrace, pagemap, "
      "perf-script, pfn-lines, qemu-log, trace-cmd); --guest-memory: '2X' is "
      "no size, such as 8G, from 1 to 2^60; --kernel: the text has a blank at "
      "an end; see pfntrace import --help");
  ExpectRefused("import",
                "INPUT, the recording, is missing; see pfntrace import --help");
  ExpectRefused("import lines --kernle=k --soruce=s",
                "unknown argument '--kernle=k'; did you mean --kernel?; "
                "unknown argument '--soruce=s'; did you mean --source?; see "
                "pfntrace --help");
  ExpectRefused("import --kernel= lines",
                "'--kernel=' has no value; see pfntrace --help");
}

TEST_F(Pfntrace, NamesOfFilesReachNoTerminalAsTheyAre) {
  WriteBytes(folder_ / "a\x1b[31m\nb", "X\n");
  WriteBytes(folder_ / "c\x1b[31m\nd", kSmallText);
  for (const std::string command :
       {"info", "table", "cat", "check", "import -o new.pfntrace"}) {
    const Outcome outcome = Run(command + " 'a\x1b[31m\nb'");
    EXPECT_EQ(outcome.status, 2) << command;
    EXPECT_EQ(outcome.err.find("pfntrace: a\\x1b[31m\\x0ab:"), 0u)
        << outcome.err;
    EXPECT_EQ(outcome.err.find('\n'), outcome.err.size() - 1);
  }
  for (const std::string command : {"info", "table", "check"}) {
    const std::string out = Out(command + " 'c\x1b[31m\nd'");
    EXPECT_TRUE(Has(out, "c\\x1b[31m\\x0ad"));
    EXPECT_FALSE(Has(out, "\x1b"));
  }
}

TEST_F(Pfntrace, DoesNotWaitForTheWriterOfAFifo) {
  ASSERT_EQ(::mkfifo((folder_ / "fifo.pfntrace").c_str(), 0600), 0);
  for (const std::string command : {"info", "cat", "check", "import"}) {
    ExpectRefused(command + " fifo.pfntrace",
                  "fifo.pfntrace: is a FIFO; expected a regular file, or - for "
                  "standard input");
  }
}

TEST_F(Pfntrace, ImportsStandardInputAndCompresses) {
  Out(kImport + "- -o new.pfntrace.zst <lines");
  EXPECT_EQ(ReadTrace(folder_ / "new.pfntrace.zst"), SmallTrace());
}

TEST_F(Pfntrace, ImportsCompressedRecordings) {
  WriteBytes(folder_ / "lines.zst", CompressZstd(kPfnLines));
  Out(kImport + "lines.zst -o new.pfntrace");
  Trace trace = ReadTrace(folder_ / "new.pfntrace");
  EXPECT_EQ(trace.provenance.source.find("lines.zst sha256:"), 0u);
  trace.provenance.source.clear();
  EXPECT_EQ(trace, SmallTrace());
}

TEST_F(Pfntrace, LeavesNoFileIfTheRecordingIsBad) {
  WriteBytes(folder_ / "bad", "I 5\nX\n");
  ExpectRefused(kImport + "bad -o new.pfntrace",
                "bad:2: found \"X\"; expected \"T PAGES\", \"I PFN...\", \"D "
                "PFN...\", \"F\" or \"R START COUNT\"");
  ExpectRefused(kImport + "- -o new.pfntrace <bad",
                "standard input:2: found \"X\"; expected \"T PAGES\", \"I "
                "PFN...\", \"D PFN...\", \"F\" or \"R START COUNT\"");
  ExpectRefused(kImport + "none -o new.pfntrace",
                "none: cannot be read: No such file or directory");
}

TEST_F(Pfntrace, LeavesAnOldFileIfTheRecordingIsBad) {
  WriteBytes(folder_ / "bad", "X\n");
  EXPECT_EQ(Run(kImport + "bad -o small.pfntrace").status, 2);
  EXPECT_EQ(ReadBytes(folder_ / "small.pfntrace"), kSmallText);
}

TEST_F(Pfntrace, RefusesWrongUsage) {
  const std::string help = "; see pfntrace --help";
  ExpectRefused(
      "",
      "found no command; expected the command import, generate, info, "
      "table, cat, check" +
          help);
  ExpectRefused(
      "show x",
      "found \"show\"; expected the command import, generate, info, table, "
      "cat, check" +
          help);
  ExpectRefused("info", "TRACE is required" + help);
  ExpectRefused("info --all small.pfntrace", "unknown argument '--all'" + help);
  ExpectRefused("cat --pgaes small.pfntrace",
                "unknown argument '--pgaes'; did you mean --pages?" + help);
  ExpectRefused("cat --absolute --pages small.pfntrace",
                "--absolute excludes --pages" + help);
  ExpectRefused("chekc x",
                "found \"chekc\"; did you mean check?; expected the command "
                "import, generate, info, table, cat, check" +
                    help);
}

TEST_F(Pfntrace, HelpsEverywhere) {
  for (const std::string command :
       {"", "import ", "generate ", "info ", "table ", "cat ", "check "}) {
    const std::string out = Out(command + "--help");
    EXPECT_TRUE(Has(out, "Usage: pfntrace"));
    std::istringstream lines(out);
    for (std::string line; std::getline(lines, line);) {
      EXPECT_LE(line.size(), 80u) << line;
    }
  }
}

TEST_F(Pfntrace, PrintsInfoOfSeveralFiles) {
  const std::string out = Out("info small.pfntrace small.pfntrace");
  EXPECT_EQ(out.substr(0, 15), "small.pfntrace\n");
  EXPECT_TRUE(Has(out.substr(15), "small.pfntrace\n"));
}

TEST_F(Pfntrace, PrintsTheTrace) {
  EXPECT_EQ(Run("cat small.pfntrace").out, kSmallText);
  EXPECT_EQ(Run("cat --absolute small.pfntrace").out.substr(0, 19),
            "T 8\nI 1ff-1fc 300\nI");
  EXPECT_EQ(Run("cat --pages small.pfntrace").out.substr(0, 16),
            "T 8\nI 1ff\nI 1fe\n");
}

TEST_F(Pfntrace, ChecksEveryFileAndNamesTheBadOnes) {
  WriteBytes(folder_ / "bad", "X\n");
  const Outcome outcome = Run("check small.pfntrace bad small.pfntrace");
  const std::string ok = "small.pfntrace: ok " + TraceId(SmallTrace()) +
                         " 8 pages inflated, 8 deflated\n";
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(outcome.out, ok + ok);
  EXPECT_EQ(outcome.err,
            "pfntrace: bad:1: found \"X\"; expected \"pfntrace 1\"; recordings "
            "must be imported with \"pfntrace import\" first\n");
}

TEST_F(Pfntrace, ChecksWorkloadsByNameAsWell) {
  const Outcome outcome =
      Run("check frag-4g gen:reverse:pages=4:base=0 idel-8g small.pfntrace");
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(outcome.out.find("frag-4g: ok "), 0u);
  EXPECT_TRUE(Has(outcome.out, "\ngen:reverse:pages=4:base=0: ok "));
  EXPECT_TRUE(Has(outcome.out, "\nsmall.pfntrace: ok "));
  EXPECT_EQ(outcome.err,
            "pfntrace: unknown workload 'idel-8g'; did you mean idle-8g? "
            "(known: busy-2g, frag-4g, idle-8g, numa-64g, oom-2g, punched-2g, "
            "idle-1t), and no such file is here\n");
}

TEST_F(Pfntrace, RefusesATraceThatNoGuestCanHaveMade) {
  WriteBytes(folder_ / "twice.pfntrace",
             "pfntrace 1\npage-size: 4096\n\nI +5\nI +0\nD +0\nD +0\n"
             "end 0 4 2 2\n");
  ExpectRefused("check twice.pfntrace",
                "twice.pfntrace: 1 pages are inflated twice without a deflate "
                "between and 1 are deflated while not inflated; record from an "
                "empty balloon on");
}

// Whatever the file holds: one printable line with the place, status 2, and no
// output file, within the time and memory that a test has.
TEST_F(Pfntrace, RefusesHostileFilesWithOneLine) {
  const std::string header = "pfntrace 1\npage-size: 4096\n\n";
  const std::string small(kSmallText);
  std::string bomb = header;  // 64 MiB of arrays from a file of a few KiB
  for (int i = 0; i <= 1 << 24; ++i) bomb += "T 1\n";
  const std::string twice = CompressZstd(CompressZstd(small));
  const std::string zst = CompressZstd(small);
  const std::vector<std::pair<std::string, std::string>> files = {
      {"empty", ""},
      {"zeros", std::string(5 << 20, '\0')},
      {"binary", "\xff\xfe\x00\x80\x28\xb5"},
      {"promise", header + "I +0\nend 0 1 1152921504606846976 0\n"},
      {"promised-memory", "pfntrace 1\npage-size: 1152921504606846976\n\n"},
      {"beyond", header + "I +fffffffffffff+2\nend 0 1 2 0\n"},
      {"far", header + "I +10000000000000\nend 0 1 1 0\n"},
      {"long-run", header + "I +0+ffffffffffffffff\nend 0 1 1 0\n"},
      {"not-utf-8",
       "pfntrace 1\npage-size: 4096\nkernel: \xc3\x28\n\nend "
       "0 0 0 0\n"},
      {"escapes", "pfntrace 1\npage-size: 4096\n\x1b[2J: x\n\n"},
      {"cut", small.substr(0, small.size() - 9)},
      {"cut.zst", zst.substr(0, zst.size() - 5)},
      {"twice.zst", twice},
      {"thrice.zst", CompressZstd(twice)},
      {"two-frames.zst", zst + zst},
      {"bomb.zst", CompressZstd(bomb)},
  };
  for (const auto& [name, bytes] : files) WriteBytes(folder_ / name, bytes);
  const std::size_t left = folder_.files();
  for (const auto& [name, bytes] : files) {
    for (const std::string& command :
         {"info ./" + name, "cat ./" + name, "check ./" + name,
          kImport + "./" + name + " -o new.pfntrace"}) {
      SCOPED_TRACE(command);
      const Outcome outcome = Run(command);
      EXPECT_EQ(outcome.status, 2);
      EXPECT_EQ(outcome.out, "");
      EXPECT_EQ(outcome.err.find("pfntrace: ./" + name + ":"), 0u)
          << outcome.err;
      EXPECT_EQ(outcome.err.find('\n'), outcome.err.size() - 1);
      for (const char c : outcome.err.substr(0, outcome.err.size() - 1)) {
        EXPECT_TRUE(c >= ' ' && c <= '~') << outcome.err;
      }
    }
  }
  EXPECT_EQ(folder_.files(), left);
}

TEST_F(Pfntrace, GeneratesAndShowsWhatNobodyRecorded) {
  EXPECT_EQ(Out("generate reverse:pages=4:base=0 -o new.pfntrace"),
            "new.pfntrace: 4 pages inflated, 4 deflated\n");
  EXPECT_EQ(ReadBytes(folder_ / "new.pfntrace"),
            "pfntrace 1\npage-size: 4096\nrecorder: pfntrace generate\n"
            "provoked: gen:reverse:pages=4:base=0\n\n"
            "T 4\nI +3-4\nT 0\nD +0+4\nend 2 2 4 4\n");
  EXPECT_EQ(Run("cat gen:reverse:pages=4:base=0").out,
            ReadBytes(folder_ / "new.pfntrace"));
  EXPECT_TRUE(Has(Run("generate --list").out, "\nbuddy "));
}

TEST_F(Pfntrace, RefusesWhatCannotBeGenerated) {
  ExpectRefused("generate reverse -o no/folder/x.pfntrace",
                "no/folder/x.pfntrace: cannot be written: No such file or "
                "directory");
  ExpectRefused("generate",
                "SPEC is missing; --list prints all; -o FILE is "
                "missing; see pfntrace generate --help");
  const Outcome bogus = Run("generate budy");
  EXPECT_EQ(bogus.status, 2);
  EXPECT_EQ(bogus.err.find("pfntrace: gen:\"budy\": unknown generator 'budy'; "
                           "did you mean buddy? (known: idle, "),
            0u)
      << bogus.err;
  EXPECT_TRUE(
      Has(bogus.err, "; -o FILE is missing; see pfntrace generate --help"));
  ExpectRefused("generate reverse:pages=0 -o x.pfntrace",
                "gen:\"reverse:pages=0\": found pages=\"0\"; expected a whole "
                "number from 1 to 268435456, perhaps with K, M, G or T; see "
                "docs/generators.md; see pfntrace generate --help");
}

TEST_F(Pfntrace, SetsTracesBesideEachOther) {
  const std::string out = Out("table small.pfntrace gen:reverse:pages=512");
  EXPECT_TRUE(Has(out,
                  "\n| `small.pfntrace` | 8 | 2 | 2.7 | 3 | 4 | "
                  "0.500 | 0.333 | 0.167 | 12 38 50 0 0 0 0 0 0 |\n"));
  EXPECT_TRUE(Has(out,
                  "\n| `gen:reverse:pages=512` | 512 | 1 | 256.0 | "
                  "256 | 256 | 1.000 | 0.000 | 0.000 | 0 0 0 0 0 0 "
                  "0 0 100 |\n"));
}

TEST_F(Pfntrace, TakesAClosedPipeForAnAnswer) {
  // Long enough that the pipe is full before head has gone.
  Trace trace;
  trace.AppendArray(Direction::kInflate, {0, 1000000});
  WriteTrace(trace, folder_ / "long.pfntrace");
  const Outcome outcome =
      Run("cat --pages long.pfntrace 2>err; echo $? >status; } | { head -n 1");
  EXPECT_EQ(outcome.out, "I 0\n");
  EXPECT_EQ(ReadBytes(folder_ / "status"), "0\n");
  EXPECT_EQ(ReadBytes(folder_ / "err"), "");
}

TEST_F(Pfntrace, NoticesThatItsOutputIsLost) {
  ExpectRefused("cat small.pfntrace >/dev/full",
                "standard output: cannot be written: No space left on device");
}

}  // namespace
}  // namespace pfn::testing
