// SPDX-License-Identifier: MIT

#include "harness/measure/structure.h"

#include <memory>
#include <optional>
#include <utility>

namespace pfn {
namespace {

// A set that the measured loops call through a pointer, once for each page and
// each range.
class CalledSet {
 public:
  explicit CalledSet(std::unique_ptr<AnySet> set)
      : set_(std::move(set)), has_walk_(set_->HasWalk()) {}

  Status Set(Pfn pfn, Gfp gfp) { return set_->Set(pfn, gfp); }
  Status Clear(Pfn pfn, Gfp gfp) { return set_->Clear(pfn, gfp); }
  bool Test(Pfn pfn) { return set_->Test(pfn); }
  std::optional<PfnRange> NextRange(Pfn from, Pfn max) {
    return set_->NextRange(from, max);
  }
  Status ClearRange(PfnRange range, Gfp gfp) {
    return set_->ClearRange(range, gfp);
  }

  // The structure's own walk calls `visitor` for each range; without one, each
  // range is asked for.
  template <class Visitor>
  void ForEachRange(PfnRange range, Visitor&& visitor) {
    if (has_walk_) {
      set_->ForEachRange(range, visitor);
    } else {
      WalkByNextRange(*this, range, visitor);
    }
  }

 private:
  std::unique_ptr<AnySet> set_;
  bool has_walk_;
};

}  // namespace

std::unique_ptr<MeasuredSet> Structure::Measured(Calls calls,
                                                 NowaitHeap& heap) const {
  if (calls == Calls::kInlined) return inlined(heap);
  if (outlined) return outlined(heap);
  return std::make_unique<MeasuredLoops<CalledSet>>(make(heap));
}

}  // namespace pfn
