// SPDX-License-Identifier: MIT
//
// What importers of lines share: each line in turn, errors with the place, and
// notes; and the lines of the kernel's tools, taken apart.

#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "workloads/import/importers.h"
#include "workloads/trace/line_reader.h"

namespace pfn {

class LineImporter {
 public:
  LineImporter(ByteSource& source, std::string_view name)
      : reader_(source, name) {}
  virtual ~LineImporter() = default;

  ImportResult Import() {
    while (reader_.Next(&line_)) ImportLine();
    if (!reader_.has_line_feed()) {
      Fail("a last line without line feed", "a complete line; delete it");
    }
    Finish();
    result_.lines = reader_.line_number();
    return std::move(result_);
  }

 protected:
  virtual void ImportLine() = 0;
  // Called behind the last line; also refuses a recording without pages.
  virtual void Finish() = 0;

  // Throws BadInput with the line read last, or `line`.
  [[noreturn]] void Fail(std::string_view found,
                         std::string_view expected) const {
    FailAt(reader_.line_number(), found, expected);
  }
  [[noreturn]] void FailAt(std::uint64_t line, std::string_view found,
                           std::string_view expected) const {
    reader_.FailAt(line, fmt::format("found {}; expected {}", found, expected));
  }
  void CheckSize(const Trace& trace) const {
    if (trace.IsTooLarge())
      Fail(Trace::kTooLarge, "fewer; split the recording");
  }
  // "COUNT WHAT", unless there are none.
  void Note(std::uint64_t count, std::string_view what) {
    if (count > 0) result_.notes.push_back(fmt::format("{} {}", count, what));
  }

  LineReader reader_;
  std::string_view line_;
  ImportResult result_;
};

// One line of ftrace, `trace-cmd report` or `perf script`. The three differ in
// what stands before the event, and agree on enough:
//
//     COMM-PID    [CPU] FLAGS  SECONDS.FRACTION: EVENT: KEY=VALUE ...
//     COMM-PID    [CPU]        SECONDS.FRACTION: EVENT:        KEY=VALUE ...
//     COMM PID[/TID]    [CPU]  SECONDS.FRACTION:  SYSTEM:EVENT: KEY=VALUE ...
//
// A COMM may hold blanks, so the line is taken apart from the CPU on.
struct KernelEvent {
  std::string_view system;  // "kmem"; empty in ftrace and trace-cmd
  std::string_view name;    // "mm_page_alloc"
  std::string_view fields;  // all behind the name
};

// Nothing if `line` has another form.
std::optional<KernelEvent> ParseKernelEvent(std::string_view line);

// The value of " KEY=VALUE" in `fields`, up to the next blank; empty if there
// is none. `key` has its "=": "pfn=".
std::string_view FieldOf(std::string_view fields, std::string_view key);

}  // namespace pfn
