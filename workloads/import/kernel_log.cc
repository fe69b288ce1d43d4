// SPDX-License-Identifier: MIT
//
// Importers for what a guest's kernel says of its own balloon through ftrace,
// `trace-cmd report` and `perf script`. What they read, printed in any of the
// three ways (line_importer.h; the commands are in docs/trace-format.md):
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
#include <string_view>
#include <utility>
#include <vector>

#include "workloads/base/printable.h"
#include "workloads/base/text_scan.h"
#include "workloads/import/line_importer.h"
#include "workloads/trace/page_ranges.h"

namespace pfn {
namespace {

// vmemmap of x86-64 without KASLR, and how far its region goes.
struct Region {
  std::uint64_t base;
  std::uint64_t bytes;
};
constexpr Region kDefaultRegions[] = {
    {0xffffea0000000000, std::uint64_t{1} << 40},  // 4-level page tables
    {0xffd4000000000000, std::uint64_t{1} << 49},  // 5-level page tables
};

// Randomised or not, vmemmap starts where an upper page table entry does.
constexpr std::uint64_t kVmemmapAlignment = std::uint64_t{1} << 30;

// All addresses of kernels on 64-bit machines are above; a hashed pointer,
// which is what %p prints, has 32 bits.
constexpr std::uint64_t kKernelAddresses = 0xff00000000000000;

// The size of struct page on 64-bit machines, of any page size.
constexpr std::uint64_t kStructPageBytes = 64;

// Makes a trace from what a guest's kernel says about its own balloon, with
// any tool: pages allocated, enqueued, dequeued, in the order in which
// it happened.
//
// What each event tells (drivers/virtio_balloon.c and mm/balloon_compaction.c):
//   * enqueued: fill_balloon() lists a page for the host, in array order;
//   * dequeued: leak_balloon() does, in array order;
//   * allocated: before that, in the opposite order, because the driver turns
//     its list round. Allocations end an array; without any enqueued page they
//     are all there is, and arrays of 256 are turned round here.
//
// The probes print addresses of struct page. A page's number is its distance
// from vmemmap in units of 64 bytes; where vmemmap is, is said by the
// recording, or follows from an allocation that is logged both ways, or else is
// where x86-64 has it without KASLR.
//
// ImportLine() is for those who derive from it, and calls On...().
class GuestBalloon : public LineImporter {
 protected:
  using LineImporter::LineImporter;

  void SetVmemmap(std::uint64_t address);
  void OnAllocated(Pfn pfn);
  void OnAllocationFailed();
  // The return value of the driver's allocation: the address of a struct page,
  // of the page allocated last if that was logged too; 0 if there was none.
  void OnAllocationReturned(std::uint64_t page);
  void OnEnqueued(std::uint64_t page);
  void OnDequeued(std::uint64_t page);

  // Refuses pages that cannot be those of one balloon.
  void Finish() override;

 private:
  // What Linux puts into one element of the virtqueue.
  static constexpr std::uint64_t kArrayPages = 256;

  Pfn Decode(std::uint64_t page);
  void Calibrate(std::uint64_t page, Pfn pfn);
  void Append(Direction direction, Pfn pfn);
  void CountContradiction(std::uint64_t& kind);
  void CollectAllocation(Pfn pfn);
  void FlushAllocations();

  std::optional<std::uint64_t> vmemmap_;
  std::string_view vmemmap_from_;
  std::optional<Pfn> last_allocated_;  // not seen as a struct page yet

  // The array that grows; none after an allocation.
  bool in_array_ = false;
  Direction direction_ = Direction::kInflate;
  std::uint64_t array_pages_ = 0;

  // Until a page is enqueued: the trace made of allocations alone.
  Trace allocated_;
  std::vector<Pfn> batch_;

