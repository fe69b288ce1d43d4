// SPDX-License-Identifier: MIT

#include "harness/kernel/size_classes.h"

#include <algorithm>
#include <optional>

namespace pfn {
namespace {

// The smallest order up to kMaxSlabOrder that holds `objects` of `stride` bytes
// and leaves at most 1/`fraction` of the slab unused.
std::optional<unsigned> FindOrder(std::size_t stride, unsigned objects,
                                  unsigned fraction) {
  for (unsigned order = PageOrder(objects * stride); order <= kMaxSlabOrder;
       ++order) {
    const std::size_t bytes = OrderBytes(order);
    if (bytes % stride <= bytes / fraction) return order;
  }
  return std::nullopt;
}

}  // namespace

SlabGeometry ComputeSlabGeometry(std::size_t stride, unsigned cpus) {
  const auto fits = [stride](unsigned order) {
    return static_cast<unsigned>(OrderBytes(order) / stride);
  };
  unsigned wanted = 4 * (std::bit_width(cpus) + 1);
  wanted = std::min(wanted, fits(kMaxSlabOrder));
  for (; wanted > 1; --wanted) {
    for (const unsigned fraction : {16u, 8u, 4u}) {
      if (const auto order = FindOrder(stride, wanted, fraction)) {
        return {*order, fits(*order)};
      }
    }
  }
  const unsigned order = PageOrder(stride);
  return {order, fits(order)};
}

}  // namespace pfn
