// SPDX-License-Identifier: MIT
//
// Importer for the plainest recording there is, for guests and hypervisors
// whose own tools can print page frame numbers:
//
//     T 131072          the host asked for a balloon of that many pages
//     I 1fe4 1fe5 ...   one array that the guest inflated, hexadecimal
//     D 1fe5 1fe4 ...   one array that the guest deflated
//     F                 an attempt to inflate that got no page
//     R fc00 400        a range from free page reporting: start, count (hex)
//
// F and R are no balloon events: they are counted, dropped, and said in a note.

#include "workloads/base/printable.h"
#include "workloads/base/text_scan.h"
#include "workloads/import/line_importer.h"

namespace pfn {
namespace {

class PfnLinesImporter : public LineImporter {
 public:
  using LineImporter::LineImporter;

 private:
  void ImportLine() override {
    CheckSize(result_.trace);
    std::string_view rest = line_;
    if (ConsumePrefix(&rest, "I ")) {
      ImportArray(Direction::kInflate, rest);
    } else if (ConsumePrefix(&rest, "D ")) {
      ImportArray(Direction::kDeflate, rest);
    } else if (ConsumePrefix(&rest, "T ")) {
      std::uint64_t pages = 0;
      if (!Consists(rest, Decimal{pages}) || pages >= kPfnLimit) {
        Fail(Quoted(line_), "\"T PAGES\", decimal, below 2^52");
      }
      result_.trace.AppendTarget(pages);
    } else if (ConsumePrefix(&rest, "R ")) {
      Pfn start = 0;
      std::uint64_t pages = 0;
      if (!Consists(rest, Hex{start}, " ", Hex{pages})) {
        Fail(Quoted(line_), "\"R START COUNT\" in lower-case hexadecimal");
      }
      ++reports_;
      reported_pages_ += pages;
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
      if (!Consume(&rest, Hex{pfn}) || pfn >= kPfnLimit) {
        Fail(Quoted(before), "a PFN below 2^52 in lower-case hexadecimal");
      }
      result_.trace.AppendPage(pfn);
      if (rest.empty()) return;
      if (!ConsumePrefix(&rest, " ")) {
        Fail(Quoted(rest), "PFNs separated by one blank");
      }
    }
  }

  void Finish() override {
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
  }

  std::uint64_t failed_attempts_ = 0;
  std::uint64_t reports_ = 0;
  std::uint64_t reported_pages_ = 0;
};

}  // namespace

ImportResult ImportPfnLines(ByteSource& source, std::string_view name) {
  return PfnLinesImporter(source, name).Import();
}

}  // namespace pfn
