// SPDX-License-Identifier: MIT
//
// File: structures/cvbmp/cvbmp_cursor.h
//
// cvbmp-cursor: cvbmp whose extraction starts at the node used last, a variant
// that nobody posted. The posted query walks from the head of the list for each
// range, which makes an extraction quadratic; this one makes it linear.
//
// Layout      as cvbmp.
// NextRange   starts at the node used last if that is not behind the page asked
//             for, else at the head, and leaves the pointer at the node where
//             the range begins. O(1) per range of an ascending extraction.
// Others      as cvbmp.
// Failure     as cvbmp.

#ifndef PFNBENCH_STRUCTURES_CVBMP_CVBMP_CURSOR_H_
#define PFNBENCH_STRUCTURES_CVBMP_CVBMP_CURSOR_H_

#include <optional>

#include "structures/core/nowait_allocator.h"
#include "structures/core/pfn.h"
#include "structures/core/pfn_set.h"
#include "structures/cvbmp/cvbmp.h"

namespace pfn {

template <NowaitAllocator A>
class CvbmpCursor : public Cvbmp<A> {
 public:
  static constexpr ContenderTraits kTraits{
      .name = "cvbmp-cursor",
      .family = "list",
      .origin =
          "variant of cvbmp, nobody's proposal: extraction from the "
          "node used last",
      .variant_of = "cvbmp",
  };

  using CvbmpCursor::Cvbmp::Cvbmp;

  std::optional<PfnRange> NextRange(Pfn from, Pfn max) {
    const bool is_ahead =
        last_used_ == nullptr || last_used_->segment > this->SegmentOf(from);
    const auto found =
        this->FirstRange(is_ahead ? this->used_.next : last_used_, from, max);
    if (found.node != nullptr) last_used_ = found.node;
    return found.range;
  }

 private:
  using Cvbmp<A>::last_used_;
};

}  // namespace pfn

#endif  // PFNBENCH_STRUCTURES_CVBMP_CVBMP_CURSOR_H_
