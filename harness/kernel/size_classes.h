// SPDX-License-Identifier: MIT
//
// What the kernel's allocators make of a size, on x86-64 with 4 KiB pages and
// SLUB: the kmalloc size classes, the order and object count of a slab, and the
// order of a direct page request. Pure functions; the facts are in
// docs/method.md, the tables they reproduce in the tests.

#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace pfn {

inline constexpr std::size_t kPageBytes = 4096;
inline constexpr unsigned kMaxSlabOrder = 3;  // slub_max_order

inline constexpr std::array<std::size_t, 13> kKmallocClasses = {
    8, 16, 32, 64, 96, 128, 192, 256, 512, 1024, 2048, 4096, 8192};
inline constexpr std::size_t kMaxKmallocClassBytes = kKmallocClasses.back();

// The index in kKmallocClasses of the class that serves `bytes`, which is 1 to
// kMaxKmallocClassBytes.
constexpr unsigned KmallocClassIndex(std::size_t bytes) {
  if (bytes <= 64) return bytes <= 8 ? 0 : std::bit_width(bytes - 1) - 3;
  if (bytes <= 96) return 4;
  if (bytes <= 128) return 5;
  if (bytes <= 192) return 6;
  return std::bit_width(bytes - 1) - 1;
}

// The order of the smallest block of 2^order pages that holds `bytes` >= 1.
constexpr unsigned PageOrder(std::size_t bytes) {
  return static_cast<unsigned>(std::bit_width((bytes - 1) / kPageBytes));
}

// The pages that hold `bytes`.
constexpr std::size_t PageCount(std::size_t bytes) {
  return (bytes + kPageBytes - 1) / kPageBytes;
}

constexpr std::size_t OrderBytes(unsigned order) { return kPageBytes << order; }

struct SlabGeometry {
  unsigned order;
  unsigned objects;

  friend bool operator==(const SlabGeometry&, const SlabGeometry&) = default;
};

// The slab that SLUB chooses for objects of `stride` bytes on a machine with
// `cpus` CPUs: more CPUs want more objects to a slab, and so larger page
// requests, which decides how allocations fail.
SlabGeometry ComputeSlabGeometry(std::size_t stride, unsigned cpus);

}  // namespace pfn
