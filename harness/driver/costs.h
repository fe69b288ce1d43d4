// SPDX-License-Identifier: MIT
//
// What each step of the model costs: sets of costs with a name, and one table
// of the flags that change them.
//
// `2016` is the calibration to the only times by stage that were ever posted:
// Liang Li, 27 July 2016, repeated by Wei Wang with "[PATCH v20 4/7]
// virtio-balloon: VIRTIO_BALLOON_F_SG". Inflating 7 GB of an idle 8 GB guest by
// arrays took 4126 ms: 6.5 % allocating pages, 68.3 % sending PFNs to the host,
// 6.1 % translating addresses, 19 % madvise. The 0.1 % that the posting leaves
// over is charged to writing the arrays. So arrays give 4126 ms by
// construction, and chunks are a prediction: which share of a call of madvise
// for one page is the page's was measured (kMadvisePageShare) and is fitted to
// nothing.
//
// `measured` is what `--host=real` took on one machine of today.
//
// Translation is one look-up per array entry or per chunk: the pages of a chunk
// lie in one memory slot, as the device checks once.

#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "harness/driver/simulated_clock.h"
#include "workloads/base/error.h"

namespace pfn {

// Instead of a cost of recording: what the set took, as the run measures it.
inline constexpr Picoseconds kOwnTime = ~Picoseconds{0};

struct CostTable {
  Picoseconds allocate_page;
  Picoseconds allocate_next;  // a further page of a block
  Picoseconds record_entry;   // a PFN into an array
  Picoseconds record_page;    // a PFN into the set, or kOwnTime
  Picoseconds round_trip;     // a kick, and waiting for the answer to it
  Picoseconds sort_entry;     // of an array, by a host that merges
  Picoseconds translate;      // an array entry, or a chunk
  Picoseconds madvise_call;
  Picoseconds madvise_page;

  friend bool operator==(const CostTable&, const CostTable&) = default;
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

// An entry of an array that the host sorts and merges: the most that it took on
// the recorded guests, the same machine (docs/notebook.md).
inline constexpr Picoseconds kSortEntry = 10'500;

// Nothing was ever posted of allocating in blocks, so a block saves nothing
// unless a flag says so.
constexpr CostTable PostedCosts() {
  namespace p = posting;
  const Picoseconds madvise = p::Each(p::kMadvise, p::kPages);
  const Picoseconds page = madvise * kMadvisePageShare / 1000;
  return {.allocate_page = p::Each(p::kAllocate, p::kPages),
          .allocate_next = p::Each(p::kAllocate, p::kPages),
          .record_entry = p::Each(p::kRest, p::kPages),
          .record_page = kOwnTime,
          .round_trip = p::Each(p::kNotify, p::kArrays),
          .sort_entry = kSortEntry,
          .translate = p::Each(p::kTranslate, p::kPages),
          .madvise_call = madvise - page,
          .madvise_page = page};
}

// Of 7 GiB of idle-8g (docs/notebook.md): 1.86 s for 7,168 kicks, 15.3 s of
// madvise for pages one by one and 245 ms for long ranges. This host's look-up
// is a bounds check: 0.604 ms for 65,536 pages.
constexpr CostTable MeasuredCosts() {
  namespace p = posting;
  constexpr Picoseconds kMsForAPage = kPicosecondsPerMs / p::kPages;
  CostTable costs = PostedCosts();
  costs.round_trip = 1'860 * kPicosecondsPerMs / p::kArrays;
  costs.translate = 9'200;
  costs.madvise_page = 245 * kMsForAPage;
  costs.madvise_call = 15'300 * kMsForAPage - costs.madvise_page;
  return costs;
}

struct CostSet {
  std::string_view name;
  CostTable costs;
  std::string_view source;  // lines for --list-costs
};
std::span<const CostSet> CostSets();

// A cost as a flag, --NAME-ns.
struct CostFlag {
  std::string_view name;
  Picoseconds CostTable::*cost;
  std::uint64_t most_ns;
  std::string_view what;
};
std::span<const CostFlag> CostFlags();

// The set of this name, with what the flags say instead: ns by CostFlag::name.
// Throws BadInput.
CostTable ParseCosts(std::string_view set,
                     const std::map<std::string, std::string>& flags);

// All costs in one line: the set, those that differ from it, and the rest.
std::string CostsToString(std::string_view set, const CostTable& costs);
// Of one cost: "393159.1", or "own".
std::string CostToString(Picoseconds cost);

}  // namespace pfn
