// SPDX-License-Identifier: MIT
//
// The promises of the strict reader: it takes the one text of a trace and
// refuses everything else with a line number and a way on.

#include <gtest/gtest.h>

#include <string>

#include "tests/workloads/testing.h"
#include "workloads/trace/line_reader.h"
#include "workloads/trace/trace_io.h"

namespace pfn::testing {
namespace {

// The complaint about the small trace with one thing changed.
std::string Complaint(std::string_view from, std::string_view to) {
  const std::string text = Replaced(kSmallText, from, to);
  return ErrorOf([&] { ParseTrace(text, "f"); });
}

TEST(TraceReader, ReadsTheWorkedExample) {
  EXPECT_EQ(ParseTrace(kSmallText, "f"), SmallTrace());
}

TEST(TraceReader, RefusesAFileThatEndsAnywhereBeforeItsEnd) {
  for (std::size_t size = 0; size < kSmallText.size(); ++size) {
    const std::string error =
        ErrorOf([&] { ParseTrace(kSmallText.substr(0, size), "f"); });
    EXPECT_TRUE(error.find("cut off") != error.npos) << size << ": " << error;
  }
}

TEST(TraceReader, SaysWhichLineIsCutOff) {
  EXPECT_EQ(ErrorOf([] { ParseTrace("pfntrace 1\npage-size: 4096\n", "f"); }),
            "f:3: found the end of the file; expected a complete line and, "
            "last of all, \"end\"; the file was cut off, copy or create it "
            "again");
}

TEST(TraceReader, NeverTakesAChangedByteForAnotherTextOfTheSameTrace) {
  int accepted = 0;
  for (std::size_t i = 0; i < kSmallText.size(); ++i) {
    std::string text(kSmallText);
    for (int change = 1; change < 256; ++change) {
      text[i] = static_cast<char>(kSmallText[i] ^ change);
      try {
        const Trace trace = ParseTrace(text, "f");
        ASSERT_EQ(EncodeTrace(trace), text);
        ASSERT_NE(trace, SmallTrace());
        ++accepted;
      } catch (const BadInput&) {
      }
    }
  }
  // A changed letter in the provenance or a changed page is another trace.
  EXPECT_GT(accepted, 0);
}

TEST(TraceReader, RefusesAnotherVersion) {
  EXPECT_EQ(Complaint("pfntrace 1\n", "pfntrace 2\n"),
            "f:1: found \"pfntrace 2\"; expected \"pfntrace 1\", the only "
            "version known here; use a newer pfnbench or import the recording "
            "again");
}

TEST(TraceReader, TellsWhatToDoWithARecording) {
  EXPECT_EQ(ErrorOf([] { ParseTrace("I 1fe4\n", "f"); }),
            "f:1: found \"I 1fe4\"; expected \"pfntrace 1\"; recordings must "
            "be imported with \"pfntrace import\" first");
}

TEST(TraceReader, RefusesAHeaderOutOfOrder) {
  const std::string unknown = "expected an empty line, or a header line";
  for (const auto& [from, to] : {
           std::pair{"kernel: Linux 6.1.192\nrecorder: by hand\n",
                     "recorder: by hand\nkernel: Linux 6.1.192\n"},
           std::pair{"recorder: by hand\n",
                     "recorder: by hand\nrecorder: by hand\n"},
           std::pair{"recorder: by hand\n", "Recorder: by hand\n"},
           std::pair{"recorder: by hand\n", "recorder:by hand\n"},
           std::pair{"recorder: by hand\n", "recorder\n"},
       }) {
    const std::string error = Complaint(from, to);
    EXPECT_TRUE(Has(error, unknown));
  }
  EXPECT_EQ(Complaint("page-size: 4096\n", ""),
            "f:2: found \"guest-memory: 2147483648\"; expected \"page-size: "
            "4096\" first; create the file again with \"pfntrace import\"");
}

TEST(TraceReader, RefusesHeaderValuesThatAreNotOneLineOfPrintableText) {
  for (const std::string& value :
       {std::string("a\tb"), std::string("a\rb"), std::string("caf\xe9"),
        std::string("\xc0\xaf"), std::string("\xed\xa0\x80"),
        std::string("\xf4\x90\x80\x80"), std::string("\xc2\x85"),
        std::string("a\0b", 3), std::string("\x7f"), std::string(""),
        std::string(" a"), std::string("a "), std::string(1001, 'a'),
        std::string("\xe2\x82")}) {
    const std::string error = Complaint("by hand", value);
    EXPECT_TRUE(Has(error, "f:5: found a recorder that "));
  }
}

TEST(TraceReader, TakesHeaderValuesInAnyScript) {
  for (const std::string& value :
       {std::string(1000, 'a'), std::string("café €"), std::string("\xc2\xa0"),
        std::string("\xf0\x9f\x8e\x88"), std::string("a: b: c")}) {
    EXPECT_EQ(ParseTrace(Replaced(kSmallText, "by hand", value), "f")
                  .provenance.recorder,
              value);
  }
}

TEST(TraceReader, RefusesNumbersThatAreNotCanonical) {
  for (const auto& [from, to] : {
           std::pair{"page-size: 4096", "page-size: 04096"},
           std::pair{"page-size: 4096", "page-size: 4097"},
           std::pair{"page-size: 4096", "page-size: 2048"},
           std::pair{"page-size: 4096", "page-size: 4096 "},
           std::pair{"guest-memory: 2147483648", "guest-memory: 0"},
           std::pair{"guest-memory: 2147483648", "guest-memory: 2G"},
           std::pair{"T 8\n", "T 08\n"},
           std::pair{"T 8\n", "T 8 \n"},
           std::pair{"T 8\n", "T  8\n"},
           std::pair{"T 8\n", "T 8\r\n"},
           std::pair{"T 8\n", "T -8\n"},
           std::pair{"T 8\n", "T\n"},
           std::pair{"T 8\n", "T 4503599627370496\n"},
           std::pair{"T 8\n", "T 99999999999999999999\n"},
           std::pair{"I +1+3", "I +01+3"},
           std::pair{"I +1+3", "I +1+03"},
           std::pair{"+1ff", "+1FF"},
           std::pair{"D +0-4", "D -0-4"},
           std::pair{"D +0-4", "D 0-4"},
           std::pair{"end 2 4", "end 2  4"},
           std::pair{"end 2 4", "end 02 4"},
           std::pair{"8 8\n", "8 8 \n"},
       }) {
    Complaint(from, to);
  }
}

TEST(TraceReader, RefusesRunsThatAreNotGreedy) {
  EXPECT_EQ(Complaint("+1ff-4", "+1ff-3 -1"),
            "f:9: found a run at 0x1fc that continues the run before it; "
            "expected both as one run; create the file again with \"pfntrace "
            "import\"");
  for (const std::string_view runs :
       {"+1ff -1-3", "+1ff-2 -1-2", "+1ff-4+1", "+1ff-4-1", "+1ff-4+0"}) {
    Complaint("+1ff-4", runs);
  }
}

TEST(TraceReader, TakesARunThatTurnsRound) {
  // 1ff 1fe, then 1ff 200: the step of +1 does not continue a descending run.
  EXPECT_EQ(
      ParseTrace(Replaced(kSmallText, "+1ff-4 +104", "+1ff-2 +1+2 +100"), "f")
          .pages_inflated(),
      8u);
}

TEST(TraceReader, RefusesArraysOfAnotherShape) {
  EXPECT_EQ(Complaint("I +1+3\n", "I\n"),
            "f:10: found \"\"; expected a run, such as \" +1ff-100\", after "
            "each single blank; create the file again with \"pfntrace "
            "import\"");
  for (const std::string_view line :
       {"I ", "I +1+3 ", "I  +1+3", "I+1+3", "I +1+", "I +", "I +1+3+1", "I 1",
        "I +1,+1", "i +1+3", "II +1+3", "", "# comment"}) {
    Complaint("I +1+3", line);
  }
}

TEST(TraceReader, RefusesPagesOutsideTheLimits) {
  for (const std::string_view runs :
       {"-200", "+1ff-201", "+10000000000000", "+fffffffffffff+2",
        "+ffffffffffffffffffff", "+0+100000001"}) {
    Complaint("+1ff-4", runs);
  }
}

TEST(TraceReader, TakesTheLargestPageAndTheLongestRun) {
  const std::string text =
      "pfntrace 1\npage-size: 4096\n\nI +fffffffffffff-100000000\n"
      "end 0 1 4294967296 0\n";
  const Trace trace = ParseTrace(text, "f");
  EXPECT_EQ(trace.runs()[0].first, kPfnLimit - 1);
  EXPECT_EQ(EncodeTrace(trace), text);
}

TEST(TraceReader, RefusesAnArrayOfMoreThanTheLimitInSeveralRuns) {
  const std::string error = ErrorOf([] {
    ParseTrace("pfntrace 1\npage-size: 4096\n\nI +0+100000000 +5\n", "f");
  });
  EXPECT_TRUE(Has(error, "an array of more than 2^32 pages"));
}

TEST(TraceReader, ComparesTheEndLineWithWhatItRead) {
  EXPECT_EQ(Complaint("I +1+3\n", ""),
            "f:13: found \"end 2 4 8 8\"; expected \"end 2 3 5 8\", which is "
            "what the lines above add up to; lines are missing or changed, "
            "copy or create the file again");
}

TEST(TraceReader, RefusesTextAfterTheEnd) {
  EXPECT_EQ(
      ErrorOf([] { ParseTrace(std::string(kSmallText) + "\n", "f"); }),
      "f:15: found text after the end line; expected nothing; create the file "
      "again with \"pfntrace import\"");
}

TEST(TraceReader, RefusesALineThatIsTooLong) {
  const std::string longest(kMaxLineBytes, 'x');
  const std::string error = Complaint("by hand", longest);
  EXPECT_EQ(error.substr(0, 44),
            "f:5: found a line of more than 1048576 bytes");
}

TEST(TraceReader, RefusesMoreTextThanItsLimit) {
  const std::unique_ptr<ByteSource> source = OpenMemory(kSmallText);
  EXPECT_EQ(ErrorOf([&] { ParseTrace(*source, "f", 100); }),
            "f:6: found more than 100 bytes of text; expected less; split the "
            "trace");
}

TEST(TraceReader, ShowsUnprintableBytesEscapedAndCut) {
  const std::string line = "\x1b\"" + std::string(50, 'x');
  const std::string error = ErrorOf([&] { ParseTrace(line + "\n", "f"); });
  EXPECT_EQ(error.substr(0, error.find(';')),
            R"(f:1: found "\x1b\x22)" + std::string(38, 'x') + "...\"");
}

}  // namespace
}  // namespace pfn::testing
