// SPDX-License-Identifier: MIT
//
// An array of pages at once: what a balloon driver has in its hands, which
// fills an array of up to 256 page numbers before it tells the host. A set that
// gets the array need not find its place again for each page.
//
// An operation that a structure may have:
//
//   std::size_t SetBatch(std::span<const Pfn> pages, Gfp gfp);
//
// records pages in the order of the array and returns how many of the first of
// it are members now: pages.size(), or the position of the page that no memory
// was had for. That page, and those behind it, are members only if they were
// before, or stand in front of it as well. So a caller goes on behind the page
// that failed, as it does after a Set that failed. Pages may be in any order
// and come twice; no page at all is 0. An array may be longer than kMostPages:
// that is only what callers are expected to have.

#pragma once

#include <concepts>
#include <cstddef>
#include <span>

#include "structures/core/nowait_allocator.h"
#include "structures/core/pfn.h"
#include "structures/core/pfn_set.h"

namespace pfn {

// VIRTIO_BALLOON_ARRAY_PFNS_MAX.
inline constexpr std::size_t kMostPages = 256;

template <class S>
concept HasSetBatch = requires(S& set, std::span<const Pfn> pages, Gfp gfp) {
  { set.SetBatch(pages, gfp) } -> std::same_as<std::size_t>;
};

// By the structure's own operation where it has one, else page by page.
template <HasSet S>
std::size_t SetPages(S& set, std::span<const Pfn> pages, Gfp gfp) {
  if constexpr (HasSetBatch<S>) {
    return set.SetBatch(pages, gfp);
  } else {
    for (std::size_t i = 0; i < pages.size(); ++i) {
      if (set.Set(pages[i], gfp) != Status::kOk) return i;
    }
    return pages.size();
  }
}

}  // namespace pfn
