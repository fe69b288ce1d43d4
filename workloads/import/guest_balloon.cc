// SPDX-License-Identifier: MIT

#include "workloads/import/guest_balloon.h"

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

}  // namespace

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
        "found page={:#x} and nothing that tells its number; expected, just "
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

}  // namespace pfn
