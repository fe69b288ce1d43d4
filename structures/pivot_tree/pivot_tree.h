// SPDX-License-Identifier: MIT
//
// pivot-tree: a B-tree of ranges of our own with the geometry of the kernel's
// maple tree (Liam Howlett and Matthew Wilcox, Linux 6.1, 2022), and with
// nothing else of it. The maple tree does not join neighbours of equal value,
// so that a set on it looks at the pages before and after the one that it
// stores, then stores the union, each by a walk from the root. It copies nodes
// for readers under RCU and checks types and dead nodes. Here neighbours are
// known from one descent, and a page next to a run is a single store of a
// pivot: at least eight times fewer instructions than the maple tree in a
// kernel takes (docs/fairness.md). No figure of this row is one of the maple
// tree.
//
// Layout      ranges.h: nodes of 256 bytes with 16 slots; a run takes
//             two of them, one for itself and one for the gap.
// Set         a descent; where the page touches a run, one pivot moves.
// Test        a descent.
// Clear       as Set; cutting a run in two takes two more slots.
// NextRange   a descent and at most one step. ForEachRange: a descent and a
//             step for each range.
// ClearRange  a descent for each run; everything at once if nothing remains.
// Failure     Set, Clear and ClearRange can return kNoMemory; what they may
//             need is reserved before anything changes.
//
// No hint: a store starts at the root.
//
// Source of the geometry: the maple tree of Linux 6.1, by description only.

#pragma once

#include <algorithm>
#include <optional>

#include "structures/core/nowait_allocator.h"
#include "structures/core/pfn.h"
#include "structures/core/pfn_set.h"
#include "structures/pivot_tree/ranges.h"

namespace pfn {

template <NowaitAllocator A>
class PivotTree {
 public:
  static constexpr StructureTraits kTraits{
      .name = "pivot-tree",
      .family = "btree",
      .origin = "pfnbench, 2026, with the node of Linux 6.1's maple tree",
      .clear_can_fail = true,
  };

  explicit PivotTree(A& heap) : tree_(heap) {}

  Status Set(Pfn pfn, Gfp gfp) {
    if (tree_.IsEmpty() && tree_.MakeRoot(gfp) != Status::kOk) {
      return Status::kNoMemory;
    }
    pivot_tree::Cursor at;
    tree_.Find(pfn, at);
    if (at.is_member()) return Status::kOk;
    return tree_.Store({pfn, pfn}, at, gfp);
  }

  // As ClearRange of one page, in one descent: only a run of this page alone
  // can be all that there is.
  Status Clear(Pfn pfn, Gfp gfp) {
    pivot_tree::Cursor at;
    tree_.Find(pfn, at);
    if (!at || !at.is_member()) return Status::kOk;
    const PfnRange page{pfn, pfn};
    if (at.first() == pfn && at.last() == pfn && HoldsNothingBut(page)) {
      tree_.Clear();
      return Status::kOk;
    }
    return tree_.Store(page, at, gfp);
  }

  bool Test(Pfn pfn) const { return tree_.Test(pfn); }

  std::optional<PfnRange> NextRange(Pfn from, Pfn max) const {
    pivot_tree::Cursor at;
    if (!FindMembers(from, at) || at.first() > max) return std::nullopt;
    return Clipped(at, {from, max});
  }

  template <class Visitor>
  void ForEachRange(PfnRange range, Visitor&& visitor) const {
    pivot_tree::Cursor at;
    if (!FindMembers(range.first, at)) return;
    // From one run over the gap to the next.
    while (at.first() <= range.last) {
      visitor(Clipped(at, range));
      if (!at.Advance() || !at.Advance()) return;
    }
  }

  // Cutting one run in two is all that can need memory, so if that is not what
  // happens first, nothing fails.
  Status ClearRange(PfnRange range, Gfp gfp) {
    if (HoldsNothingBut(range)) {
      tree_.Clear();
      return Status::kOk;
    }
    pivot_tree::Cursor at;
    Pfn from = range.first;
    while (FindMembers(from, at) && at.first() <= range.last) {
      const PfnRange cleared = Clipped(at, {from, range.last});
      if (tree_.Store(cleared, at, gfp) != Status::kOk) {
        return Status::kNoMemory;
      }
      if (cleared.last == range.last) break;
      from = cleared.last + 1;
    }
    return Status::kOk;
  }

  bool Validate() const { return tree_.Validate(); }

 private:
  // To the first run that ends at `pfn` or later.
  bool FindMembers(Pfn pfn, pivot_tree::Cursor& at) const {
    tree_.Find(pfn, at);
    return at && (at.is_member() || at.Advance());
  }

  static PfnRange Clipped(const pivot_tree::Cursor& at, PfnRange to) {
    return {std::max(at.first(), to.first), std::min(at.last(), to.last)};
  }

  bool HoldsNothingBut(PfnRange range) const {
    return (range.first == 0 || !NextRange(0, range.first - 1)) &&
           (range.last == kMaxPfn || !NextRange(range.last + 1, kMaxPfn));
  }

  pivot_tree::Tree<A> tree_;
};

}  // namespace pfn
