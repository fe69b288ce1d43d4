// SPDX-License-Identifier: MIT
//
// A guest with a balloon: a zone of the page allocator, the list of the CPU
// that fills the balloon, the list of another CPU that takes pages next to it,
// what happened to the memory before, and the balloon's own list.

#pragma once

#include <cstdint>
#include <vector>

#include "workloads/base/random.h"
#include "workloads/generate/buddy_zone.h"
#include "workloads/trace/trace.h"

namespace pfn {

class BuddySim {
 public:
  using Page = BuddyZone::Page;

  struct Options {
    Page managed_pages = 499'193;  // of a guest of 2 GiB
    PerCpuPages::Options pcp = {};
    std::uint32_t array_pages = 256;
    bool reverses_arrays = true;  // as virtio-balloon's fill does
    double other_cpu_rate = 0;    // pages the other CPU takes per balloon page
    double migrate_rate = 0;      // balloon pages moved per balloon page
    std::uint64_t seed = 1;
  };

  explicit BuddySim(const Options& options);

  // How blocks of the highest order stand in their list after boot.
  enum class BootOrder { kAscending, kDescending, kInterleaved, kShuffled };

  // History, from which one may be put together. All memory is in use at first.

  // Frees all of it. kInterleaved: two threads freed a half each, and their
  // blocks alternate in groups of 8 to 24, since kernels 5.10.
  void Boot(BootOrder order);
  // Leaves `pages` on the CPU's list, in disorder.
  void MakeStale(std::uint32_t pages);
  // A program touches `pages` and frees a share of them, in groups of `run`
  // that it touched one after the other, the groups in random order.
  void Punch(std::uint64_t pages, double freed_share, std::uint64_t run);
  // Files of a geometric size fill `pages`; a share of the files is deleted.
  void FillWithFiles(std::uint64_t pages, double mean_file,
                     double deleted_share);
  // Instead of Boot: the blocks that /proc/buddyinfo counts, anywhere. False if
  // they do not fit.
  bool PlaceBuddyinfo(const BuddyZone::Buddyinfo& blocks);

  // The balloon. A trace, if there is one, gets the arrays. Inflating ends
  // early when memory is used up.
  std::uint64_t Inflate(std::uint64_t pages, Trace* trace);
  void Deflate(std::uint64_t pages, Trace* trace);
  std::uint64_t balloon_pages() const { return balloon_.size(); }

  // Empties the lists of both CPUs into the zone.
  void DrainCpus();
  const BuddyZone& zone() const { return zone_; }

 private:
  void MigrateOne(Trace* trace);

  Options options_;
  SplitMix64 random_;
  BuddyZone zone_;
  PerCpuPages cpu_;
  PerCpuPages other_cpu_;
  std::vector<Page> balloon_;  // its head is at the end
  std::vector<Page> array_;
};

}  // namespace pfn
