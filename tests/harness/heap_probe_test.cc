// SPDX-License-Identifier: MIT
//
// Whether a structure asks the heap, and with NOWAIT: every structure that says
// that its memory is the heap's does both.

#include "harness/run/heap_probe.h"

#include <gtest/gtest.h>

#include <memory>

#include "harness/registry/structures.h"
#include "tests/harness/testing.h"

namespace pfn {
namespace {

// Asks with kGfp whatever it is told, or not at all.
template <bool kAsks, Gfp kGfp>
class Careless : public testing::Honest<NowaitHeap> {
 public:
  using Honest<NowaitHeap>::Honest;
  Status Set(Pfn pfn, Gfp) {
    return kAsks ? Honest<NowaitHeap>::Set(pfn, kGfp) : Status::kOk;
  }
};

template <class S>
HeapUse Probe() {
  PageArena arena;
  return ProbeHeapUse({S::kTraits,
                       [](NowaitHeap& heap) -> std::unique_ptr<AnySet> {
                         return std::make_unique<ErasedSet<S>>(heap);
                       }},
                      arena);
}

TEST(HeapProbe, SeesWhoAsksForNothingAndWhoNeverWithNowait) {
  EXPECT_EQ(Probe<testing::Honest<NowaitHeap>>(), HeapUse::kNowait);
  EXPECT_EQ((Probe<Careless<true, Gfp::kKernel>>()), HeapUse::kMaySleep);
  EXPECT_EQ((Probe<Careless<false, Gfp::kNowait>>()), HeapUse::kNone);
}

TEST(HeapProbe, FindsNothingInStructuresThatAccountForTheirMemory) {
  int probed = 0;
  for (const Structure& structure : Structures()) {
    if (!structure.traits.accounts_memory) continue;
    PageArena arena;
    EXPECT_EQ(ProbeHeapUse(structure.kind(), arena), HeapUse::kNowait)
        << structure.traits.name;
    ++probed;
  }
  EXPECT_GE(probed, 10);
}

}  // namespace
}  // namespace pfn
