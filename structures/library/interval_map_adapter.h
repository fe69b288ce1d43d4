// SPDX-License-Identifier: MIT
//
// A PFN set out of an ordered map as the C++ libraries have it (std::map and
// any other with its interface): one entry first -> last for each run, runs
// never overlapping nor touching.
//
// Layout      the container's, with 16 bytes of payload a run.
// Set         one upper_bound, then one of: nothing, a run made longer in
//             place at either end, two runs made one by an erase, a new entry.
// Clear       one upper_bound, then the reverse; splitting a run inserts.
// Test        one upper_bound.
// NextRange   one upper_bound; ForEachRange steps the iterator.
//             With kHint the run touched last is looked at first, with its
//             neighbours, before anything is searched.
// ClearRange  two searches and one erase; an insert only where the range lies
//             within one run.
// Failure     every operation does the one insert that it may need first, so
//             that what throws has changed nothing, if `Map` keeps itself
//             unchanged when an insert throws and does not allocate in erase.
//             Clear and ClearRange can fail.

#pragma once

#include <algorithm>
#include <iterator>
#include <optional>
#include <type_traits>

#include "structures/core/nowait_allocator.h"
#include "structures/core/pfn.h"
#include "structures/library/throwing_allocator.h"

namespace pfn {

// The key of a run, its first page. It may change within the map: a run that
// grows or shrinks at its lower end keeps its place among the others. Through
// an insert and an erase the same would cost twice the time where pages come in
// descending order, as half of them do.
struct RunStart {
  mutable Pfn page;

  // Abseil would take it for something that is slow to compare.
  using absl_btree_prefer_linear_node_search = std::true_type;
};

struct RunOrder {
  using is_transparent = void;

  template <class Left, class Right>
  bool operator()(const Left& left, const Right& right) const {
    return Page(left) < Page(right);
  }

 private:
  static Pfn Page(Pfn page) { return page; }
  static Pfn Page(const RunStart& start) { return start.page; }
};

// `Map` maps RunStart to Pfn, ordered by RunOrder.
template <NowaitAllocator A, class Map, bool kHint = false>
class IntervalMapAdapter {
 public:
  explicit IntervalMapAdapter(A& heap)
      : memory_{heap},
        runs_(typename Map::allocator_type(
            ThrowingAllocator<typename Map::value_type, A>(memory_))) {}
  IntervalMapAdapter(const IntervalMapAdapter&) = delete;
  IntervalMapAdapter& operator=(const IntervalMapAdapter&) = delete;

  Status Set(Pfn pfn, Gfp gfp) {
    return memory_.Try(gfp, [&] { Insert(pfn); });
  }
  Status Clear(Pfn pfn, Gfp gfp) {
    return memory_.Try(gfp, [&] { Erase(pfn); });
  }
  Status ClearRange(PfnRange range, Gfp gfp) {
    return memory_.Try(gfp, [&] { Erase(range); });
  }

  bool Test(Pfn pfn) {
    const auto run = FirstEndingFrom(pfn);
    return run != runs_.end() && run->first.page <= pfn;
  }

  std::optional<PfnRange> NextRange(Pfn from, Pfn max) {
    const auto run = FirstEndingFrom(from);
    if (run == runs_.end() || run->first.page > max) return std::nullopt;
    return PfnRange{std::max(run->first.page, from),
                    std::min(run->second, max)};
  }

  template <class Visitor>
  void ForEachRange(PfnRange range, Visitor&& visitor) {
    for (auto run = FirstEndingFrom(range.first);
         run != runs_.end() && run->first.page <= range.last; ++run) {
      visitor(PfnRange{std::max(run->first.page, range.first),
                       std::min(run->second, range.last)});
    }
  }

  // Runs are ascending, not empty, and a gap apart.
  bool Validate() const {
    std::optional<Pfn> previous;
    for (const auto& [start, last] : runs_) {
      const Pfn first = start.page;
      if (last < first) return false;
      if (previous && (first <= *previous || first - *previous < 2)) {
        return false;
      }
      previous = last;
    }
    return true;
  }

 private:
  using Iterator = typename Map::iterator;

