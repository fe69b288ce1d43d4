// SPDX-License-Identifier: MIT
//
// PFN_REQUIRES_PFN_SET(Mine): one message for each member that a class template
// lacks or has with another type, before the compiler gets lost in what uses
// it. The build writes it into the first file that sees a structure.

#pragma once

#include <concepts>

#include "harness/kernel/nowait_heap.h"
#include "structures/core/pfn_set.h"

#define PFN_REQUIRES(condition, Class, member)                            \
  static_assert(condition, #Class                                         \
                " lacks public: " member                                  \
                " (see structures/core/pfn_set.h), or has it with other " \
                "types")

#define PFN_REQUIRES_PFN_SET(Class)                                            \
  PFN_REQUIRES((::pfn::HasTraits<Class<::pfn::NowaitHeap>>), Class,            \
               "static constexpr StructureTraits kTraits");                    \
  PFN_REQUIRES(                                                                \
      (std::constructible_from<Class<::pfn::NowaitHeap>, ::pfn::NowaitHeap&>), \
      Class, "explicit " #Class "(A& heap)");                                  \
  PFN_REQUIRES((::pfn::HasSet<Class<::pfn::NowaitHeap>>), Class,               \
               "Status Set(Pfn, Gfp)");                                        \
  PFN_REQUIRES((::pfn::HasClear<Class<::pfn::NowaitHeap>>), Class,             \
               "Status Clear(Pfn, Gfp)");                                      \
  PFN_REQUIRES((::pfn::HasTest<Class<::pfn::NowaitHeap>>), Class,              \
               "bool Test(Pfn)");                                              \
  PFN_REQUIRES((::pfn::HasNextRange<Class<::pfn::NowaitHeap>>), Class,         \
               "std::optional<PfnRange> NextRange(Pfn from, Pfn max)");        \
  PFN_REQUIRES((::pfn::HasClearRange<Class<::pfn::NowaitHeap>>), Class,        \
               "Status ClearRange(PfnRange, Gfp)")
