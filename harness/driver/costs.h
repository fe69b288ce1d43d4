// SPDX-License-Identifier: MIT
//
// What each step costs, from the only figures that were ever published for it:
// Wei Wang, "[PATCH v20 4/7] virtio-balloon: VIRTIO_BALLOON_F_SG", 19 December
// 2017. Inflating 7 GB of an idle 8 GB guest by arrays took 4126 ms: 6.5 %
// allocating pages, 68.3 % sending PFNs to the host, 6.1 % translating
// addresses, 19 % madvise. The 0.1 % that the posting leaves over is charged to
// writing the arrays.
//
// So arrays give 4126 ms by construction. The chunks of the scatter-gather
// driver must then be a prediction: of their costs only two are not in the
// posting, and neither is fitted to the 460 ms that it claims for them.
//   * madvise of one page is one call and one page. Which share is the page's
//     was measured (kMadvisePageShare).
//   * Recording a page in the set: a parameter.
// Translation is one look-up per array entry or per chunk: the pages of a chunk
// lie in one memory slot, as the device checks once.

#pragma once

#include <cstdint>

#include "harness/driver/simulated_clock.h"

namespace pfn {

struct CostTable {
  Picoseconds allocate_page;
  Picoseconds record_entry;  // a PFN into an array
  Picoseconds record_page;   // a PFN into the set
  Picoseconds round_trip;    // a kick, and waiting for the answer to it
  Picoseconds sort_entry;    // of an array, by a host that merges
  Picoseconds translate;     // an array entry, or a chunk
  Picoseconds madvise_call;
  Picoseconds madvise_page;
};

namespace posting {
inline constexpr Picoseconds kTotal = 4126 * kPicosecondsPerMs;
inline constexpr std::uint64_t kPages = 7 * (std::uint64_t{1} << 18);  // 7 GiB
inline constexpr std::uint64_t kArrays = kPages / 256;
// Shares in thousandths.
inline constexpr std::uint64_t kAllocate = 65;
inline constexpr std::uint64_t kNotify = 683;
inline constexpr std::uint64_t kTranslate = 61;
inline constexpr std::uint64_t kMadvise = 190;
inline constexpr std::uint64_t kRest = 1;

constexpr Picoseconds Each(std::uint64_t thousandths, std::uint64_t count) {
  return kTotal / 1000 * thousandths / count;
}
}  // namespace posting

// Of the time of madvise(MADV_DONTNEED) for one touched page of 4 KiB, what a
// further page of a large range costs, in thousandths. `--host=real` on AMD
// EPYC (family 26), a virtual machine, Linux 6.18, 2026-11-25: 40 for the first
// 65,536 pages of idle-8g, 16 for all of it (docs/notebook.md).
inline constexpr std::uint64_t kMadvisePageShare = 39;

// Recording a page in a set, unless another figure is given: what the posting
// of 3 January 2018 for the clustered list comes to in sequence on today's
// machines.
inline constexpr Picoseconds kRecordPage = 13 * kPicosecondsPerNs;

// An entry of an array that the host sorts and merges: the most that it took on
// the recorded guests, the same machine (docs/notebook.md).
inline constexpr Picoseconds kSortEntry = 10'500;

constexpr CostTable PostedCosts() {
  namespace p = posting;
  const Picoseconds madvise = p::Each(p::kMadvise, p::kPages);
  const Picoseconds page = madvise * kMadvisePageShare / 1000;
  return {.allocate_page = p::Each(p::kAllocate, p::kPages),
          .record_entry = p::Each(p::kRest, p::kPages),
          .record_page = kRecordPage,
          .round_trip = p::Each(p::kNotify, p::kArrays),
          .sort_entry = kSortEntry,
          .translate = p::Each(p::kTranslate, p::kPages),
          .madvise_call = madvise - page,
          .madvise_page = page};
}

}  // namespace pfn
