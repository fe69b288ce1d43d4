// SPDX-License-Identifier: MIT
//
// The promises of the input: plain and zstd alike, and damage is noticed with a
// byte offset.

#include "workloads/trace/byte_source.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>
#include <vector>

#include "tests/workloads/testing.h"
#include "workloads/trace/line_reader.h"
#include "workloads/trace/trace_io.h"

namespace pfn::testing {
namespace {

// What a file of these bytes gives.
std::string Read(std::string_view bytes,
                 ZstdFrames frames = ZstdFrames::kExactlyOne) {
  const ScratchFolder folder;
  WriteBytes(folder / "f", bytes);
  const auto source = OpenInput(folder / "f", frames);
  std::string text;
  // Smaller than what libzstd holds back, so that it must be asked again.
  std::vector<char> block(1000);
  while (const std::size_t size = source->Read(block)) {
    text.append(block.data(), size);
  }
  return text;
}

// The error of reading these bytes, without the name of the folder.
std::string Error(std::string_view bytes) {
  const std::string error = ErrorOf([&] { Read(bytes); });
  return error.substr(error.find("/f: ") + 1);
}

std::string LongText() {
  std::string text;
  for (int i = 0; i < 100000; ++i) text += std::to_string(i * 7919) + "\n";
  return text;
}

TEST(Input, IsTheSamePlainAndCompressed) {
  for (const std::string& text :
       {std::string(), std::string("a"), std::string("abc"),
        std::string("\x28\xb5\x2f"), LongText()}) {
    EXPECT_EQ(Read(text), text);
    EXPECT_EQ(Read(CompressZstd(text)), text);
  }
}

TEST(Input, RefusesAZstdFrameThatEndsAnywhereBeforeItsEnd) {
  const std::string frame = CompressZstd(kSmallText);
  for (std::size_t size = 4; size < frame.size(); ++size) {
    EXPECT_EQ(Error(frame.substr(0, size)),
              "f: byte " + std::to_string(size) +
                  ": ends in the middle of its zstd frame; copy or create the "
                  "file again");
  }
}

TEST(Input, NoticesEachChangedByteOfAZstdFrame) {
  const std::string frame = CompressZstd(kSmallText);
  for (std::size_t i = 0; i < frame.size(); ++i) {
    for (const int change : {1, 0x80, 0xff}) {
      std::string changed = frame;
      changed[i] = static_cast<char>(changed[i] ^ change);
      try {
        const ScratchFolder folder;
        WriteBytes(folder / "f", changed);
        // Some bits of a frame's header carry nothing: the text is the same.
        EXPECT_EQ(EncodeTrace(ReadTrace(folder / "f")), kSmallText) << i;
      } catch (const BadInput&) {
      }
    }
  }
}

TEST(Input, SaysWhereACorruptFrameIsCorrupt) {
  std::string frame = CompressZstd(LongText());
  frame.back() = static_cast<char>(frame.back() ^ 1);
  const std::string error = Error(frame);
  EXPECT_EQ(error.substr(0, 8), "f: byte ");
  EXPECT_TRUE(Has(error,
                  "is corrupt zstd data (Restored data doesn't match "
                  "checksum); copy or create the file again"));
}

TEST(Input, RefusesBytesAfterTheFrameOfATrace) {
  const std::string frame = CompressZstd(kSmallText);
  const std::string expected =
      "f: byte " + std::to_string(frame.size()) +
      ": has more bytes after its zstd frame; expected one frame; cut them off "
      "or create the file again";
  EXPECT_EQ(Error(frame + "x"), expected);
  EXPECT_EQ(Error(frame + frame), expected);
}

TEST(Input, TakesLogsPutTogetherFromSeveralFrames) {
  const std::string frame = CompressZstd("one\n");
  EXPECT_EQ(Read(frame + CompressZstd("two\n"), ZstdFrames::kOneOrMore),
            "one\ntwo\n");
  const std::string error =
      ErrorOf([&] { Read(frame + "x", ZstdFrames::kOneOrMore); });
  EXPECT_TRUE(Has(error, "zstd"));
}

TEST(Input, RefusesDataThatWasCompressedTwice) {
  EXPECT_EQ(Error(CompressZstd(CompressZstd(kSmallText))),
            "f: byte 0: holds zstd data compressed a second time; decompress "
            "it once with \"zstd -d\"");
}

TEST(Input, SaysWhyAFileCannotBeRead) {
  EXPECT_EQ(ErrorOf([] { OpenInput("/no/file", ZstdFrames::kExactlyOne); }),
            "/no/file: cannot be read: No such file or directory");
  EXPECT_EQ(ErrorOf([] { OpenInput("/", ZstdFrames::kExactlyOne); }),
            "/: is a directory; expected a regular file, or - for standard "
            "input");
  EXPECT_EQ(ErrorOf([] { OpenInput("/dev/null", ZstdFrames::kExactlyOne); }),
            "/dev/null: is no regular file; expected a regular file, or - for "
            "standard input");
}

TEST(Input, DoesNotWaitForTheWriterOfAFifo) {
  const ScratchFolder folder;
  const std::string fifo = (folder / "fifo").string();
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_EQ(ErrorOf([&] { OpenInput(fifo, ZstdFrames::kExactlyOne); }),
            fifo +
                ": is a FIFO; expected a regular file, or - for standard "
                "input");
}

TEST(Input, NamesTheProgramThatDecompressesWhatItCannot) {
  const ScratchFolder folder;
  for (const auto& [program, bytes] :
       {std::pair<std::string, std::string>{
            "xz", std::string("\xfd\x37zXZ\0\0\4", 8)},
        {"gzip", "\x1f\x8b\x08"}}) {
    const std::string file = (folder / program).string();
    WriteBytes(file, bytes);
    EXPECT_EQ(ErrorOf([&] { OpenInput(file, ZstdFrames::kExactlyOne); }),
              file + ": is compressed with " + program +
                  "; expected zstd or plain text; decompress it with \"" +
                  program + " -d\"");
  }
}

TEST(LineReader, GivesLinesOfEveryLengthAcrossBlocks) {
  std::string text;
  std::vector<std::string> expected;
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{300000}, std::size_t{0},
        kMaxLineBytes, std::size_t{262143}, std::size_t{262144}}) {
    expected.emplace_back(size, 'x');
    text += expected.back() + "\n";
  }
  const auto source = OpenMemory(text);
  LineReader reader(*source, "f");
  std::string_view line;
  std::vector<std::string> lines;
  while (reader.Next(&line)) lines.emplace_back(line);
  EXPECT_TRUE(lines == expected);
  EXPECT_TRUE(reader.has_line_feed());
  EXPECT_EQ(reader.line_number(), expected.size());
  EXPECT_EQ(reader.bytes(), text.size());
}

TEST(LineReader, TellsThatTheLastLineHasNoLineFeed) {
  const auto source = OpenMemory("a\nb");
  LineReader reader(*source, "f");
  std::string_view line;
  EXPECT_TRUE(reader.Next(&line));
  EXPECT_TRUE(reader.has_line_feed());
  EXPECT_TRUE(reader.Next(&line));
  EXPECT_EQ(line, "b");
  EXPECT_FALSE(reader.has_line_feed());
  EXPECT_FALSE(reader.Next(&line));
}

TEST(LineReader, RefusesALineWithoutEndInLittleMemory) {
  // 64 MiB of one letter in a few KiB of zstd.
  const ScratchFolder folder;
  WriteBytes(folder / "f", CompressZstd(std::string(64 << 20, 'x')));
  const std::string error = ErrorOf([&] { ReadTrace(folder / "f"); });
  EXPECT_TRUE(Has(error, "f:1: found a line of more than 1048576 bytes"));
}

}  // namespace
}  // namespace pfn::testing
