// SPDX-License-Identifier: MIT
//
// What CRoaring lacks for a set of PFNs: pages of 64 bits, by a map of its
// 32-bit bitmaps as in its own Roaring64Map, and a walk over runs. The bitmap
// used last is remembered: a guest below 16 TiB has only one, whose user would
// have no map.
//
// The best that the installed version offers is used, which CMake looks for:
// with PFN_CROARING_BULK (0.5 and later) pages go through a context that knows
// the container used last; with PFN_CROARING_RANGES (5.0 and later) the library
// reads runs. Without the latter pages are read in batches and put together:
// O(pages), with one comparison for a batch that goes on with the run.

#pragma once

#include <roaring/roaring.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <memory>
#include <new>
#include <optional>
#include <span>

#include "structures/core/pfn.h"

namespace pfn {

class CroaringBitmaps {
 public:
  void Add(Pfn pfn) {
    roaring_bitmap_t* const bitmap = Make(High(pfn));
#if defined(PFN_CROARING_BULK)
    roaring_bitmap_add_bulk(bitmap, &context_, Low(pfn));
#else
    roaring_bitmap_add(bitmap, Low(pfn));
#endif
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
      roaring_bitmap_add_many(Make(high), count, lows.data());
      ForgetContainer();
    }
  }
  void Remove(Pfn pfn) {
    if (roaring_bitmap_t* bitmap = Find(High(pfn))) {
      roaring_bitmap_remove(bitmap, Low(pfn));
      ForgetContainer();
    }
  }
  bool Contains(Pfn pfn) {
    const roaring_bitmap_t* const bitmap = Find(High(pfn));
    if (bitmap == nullptr) return false;
#if defined(PFN_CROARING_BULK)
    return roaring_bitmap_contains_bulk(bitmap, &context_, Low(pfn));
#else
    return roaring_bitmap_contains(bitmap, Low(pfn));
#endif
  }

  void RemoveRange(PfnRange range) {
    auto each = bitmaps_.lower_bound(High(range.first));
    while (each != bitmaps_.end() && each->first <= High(range.last)) {
      roaring_bitmap_t* const bitmap = each->second.get();
      const PfnRange part = Within(each->first, range);
      roaring_bitmap_remove_range_closed(bitmap, part.first, part.last);
      each = roaring_bitmap_is_empty(bitmap) ? bitmaps_.erase(each)
                                             : std::next(each);
    }
    recent_ = nullptr;
    ForgetContainer();
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
#if defined(PFN_CROARING_RANGES)
      roaring_iterator_init(bitmap.get(), &pages);
      roaring_uint32_iterator_move_equalorlarger(&pages,
                                                 Within(high, range).first);
      std::array<roaring_uint32_range_closed_t, 64> batch;
      while (const std::size_t count = roaring_uint32_iterator_read_ranges(
                 &pages, batch.data(), batch.size())) {
        for (std::size_t i = 0; i < count; ++i) {
          const PfnRange next{Pfn{high} << 32 | batch[i].min,
                              Pfn{high} << 32 | batch[i].max};
          // Only where two bitmaps meet does one go on with the other.
          if (run && next.first == run->last + 1 && next.first <= range.last) {
            run->last = std::min(next.last, range.last);
            continue;
          }
          if (run && !visit(*run)) return;
          if (next.first > range.last) return;
          run = PfnRange{next.first, std::min(next.last, range.last)};
        }
      }
#else
      roaring_init_iterator(bitmap.get(), &pages);
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
#endif
    }
    if (run) visit(*run);
  }

 private:
  struct Free {
    void operator()(roaring_bitmap_t* bitmap) const {
      roaring_bitmap_free(bitmap);
    }
  };

  static std::uint32_t High(Pfn pfn) { return pfn >> 32; }
  static std::uint32_t Low(Pfn pfn) { return pfn & 0xffffffff; }
  // The lower halves of the pages of `range` whose upper half is `high`.
  static PfnRange Within(std::uint32_t high, PfnRange range) {
    return {high == High(range.first) ? Low(range.first) : 0,
            high == High(range.last) ? Low(range.last) : Low(kMaxPfn)};
  }

  roaring_bitmap_t* Make(std::uint32_t high) {
    if (recent_ == nullptr || recent_high_ != high) {
      auto& bitmap = bitmaps_[high];
      if (bitmap == nullptr) bitmap.reset(roaring_bitmap_create());
      if (bitmap == nullptr) throw std::bad_alloc();
      Remember(high, bitmap.get());
    }
    return recent_;
  }
  // Null if there is none.
  roaring_bitmap_t* Find(std::uint32_t high) {
    if (recent_ == nullptr || recent_high_ != high) {
      const auto found = bitmaps_.find(high);
      if (found == bitmaps_.end()) return nullptr;
      Remember(high, found->second.get());
    }
    return recent_;
  }
  void Remember(std::uint32_t high, roaring_bitmap_t* bitmap) {
    recent_ = bitmap;
    recent_high_ = high;
    ForgetContainer();
  }
  // The context is that of the bitmap used last, and of its container as it
  // was: any other change makes it invalid.
  void ForgetContainer() {
#if defined(PFN_CROARING_BULK)
    context_ = {};
#endif
  }

  // By the upper half of pages.
  std::map<std::uint32_t, std::unique_ptr<roaring_bitmap_t, Free>> bitmaps_;
  roaring_bitmap_t* recent_ = nullptr;
  std::uint32_t recent_high_ = 0;
#if defined(PFN_CROARING_BULK)
  roaring_bulk_context_t context_ = {};
#endif
};

}  // namespace pfn
