// SPDX-License-Identifier: MIT
//
// File: structures/maple/maple.h
//
// maple: a range B-tree with the geometry of the kernel's maple tree (Liam
// Howlett and Matthew Wilcox, Linux 6.1, 2022): what one would reach for in the
// kernel today to keep ranges of pages. That tree does not join neighbouring
// ranges of equal value, so a set has to look at the pages before and after the
// one that it stores, and store the union.
//
// Layout      maple_tree.h: nodes of 256 bytes with 16 slots; a run takes
//             two of them, one for itself and one for the gap.
// Set         a descent; where the page touches a run, one pivot moves.
// Test        a descent.
// Clear       as Set; cutting a run in two takes two more slots.
// NextRange   a descent and at most one step. ForEachRange: a descent and a
//             step for each range; the kernel's tree has such an iterator.
// ClearRange  a descent for each run; everything at once if nothing remains.
// Failure     Set, Clear and ClearRange can return kNoMemory; what they may
//             need is reserved before anything changes.
//
// No hint: a store by index starts at the root, as mtree_store_range() does.
//
// Source: the maple tree of Linux 6.1, by description only.

#ifndef PFNBENCH_STRUCTURES_MAPLE_MAPLE_H_
#define PFNBENCH_STRUCTURES_MAPLE_MAPLE_H_

#include <algorithm>
#include <optional>

#include "structures/core/nowait_allocator.h"
#include "structures/core/pfn.h"
#include "structures/core/pfn_set.h"
#include "structures/maple/maple_tree.h"

namespace pfn {

template <NowaitAllocator A>
class Maple {
 public:
  static constexpr StructureTraits kTraits{
      .name = "maple",
      .family = "btree",
      .origin = "Liam Howlett and Matthew Wilcox, Linux 6.1, 2022",
      .clear_can_fail = true,
  };

  explicit Maple(A& heap) : tree_(heap) {}

  Status Set(Pfn pfn, Gfp gfp) {
    if (tree_.IsEmpty() && tree_.MakeRoot(gfp) != Status::kOk) {
      return Status::kNoMemory;
    }
    maple::Cursor at;
    tree_.Find(pfn, at);
    if (at.is_member()) return Status::kOk;
    return tree_.Store({pfn, pfn}, at, gfp);
  }

  // As ClearRange of one page, in one descent: only a run of this page alone
  // can be all that there is.
  Status Clear(Pfn pfn, Gfp gfp) {
    maple::Cursor at;
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
    maple::Cursor at;
    if (!FindMembers(from, at) || at.first() > max) return std::nullopt;
    return Clipped(at, {from, max});
  }

  template <class Visitor>
  void ForEachRange(PfnRange range, Visitor&& visitor) const {
    maple::Cursor at;
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
    maple::Cursor at;
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
  bool FindMembers(Pfn pfn, maple::Cursor& at) const {
    tree_.Find(pfn, at);
    return at && (at.is_member() || at.Advance());
  }

  static PfnRange Clipped(const maple::Cursor& at, PfnRange to) {
    return {std::max(at.first(), to.first), std::min(at.last(), to.last)};
  }

  bool HoldsNothingBut(PfnRange range) const {
    return (range.first == 0 || !NextRange(0, range.first - 1)) &&
           (range.last == kMaxPfn || !NextRange(range.last + 1, kMaxPfn));
  }

  maple::Tree<A> tree_;
};

}  // namespace pfn

#endif  // PFNBENCH_STRUCTURES_MAPLE_MAPLE_H_
