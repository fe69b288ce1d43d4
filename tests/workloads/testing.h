// SPDX-License-Identifier: MIT
//
// What the tests of workloads/ share: a small trace, a folder that goes away,
// and the message of an error.

#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>  // mkdtemp

#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "workloads/base/error.h"
#include "workloads/trace/trace.h"
#include "workloads/trace/trace_io.h"
#include "workloads/trace/trace_stats.h"

namespace pfn::testing {

// The worked example of docs/trace-format.md.
inline constexpr std::string_view kSmallText =
    "pfntrace 1\n"
    "page-size: 4096\n"
    "guest-memory: 2147483648\n"
    "kernel: Linux 6.1.192\n"
    "recorder: by hand\n"
    "provoked: inflate 8 pages, deflate all\n"
    "\n"
    "T 8\n"
    "I +1ff-4 +104\n"
    "I +1+3\n"
    "T 0\n"
    "D +0-4\n"
    "D -104+4\n"
    "end 2 4 8 8\n";

// Appends an array of these pages.
inline void AppendPages(Trace& trace, Direction direction,
                        const std::vector<Pfn>& pages) {
  trace.BeginArray(direction);
  for (const Pfn pfn : pages) trace.AppendPage(pfn);
}

inline Trace InflationOf(const std::vector<Pfn>& pages) {
  Trace trace;
  AppendPages(trace, Direction::kInflate, pages);
  return trace;
}

// One array for each run.
inline Trace InflationOf(const std::vector<PfnRun>& runs) {
  Trace trace;
  for (const PfnRun& run : runs) trace.AppendArray(Direction::kInflate, run);
  return trace;
}

inline std::vector<Pfn> PagesOf(std::span<const PfnRun> runs) {
  std::vector<Pfn> pages;
  for (const PfnRun& run : runs) {
    for (std::uint64_t i = 0; i < run.pages(); ++i) {
      pages.push_back(run.length < 0 ? run.first - i : run.first + i);
    }
  }
  return pages;
}

inline Trace SmallTrace() {
  Trace trace;
  trace.provenance.guest_memory_bytes = std::uint64_t{2} << 30;
  trace.provenance.kernel = "Linux 6.1.192";
  trace.provenance.recorder = "by hand";
  trace.provenance.provoked = "inflate 8 pages, deflate all";
  trace.AppendTarget(8);
  AppendPages(trace, Direction::kInflate, {0x1ff, 0x1fe, 0x1fd, 0x1fc, 0x300});
  AppendPages(trace, Direction::kInflate, {0x301, 0x302, 0x303});
  trace.AppendTarget(0);
  AppendPages(trace, Direction::kDeflate, {0x303, 0x302, 0x301, 0x300});
  AppendPages(trace, Direction::kDeflate, {0x1fc, 0x1fd, 0x1fe, 0x1ff});
  return trace;
}

// The message of the error that `action` throws; fails if it throws none.
template <typename Action>
std::string ErrorOf(Action action) {
  try {
    action();
  } catch (const std::runtime_error& error) {
    const std::string message = error.what();
    EXPECT_EQ(message.find('\n'), message.npos) << "one line: " << message;
    return message;
  }
  ADD_FAILURE() << "was accepted";
  return "";
}

// The result of an importer, or the message of its error.
template <auto kImport>
auto Imported(std::string_view text) {
  return kImport(*OpenMemory(text), "f");
}
template <auto kImport>
std::string ImportError(std::string_view text) {
  return ErrorOf([&] { Imported<kImport>(text); });
}

// Whether `part` is in `text`, which is shown if not.
inline ::testing::AssertionResult Has(std::string_view text,
                                      std::string_view part) {
  if (text.find(part) != text.npos) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "no \"" << part << "\" in: " << text;
}

// That no page is inflated twice, or deflated while it is not in the balloon.
inline void ExpectSound(const Trace& trace) {
  const Membership membership = CheckMembership(trace);
  EXPECT_EQ(membership.inflated_twice, 0u);
  EXPECT_EQ(membership.deflated_absent, 0u);
}

// The canonical text of `trace` without its header.
inline std::string BodyOf(const Trace& trace) {
  const std::string text = EncodeTrace(trace);
  return text.substr(text.find("\n\n") + 2);
}

inline std::string ReadBytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void WriteBytes(const std::filesystem::path& path,
                       std::string_view bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  EXPECT_TRUE(file.flush()) << path;
}

// `text` with its only occurrence of `from` replaced.
inline std::string Replaced(std::string_view text, std::string_view from,
                            std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, text.npos) << from;
  EXPECT_EQ(text.find(from, at + 1), text.npos) << from;
  return std::string(text).replace(at, from.size(), to);
}

// A new folder of the test's own.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string name =
        (std::filesystem::temp_directory_path() / "pfntrace.XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr) << name;
    path_ = name;
  }
  ~ScratchFolder() { std::filesystem::remove_all(path_); }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(std::string_view name) const {
    return path_ / name;
  }
  std::size_t files() const {
    return static_cast<std::size_t>(
        std::ranges::distance(std::filesystem::directory_iterator(path_)));
  }

 private:
  std::filesystem::path path_;
};

}  // namespace pfn::testing
