// SPDX-License-Identifier: MIT
//
// What the tests of measuring share: small workloads, a structure that is right
// and simple, and how to measure one.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/kernel/fault_spec.h"
#include "harness/measure/job.h"
#include "harness/measure/measure.h"
#include "harness/measure/operation.h"
#include "harness/measure/structure.h"
#include "structures/core/pfn_set.h"
#include "workloads/base/random.h"
#include "workloads/trace/workload.h"

namespace pfn::testing {

// A workload that inflates each of `passes`, which are not empty.
inline std::unique_ptr<Workload> MakeWorkload(
    std::string name, const std::vector<std::vector<Pfn>>& passes) {
  Trace trace;
  for (const std::vector<Pfn>& pages : passes) {
    trace.AppendTarget(pages.size());
    trace.BeginArray(Direction::kInflate);
    for (const Pfn pfn : pages) trace.AppendPage(pfn);
  }
  return std::make_unique<Workload>(std::move(name), std::move(trace));
}

// `passes` passes of `pages` different pages each, in runs of 1 to 64 pages
// that lie scattered over 16 GiB, every other one downwards.
inline std::unique_ptr<Workload> ScatteredWorkload(std::size_t passes,
                                                   std::size_t pages) {
  SplitMix64 random(1);
  std::vector<std::vector<Pfn>> all(passes);
  for (std::vector<Pfn>& pass : all) {
    std::map<Pfn, bool> taken;
    while (pass.size() < pages) {
      Pfn pfn = 64 + random.Below(std::uint64_t{1} << 22);
      const Pfn step = random.Below(2) == 0 ? 1 : ~Pfn{0};
      for (std::uint64_t left = 1 + random.Below(64);
           left > 0 && pass.size() < pages; --left, pfn += step) {
        if (taken.emplace(pfn, true).second) pass.push_back(pfn);
      }
    }
  }
  return MakeWorkload("scattered", all);
}

// Right and simple: one object of the heap for each member. Tests derive from
// it what they need to be wrong.
template <NowaitAllocator A>
class Honest {
 public:
  static constexpr StructureTraits kTraits{
      .name = "honest", .family = "test", .origin = "tests"};
  static constexpr std::size_t kObjectBytes = 40;  // kmalloc-64

  explicit Honest(A& heap) : heap_(heap) {}
  Honest(const Honest&) = delete;
  Honest& operator=(const Honest&) = delete;
  ~Honest() {
    for (const auto& [pfn, object] : pages_) Give(object);
  }

  Status Set(Pfn pfn, Gfp gfp) {
    if (pages_.contains(pfn)) return Status::kOk;
    void* object = heap_.Allocate(kObjectBytes, 8, gfp);
    if (object == nullptr) return Status::kNoMemory;
    pages_[pfn] = object;
    return Status::kOk;
  }
  Status Clear(Pfn pfn, Gfp gfp) { return ClearRange({pfn, pfn}, gfp); }
  bool Test(Pfn pfn) { return pages_.contains(pfn); }
  std::optional<PfnRange> NextRange(Pfn from, Pfn max) {
    auto it = pages_.lower_bound(from);
    if (it == pages_.end() || it->first > max) return std::nullopt;
    PfnRange range{it->first, it->first};
    while (range.last < max && ++it != pages_.end() &&
           it->first == range.last + 1) {
      range.last = it->first;
    }
    return range;
  }
  Status ClearRange(PfnRange range, Gfp) {
    auto it = pages_.lower_bound(range.first);
    while (it != pages_.end() && it->first <= range.last) {
      Give(it->second);
      it = pages_.erase(it);
    }
    return Status::kOk;
  }

 protected:
  void Give(void* object) { heap_.Free(object, kObjectBytes, 8); }

  A& heap_;
  std::map<Pfn, void*> pages_;
};

// Sets all pages but one.
template <Pfn kLost>
class LosesAPage : public Honest<NowaitHeap> {
 public:
  using Honest<NowaitHeap>::Honest;
  Status Set(Pfn pfn, Gfp gfp) {
    return pfn == kLost ? Status::kOk : Honest<NowaitHeap>::Set(pfn, gfp);
  }
};

// Asks with kGfp when it is to ask with another, or not at all.
template <bool kAsks, Gfp kGfp>
class Careless : public Honest<NowaitHeap> {
 public:
  using Honest<NowaitHeap>::Honest;
  Status Set(Pfn pfn, Gfp) {
    return kAsks ? Honest<NowaitHeap>::Set(pfn, kGfp) : Status::kOk;
  }
};

// As the build makes it of a line of the list.
template <PfnSet S>
const Structure& StructureOf() {
  static const Structure structure = {S::kTraits, "", &MakeInlined<S>,
                                      SetKindOf<S>().make};
  return structure;
}

inline Measurement MeasureOn(const Workload& workload, Operation operation,
                             const Structure& structure,
                             const std::string& fault = "none",
                             const Conditions& conditions = {}) {
  PageArena arena;
  return Measure({.operation = operation,
                  .workload = &workload,
                  .structure = &structure,
                  .fault = ParseFaultSpec(fault),
                  .conditions = conditions,
                  .arena = &arena});
}

}  // namespace pfn::testing
