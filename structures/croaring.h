// SPDX-License-Identifier: MIT
//
// File: structures/croaring.h
//
// croaring: CRoaring as Debian ships it, one 32-bit bitmap for each 2^32 pages,
// found through a std::map as the library's own Roaring64Map does. Containers
// are those that adding pages one by one gives, arrays and bitsets: nobody
// calls run_optimize().
//
// Layout      per 2^16 pages a container: up to 4,096 pages in a sorted array
// of
//             2 bytes each, above that a bitset of 8 KiB; a sorted array of
//             containers; a map node for each 2^32 pages (one, for any real
//             guest).
// Set         map lookup (none for the bitmap used last), binary search for the
//             container, then in an array a binary search and a shift.
// Test/Clear  likewise.
// ForEachRange  the library has no iterator over runs: pages are read in
// batches
//             of 256, its fastest way, and put together. O(pages).
// NextRange   the same, as far as the run reaches.
// ClearRange  remove_range() of each bitmap; one that is empty goes.
// Memory      comes from malloc(); the library has no hook for it at this
//             version, so that it is not accounted and no figure is given.
// Failure     the library does not check its allocations: it crashes.
//
// Source: libroaring.

#ifndef PFNBENCH_STRUCTURES_CROARING_H_
#define PFNBENCH_STRUCTURES_CROARING_H_

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <roaring/roaring.hh>

#include "structures/core/nowait_allocator.h"
#include "structures/core/pfn.h"
#include "structures/core/pfn_set.h"

namespace pfn {

template <NowaitAllocator A>
class Croaring {
 public:
  static constexpr ContenderTraits kTraits{
      .name = "croaring",
      .family = "roaring",
      .origin = "CRoaring 0.2, Lemire and others, 2016",
      .out_of_memory = OutOfMemory::kAborts,
      .accounts_memory = false,
  };

  explicit Croaring(A&) {}
  Croaring(const Croaring&) = delete;
  Croaring& operator=(const Croaring&) = delete;

  Status Set(Pfn pfn, Gfp) {
    if (recent_ == nullptr || High(pfn) != recent_high_) [[unlikely]] {
      recent_high_ = High(pfn);
      recent_ = &bitmaps_[recent_high_];
    }
    recent_->add(Low(pfn));
    return Status::kOk;
  }

  Status Clear(Pfn pfn, Gfp) {
    if (Roaring* bitmap = Find(pfn)) bitmap->remove(Low(pfn));
    return Status::kOk;
  }

  bool Test(Pfn pfn) {
    const Roaring* bitmap = Find(pfn);
    return bitmap != nullptr && bitmap->contains(Low(pfn));
  }

  std::optional<PfnRange> NextRange(Pfn from, Pfn max) const {
    std::optional<PfnRange> first;
    Walk({from, max}, [&](PfnRange run) {
      first = run;
      return false;
    });
    return first;
  }

  template <class Visitor>
  void ForEachRange(PfnRange range, Visitor&& visitor) const {
    Walk(range, [&](PfnRange run) {
      visitor(run);
      return true;
    });
  }

  Status ClearRange(PfnRange range, Gfp) {
    auto each = bitmaps_.lower_bound(High(range.first));
    while (each != bitmaps_.end() && each->first <= High(range.last)) {
      auto& [high, bitmap] = *each;
      roaring_bitmap_remove_range_closed(
          &bitmap.roaring, high == High(range.first) ? Low(range.first) : 0,
          high == High(range.last) ? Low(range.last) : Low(kMaxPfn));
      each = bitmap.isEmpty() ? bitmaps_.erase(each) : std::next(each);
    }
    recent_ = nullptr;
    return Status::kOk;
  }

 private:
  static std::uint32_t High(Pfn pfn) { return pfn >> 32; }
  static std::uint32_t Low(Pfn pfn) { return pfn & 0xffffffff; }

  Roaring* Find(Pfn pfn) {
    if (recent_ == nullptr || High(pfn) != recent_high_) {
      const auto found = bitmaps_.find(High(pfn));
      if (found == bitmaps_.end()) return nullptr;
      recent_high_ = High(pfn);
      recent_ = &found->second;
    }
    return recent_;
  }

  // Calls `visit` for each run within `range` until it returns false.
  template <class Visit>
  void Walk(PfnRange range, Visit visit) const {
    std::optional<PfnRange> run;
    for (auto each = bitmaps_.lower_bound(High(range.first));
         each != bitmaps_.end() && each->first <= High(range.last); ++each) {
      const Pfn base = Pfn{each->first} << 32;
      roaring_uint32_iterator_t pages;
      roaring_init_iterator(&each->second.roaring, &pages);
      if (base < range.first) {
        roaring_move_uint32_iterator_equalorlarger(&pages, Low(range.first));
      }
      std::array<std::uint32_t, 256> batch;
      while (const std::uint32_t count = roaring_read_uint32_iterator(
                 &pages, batch.data(), batch.size())) {
        for (std::uint32_t i = 0; i < count; ++i) {
          const Pfn pfn = base | batch[i];
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

  std::map<std::uint32_t, Roaring> bitmaps_;  // by the upper half of a page
  std::uint32_t recent_high_ = 0;
  Roaring* recent_ = nullptr;  // the bitmap of recent_high_
};

}  // namespace pfn

#endif  // PFNBENCH_STRUCTURES_CROARING_H_
