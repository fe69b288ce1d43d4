// SPDX-License-Identifier: MIT
//
// Allocation from this CPU's page list alone, never from the zone: the proposal
// of September 2020 for a lockless GFP flag. A request succeeds only while the
// list has pages, and somebody else has to refill it: before each request
// others allocate (refilling an empty list by a batch) and free on the same
// CPU.
//
// Orders 1 to 3 have lists of their own with smaller batches; larger blocks are
// on none.

#pragma once

#include <array>
#include <cstdint>

#include "harness/kernel/page_model.h"
#include "workloads/base/random.h"

namespace pfn {

class PcpOnly final : public PageModel {
 public:
  enum class Refill : std::uint8_t {
    kFixed,  // a batch each time, before Linux 6.7
    kDouble  // twice the last one, while nothing is freed, to 32 batches
  };
  // When the list is looked at: by the allocator, once it is found empty (the
  // flag costs nothing before); by the caller before it asks, with interrupts
  // off; or by the caller with interrupts on, so that others come in between.
  enum class Ask : std::uint8_t { kOnEmpty, kPrecheck, kRace };

  struct Settings {
    double allocations = 0;  // by others, for each request
    double frees = 0;        // by others, for each request
    std::int64_t batch = 63;
    std::int64_t high = 252;
    Refill refill = Refill::kFixed;
    Ask ask = Ask::kOnEmpty;
  };

  PcpOnly(const Settings& settings, std::uint64_t seed);

  bool Fail(unsigned order) override;

  // How often a caller looked at the list first, and how often the page that
  // it then saw was gone when it asked.
  std::uint64_t checks() const { return checks_; }
  std::uint64_t lost_races() const { return lost_races_; }

 private:
  static constexpr unsigned kLists = 4;  // orders 0 to 3

  struct List {
    std::int64_t blocks = 0;
    std::int64_t batch = 0;
    std::int64_t next_refill = 0;
  };

  void OthersAllocateAndFree(List& list);
  void TakeForOther(List& list);
  // How often something happens that does so `rate` times on average.
  std::int64_t Times(double rate);

  Settings settings_;
  SplitMix64 random_;
  std::array<List, kLists> lists_;
  std::uint64_t checks_ = 0;
  std::uint64_t lost_races_ = 0;
};

}  // namespace pfn
