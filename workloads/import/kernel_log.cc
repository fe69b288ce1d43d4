// SPDX-License-Identifier: MIT

#include "workloads/import/kernel_log.h"

#include <fmt/format.h>

#include <cstdint>
#include <optional>

#include "workloads/base/error.h"
#include "workloads/base/printable.h"
#include "workloads/base/text_scan.h"
#include "workloads/import/guess_format.h"
#include "workloads/import/guest_balloon.h"
#include "workloads/import/kernel_event.h"
#include "workloads/trace/line_reader.h"

namespace pfn {
namespace {

// "0x29e8" or "10728"; nothing if it is no number.
std::optional<std::uint64_t> ParseNumber(std::string_view text) {
  std::uint64_t number = 0;
  const bool parsed = ConsumePrefix(&text, "0x")
                          ? ConsumeHex(&text, &number)
                          : ConsumeDecimal(&text, &number);
  if (!parsed || !text.empty()) return {};
  return number;
}

void CheckLastLine(const LineReader& reader) {
  if (reader.has_line_feed()) return;
  reader.Fail(
      "found a last line without line feed; expected a complete line; delete "
      "it");
}

class KernelLogImporter {
 public:
  enum class Tool { kFtrace, kPerfScript };

  KernelLogImporter(Tool tool, ByteSource& source, std::string_view name)
      : tool_(tool), reader_(source, name), balloon_(reader_) {}

  ImportResult Import() {
    while (reader_.Next(&line_)) ImportLine();
    CheckLastLine(reader_);
    if (numeric_flags_line_ != 0 && pages_ == 0) {
      reader_.FailAt(
          numeric_flags_line_,
          "found gfp_flags as a number, and no balloon_enq or balloon_deq in "
          "the file; expected names such as __GFP_NOMEMALLOC, because the "
          "numbers differ between kernels");
    }
    ImportResult result = balloon_.Finish();
    if (other_events_ > 0) {
      result.notes.push_back(
          fmt::format("{} other events ignored", other_events_));
    }
    return result;
  }

 private:
  void ImportLine();
  void ImportOther();
  void OnPageAlloc(std::string_view fields);
  std::uint64_t PageOf(std::string_view fields) const;

  [[noreturn]] void Fail(std::string_view expected) const {
    reader_.Fail(fmt::format("found {}; expected {}", Quoted(line_), expected));
  }

  Tool tool_;
  LineReader reader_;
  GuestBalloon balloon_;
  std::string_view line_;
  std::uint64_t pages_ = 0;
  std::uint64_t numeric_flags_line_ = 0;
  std::uint64_t other_events_ = 0;
};

void KernelLogImporter::ImportLine() {
  const std::optional<KernelEvent> event = ParseKernelEvent(line_);
  if (!event) {
    ImportOther();
    return;
  }
  if (event->system.empty() == (tool_ == Tool::kPerfScript)) {
    Fail(tool_ == Tool::kPerfScript
             ? "a line of perf script, with SYSTEM:EVENT; this one is of "
               "ftrace or trace-cmd: import with --from=ftrace, and not mixed"
             : "a line of ftrace or trace-cmd; this one is of perf script: "
               "import with --from=perf-script, and not mixed");
  }
  // Names of the recipe, and those that `perf probe` gives by itself.
  const std::string_view name = event->name;
  if (name == "mm_page_alloc") {
    OnPageAlloc(event->fields);
  } else if (name == "balloon_enq" || name == "balloon_page_enqueue") {
    balloon_.OnEnqueued(PageOf(event->fields));
    ++pages_;
  } else if (name == "balloon_deq" || name == "balloon_page_dequeue__return") {
    balloon_.OnDequeued(PageOf(event->fields));
    ++pages_;
  } else if (name == "balloon_alloc" || name == "balloon_page_alloc__return") {
    balloon_.OnAllocationReturned(PageOf(event->fields));
  } else {
    ++other_events_;
  }
}

std::uint64_t KernelLogImporter::PageOf(std::string_view fields) const {
  const std::optional<std::uint64_t> page =
      ParseNumber(FieldOf(fields, "page="));
  if (!page) Fail("page=0xADDRESS; let the probe print it with :x64");
  return *page;
}

void KernelLogImporter::OnPageAlloc(std::string_view fields) {
  const std::string_view order = FieldOf(fields, "order=");
  const std::string_view flags = FieldOf(fields, "gfp_flags=");
  if (order.empty() || flags.empty()) {
    Fail("mm_page_alloc with pfn=, order= and gfp_flags=");
  }
  if (flags.starts_with("0x") && numeric_flags_line_ == 0) {
    numeric_flags_line_ = reader_.line_number();
  }
  if (order != "0" || flags.find("__GFP_NOMEMALLOC") == flags.npos) {
    ++other_events_;
    return;
  }
  const std::optional<std::uint64_t> pfn = ParseNumber(FieldOf(fields, "pfn="));
  // No page: 0, or all bits, depending on the kernel.
  if (pfn && (*pfn == 0 || *pfn == ~std::uint64_t{0})) {
    balloon_.OnAllocationFailed();
    return;
  }
  if (!pfn || *pfn >= kPfnLimit) Fail("pfn= with a page below 2^52");
  balloon_.OnAllocated(*pfn);
  ++pages_;
}

// A line that is no event: of the tool itself, or of another tool.
void KernelLogImporter::ImportOther() {
  const auto has = [this](std::string_view text) {
    return line_.find(text) != line_.npos;
  };
  // ftrace, trace-cmd, perf script
  if (has("[LOST ") || has(" EVENTS DROPPED]") || has("PERF_RECORD_LOST")) {
    Fail(
        "no lost events: pages may be among them; record with larger "
        "buffers");
  }
  std::string_view rest = line_;
  std::uint64_t kept = 0;
  std::uint64_t written = 0;
  if (ConsumePrefix(&rest, "# entries-in-buffer/entries-written: ")) {
    if (!ConsumeDecimal(&rest, &kept) || !ConsumePrefix(&rest, "/") ||
        !ConsumeDecimal(&rest, &written) || kept != written) {
      Fail(
          "as many entries in the buffer as were written: the first ones are "
          "lost; record with a larger buffer_size_kb, or read trace_pipe");
    }
    return;
  }
  const bool is_header = line_.empty() || line_.starts_with('#') ||
                         line_.starts_with("cpus=") ||
                         line_.starts_with("version = ") ||
                         (line_.starts_with("CPU ") && has(" is empty"));
  if (is_header) return;
  Fail(fmt::format(
      "COMM-PID [CPU] SECONDS: EVENT: KEY=VALUE ..., as {} prints it{}",
      tool_ == Tool::kPerfScript ? "perf script without -g"
                                 : "ftrace or trace-cmd report",
      AdviceToImport(line_)));
}

class BpftraceImporter {
 public:
  BpftraceImporter(ByteSource& source, std::string_view name)
      : reader_(source, name), balloon_(reader_) {}

