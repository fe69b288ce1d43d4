// SPDX-License-Identifier: MIT
//
// Single pages as ranges, in order: neighbours are joined while they are read,
// what is left is sorted and joined again. So an array that a guest allocated
// in a row costs one pass.

#pragma once

#include <span>
#include <vector>

#include "harness/driver/host.h"
#include "structures/core/pfn.h"

namespace pfn {

void JoinNeighbours(std::span<const Pfn> pages, std::vector<PfnRange>& ranges);
void SortAndJoin(std::vector<PfnRange>& ranges);

// A host that merges: each array becomes chunks, as Firecracker and crosvm do
// before they give memory back. Arrays are merged one by one.
class ArrayMerger {
 public:
  // Valid until the next call.
  std::span<const Buffer> Merge(std::span<const Buffer> buffers);

 private:
  std::vector<PfnRange> ranges_;
  std::vector<Buffer> merged_;
};

}  // namespace pfn
