// SPDX-License-Identifier: MIT
//
// The promises of the writer: canonical text, atomic files, and a refusal
// instead of a file that the reader would refuse.

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <string>

#include "tests/workloads/testing.h"
#include "workloads/base/atomic_file.h"
#include "workloads/trace/line_reader.h"
#include "workloads/trace/trace_io.h"

namespace pfn::testing {
namespace {

TEST(TraceWriter, WritesTheWorkedExample) {
  EXPECT_EQ(EncodeTrace(SmallTrace()), kSmallText);
}

TEST(TraceWriter, LeavesOutWhatIsNotKnown) {
  EXPECT_EQ(EncodeTrace(Trace()),
            "pfntrace 1\npage-size: 4096\n\nend 0 0 0 0\n");
}

TEST(TraceWriter, GivesEachTraceItsId) {
  EXPECT_EQ(TraceId(SmallTrace()), "a40f0bfffab1ac7744e5309ed9c8e704");
  Trace other = SmallTrace();
  other.provenance.kernel += "x";
  EXPECT_NE(TraceId(other), TraceId(SmallTrace()));
}

TEST(TraceWriter, RefusesProvenanceThatIsNotOneLineOfText) {
  Trace trace = SmallTrace();
  trace.provenance.kernel = "two\nlines";
  EXPECT_EQ(ErrorOf([&] { EncodeTrace(trace); }),
            "this trace cannot be written: kernel \"two\\x0alines\" is not "
            "printable UTF-8 on one line");
  trace = SmallTrace();
  trace.provenance.page_size_bytes = 0;
  EXPECT_EQ(ErrorOf([&] { EncodeTrace(trace); }),
            "this trace cannot be written: page-size 0 is not a power of two "
            "from 4096 to 1073741824");
}

TEST(TraceWriter, RefusesWhatIsOutsideTheLimits) {
  Trace target;
  target.AppendTarget(kPfnLimit);
  ErrorOf([&] { EncodeTrace(target); });
  const std::vector<PfnRun> long_run = {{0, (std::int64_t{1} << 32) + 1}};
  ErrorOf([&] { EncodeTrace(InflationOf(long_run)); });

  Trace long_line;
  long_line.BeginArray(Direction::kInflate);
  for (Pfn pfn = 0; pfn <= kMaxLineBytes / 3; ++pfn) {
    long_line.AppendPage(2 * pfn);
  }
  const std::string error = ErrorOf([&] { EncodeTrace(long_line); });
  EXPECT_TRUE(Has(error, "an array of 349526 runs does not fit"));
}

TEST(TraceFile, IsCompressedIfItsNameEndsInZst) {
  const ScratchFolder folder;
  WriteTrace(SmallTrace(), folder / "a.pfntrace");
  WriteTrace(SmallTrace(), folder / "a.pfntrace.zst");
  EXPECT_EQ(ReadBytes(folder / "a.pfntrace"), kSmallText);
  EXPECT_LT(ReadBytes(folder / "a.pfntrace.zst").size(), kSmallText.size());
  EXPECT_EQ(ReadTrace(folder / "a.pfntrace"), SmallTrace());
  EXPECT_EQ(ReadTrace(folder / "a.pfntrace.zst"), SmallTrace());
  EXPECT_EQ(folder.files(), 2u);
}

TEST(TraceFile, IsReadByItsBytesAndNotByItsName) {
  const ScratchFolder folder;
  WriteTrace(SmallTrace(), folder / "a.zst");
  std::filesystem::rename(folder / "a.zst", folder / "a.pfntrace");
  EXPECT_EQ(ReadTrace(folder / "a.pfntrace"), SmallTrace());
}

TEST(TraceFile, StaysAsItWasIfTheTraceIsRefused) {
  const ScratchFolder folder;
  WriteBytes(folder / "a", "before");
  Trace trace = SmallTrace();
  trace.provenance.kernel = "\n";
  ErrorOf([&] { WriteTrace(trace, folder / "a"); });
  EXPECT_EQ(ReadBytes(folder / "a"), "before");
  EXPECT_EQ(folder.files(), 1u);
}

TEST(AtomicFile, StaysAsItWasIfTheDiskIsFull) {
  const ScratchFolder folder;
  WriteBytes(folder / "a", "before");
  rlimit before;
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit small = {5, before.rlim_max};
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const std::string error =
      ErrorOf([&] { WriteFileAtomically(folder / "a", "much longer"); });
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);

  EXPECT_EQ(error,
            (folder / "a").string() + ": cannot be written: File too large");
  EXPECT_EQ(ReadBytes(folder / "a"), "before");
  EXPECT_EQ(folder.files(), 1u);
}

TEST(AtomicFile, RefusesToReplaceADeviceOrAFolder) {
  const ScratchFolder folder;
  for (const std::filesystem::path& path :
       {std::filesystem::path("/dev/null"), folder.path()}) {
    EXPECT_EQ(
        ErrorOf([&] { WriteFileAtomically(path, "x"); }),
        path.string() + ": is not a regular file; name another output file");
  }
}

TEST(AtomicFile, SaysThatItsFolderIsMissing) {
  const ScratchFolder folder;
  const std::filesystem::path path = folder / "no/a";
  EXPECT_EQ(ErrorOf([&] { WriteFileAtomically(path, "x"); }),
            path.string() + ": cannot be written: No such file or directory");
}

}  // namespace
}  // namespace pfn::testing
