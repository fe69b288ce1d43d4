// SPDX-License-Identifier: MIT
//
// Bytes of the heap that nobody may touch, where the address sanitizer looks;
// elsewhere nothing happens. GCC says by a macro that it looks, clang by a
// feature.

#pragma once

#include <cstddef>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PFN_POISONS 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define PFN_POISONS 1
#endif

#if defined(PFN_POISONS)
#include <sanitizer/asan_interface.h>
#endif

namespace pfn {

#if defined(PFN_POISONS)
inline constexpr bool kPoisons = true;
inline void Poison(void* at, std::size_t bytes) {
  ASAN_POISON_MEMORY_REGION(at, bytes);
}
inline void Unpoison(void* at, std::size_t bytes) {
  ASAN_UNPOISON_MEMORY_REGION(at, bytes);
}
inline bool IsPoisoned(const void* at) {
  return __asan_address_is_poisoned(at) != 0;
}
#else
inline constexpr bool kPoisons = false;
inline void Poison(void*, std::size_t) {}
inline void Unpoison(void*, std::size_t) {}
inline bool IsPoisoned(const void*) { return false; }
#endif

}  // namespace pfn
