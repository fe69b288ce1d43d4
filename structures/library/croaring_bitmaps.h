// SPDX-License-Identifier: MIT
//
// What CRoaring lacks for a set of PFNs: pages of 64 bits, by a map of its
// 32-bit bitmaps as in its own Roaring64Map, and a walk over runs. The bitmap
// used last is remembered: a guest below 16 TiB has only one, whose user would
// have no map. The library has no iterator over runs; pages are read in
// batches, its fastest way, and put together: O(pages), with one comparison for
// a batch that goes on with the run.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <roaring/roaring.hh>
#include <span>

#include "structures/core/pfn.h"

namespace pfn {

class CroaringBitmaps {
 public:
  static std::uint32_t Low(Pfn pfn) { return pfn & 0xffffffff; }

  // The bitmap that `pfn` belongs to.
  Roaring& Make(Pfn pfn) {
    if (recent_ == nullptr || recent_high_ != High(pfn)) {
      recent_ = &bitmaps_[High(pfn)];
      recent_high_ = High(pfn);
    }
    return *recent_;
  }
  // Adds pages in any order, by the library's call for many values.
  void AddMany(std::span<const Pfn> pages) {
    std::array<std::uint32_t, 256> lows;
    for (std::size_t i = 0; i < pages.size();) {
      const std::uint32_t high = High(pages[i]);
      std::size_t count = 0;
      for (; i < pages.size() && count < lows.size() && High(pages[i]) == high;
           ++i) {
        lows[count++] = Low(pages[i]);
      }
      Make(Pfn{high} << 32).addMany(count, lows.data());
    }
  }
  // The bitmap that `pfn` belongs to, or null if there is none.
  Roaring* Find(Pfn pfn) {
    if (recent_ == nullptr || recent_high_ != High(pfn)) {
      const auto found = bitmaps_.find(High(pfn));
      if (found == bitmaps_.end()) return nullptr;
      recent_ = &found->second;
      recent_high_ = High(pfn);
    }
    return recent_;
  }

  void RemoveRange(PfnRange range) {
    auto each = bitmaps_.lower_bound(High(range.first));
    while (each != bitmaps_.end() && each->first <= High(range.last)) {
      auto& [high, bitmap] = *each;
      const PfnRange part = Within(high, range);
      roaring_bitmap_remove_range_closed(&bitmap.roaring, part.first,
                                         part.last);
      each = bitmap.isEmpty() ? bitmaps_.erase(each) : std::next(each);
    }
    recent_ = nullptr;
  }

  // Calls `visit` for each run within `range`, ascending, until it returns
  // false.
  template <class Visit>
  void VisitRuns(PfnRange range, Visit visit) const {
    std::optional<PfnRange> run;
    for (auto each = bitmaps_.lower_bound(High(range.first));
         each != bitmaps_.end() && each->first <= High(range.last); ++each) {
      const auto& [high, bitmap] = *each;
      roaring_uint32_iterator_t pages;
      roaring_init_iterator(&bitmap.roaring, &pages);
      roaring_move_uint32_iterator_equalorlarger(&pages,
                                                 Within(high, range).first);
      std::array<std::uint32_t, 256> batch;
      while (const std::uint32_t count = roaring_read_uint32_iterator(
                 &pages, batch.data(), batch.size())) {
        // Most batches go on with the run to their end.
        const Pfn end = Pfn{high} << 32 | batch[count - 1];
        if (run && end - run->last == count && end <= range.last) {
          run->last = end;
          continue;
        }
        for (std::uint32_t i = 0; i < count; ++i) {
          const Pfn pfn = Pfn{high} << 32 | batch[i];
          if (run && pfn == run->last + 1 && pfn <= range.last) {
            run->last = pfn;
            continue;
          }
          if (run && !visit(*run)) return;
          if (pfn > range.last) return;
          run = PfnRange{pfn, pfn};
        }
      }
    }
    if (run) visit(*run);
  }

 private:
  static std::uint32_t High(Pfn pfn) { return pfn >> 32; }
  // The lower halves of the pages of `range` whose upper half is `high`.
  static PfnRange Within(std::uint32_t high, PfnRange range) {
    return {high == High(range.first) ? Low(range.first) : 0,
            high == High(range.last) ? Low(range.last) : Low(kMaxPfn)};
  }

  std::map<std::uint32_t, Roaring> bitmaps_;  // by the upper half of pages
  Roaring* recent_ = nullptr;
  std::uint32_t recent_high_ = 0;
};

}  // namespace pfn
