// SPDX-License-Identifier: MIT
//
// The measured loops: a block of PFNs, one operation each, the rare failure
// noted. All that measures a set goes through these functions, once for each
// block of pages, so that the loops are all that is compiled for each set.
//
// The set is either a structure itself, whose code the compiler puts into the
// loop as it likes, or one that is called (Structure::Measured).

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "harness/kernel/nowait_heap.h"
#include "structures/core/pfn.h"
#include "structures/core/pfn_set.h"
#include "workloads/trace/range_digest.h"

namespace pfn {

// Positions, within a pass, of pages whose operation returned kNoMemory.
using FailedPositions = std::vector<std::uint64_t>;

class MeasuredSet {
 public:
  virtual ~MeasuredSet() = default;

  // Operations on each page of `block`, with kNowait. `position` is that of its
  // first page within the pass.
  virtual void Set(std::span<const Pfn> block, std::uint64_t position,
                   FailedPositions& failed) = 0;
  virtual void Clear(std::span<const Pfn> block, std::uint64_t position,
                     FailedPositions& failed) = 0;
  // How many of them are members.
  virtual std::uint64_t Test(std::span<const Pfn> block) = 0;

  virtual void Walk(PfnRange range, RangeDigest& digest) = 0;
  virtual std::optional<PfnRange> NextRange(Pfn from, Pfn max) = 0;
  virtual Status ClearRange(PfnRange range, Gfp gfp) = 0;
};

using MakeMeasuredSet =
    std::function<std::unique_ptr<MeasuredSet>(NowaitHeap& heap)>;

template <class S>
class MeasuredLoops final : public MeasuredSet {
 public:
  template <class... Arguments>
  explicit MeasuredLoops(Arguments&&... arguments)
      : set_(std::forward<Arguments>(arguments)...) {}

  void Set(std::span<const Pfn> block, std::uint64_t position,
           FailedPositions& failed) override {
    for (std::size_t i = 0; i < block.size(); ++i) {
      if (set_.Set(block[i], Gfp::kNowait) != Status::kOk) [[unlikely]] {
        failed.push_back(position + i);
      }
    }
  }
  void Clear(std::span<const Pfn> block, std::uint64_t position,
             FailedPositions& failed) override {
    for (std::size_t i = 0; i < block.size(); ++i) {
      if (set_.Clear(block[i], Gfp::kNowait) != Status::kOk) [[unlikely]] {
        failed.push_back(position + i);
      }
    }
  }
  std::uint64_t Test(std::span<const Pfn> block) override {
    std::uint64_t members = 0;
    for (const Pfn pfn : block) members += set_.Test(pfn);
    return members;
  }

  void Walk(PfnRange range, RangeDigest& digest) override {
    VisitRanges(set_, range, digest);
  }
  std::optional<PfnRange> NextRange(Pfn from, Pfn max) override {
    return set_.NextRange(from, max);
  }
  Status ClearRange(PfnRange range, Gfp gfp) override {
    return set_.ClearRange(range, gfp);
  }

 private:
  S set_;
};

template <PfnSet S>
std::unique_ptr<MeasuredSet> MakeInlined(NowaitHeap& heap) {
  return std::make_unique<MeasuredLoops<S>>(heap);
}

}  // namespace pfn
