// SPDX-License-Identifier: MIT
//
// Nothing that came from outside reaches a terminal as it is.

#include "workloads/base/printable.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/run_command.h"

namespace pfn {
namespace {

TEST(Printable, LeavesTextAsItIs) {
  const std::string text =
      "a\\b 'c' \"d\" \xc3\xa4\xe2\x82\xac\xf0\x9f\x90\xa7";
  EXPECT_EQ(Printable(text), text);
  EXPECT_EQ(Printable(""), "");
}

TEST(Printable, EscapesControlCharactersAndLineFeeds) {
  EXPECT_EQ(Printable("a\x1b[31mb\nc\td\x7f"), "a\\x1b[31mb\\x0ac\\x09d\\x7f");
  EXPECT_EQ(Printable(std::string_view("\0", 1)), "\\x00");
  EXPECT_EQ(Printable("\xc2\x9b"), "\\xc2\\x9b") << "an escape of one letter";
}

TEST(Printable, EscapesWhatIsNotUtf8) {
  EXPECT_EQ(Printable("\xff"), "\\xff");
  EXPECT_EQ(Printable("a\xc3"), "a\\xc3") << "cut off";
  EXPECT_EQ(Printable("\xc0\xaf"), "\\xc0\\xaf") << "overlong";
  EXPECT_EQ(Printable("\xed\xa0\x80"), "\\xed\\xa0\\x80") << "a surrogate";
}

TEST(ShellWord, QuotesOnlyWhatAShellWouldChange) {
  EXPECT_EQ(ShellWord("/tmp/a-b_c.pfntrace.zst"), "/tmp/a-b_c.pfntrace.zst");
  EXPECT_EQ(ShellWord(""), "''");
  EXPECT_EQ(ShellWord("a b"), "'a b'");
  EXPECT_EQ(ShellWord("it's"), "'it'\\''s'");
  EXPECT_EQ(ShellWord("a\nb\x1b"), "$'a\\x0ab\\x1b'");
}

TEST(ShellWord, IsReadBackByTheShell) {
  for (const std::string text :
       {"it's", "$(false)", "a\\b", "a\nb", "\x1b[1m", "; rm x", "\"", "*"}) {
    const std::string command = "bash -c " +
                                std::string("\"$(cat <<'END'\nprintf %s ") +
                                ShellWord(text) + "\nEND\n)\"";
    const testing::Outcome outcome = testing::RunCommand(command);
    EXPECT_EQ(outcome.status, 0);
    EXPECT_EQ(outcome.output, text);
  }
}

}  // namespace
}  // namespace pfn
