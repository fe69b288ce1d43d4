// SPDX-License-Identifier: MIT
//
// File: structures/xarray/xarray_hint.h
//
// xarray-hint: xarray with the leaf used last remembered, a variant that nobody
// proposed. What the IDA cannot do, a caller that knows its pages to come in
// clusters could.
//
// Layout      as xarray; the set remembers one leaf number and where it is.
//             Value entries are not remembered.
// Set, Test, Clear  one comparison where the leaf is the one used last, else
//             as xarray. The scan for fullness stays.
// Others      as xarray, without using the hint.
// Failure     as xarray.

#ifndef PFNBENCH_STRUCTURES_XARRAY_XARRAY_HINT_H_
#define PFNBENCH_STRUCTURES_XARRAY_XARRAY_HINT_H_

#include "structures/core/nowait_allocator.h"
#include "structures/core/pfn_set.h"
#include "structures/xarray/xarray.h"

namespace pfn {

template <NowaitAllocator A>
class XarrayHint : public xarray::RetryingSet<A, /*kLeafHint=*/true> {
 public:
  static constexpr ContenderTraits kTraits{
      .name = "xarray-hint",
      .family = "radix",
      .origin = "variant of xarray, nobody's proposal: last leaf remembered",
      .variant_of = "xarray",
  };

  using XarrayHint::RetryingSet::RetryingSet;
};

}  // namespace pfn

#endif  // PFNBENCH_STRUCTURES_XARRAY_XARRAY_HINT_H_
