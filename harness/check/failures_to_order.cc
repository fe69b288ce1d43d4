// SPDX-License-Identifier: MIT

#include "harness/check/failures_to_order.h"

namespace pfn {

bool FailuresToOrder::Inject(Gfp gfp) {
  if (MaySleep(gfp)) return false;
  ++requests_;
  if (to_go_ == 0) return false;
  if (to_go_ > 1) {
    --to_go_;
    return false;
  }
  if (mode_ == Mode::kOnce) to_go_ = 0;
  ++injected_;
  return true;
}

bool FailuresToOrder::FailObject(std::size_t, Gfp gfp) { return Inject(gfp); }

bool FailuresToOrder::FailPages(unsigned order, PageUser user, Gfp gfp) {
  if (user == PageUser::kCaller && Inject(gfp)) return true;
  return order > max_order_;
}

}  // namespace pfn
