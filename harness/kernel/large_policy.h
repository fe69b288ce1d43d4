// SPDX-License-Identifier: MIT
//
// What a request beyond the largest kmalloc class gets. The three ways differ
// in what they waste, and in whether they need contiguous memory.

#pragma once

#include <cstdint>
#include <string_view>

namespace pfn {

enum class LargePolicy : std::uint8_t {
  kPow2,    // kmalloc(): the whole block of 2^order pages
  kExact,   // alloc_pages_exact(): the block's unused tail pages go back
  kVmalloc  // vmalloc(): mapped single pages and a guard page; it may sleep,
            // so a NOWAIT request fails
};

constexpr std::string_view Name(LargePolicy policy) {
  switch (policy) {
    case LargePolicy::kPow2:
      return "pow2";
    case LargePolicy::kExact:
      return "exact";
    case LargePolicy::kVmalloc:
      break;
  }
  return "vmalloc";
}

}  // namespace pfn
