// SPDX-License-Identifier: MIT
//
// Importers for what a guest's kernel says of its own balloon through ftrace,
// `trace-cmd report` and `perf script`. What they read, printed in any of the
// three ways (kernel_event.h; the commands are in docs/trace-format.md):
//
//     mm_page_alloc: page=... pfn=0x29e8 order=0 ... gfp_flags=...
//     balloon_alloc: (...) page=0xffd40000000a7a00    what the driver got
//     balloon_enq: (...) page=0xffd40000000a3b80      inflated
//     balloon_deq: (...) page=0xffd4000000078080      deflated
//
// Of mm_page_alloc only pages of order 0 with __GFP_NOMEMALLOC count, which in
// a running guest are the balloon's. Its page= is hashed and not looked at; its
// pfn= is hexadecimal with 0x and decimal without, as old kernels have it.
// Other events are counted and ignored. Events that the tool says it has lost
// are an error, since the balloon's may be among them.
//
// And the lines of workloads/record/balloon.bt:
//
//     balloon.bt 1 vmemmap 0xffffea0000000000 page 64
//     13132010000 A 0xffffea00000a7a00      allocated, or 0x0: got no page
//     13133067000 E 0xffffea00000a3b80      inflated
//     14718638000 D 0xffffea0000078080      deflated
//
// Nanoseconds, and addresses of struct page. bpftrace's own "Attaching N
// probes..." may stand before.

#include <cstdint>
#include <optional>

#include "workloads/base/printable.h"
#include "workloads/base/text_scan.h"
#include "workloads/import/guest_balloon.h"
#include "workloads/import/kernel_event.h"

namespace pfn {
namespace {

// "0x29e8" or "10728"; nothing if it is no number.
std::optional<std::uint64_t> ParseNumber(std::string_view text) {
  std::uint64_t number = 0;
  if (Consists(text, "0x", Hex{number})) return number;
  if (Consists(text, Decimal{number})) return number;
  return {};
}

class KernelLogImporter : public GuestBalloon {
 public:
  KernelLogImporter(bool is_perf_script, ByteSource& source,
                    std::string_view name)
      : GuestBalloon(source, name), is_perf_script_(is_perf_script) {}

 private:
  void ImportLine() override;
  void ImportOther();
  void OnPageAlloc(std::string_view fields);
  std::uint64_t PageOf(std::string_view fields) const;
  void Finish() override;

  [[noreturn]] void FailLine(std::string_view expected) const {
    Fail(Quoted(line_), expected);
  }

