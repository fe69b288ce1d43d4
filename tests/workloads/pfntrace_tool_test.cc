// SPDX-License-Identifier: MIT
//
// The promises of the program pfntrace: its output, its messages, its exit
// status, and that it leaves a complete file or none.

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <sstream>
#include <string>

#include "tests/workloads/testing.h"
#include "workloads/trace/byte_source.h"
#include "workloads/trace/trace_io.h"

namespace pfn {
namespace {

using testing::kSmallText;
using testing::ReadBytes;
using testing::ScratchFolder;
using testing::WriteBytes;

constexpr std::string_view kPfnLines =
    "T 8\nI 1ff 1fe 1fd 1fc 300\nI 301 302 303\nT 0\nD 303 302 301 300\n"
    "D 1fc 1fd 1fe 1ff\n";

const std::string kImport =
    "import --from=pfn-lines --guest-memory=2G --kernel='Linux 6.1.192' "
    "--recorder='by hand' --provoked='inflate 8 pages, deflate all' ";

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
  const Outcome outcome = Run(kImport + "lines -o new.pfntrace");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out,
            "new.pfntrace: 6 lines, 8 pages inflated, 8 deflated\n");
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(ReadBytes(folder_ / "new.pfntrace"), kSmallText);
}

TEST_F(Pfntrace, ImportsStandardInputAndCompresses) {
  const Outcome outcome = Run(kImport + "- -o new.pfntrace.zst <lines");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(ReadTrace(folder_ / "new.pfntrace.zst"), testing::SmallTrace());
}

TEST_F(Pfntrace, ImportsCompressedRecordings) {
  WriteBytes(folder_ / "lines.zst", CompressZstd(kPfnLines));
  EXPECT_EQ(Run(kImport + "lines.zst -o new.pfntrace").status, 0);
  EXPECT_EQ(ReadTrace(folder_ / "new.pfntrace"), testing::SmallTrace());
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
  ExpectRefused("",
                "found no command; expected the command import, info, cat or "
                "check" +
                    help);
  ExpectRefused(
      "show x",
      "found \"show\"; expected the command import, info, cat or check" + help);
  ExpectRefused("info", "FILE is required" + help);
  ExpectRefused("info --all small.pfntrace",
                "The following argument was not expected: --all" + help);
  ExpectRefused("cat --absolute --pages small.pfntrace",
                "--absolute excludes --pages" + help);
  ExpectRefused(
      "import --from=perf --guest-memory=2G --kernel=k --recorder=r "
      "--provoked=p lines -o new.pfntrace",
      "--from: perf not in {pfn-lines,qemu-log}" + help);
  ExpectRefused(kImport + "--source='x ' lines -o new.pfntrace",
                "--source: the text has a blank at an end" + help);
}

TEST_F(Pfntrace, HelpsEverywhere) {
  for (const std::string command : {"", "import ", "info ", "cat ", "check "}) {
    const Outcome outcome = Run(command + "--help");
    EXPECT_EQ(outcome.status, 0);
    EXPECT_NE(outcome.out.find("Usage: pfntrace"), std::string::npos);
    EXPECT_EQ(outcome.err, "");
    std::istringstream lines(outcome.out);
    for (std::string line; std::getline(lines, line);) {
      EXPECT_LE(line.size(), 80u) << line;
    }
  }
}

TEST_F(Pfntrace, PrintsInfoOfSeveralFiles) {
  const Outcome outcome = Run("info small.pfntrace small.pfntrace");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out.substr(0, 15), "small.pfntrace\n");
  EXPECT_NE(outcome.out.find("small.pfntrace\n", 15), std::string::npos);
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
  const std::string ok = "small.pfntrace: ok " +
                         TraceId(testing::SmallTrace()) +
                         " 8 pages inflated, 8 deflated\n";
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(outcome.out, ok + ok);
  EXPECT_EQ(outcome.err,
            "pfntrace: bad:1: found \"X\"; expected \"pfntrace 1\"; recordings "
            "must be imported with \"pfntrace import\" first\n");
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

TEST_F(Pfntrace, TakesAClosedPipeForAnAnswer) {
  // Long enough that the pipe is full before head has gone.
  Trace trace;
  trace.BeginArray(Direction::kInflate);
  trace.AppendRun({0, 1000000});
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
}  // namespace pfn