  // Every insert and every erase of the map must be followed by one of these
  // two: some maps keep no other iterator than the one that they return.
  void Remember(Iterator run) {
    if constexpr (kHint) {
      recent_ = run;
      has_recent_ = run != runs_.end();
    }
  }
  void Forget() { has_recent_ = false; }

  // The first run that begins above `pfn`.
  Iterator Above(Pfn pfn) {
    if constexpr (kHint) {
      if (has_recent_) {
        if (recent_->first.page <= pfn) {
          const Iterator next = std::next(recent_);
          if (next == runs_.end() || pfn < next->first.page) return next;
        } else if (recent_ == runs_.begin() ||
                   std::prev(recent_)->first.page <= pfn) {
          return recent_;
        }
      }
    }
    return runs_.upper_bound(pfn);
  }

  // The first run that ends at `pfn` or later.
  Iterator FirstEndingFrom(Pfn pfn) {
    const Iterator run = Above(pfn);
    if (run != runs_.begin()) {
      if (const Iterator before = std::prev(run); before->second >= pfn) {
        Remember(before);
        return before;
      }
    }
    return run;
  }

  // Lengthens the run touched last if `pfn` is next to it and joins it to no
  // other. False: nothing happened.
  bool Lengthen(Pfn pfn) {
    if (!has_recent_) return false;
    auto& [start, last] = *recent_;
    if (pfn == last + 1 && pfn != 0) {
      const Iterator next = std::next(recent_);
      if (next != runs_.end() && next->first.page == pfn + 1) return false;
      last = pfn;
      return true;
    }
    if (pfn + 1 == start.page && start.page != 0) {
      if (recent_ != runs_.begin() && std::prev(recent_)->second + 1 == pfn) {
        return false;
      }
      start.page = pfn;
      return true;
    }
    return false;
  }

  void Insert(Pfn pfn) {
    if constexpr (kHint) {
      if (Lengthen(pfn)) return;
    }
    const Iterator next = Above(pfn);
    const bool touches_next =
        next != runs_.end() && next->first.page == pfn + 1;
    if (next != runs_.begin()) {
      const Iterator run = std::prev(next);
      if (run->second >= pfn) return Remember(run);
      if (run->second + 1 == pfn) {
        run->second = touches_next ? next->second : pfn;
        return Remember(touches_next ? std::prev(runs_.erase(next)) : run);
      }
    }
    if (touches_next) {
      next->first.page = pfn;
      Remember(next);
    } else {
      Remember(runs_.emplace_hint(next, RunStart{pfn}, pfn));
    }
  }

  void Erase(Pfn pfn) {
    const Iterator next = Above(pfn);
    if (next == runs_.begin()) return;
    const Iterator run = std::prev(next);
    const PfnRange old{run->first.page, run->second};
    if (old.last < pfn) return;
    Remember(run);
    if (old.first == old.last) {
      Remember(runs_.erase(run));
    } else if (pfn == old.last) {
      run->second = pfn - 1;
    } else if (pfn == old.first) {
      run->first.page = pfn + 1;
    } else {
      const Iterator tail =
          runs_.emplace_hint(next, RunStart{pfn + 1}, old.last);
      std::prev(tail)->second = pfn - 1;
      Remember(tail);
    }
  }

  void Erase(PfnRange hole) {
    Iterator end = runs_.upper_bound(hole.last);
    if (end == runs_.begin()) return;
    const Iterator run = std::prev(end);
    if (const Pfn last = run->second; last > hole.last) {
      if (run->first.page < hole.first) {
        // Alone in being cut on both sides; what throws has changed nothing.
        const Iterator tail =
            runs_.emplace_hint(end, RunStart{hole.last + 1}, last);
        std::prev(tail)->second = hole.first - 1;
        Remember(tail);
        return;
      }
      run->first.page = hole.last + 1;
      end = run;
    }
    const Iterator begin = runs_.lower_bound(hole.first);
    if (begin != runs_.begin()) {
      const Iterator before = std::prev(begin);
      before->second = std::min(before->second, hole.first - 1);
    }
    Forget();
    runs_.erase(begin, end);
  }

  CallerMemory<A> memory_;
  Map runs_;
  Iterator recent_{};  // the run touched last
  bool has_recent_ = false;
};

}  // namespace pfn