  bool is_perf_script_;
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
  if (event->system.empty() == is_perf_script_) {
    FailLine(is_perf_script_
                 ? "a line of perf script, with SYSTEM:EVENT; this one is of "
                   "ftrace or trace-cmd: import with --from=ftrace, and not "
                   "mixed"
                 : "a line of ftrace or trace-cmd; this one is of perf script: "
                   "import with --from=perf-script, and not mixed");
  }
  // Names of the recipe, and those that `perf probe` gives by itself.
  const std::string_view name = event->name;
  if (name == "mm_page_alloc") {
    OnPageAlloc(event->fields);
  } else if (name == "balloon_enq" || name == "balloon_page_enqueue") {
    OnEnqueued(PageOf(event->fields));
    ++pages_;
  } else if (name == "balloon_deq" || name == "balloon_page_dequeue__return") {
    OnDequeued(PageOf(event->fields));
    ++pages_;
  } else if (name == "balloon_alloc" || name == "balloon_page_alloc__return") {
    OnAllocationReturned(PageOf(event->fields));
  } else {
    ++other_events_;
  }
}

std::uint64_t KernelLogImporter::PageOf(std::string_view fields) const {
  const std::optional<std::uint64_t> page =
      ParseNumber(FieldOf(fields, "page="));
  if (!page) FailLine("page=0xADDRESS; let the probe print it with :x64");
  return *page;
}

void KernelLogImporter::OnPageAlloc(std::string_view fields) {
  const std::string_view order = FieldOf(fields, "order=");
  const std::string_view flags = FieldOf(fields, "gfp_flags=");
  if (order.empty() || flags.empty()) {
    FailLine("mm_page_alloc with pfn=, order= and gfp_flags=");
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
    OnAllocationFailed();
    return;
  }
  if (!pfn || *pfn >= kPfnLimit) FailLine("pfn= with a page below 2^52");
  OnAllocated(*pfn);
  ++pages_;
}

// A line that is no event: of the tool itself, or of another tool.
void KernelLogImporter::ImportOther() {
  const auto has = [this](std::string_view text) {
    return line_.find(text) != line_.npos;
  };
  // ftrace, trace-cmd, perf script
  if (has("[LOST ") || has(" EVENTS DROPPED]") || has("PERF_RECORD_LOST")) {
    FailLine(
        "no lost events: pages may be among them; record with larger "
        "buffers");
  }
  std::string_view rest = line_;
  std::uint64_t kept = 0;
  std::uint64_t written = 0;
  if (ConsumePrefix(&rest, "# entries-in-buffer/entries-written: ")) {
    if (!Consume(&rest, Decimal{kept}, "/", Decimal{written}) ||
        kept != written) {
      FailLine(
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
  FailLine(fmt::format(
      "COMM-PID [CPU] SECONDS: EVENT: KEY=VALUE ..., as {} prints it{}",
      is_perf_script_ ? "perf script without -g" : "ftrace or trace-cmd report",
      AdviceToImport(line_)));
}

void KernelLogImporter::Finish() {
  if (numeric_flags_line_ != 0 && pages_ == 0) {
    FailAt(numeric_flags_line_,
           "gfp_flags as a number, and no balloon_enq or balloon_deq in the "
           "file",
           "names such as __GFP_NOMEMALLOC, because the numbers differ between "
           "kernels");
  }
  GuestBalloon::Finish();
  Note(other_events_, "other events ignored");
}

class BpftraceImporter : public GuestBalloon {
 public:
  using GuestBalloon::GuestBalloon;

 private:
  void ImportLine() override {
    if (line_.starts_with("Lost ")) {
      Fail(Quoted(line_),
           "no lost events: pages may be among them; record with a larger "
           "BPFTRACE_PERF_RB_PAGES");
    }
    if (line_.starts_with("Attaching ") || line_.empty()) return;
    if (!has_header_) {
      ImportHeader();
      return;
    }
    std::uint64_t nanoseconds = 0;
    std::uint64_t page = 0;
    if (Consists(line_, Decimal{nanoseconds}, " A 0x", Hex{page})) {
      OnAllocationReturned(page);
    } else if (Consists(line_, Decimal{nanoseconds}, " E 0x", Hex{page})) {
      OnEnqueued(page);
    } else if (Consists(line_, Decimal{nanoseconds}, " D 0x", Hex{page})) {
      OnDequeued(page);
    } else {
      Fail(Quoted(line_), fmt::format("\"NANOSECONDS A|E|D 0xPAGE\"{}",
                                      AdviceToImport(line_)));
    }
  }

  void ImportHeader() {
    std::uint64_t vmemmap = 0;
    std::uint64_t bytes = 0;
    if (!Consists(line_, "balloon.bt 1 vmemmap 0x", Hex{vmemmap}, " page ",
                  Decimal{bytes}) ||
        bytes != kStructPageBytes) {
      Fail(Quoted(line_),
           fmt::format("\"balloon.bt 1 vmemmap 0xADDRESS page {}\", the first "
                       "line of workloads/record/balloon.bt{}",
                       kStructPageBytes, AdviceToImport(line_)));
    }
    SetVmemmap(vmemmap);
    has_header_ = true;
  }

  bool has_header_ = false;
};

}  // namespace

ImportResult ImportFtrace(ByteSource& source, std::string_view name) {
  return KernelLogImporter(false, source, name).Import();
}

ImportResult ImportPerfScript(ByteSource& source, std::string_view name) {
  return KernelLogImporter(true, source, name).Import();
}

ImportResult ImportBpftrace(ByteSource& source, std::string_view name) {
  return BpftraceImporter(source, name).Import();
}

}  // namespace pfn
