// SPDX-License-Identifier: MIT
//
// btree-range: a B+ tree of the runs of member pages, [first, last] each. What
// one would build today for a set whose pages come in long runs: memory follows
// the number of runs, not the span. The run touched last answers first, because
// a balloon gets most of its pages next to the one before.
//
// Layout      btree_run_tree.h with nodes of kNodeBytes; 16 bytes a run.
// Set         O(1) next to the run touched last; else a search in its leaf, or
//             a descent. Joins the neighbours that the page touches.
// Test        the same, without changing anything.
// Clear       the same; splits a run in two, which may need nodes.
// NextRange   as Test. ForEachRange: a search, then leaf by leaf: a B+ tree is
//             chosen for this walk.
// ClearRange  a search and a step for each run; everything at once if nothing
//             remains. Needs nodes only to split one run in two.
// Failure     Set, Clear and ClearRange can return kNoMemory; what they need
//             is allocated before anything changes.
//
// A node of 512 bytes is the smallest that is as quick as larger ones; with 256
// bytes a descent has more levels, with 2 KiB it touches more cache lines.
//
// Source: our own.

#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "structures/btree/btree_run_tree.h"
#include "structures/core/nowait_allocator.h"
#include "structures/core/pfn.h"
#include "structures/core/pfn_set.h"

namespace pfn {

template <NowaitAllocator A, std::size_t kNodeBytes = 512>
class BtreeRange {
 public:
  static constexpr StructureTraits kTraits{
      .name = "btree-range",
      .family = "btree",
      .origin = "pfnbench, 2026: ranges in a B+ tree",
      .clear_can_fail = true,
  };

  explicit BtreeRange(A& heap) : tree_(heap) {}

  Status Set(Pfn pfn, Gfp gfp) {
    if (recent_) [[likely]] {
      // Within its leaf, a run can grow as long as it stays two pages away from
      // the next run, or one from the end of what the leaf owns.
      PfnRange& run = recent_.run();
      const typename Tree::Leaf& leaf = *recent_.leaf;
      if (pfn == run.last + 1 && pfn != 0) {
        const Pfn limit = recent_.index + 1 < leaf.count
                              ? leaf.runs[recent_.index + 1].first - 1
                              : leaf.high;
        if (pfn < limit) [[likely]] {
          run.last = pfn;
          return Status::kOk;
        }
      } else if (pfn + 1 == run.first && run.first != 0) {
        const Pfn limit = recent_.index != 0
                              ? leaf.runs[recent_.index - 1].last + 1
                              : leaf.low;
        if (pfn > limit) [[likely]] {
          run.first = pfn;
          return Status::kOk;
        }
      }
    }
    return SetAnywhere(pfn, gfp);
  }

  Status Clear(Pfn pfn, Gfp gfp) { return ClearRange({pfn, pfn}, gfp); }

  bool Test(Pfn pfn) {
    const Cursor at = Locate(pfn);
    if (!at.IsRun() || !Contains(at.run(), pfn)) return false;
    recent_ = at;
    return true;
  }

  std::optional<PfnRange> NextRange(Pfn from, Pfn max) {
    const Cursor at = Tree::RunFrom(Locate(from));
    if (!at || at.run().first > max) return std::nullopt;
    recent_ = at;
    return Clipped(at.run(), {from, max});
  }

  template <class Visitor>
  void ForEachRange(PfnRange range, Visitor&& visitor) {
    Cursor at = Tree::RunFrom(Locate(range.first));
    for (; at && at.run().first <= range.last;
         at = Tree::RunFrom({at.leaf, at.index + 1})) {
      visitor(Clipped(at.run(), range));
    }
  }

  Status ClearRange(PfnRange range, Gfp gfp) {
    Cursor at = Tree::RunFrom(Locate(range.first));
    if (!at || at.run().first > range.last) return Status::kOk;
    const PfnRange run = at.run();
    if (run.first < range.first) {
      if (run.last > range.last) return Split(at, range, gfp);
      at.run().last = range.first - 1;
      recent_ = at;
      if (run.last == range.last) return Status::kOk;
      at = Tree::RunFrom({at.leaf, at.index + 1});
    }
    EraseUpTo(at, range.last);
    return Status::kOk;
  }

