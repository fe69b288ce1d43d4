// SPDX-License-Identifier: MIT
//
// File: workloads/import/guest_balloon.h
//
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

#ifndef PFNBENCH_WORKLOADS_IMPORT_GUEST_BALLOON_H_
#define PFNBENCH_WORKLOADS_IMPORT_GUEST_BALLOON_H_

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "structures/core/pfn.h"
#include "workloads/import/line_importer.h"
#include "workloads/trace/page_ranges.h"

namespace pfn {

// The size of struct page on 64-bit machines, of any page size.
inline constexpr std::uint64_t kStructPageBytes = 64;

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

}  // namespace pfn

#endif  // PFNBENCH_WORKLOADS_IMPORT_GUEST_BALLOON_H_
