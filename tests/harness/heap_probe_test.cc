// SPDX-License-Identifier: MIT
//
// Whether a structure asks the heap, and with NOWAIT: every structure that says
// that its memory is the heap's does both.

#include "harness/run/heap_probe.h"

#include <gtest/gtest.h>

#include "harness/registry/structures.h"
#include "tests/harness/testing.h"

namespace pfn {
namespace {

using testing::Careless;

template <class S>
HeapUse Probe() {
  PageArena arena;
  return ProbeHeapUse(SetKindOf<S>(), arena);
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
