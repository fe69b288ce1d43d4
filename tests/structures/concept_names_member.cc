// SPDX-License-Identifier: MIT
//
// Not a structure, if a macro says which member is missing (WITHOUT_SET) or has
// another type (WRONG_SET). The compiler's first message must name that member;
// see concept_test.cmake.

#include <optional>

#include "harness/registry/requires_pfn_set.h"

namespace pfn {

template <NowaitAllocator A>
class Mine {
 public:
#if defined(WRONG_TRAITS)
  static constexpr int kTraits = 1;
#elif !defined(WITHOUT_TRAITS)
  static constexpr StructureTraits kTraits{
      .name = "mine", .family = "test", .origin = "this file"};
#endif

#if defined(WRONG_CONSTRUCTOR)
  explicit Mine(A* heap) : heap_(*heap) {}
#elif !defined(WITHOUT_CONSTRUCTOR)
  explicit Mine(A& heap) : heap_(heap) {}
#endif

#if defined(WRONG_SET)
  bool Set(Pfn, Gfp) { return true; }
#elif !defined(WITHOUT_SET)
  Status Set(Pfn, Gfp) { return Status::kOk; }
#endif

#if defined(WRONG_CLEAR)
  void Clear(Pfn, Gfp) {}
#elif !defined(WITHOUT_CLEAR)
  Status Clear(Pfn, Gfp) { return Status::kOk; }
#endif

#if defined(WRONG_TEST)
  int Test(Pfn) { return 0; }
#elif !defined(WITHOUT_TEST)
  bool Test(Pfn) { return false; }
#endif

#if defined(WRONG_NEXT_RANGE)
  PfnRange NextRange(Pfn, Pfn) { return {}; }
#elif !defined(WITHOUT_NEXT_RANGE)
  std::optional<PfnRange> NextRange(Pfn, Pfn) { return std::nullopt; }
#endif

#if defined(WRONG_CLEAR_RANGE)
  Status ClearRange(Pfn, Pfn, Gfp) { return Status::kOk; }
#elif !defined(WITHOUT_CLEAR_RANGE)
  Status ClearRange(PfnRange, Gfp) { return Status::kOk; }
#endif

 private:
  A& heap_;
};

PFN_REQUIRES_PFN_SET(Mine);

}  // namespace pfn
