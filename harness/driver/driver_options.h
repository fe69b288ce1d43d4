// SPDX-License-Identifier: MIT
//
// Which driver is modelled: how it talks to the host, what it does with a page
// that it could not record, and which of the defects of the posted patch it
// has. The defaults are the scatter-gather driver of 2017 with its defects
// corrected.

#pragma once

#include <cstdint>

#include "harness/driver/costs.h"
#include "harness/driver/simulated_clock.h"
#include "harness/driver/virtqueue.h"

namespace pfn {

// How pages are reported to the host.
enum class Transport : std::uint8_t {
  kChunks,     // VIRTIO_BALLOON_F_SG: a set, and its ranges as chunks
  kArrays,     // 256 PFNs, one kick and one wait each: Linux to this day
  kPipelined,  // arrays, but kicked when the ring is full: no set either
};

// What the driver does with a page that could not be recorded (for want of
// memory), while it inflates. A deflating driver cannot give the page up: under
// the last two and kFree it puts it back and stops.
enum class Policy : std::uint8_t {
  kFree,         // frees it and goes on with the next (Wei Wang)
  kSingle,       // hands it over as a chunk of one page (Matthew Wilcox)
  kArray,        // hands it over in an array (Tetsuo Handa)
  kArrayRest,    // from it on, the rest of the round in arrays
  kReserve,      // as kFree, with memory kept aside for recording (Tsirkin)
  kNowaitPages,  // as kFree; pages are allocated under the lock, without
                 // direct reclaim, so that none is invisible (Handa)
};

enum class Defect : std::uint8_t { kFixed, kPosted };

// Whether the OOM notifier leaks an array, sends chunks of one page each, or
// records its pages in the set, as any other leak.
enum class OomPath : std::uint8_t { kArray, kChunks, kSet };

struct DriverOptions {
  Transport transport = Transport::kChunks;
  Policy policy = Policy::kFree;

  std::uint32_t ring = 128;             // entries of a virtqueue
  std::uint32_t per_kick = 0;           // Virtqueue
  Wait wait = Wait::kAll;               // posted: one
  std::uint64_t clip = 0;               // pages of a round; 0: all. Arrays: 256
  OomPath oom_path = OomPath::kChunks;  // arrays have but one
  std::uint64_t oom_pages = 256;        // per call of the notifier

  // The host never asks for more pages than this.
  std::uint64_t most_pages = ~std::uint64_t{0};

  // The walk ends before the last page, which is then lost if it is alone.
  Defect walk = Defect::kFixed;
  // The OOM notifier releases each page before the host has heard of it.
  Defect release = Defect::kFixed;
  // Pages are put on the balloon's list before they are recorded, and freed
  // from there. Only counted.
  Defect order = Defect::kFixed;

  Picoseconds sleep = 200 * kPicosecondsPerMs;  // after "Out of puff"
  CostTable costs = PostedCosts();
  // The guest's pages are allocated in blocks of 2^N where it has them.
  std::uint32_t block_order = 0;
  // Rounds without progress in a row after which the model takes the driver to
  // be live-locked: it rests until the target changes.
  std::uint64_t stall_rounds = 10;
};

// The pages of an array; the most that one chunk holds: UINT_MAX bytes, whole
// pages only.
inline constexpr std::uint64_t kArrayPages = 256;
inline constexpr std::uint64_t kChunkPages = 1'048'575;

}  // namespace pfn