  bool Validate() const {
    if (!tree_.Validate()) return false;
    if (!recent_) return true;
    Cursor at = tree_.FirstRun();
    while (at && at != recent_) at = Tree::RunFrom({at.leaf, at.index + 1});
    return at == recent_;
  }

 private:
  using Tree = btree::RunTree<A, kNodeBytes>;
  using Cursor = typename Tree::Cursor;

  static bool Contains(PfnRange run, Pfn pfn) {
    return run.first <= pfn && pfn <= run.last;
  }
  static PfnRange Clipped(PfnRange run, PfnRange to) {
    return {std::max(run.first, to.first), std::min(run.last, to.last)};
  }

  Cursor Locate(Pfn pfn) const {
    if (!recent_ || !recent_.leaf->Owns(pfn)) return tree_.Locate(pfn);
    if (Contains(recent_.run(), pfn)) return recent_;
    return Tree::LocateIn(recent_.leaf, pfn);
  }

  Status SetAnywhere(Pfn pfn, Gfp gfp) {
    Cursor at = Locate(pfn);
    const Cursor next = Tree::RunFrom(at);
    if (next && next.run().first <= pfn) {
      recent_ = next;
      return Status::kOk;
    }
    const Cursor before = Tree::RunBefore(at);
    const bool touches_before = before && before.run().last == pfn - 1;
    const bool touches_next = next && next.run().first == pfn + 1;
    if (touches_before && touches_next) {
      recent_ = tree_.Join(before, next) ? before : Cursor{};
    } else if (touches_before) {
      tree_.SetLast(before, pfn);
      recent_ = before;
    } else if (touches_next) {
      tree_.SetFirst(next, pfn);
      recent_ = next;
    } else {
      if (tree_.Insert(at, {pfn, pfn}, gfp) != Status::kOk) {
        return Status::kNoMemory;
      }
      recent_ = at;
    }
    return Status::kOk;
  }

  // Clears `hole` within the run at the cursor, pages of which remain on both
  // sides.
  Status Split(Cursor at, PfnRange hole, Gfp gfp) {
    const PfnRange upper = {hole.last + 1, at.run().last};
    Cursor place = {at.leaf, at.index + 1};
    // First, because a new border between leaves may be put right behind it.
    const Pfn last = std::exchange(at.run().last, hole.first - 1);
    if (tree_.Insert(place, upper, gfp) != Status::kOk) {
      at.run().last = last;
      return Status::kNoMemory;
    }
    recent_ = place;
    return Status::kOk;
  }

  // Clears what lies at or below `last`, starting with the run at the cursor,
  // if any.
  void EraseUpTo(Cursor at, Pfn last) {
    if (at == tree_.FirstRun() && tree_.LastRun().run().last <= last) {
      recent_ = {};
      tree_.RemoveAll();
      return;
    }
    while (at && at.run().first <= last) {
      const auto& leaf = *at.leaf;
      const Pfn high = leaf.high;
      unsigned end = at.index;
      while (end != leaf.count && leaf.runs[end].last <= last) ++end;
      if (end != leaf.count && leaf.runs[end].first <= last) {
        at.leaf->runs[end].first = last + 1;
      }
      Erase(at, end - at.index);
      if (high >= last) return;
      at = Tree::RunFrom(tree_.Locate(high + 1));
    }
  }

  void Erase(Cursor at, unsigned count) {
    if (count == 0) {
      recent_ = at;
    } else if (tree_.Erase(at, count)) {
      recent_ = {at.leaf, std::min(at.index, at.leaf->count - 1)};
    } else {
      recent_ = {};
    }
  }

  Tree tree_;
  Cursor recent_;  // a run, or nothing
};

}  // namespace pfn
