// SPDX-License-Identifier: MIT

#include "workloads/import/pfn_lines.h"

#include <fmt/format.h>

#include <utility>

#include "workloads/base/error.h"
#include "workloads/base/printable.h"
#include "workloads/base/text_scan.h"
#include "workloads/trace/line_reader.h"

namespace pfn {
namespace {

class PfnLinesImporter {
 public:
  PfnLinesImporter(ByteSource& source, std::string_view name)
      : reader_(source, name) {}

  ImportResult Import() {
    while (reader_.Next(&line_)) ImportLine();
    if (!reader_.has_line_feed()) {
      Fail("a last line without line feed", "a complete line; delete it");
    }
    result_.lines = reader_.line_number();
    if (result_.trace.events().empty()) {
      Fail("no T, I or D line", "at least one; is this the right file?");
    }
    if (failed_attempts_ > 0) {
      result_.notes.push_back(fmt::format(
          "dropped {} attempts to inflate that got no page", failed_attempts_));
    }
    if (reports_ > 0) {
      result_.notes.push_back(
          fmt::format("dropped {} ranges of {} pages from free page reporting",
                      reports_, reported_pages_));
    }
    return std::move(result_);
  }

 private:
  void ImportLine() {
    if (result_.trace.IsTooLarge()) {
      Fail(Trace::kTooLarge, "fewer; split the recording");
    }
    std::string_view rest = line_;
    if (ConsumePrefix(&rest, "I ")) {
      ImportArray(Direction::kInflate, rest);
    } else if (ConsumePrefix(&rest, "D ")) {
      ImportArray(Direction::kDeflate, rest);
    } else if (ConsumePrefix(&rest, "T ")) {
      ImportTarget(rest);
    } else if (ConsumePrefix(&rest, "R ")) {
      ImportReport(rest);
    } else if (line_ == "F") {
      ++failed_attempts_;
    } else {
      Fail(Quoted(line_),
           "\"T PAGES\", \"I PFN...\", \"D PFN...\", \"F\" or "
           "\"R START COUNT\"");
    }
  }

  void ImportArray(Direction direction, std::string_view rest) {
    result_.trace.BeginArray(direction);
    for (;;) {
      const std::string_view before = rest;
      Pfn pfn = 0;
      if (!ConsumeHex(&rest, &pfn) || pfn >= kPfnLimit) {
        Fail(Quoted(before), "a PFN below 2^52 in lower-case hexadecimal");
      }
      result_.trace.AppendPage(pfn);
      if (rest.empty()) return;
      if (!ConsumePrefix(&rest, " ")) {
        Fail(Quoted(rest), "PFNs separated by one blank");
      }
    }
  }

  void ImportTarget(std::string_view rest) {
    std::uint64_t pages = 0;
    if (!ConsumeDecimal(&rest, &pages) || !rest.empty() || pages >= kPfnLimit) {
      Fail(Quoted(line_), "\"T PAGES\", decimal, below 2^52");
    }
    result_.trace.AppendTarget(pages);
  }

  void ImportReport(std::string_view rest) {
    Pfn start = 0;
    std::uint64_t count = 0;
    if (!ConsumeHex(&rest, &start) || !ConsumePrefix(&rest, " ") ||
        !ConsumeHex(&rest, &count) || !rest.empty()) {
      Fail(Quoted(line_), "\"R START COUNT\" in lower-case hexadecimal");
    }
    ++reports_;
    reported_pages_ += count;
  }

  [[noreturn]] void Fail(std::string_view found,
                         std::string_view expected) const {
    reader_.Fail(fmt::format("found {}; expected {}", found, expected));
  }

  LineReader reader_;
  std::string_view line_;
  ImportResult result_;
  std::uint64_t failed_attempts_ = 0;
  std::uint64_t reports_ = 0;
  std::uint64_t reported_pages_ = 0;
};

}  // namespace

ImportResult ImportPfnLines(ByteSource& source, std::string_view name) {
  return PfnLinesImporter(source, name).Import();
}

}  // namespace pfn
