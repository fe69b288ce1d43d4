// SPDX-License-Identifier: MIT
//
// Expands run-length encoded pages into blocks of plain PFNs. Measured loops
// read such a block from the first-level cache, so that neither decoding nor
// its mispredicted branches are charged to the structure.

#pragma once

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>

#include "structures/core/pfn.h"
#include "workloads/trace/trace.h"

namespace pfn {

class PageBlocks {
 public:
  // 8 KiB, a quarter of the smallest first-level cache in use; a stopwatch is
  // read twice per block.
  static constexpr std::size_t kBlockPages = 1024;

  explicit PageBlocks(std::span<const PfnRun> runs) : runs_(runs) {}

  // The next pages in order, `most` at most, which is up to kBlockPages; empty
  // at the end. Valid until the next call.
  std::span<const Pfn> Next(std::size_t most = kBlockPages) {
    assert(most <= kBlockPages);
    std::size_t filled = 0;
    while (filled < most && !runs_.empty()) {
      const PfnRun& run = runs_.front();
      const std::size_t count =
          std::min<std::uint64_t>(most - filled, run.pages() - taken_);
      const Pfn step = run.length < 0 ? ~Pfn{0} : Pfn{1};
      Pfn pfn = run.first + step * taken_;
      for (std::size_t i = 0; i < count; ++i, pfn += step) {
        block_[filled + i] = pfn;
      }
      filled += count;
      taken_ += count;
      if (taken_ == run.pages()) {
        runs_ = runs_.subspan(1);
        taken_ = 0;
      }
    }
    return {block_.data(), filled};
  }

 private:
  std::span<const PfnRun> runs_;
  std::uint64_t taken_ = 0;  // pages of the first run that are done
  std::array<Pfn, kBlockPages> block_;
};

}  // namespace pfn
