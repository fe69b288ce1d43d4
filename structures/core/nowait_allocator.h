// SPDX-License-Identifier: MIT
//
// What a structure may ask of memory: the kernel's two ways to allocate, under
// the kernel's rule that a request which must not sleep may fail at any time.
//
//   * `heap.Allocate(size, align, gfp)` is kmalloc(): any size, rounded to a
//     size class by the heap. Freeing gives size and alignment back.
//   * `heap.OpenCache(spec)` is kmem_cache_create(): objects of one size.
//     Opening the same name twice gives the same cache. Opening never fails.
//
// Contract: a request that fails returns a null pointer and has no effect;
// nothing throws; memory is NOT zeroed. Objects are aligned as asked, at least
// to 8 bytes. The caller of a set operation chooses the gfp of the requests
// that the operation makes, as in the kernel since 2018; it is not a property
// of the structure.

#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pfn {

// The part of gfp_t that decides whether a request can fail here.
enum class Gfp : std::uint8_t {
  kNowait,  // GFP_NOWAIT | __GFP_NOWARN: no direct reclaim, may fail
  kKernel,  // GFP_KERNEL: may sleep; faults leave it alone, as failslab's
            // ignore-gfp-wait does
};

constexpr bool MaySleep(Gfp gfp) { return gfp == Gfp::kKernel; }

// What kmem_cache_create() is told. A cache whose objects are kept constructed
// while free cannot hold the allocator's free pointer inside them, so its
// stride is 8 bytes longer than the object.
struct CacheSpec {
  std::string_view name;
  std::size_t size;
  std::size_t align = 8;
  bool has_constructor = false;
  // The kernel gives its objects back after a grace period (call_rcu).
  bool is_freed_by_rcu = false;
};

template <class C>
concept NowaitCache = requires(C& cache, Gfp gfp, void* object) {
  { cache.Allocate(gfp) }
  noexcept->std::same_as<void*>;
  { cache.Free(object) }
  noexcept;
};

template <class A>
concept NowaitAllocator = NowaitCache<typename A::Cache> &&
    requires(A& heap, std::size_t size, std::size_t align, Gfp gfp,
             void* object, const CacheSpec& spec) {
  { heap.Allocate(size, align, gfp) }
  noexcept->std::same_as<void*>;
  { heap.Free(object, size, align) }
  noexcept;
  { heap.OpenCache(spec) } -> std::same_as<typename A::Cache&>;
};

}  // namespace pfn
