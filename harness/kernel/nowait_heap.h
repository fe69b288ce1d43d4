// SPDX-License-Identifier: MIT
//
// The heap that structures allocate from: a small SLUB for one CPU on a page
// arena. Requests up to 8 KiB come from slab caches (kmalloc classes, or named
// caches), larger ones from the page allocator, by default as blocks of 2^order
// pages. It
//   * fails requests when a fault model says so, where the kernel's hooks are;
//   * keeps the figures that a patch discussion needs (HeapUsage);
//   * keeps a ledger: when a structure is gone, live objects and bytes are
//   zero.
// It follows SLUB where that decides when a page is asked for: slab orders and
// object counts, per-CPU and node partial lists, empty slabs that are kept.
// Memory is never zeroed. Not thread-safe.
//
// Cost: an allocation is a free-list pop and a few counters. Under the address
// sanitizer freed and rounding bytes are poisoned, and what is handed out holds
// 0x5a.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "harness/kernel/fault_model.h"
#include "harness/kernel/large_policy.h"
#include "harness/kernel/page_arena.h"
#include "harness/kernel/size_classes.h"
#include "structures/core/nowait_allocator.h"
#include "workloads/base/random.h"

namespace pfn {

// A fresh heap has no slab, and fills each from its lowest address up. In an
// aged one others were there before: slabs hold objects of theirs, and pages
// are free in places. Free objects of a slab are in random order, as with
// CONFIG_SLAB_FREELIST_RANDOM. What others hold is in no figure.
enum class HeapAge : std::uint8_t { kFresh, kAged };

constexpr std::string_view Name(HeapAge age) {
  return age == HeapAge::kAged ? "aged" : "fresh";
}

// Bytes unless said otherwise. "Requested" is what the structure asked for,
// "rounded" the kmalloc class, cache stride or page block that serves it,
// "pages" what was taken from the page allocator for it.
struct HeapUsage {
  std::uint64_t live_requested = 0;
  std::uint64_t live_rounded = 0;
  std::uint64_t live_pages = 0;
  std::uint64_t peak_requested = 0;
  std::uint64_t peak_rounded = 0;
  std::uint64_t peak_pages = 0;
  std::uint64_t allocations = 0;  // that succeeded
  std::uint64_t frees = 0;
  std::uint64_t failures = 0;      // requests answered with a null pointer
  std::uint64_t from_reserve = 0;  // requests that would be among them
  unsigned largest_order = 0;      // of any request to the page allocator
  // Address space of guard pages, which have no memory (LargePolicy::kVmalloc).
  std::uint64_t live_guard = 0;
  std::uint64_t peak_guard = 0;
  // Pages of slabs; and these with the pages of the larger requests, if those
  // are whole blocks of 2^n pages, or exactly the pages that hold them.
  std::uint64_t live_slabs = 0;
  std::uint64_t live_pow2 = 0;
  std::uint64_t live_exact = 0;
  std::uint64_t peak_slabs = 0;
  std::uint64_t peak_pow2 = 0;
  std::uint64_t peak_exact = 0;

  std::uint64_t live_objects() const { return allocations - frees; }

  friend bool operator==(const HeapUsage&, const HeapUsage&) = default;
};

// What one slab cache was used for; a kmalloc class is a cache too.
struct CacheUsage {
  std::string name;
  std::size_t object_bytes;
  SlabGeometry geometry;
  std::uint64_t peak_slabs;
  std::uint64_t peak_objects;

  friend bool operator==(const CacheUsage&, const CacheUsage&) = default;
};

class NowaitHeap {
 public:
  struct Options {
    // Of the modelled machine: decides slab orders.
    unsigned cpus = 4;
    // How requests beyond the largest kmalloc class are served.
    LargePolicy large = LargePolicy::kPow2;
    HeapAge age = HeapAge::kFresh;
    std::uint64_t seed = 1;  // of an aged heap
    // Steps of work, of about a nanosecond each, that every allocation and
    // every free takes besides its own.
    unsigned allocation_cost = 0;
    unsigned free_cost = 0;
    // What a kernel frees by RCU (CacheSpec::is_freed_by_rcu) comes back after
    // so many more allocations and frees.
    std::uint64_t grace = 0;
  };

  class Cache;

  explicit NowaitHeap(PageArena& arena) : NowaitHeap(arena, Options{}) {}
  NowaitHeap(PageArena& arena, Options options);
  // Gives all slabs back to the arena. Objects still live are lost with them;
  // anyone who cares looks at usage().live_objects() before.
  ~NowaitHeap();
  NowaitHeap(const NowaitHeap&) = delete;
  NowaitHeap& operator=(const NowaitHeap&) = delete;

  // NowaitAllocator. `align` may be up to 8, or up to the size itself for the
  // power-of-two classes and for page blocks.
  void* Allocate(std::size_t size, std::size_t align, Gfp gfp) noexcept;
  void Free(void* object, std::size_t size, std::size_t align) noexcept;
  Cache& OpenCache(const CacheSpec& spec);

  // From now on `fault` (not owned) decides; null: nothing fails.
  void set_fault(FaultModel* fault) {
    fault_ = fault;
    if (fault != nullptr) fault->WatchMemory(&usage_.live_rounded);
  }

  // Sets `bytes` aside, as a mempool does: a request that the fault model
  // refuses is served all the same while they last. Objects count with their
  // stride, requests to the page allocator with their pages. The reserve is
  // full at first and afterwards when it is refilled, not by what is freed.
  void set_reserve(std::size_t bytes) { reserve_ = reserve_left_ = bytes; }
  void RefillReserve() { reserve_left_ = reserve_; }
  std::size_t reserve_left() const { return reserve_left_; }

  // Waits for a grace period, as rcu_barrier() does.
  void FinishFrees() noexcept;