  ImportResult Import() {
    while (reader_.Next(&line_)) ImportLine();
    CheckLastLine(reader_);
    return balloon_.Finish();
  }

 private:
  void ImportLine() {
    if (line_.starts_with("Lost ")) {
      Fail(
          "no lost events: pages may be among them; record with a larger "
          "BPFTRACE_PERF_RB_PAGES");
    }
    if (line_.starts_with("Attaching ") || line_.empty()) return;
    if (!has_header_) {
      ImportHeader();
      return;
    }
    std::string_view rest = line_;
    std::uint64_t nanoseconds = 0;
    std::uint64_t page = 0;
    if (!ConsumeDecimal(&rest, &nanoseconds) || rest.size() < 3 ||
        !rest.starts_with(' ') || rest[2] != ' ') {
      FailLine();
    }
    const char kind = rest[1];
    rest.remove_prefix(3);
    if (!ConsumePrefix(&rest, "0x") || !ConsumeHex(&rest, &page) ||
        !rest.empty()) {
      FailLine();
    }
    switch (kind) {
      case 'A':
        balloon_.OnAllocationReturned(page);
        break;
      case 'E':
        balloon_.OnEnqueued(page);
        break;
      case 'D':
        balloon_.OnDequeued(page);
        break;
      default:
        FailLine();
    }
  }

  void ImportHeader() {
    std::string_view rest = line_;
    std::uint64_t vmemmap = 0;
    std::uint64_t bytes = 0;
    if (!ConsumePrefix(&rest, "balloon.bt 1 vmemmap 0x") ||
        !ConsumeHex(&rest, &vmemmap) || !ConsumePrefix(&rest, " page ") ||
        !ConsumeDecimal(&rest, &bytes) || !rest.empty() ||
        bytes != kStructPageBytes) {
      Fail(
          fmt::format("\"balloon.bt 1 vmemmap 0xADDRESS page {}\", the first "
                      "line of workloads/record/balloon.bt{}",
                      kStructPageBytes, AdviceToImport(line_)));
    }
    balloon_.SetVmemmap(vmemmap);
    has_header_ = true;
  }

  [[noreturn]] void FailLine() const {
    Fail(fmt::format("\"NANOSECONDS A|E|D 0xPAGE\"{}", AdviceToImport(line_)));
  }
  [[noreturn]] void Fail(std::string_view expected) const {
    reader_.Fail(fmt::format("found {}; expected {}", Quoted(line_), expected));
  }

  LineReader reader_;
  GuestBalloon balloon_;
  std::string_view line_;
  bool has_header_ = false;
};

}  // namespace

ImportResult ImportFtrace(ByteSource& source, std::string_view name) {
  return KernelLogImporter(KernelLogImporter::Tool::kFtrace, source, name)
      .Import();
}

ImportResult ImportPerfScript(ByteSource& source, std::string_view name) {
  return KernelLogImporter(KernelLogImporter::Tool::kPerfScript, source, name)
      .Import();
}

ImportResult ImportBpftrace(ByteSource& source, std::string_view name) {
  return BpftraceImporter(source, name).Import();
}

}  // namespace pfn
