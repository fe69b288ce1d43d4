// SPDX-License-Identifier: MIT
//
// The oracle: a PFN set that is simple enough to be right, against which every
// measured run is checked. A map from chunk number to a flat bitmap of 4,096
// pages, written without any code that a structure uses. It satisfies
// PfnSet so that all that runs a structure runs the oracle too, but it is not
// one: it allocates from the ordinary heap, never fails, and is never timed.

#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>

#include "structures/core/nowait_allocator.h"
#include "structures/core/pfn.h"
#include "structures/core/pfn_set.h"

namespace pfn {

class Oracle {
 public:
  static constexpr StructureTraits kTraits{
      .name = "oracle", .family = "oracle", .origin = "pfnbench"};

  Oracle() = default;
  // A copy would remember a place in the chunks of the original.
  Oracle(const Oracle&) = delete;
  Oracle(Oracle&&) = default;

  Status Set(Pfn pfn, Gfp = Gfp::kKernel);
  Status Clear(Pfn pfn, Gfp = Gfp::kKernel);
  bool Test(Pfn pfn) const;
  std::optional<PfnRange> NextRange(Pfn from, Pfn max) const;
  Status ClearRange(PfnRange range, Gfp = Gfp::kKernel);

 private:
  static constexpr std::uint64_t kWords = 64;
  static constexpr std::uint64_t kChunkPages = 64 * kWords;
  using Chunk = std::array<std::uint64_t, kWords>;

  Chunk& ChunkFor(std::uint64_t number);
  // The first page in [from, max] whose membership is `member`.
  std::optional<Pfn> Find(Pfn from, Pfn max, bool member) const;

  std::map<std::uint64_t, Chunk> chunks_;
  // Where the last Set was: traces are local, and std::map is not quick.
  std::uint64_t recent_number_ = 0;
  Chunk* recent_ = nullptr;
};

}  // namespace pfn