  const HeapUsage& usage() const { return usage_; }
  // Of the caches that ever gave an object, kmalloc classes first.
  std::vector<CacheUsage> CacheUsages() const;

 private:
  // An object that a grace period keeps as it is.
  struct Deferred {
    Cache* cache;
    void* object;
    std::uint64_t due;  // allocations and frees
  };

  void Defer(Cache& cache, void* object) noexcept;
  // Gives back what is due.
  void FinishDue(std::uint64_t now) noexcept;
  std::uint64_t Requests() const { return usage_.allocations + usage_.frees; }
  // Blocks of pages that others hold, and others between them that are free.
  void AgePages();
  void* AllocateLarge(std::size_t size, Gfp gfp) noexcept;
  void FreeLarge(void* block, std::size_t size) noexcept;
  // The block that a large request is served from.
  unsigned LargeOrder(std::size_t size) const noexcept;
  // `is_last_try`: no smaller block would do, so the reserve may be used.
  void* AllocatePages(unsigned order, PageUser user, Gfp gfp,
                      bool is_last_try) noexcept;
  void FreePages(void* first, std::size_t pages) noexcept;
  void CountPages(std::size_t pages) noexcept;
  // Pages of slabs, and those that a larger request of so many bytes would
  // hold, came or went: `sign` is 1 or -1.
  void CountSlab(unsigned order, int sign) noexcept;
  void CountLarge(std::size_t size, int sign) noexcept;
  // Takes `bytes` from the reserve, or nothing.
  bool TakeReserve(std::size_t bytes) noexcept;
  void CountAllocation(std::size_t requested, std::size_t rounded) noexcept {
    ++usage_.allocations;
    usage_.live_requested += requested;
    usage_.live_rounded += rounded;
    if (usage_.live_requested > usage_.peak_requested) {
      usage_.peak_requested = usage_.live_requested;
    }
    if (usage_.live_rounded > usage_.peak_rounded) {
      usage_.peak_rounded = usage_.live_rounded;
    }
  }
  void CountFree(std::size_t requested, std::size_t rounded) noexcept {
    ++usage_.frees;
    usage_.live_requested -= requested;
    usage_.live_rounded -= rounded;
  }

  // Null: nobody is asked.
  FaultModel* fault() const noexcept {
#if defined(PFN_NO_FAULT_HOOKS)
    return nullptr;
#else
    return fault_;
#endif
  }

  PageArena& arena_;
  Options options_;
  const bool has_costs_;
  FaultModel* fault_ = nullptr;
  std::size_t reserve_ = 0;
  std::size_t reserve_left_ = 0;
  HeapUsage usage_;
  SplitMix64 random_;
  std::deque<Deferred> deferred_;
  std::vector<void*> held_blocks_;  // by others, of kHeldOrder
  std::array<std::unique_ptr<Cache>, kKmallocClasses.size()> kmalloc_;
  std::vector<std::unique_ptr<Cache>> named_;
};

// One slab cache. The address of a Cache is stable while its heap lives.
class NowaitHeap::Cache {
 public:
  Cache(NowaitHeap& heap, const CacheSpec& spec);
  ~Cache();
  Cache(const Cache&) = delete;
  Cache& operator=(const Cache&) = delete;

  // NowaitCache.
  void* Allocate(Gfp gfp) noexcept { return Take(size_, gfp); }
  void Free(void* object) noexcept { Give(object, size_); }

  const std::string& name() const { return name_; }
  std::size_t stride() const { return stride_; }

 private:
  friend class NowaitHeap;
  struct Slab;
  // A doubly linked list of slabs.
  struct SlabList {
    Slab* front = nullptr;
    Slab* back = nullptr;
    unsigned size = 0;

    void PushFront(Slab* slab);
    void PushBack(Slab* slab);
    void Remove(Slab* slab);
  };

  CacheUsage usage() const;
  // One object of which `requested` bytes are used.
  void* Take(std::size_t requested, Gfp gfp) noexcept;
  void Give(void* object, std::size_t requested) noexcept;
  void GiveNow(void* object, std::size_t requested) noexcept;

  // Makes some slab with a free object current. False: no page to be had.
  bool Refill(Gfp gfp) noexcept;
  Slab* NewSlab(unsigned order, Gfp gfp) noexcept;
  Slab* MakeSlab(void* block, unsigned order) noexcept;
  // Partial slabs in which others hold objects.
  void Age() noexcept;
  void PushFree(Slab* slab, std::size_t object) noexcept;
  void Release(Slab* slab) noexcept;
  // A slab that was full has a free object again.
  void PutOnCpuPartial(Slab* slab) noexcept;
  void PutOnNodePartial(Slab* slab) noexcept;
  void*& NextFree(void* object) const noexcept {
    return *reinterpret_cast<void**>(static_cast<std::byte*>(object) +
                                     free_pointer_offset_);
  }

  NowaitHeap& heap_;
  std::string name_;
  std::size_t size_;
  std::size_t stride_;
  std::size_t free_pointer_offset_;
  SlabGeometry geometry_;
  unsigned cpu_partial_slabs_;  // allowed on the per-CPU partial list
  unsigned min_partial_;        // empty slabs beyond are given back
  bool is_freed_by_rcu_;
  // The order in which a new slab gives its objects, from a random place on;
  // empty: ascending.
  std::vector<std::uint16_t> order_;
  Slab* current_ = nullptr;
  std::uint64_t live_objects_ = 0;
  std::uint64_t peak_objects_ = 0;  // when an object was last given back
  std::uint64_t live_slabs_ = 0;
  std::uint64_t peak_slabs_ = 0;
  SlabList cpu_partial_;
  SlabList node_partial_;
  SlabList full_;
};

}  // namespace pfn
