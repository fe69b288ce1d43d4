// SPDX-License-Identifier: MIT
//
// xarray: what the kernel's IDA does today, on the XArray (Matthew Wilcox,
// merged in 4.20), with a page number for an id. The same tree and node as
// xbitmap, without preloading: memory that cannot be had under the lock is
// asked for once more with the lock dropped, one object at a time.
//
// Layout      as xbitmap: nodes of 576 bytes from the same cache, leaves of 128
//             bytes; while all members of a leaf are among its first 63 pages
//             the slot holds them (a value entry). FREE marks are exact.
// Set         one descent; nothing if the leaf is full, else the bit and a scan
//             of the leaf for fullness, from its first word, as the IDA does at
//             every allocation. Value entries cannot be full: no scan.
// Test        one descent.
// Clear       one descent, a scan for emptiness, FREE marks upwards if the leaf
//             was full; frees what becomes empty. Never allocates.
// NextRange   as xbitmap-tag.
// ForEachRange  one walk over the entries, which is the XArray's own way to
//             look at everything (xas_for_each).
// ClearRange  existing entries of the range; never allocates, never fails.
// Failure     Under the lock a node is taken from the cursor's stash, which
//             holds at most one, else asked for with GFP_NOWAIT; a leaf is
//             asked for with GFP_NOWAIT. What fails is asked for once more with
//             the gfp of the caller, without the lock, and the store begins
//             again; it keeps the nodes that it linked before. Only when the
//             second request fails too, Set returns kNoMemory. For a caller
//             with GFP_NOWAIT that makes two tries for each object.
//
// Not modelled: the lock itself; RCU delay of freed nodes. The leaf is asked
// for after its nodes, as in xbitmap, so none is wasted when a node is missing.

#pragma once

#include <utility>

#include "structures/core/nowait_allocator.h"
#include "structures/core/pfn.h"
#include "structures/core/pfn_set.h"
#include "structures/xbitmap/xbitmap.h"

namespace pfn {

namespace xarray {

// The allocations of one store: GFP_NOWAIT under the lock, no matter what the
// caller allows, unless the retry brought something along.
template <NowaitAllocator A>
class StashMemory {
 public:
  explicit StashMemory(A& heap) : direct_(heap) {}

  // The lock is dropped: the object that was missing, with the gfp of the
  // caller (xas_nomem, for a node). False if there is none.
  bool Stash(xbitmap::SetResult missing, Gfp gfp) {
    if (missing == xbitmap::SetResult::kNoNode) {
      node_ = direct_.AllocateNode(gfp);
      return node_ != nullptr;
    }
    leaf_ = direct_.AllocateLeaf(gfp);
    return leaf_ != nullptr;
  }

  void* AllocateNode(Gfp) {
    if (node_ != nullptr) return std::exchange(node_, nullptr);
    return direct_.AllocateNode(Gfp::kNowait);
  }
  void* AllocateLeaf(Gfp) {
    if (leaf_ != nullptr) return std::exchange(leaf_, nullptr);
    return direct_.AllocateLeaf(Gfp::kNowait);
  }
  void FreeNode(xbitmap::Node* node) { direct_.FreeNode(node); }
  void FreeLeaf(xbitmap::Leaf* leaf) { direct_.FreeLeaf(leaf); }

 private:
  // A stash is filled only when the tree is short of just that object, and the
  // retry takes it first thing, so none is left when a Set returns.
  xbitmap::DirectMemory<A> direct_;
  void* node_ = nullptr;
  void* leaf_ = nullptr;
};

// The retrying store and the ordered walk, over the tree.
template <NowaitAllocator A, bool kLeafHint>
class RetryingSet
    : public xbitmap::TreeSet<StashMemory<A>,
                              xbitmap::TreeOptions{.small_set_bits = 63,
                                                   .free_marks = true,
                                                   .leaf_hint = kLeafHint}> {
 public:
  using RetryingSet::TreeSet::TreeSet;

  Status Set(Pfn pfn, Gfp gfp) {
    const xbitmap::SetResult result = this->tree_.Set(pfn, gfp);
    return result == xbitmap::SetResult::kOk ? Status::kOk
                                             : Retry(result, pfn, gfp);
  }

  template <class Visitor>
  void ForEachRange(PfnRange range, Visitor&& visitor) const {
    this->tree_.ForEachRange(range, visitor);
  }

 private:
  // Never inlined, for the sake of the loops around Set.
  [[gnu::noinline]] Status Retry(xbitmap::SetResult result, Pfn pfn, Gfp gfp) {
    while (result != xbitmap::SetResult::kOk) {
      if (!this->memory_.Stash(result, gfp)) return Status::kNoMemory;
      result = this->tree_.Set(pfn, gfp);
    }
    return Status::kOk;
  }
};

}  // namespace xarray

template <NowaitAllocator A>
class Xarray : public xarray::RetryingSet<A, /*kLeafHint=*/false> {
 public:
  static constexpr StructureTraits kTraits{
      .name = "xarray",
      .family = "radix",
      .origin = "Matthew Wilcox, 2018 (XArray, 4.20), as today's IDA uses it",
  };

  using Xarray::RetryingSet::RetryingSet;
};

// xarray-hint: xarray with the leaf used last remembered, a variant that nobody
// proposed. What the IDA cannot do, a caller that knows its pages to come in
// clusters could.
//
// Layout      as xarray; the set remembers one leaf number and where it is.
//             Value entries are not remembered.
// Set, Test, Clear  one comparison where the leaf is the one used last, else
//             as xarray. The scan for fullness stays.
// Others      as xarray, without using the hint.
// Failure     as xarray.
template <NowaitAllocator A>
class XarrayHint : public xarray::RetryingSet<A, /*kLeafHint=*/true> {
 public:
  static constexpr StructureTraits kTraits{
      .name = "xarray-hint",
      .family = "radix",
      .origin = "variant of xarray, nobody's proposal: last leaf remembered",
      .variant_of = "xarray",
  };

  using XarrayHint::RetryingSet::RetryingSet;
};

}  // namespace pfn