  PageRanges members_;
  std::uint64_t inflated_twice_ = 0;
  std::uint64_t deflated_absent_ = 0;
  std::uint64_t contradiction_line_ = 0;
  std::uint64_t failed_attempts_ = 0;
};

void GuestBalloon::SetVmemmap(std::uint64_t address) {
  if (address < kKernelAddresses || address % kStructPageBytes != 0) {
    Fail(fmt::format("vmemmap at {:#x}", address),
         "the address of the kernel's array of struct page");
  }
  vmemmap_ = address;
  vmemmap_from_ = "as the recording says";
}

void GuestBalloon::OnAllocated(Pfn pfn) {
  in_array_ = false;
  last_allocated_ = pfn;
  CollectAllocation(pfn);
}

void GuestBalloon::OnAllocationFailed() {
  in_array_ = false;
  last_allocated_.reset();
  ++failed_attempts_;
}

void GuestBalloon::OnAllocationReturned(std::uint64_t page) {
  if (page == 0) {
    OnAllocationFailed();
    return;
  }
  in_array_ = false;
  if (last_allocated_) {
    Calibrate(page, *last_allocated_);
    last_allocated_.reset();
  } else {
    CollectAllocation(Decode(page));
  }
}

void GuestBalloon::OnEnqueued(std::uint64_t page) {
  const Pfn pfn = Decode(page);
  if (members_.Insert({pfn, pfn}) > 0) CountContradiction(inflated_twice_);
  Append(Direction::kInflate, pfn);
}

void GuestBalloon::OnDequeued(std::uint64_t page) {
  if (page == 0) return;  // the balloon was empty
  const Pfn pfn = Decode(page);
  if (members_.Remove({pfn, pfn}) > 0) CountContradiction(deflated_absent_);
  Append(Direction::kDeflate, pfn);
}

void GuestBalloon::CountContradiction(std::uint64_t& kind) {
  if (inflated_twice_ + deflated_absent_ == 0) {
    contradiction_line_ = reader_.line_number();
  }
  ++kind;
}

Pfn GuestBalloon::Decode(std::uint64_t page) {
  if (page < kKernelAddresses) {
    Fail(fmt::format("page={:#x}, a hashed pointer or none at all", page),
         "the address of a struct page; let the probe print it with :x64");
  }
  for (const Region& region : kDefaultRegions) {
    if (vmemmap_ || page < region.base || page - region.base >= region.bytes) {
      continue;
    }
    vmemmap_ = region.base;
    vmemmap_from_ = "where x86-64 has it without KASLR";
  }
  if (!vmemmap_) {
    reader_.Fail(fmt::format(
        "found page={:#x} and nothing that gives its number; expected, just "
        "before each balloon_alloc, the mm_page_alloc of the same page; record "
        "both, or boot with nokaslr",
        page));
  }
  const std::uint64_t offset = page - *vmemmap_;
  if (page < *vmemmap_ || offset % kStructPageBytes != 0 ||
      offset / kStructPageBytes >= kPfnLimit) {
    Fail(fmt::format("page={:#x}", page),
         fmt::format("the address of a struct page, a multiple of {} bytes "
                     "behind vmemmap at {:#x}",
                     kStructPageBytes, *vmemmap_));
  }
  return offset / kStructPageBytes;
}

// `page` and `pfn` are one page, if nothing came between the two lines.
void GuestBalloon::Calibrate(std::uint64_t page, Pfn pfn) {
  const std::uint64_t base = page - pfn * kStructPageBytes;
  if (page < kKernelAddresses || base % kVmemmapAlignment != 0) return;
  if (!vmemmap_) {
    vmemmap_ = base;
    vmemmap_from_ = "as allocations logged both ways say";
  }
  if (base == *vmemmap_) return;
  Fail(fmt::format("page={:#x} for pfn {:#x}, so that vmemmap is at {:#x}",
                   page, pfn, base),
       fmt::format("it at {:#x} as before; are these recordings of two guests?",
                   *vmemmap_));
}

void GuestBalloon::Append(Direction direction, Pfn pfn) {
  Trace& trace = result_.trace;
  CheckSize(trace);
  if (!in_array_ || direction != direction_ || array_pages_ == kArrayPages) {
    trace.BeginArray(direction);
    in_array_ = true;
    direction_ = direction;
    array_pages_ = 0;
  }
  trace.AppendPage(pfn);
  ++array_pages_;
}

void GuestBalloon::CollectAllocation(Pfn pfn) {
  if (result_.trace.pages_inflated() > 0) return;
  batch_.push_back(pfn);
  if (batch_.size() == kArrayPages) FlushAllocations();
}

void GuestBalloon::FlushAllocations() {
  CheckSize(allocated_);
  allocated_.BeginArray(Direction::kInflate);
  for (auto pfn = batch_.rbegin(); pfn != batch_.rend(); ++pfn) {
    allocated_.AppendPage(*pfn);
  }
  batch_.clear();
}

void GuestBalloon::Finish() {
  Trace& trace = result_.trace;
  const bool only_allocations = trace.arrays() == 0;
  if (only_allocations) {
    if (!batch_.empty()) FlushAllocations();
    trace = std::move(allocated_);
  }
  if (trace.arrays() == 0) {
    Fail("the end and no page of a balloon",
         "balloon_enq and balloon_deq, or mm_page_alloc with __GFP_NOMEMALLOC; "
         "were the events switched on?");
  }
  // Compaction moves a page of the balloon without a word to the probes, so a
  // few contradictions are no fault.
  if (10 * (inflated_twice_ + deflated_absent_) >
      trace.pages_inflated() + trace.pages_deflated()) {
    FailAt(contradiction_line_,
           fmt::format("{} pages enqueued twice and {} dequeued that were not "
                       "enqueued, from here on",
                       inflated_twice_, deflated_absent_),
           "a balloon that was empty at first and both probes, each on its own "
           "function; lines are missing or directions are wrong");
  }
  if (only_allocations) {
    result_.notes.push_back(
        "only allocations were recorded: their arrays are 256 pages each, "
        "turned round as the driver does");
  }
  if (vmemmap_) {
    result_.notes.push_back(
        fmt::format("vmemmap is at {:#x}, {}", *vmemmap_, vmemmap_from_));
  }
  Note(failed_attempts_, "attempts to allocate got no page");
  Note(inflated_twice_, "pages inflated twice, as after compaction");
  Note(deflated_absent_,
       "pages deflated that were not seen inflated, as after compaction");
}

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
