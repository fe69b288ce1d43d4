// SPDX-License-Identifier: MIT
//
// Not a contender, because NextRange is missing (or has, with
// PFN_WITH_NEXT_RANGE, what it needs). The compiler's message must name it; see
// CMakeLists.txt.

#include <optional>

#include "structures/core/pfn_set.h"

namespace pfn {

class Incomplete {
 public:
  static constexpr ContenderTraits kTraits{
      .name = "incomplete", .family = "test", .origin = "this file"};

  Status Set(Pfn, Gfp) { return Status::kOk; }
  Status Clear(Pfn, Gfp) { return Status::kOk; }
  bool Test(Pfn) { return false; }
  Status ClearRange(PfnRange, Gfp) { return Status::kOk; }
#ifdef PFN_WITH_NEXT_RANGE
  std::optional<PfnRange> NextRange(Pfn, Pfn) { return std::nullopt; }
#endif
};

static_assert(PfnSet<Incomplete>);

}  // namespace pfn
