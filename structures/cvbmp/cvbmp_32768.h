// SPDX-License-Identifier: MIT
//
// File: structures/cvbmp/cvbmp_32768.h
//
// cvbmp-32768: cvbmp with segments of 32,768 pages, the largest that its author
// allows with 4 KiB pages; he posted 1,024. Fewer and longer steps: the list is
// 32 times shorter, a segment costs a page of memory.
//
// Layout      node 40 bytes (kmalloc-64) plus bitmap 4,096 bytes.
// Operations  as cvbmp; opening a segment zeroes a page.
// Failure     as cvbmp.

#ifndef PFNBENCH_STRUCTURES_CVBMP_CVBMP_32768_H_
#define PFNBENCH_STRUCTURES_CVBMP_CVBMP_32768_H_

#include "structures/core/nowait_allocator.h"
#include "structures/core/pfn_set.h"
#include "structures/cvbmp/cvbmp.h"

namespace pfn {

template <NowaitAllocator A>
class Cvbmp32768 : public Cvbmp<A, 32768> {
 public:
  static constexpr ContenderTraits kTraits{
      .name = "cvbmp-32768",
      .family = "list",
      .origin = "Tetsuo Handa, 3 Jan 2018, with his largest segment size",
      .variant_of = "cvbmp",
  };

  using Cvbmp32768::Cvbmp::Cvbmp;
};

}  // namespace pfn

#endif  // PFNBENCH_STRUCTURES_CVBMP_CVBMP_32768_H_
