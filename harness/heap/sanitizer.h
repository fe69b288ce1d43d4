// SPDX-License-Identifier: MIT
//
// File: harness/heap/sanitizer.h
//
// PFN_ADDRESS_SANITIZER is defined under the address sanitizer, whichever
// compiler brings it: GCC says so by a macro, clang by a feature.

#ifndef PFNBENCH_HARNESS_HEAP_SANITIZER_H_
#define PFNBENCH_HARNESS_HEAP_SANITIZER_H_

#if defined(__SANITIZE_ADDRESS__)
#define PFN_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PFN_ADDRESS_SANITIZER 1
#endif
#endif

#endif  // PFNBENCH_HARNESS_HEAP_SANITIZER_H_
