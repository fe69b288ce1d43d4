// SPDX-License-Identifier: MIT
//
// What five sets of pages cost: the bytes that the specifications of 2017 and
// 2018 give, and for all structures those that docs/structures.md gives.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "harness/kernel/nowait_heap.h"
#include "structures/btree/btree_bitmap.h"
#include "structures/cvbmp/cvbmp.h"
#include "structures/pivot_tree/pivot_tree.h"
#include "structures/xbitmap/xbitmap.h"
#include "tests/structures/listed.h"
#include "tests/structures/rig.h"
#include "tests/structures/structure_kinds.h"
#include "workloads/base/random.h"

namespace pfn::testing {
namespace {

using Pages = std::vector<Pfn>;

Pages Every(Pfn stride, Pfn first, Pfn end) {
  Pages pages;
  for (Pfn pfn = first; pfn < end; pfn += stride) pages.push_back(pfn);
  return pages;
}

Pages OnePercentAtRandomOf8GiB() {
  SplitMix64 random(1);
  Pages pages(20'971);
  for (Pfn& pfn : pages) pfn = random.Below(1 << 21);
  std::ranges::sort(pages);
  return pages;
}

// In the order of the columns of docs/structures.md; ascending. Lone pages lie
// in the middle of what they are alone in: at its start, where few would be, a
// slot can hold them without a leaf.
const std::vector<Pages>& Patterns() {
  constexpr Pfn kGiB = 1 << 18;
  static const std::vector<Pages> patterns = {
      Every(1, kGiB, 8 * kGiB),          Every(2, kGiB, 8 * kGiB),
      Every(1024, kGiB + 512, 8 * kGiB), OnePercentAtRandomOf8GiB(),
      Every(65536, 512, 64 * kGiB),
  };
  return patterns;
}

// What is left of a set that was emptied is its pool, if it keeps nothing else:
// the second page of a leaf fills the pool again that the first has used.
TEST(Memory, ASharedPoolIsAsLargeAsDeclared) {
  std::size_t pools = 0;
  for (const SetKind& kind : StructureKinds()) {
    if (kind.traits.shared_pool_bytes == 0) continue;
    ++pools;
    NowaitHeap heap(SharedArena());
    const auto set = kind.make(heap);
    for (const Pfn pfn : {Pfn{1} << 40, (Pfn{1} << 40) + 1}) {
      ASSERT_EQ(set->Set(pfn, Gfp::kNowait), Status::kOk);
    }
    ASSERT_EQ(set->ClearRange(kAllPages, Gfp::kNowait), Status::kOk);
    EXPECT_EQ(heap.usage().live_requested, kind.traits.shared_pool_bytes)
        << kind;
  }
  if (pools == 0) GTEST_SKIP() << "no structure that is built has one";
}

HeapUsage UsageWith(const SetKind& kind, const Pages& pages) {
  NowaitHeap heap(SharedArena());
  const auto set = kind.make(heap);
  for (const Pfn pfn : pages) {
    if (set->Set(pfn, Gfp::kNowait) != Status::kOk) {
      ADD_FAILURE() << kind.traits.name << ", page " << pfn;
      break;
    }
  }
  return heap.usage();
}

using Bytes = std::vector<std::uint64_t>;

template <class S>
Bytes BytesOf(std::uint64_t HeapUsage::*figure) {
  Bytes bytes;
  for (const Pages& pages : Patterns()) {
    bytes.push_back(UsageWith(SetKindOf<S>(), pages).*figure);
  }
  return bytes;
}

TEST(MemoryTest, XbitmapIs128BytesALeafAnd576ANode) {
  const auto bytes = [](std::uint64_t leaves, std::uint64_t nodes) {
    return leaves * 128 + nodes * 576;
  };
  EXPECT_EQ(BytesOf<Xbitmap<NowaitHeap>>(&HeapUsage::live_requested),
            (Bytes{bytes(1792, 29), bytes(1792, 29), bytes(1792, 29),
                   bytes(2048, 33), bytes(256, 261)}));
  EXPECT_EQ(BytesOf<Xbitmap<NowaitHeap>>(&HeapUsage::live_requested),
            (Bytes{246'080, 246'080, 246'080, 281'152, 183'104}));
}

TEST(MemoryTest, CvbmpIs168BytesASegmentAnd192OfKmalloc) {
  EXPECT_EQ(BytesOf<Cvbmp<NowaitHeap>>(&HeapUsage::live_requested),
            (Bytes{301'056, 301'056, 301'056, 2048 * 168, 256 * 168}));
  EXPECT_EQ(BytesOf<Cvbmp<NowaitHeap>>(&HeapUsage::live_rounded),
            (Bytes{344'064, 344'064, 344'064, 393'216, 49'152}));
}

// 160 bytes of kmalloc a segment and 42.3 of the tree, as computed in 2018.
TEST(MemoryTest, BtreeBitmapIs202BytesASegment) {
  const Bytes computed = {362'521, 362'521, 362'521, 414'310, 51'788};
  const Bytes bytes =
      BytesOf<BtreeBitmap<NowaitHeap>>(&HeapUsage::live_rounded);
  ASSERT_EQ(bytes.size(), computed.size());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    EXPECT_NEAR(static_cast<double>(bytes[i]), computed[i], computed[i] / 100.0)
        << "pattern " << i;
  }
}

std::size_t CountRuns(const Pages& pages) {
  std::size_t runs = 1;
  for (std::size_t i = 1; i < pages.size(); ++i) {
    runs += pages[i] - pages[i - 1] > 1;
  }
  return runs;
}

// One run takes one node, many 34 bytes each where they come in order; a tree
// of few nodes has one that is not full.
TEST(MemoryTest, PivotTreeIs34BytesARun) {
  const Bytes bytes =
      BytesOf<PivotTree<NowaitHeap>>(&HeapUsage::live_requested);
  ASSERT_EQ(bytes.size(), Patterns().size());
  EXPECT_EQ(bytes[0], 256);
  for (std::size_t i = 1; i < bytes.size(); ++i) {
    const auto runs = static_cast<double>(CountRuns(Patterns()[i]));
    EXPECT_GE(bytes[i] / runs, 34) << "pattern " << i;
    EXPECT_LE(bytes[i] / runs, runs < 1000 ? 37.1 : 34.5) << "pattern " << i;
  }
}

TEST(MemoryTest, BoostSmallVectorTakes256RunsWithoutMemory) {
  const std::vector<SetKind>& kinds = StructureKinds();
  const auto kind =
      std::ranges::find(kinds, "boost-small-vector",
                        [](const SetKind& k) { return k.traits.name; });
  if (kind == kinds.end()) GTEST_SKIP() << "Boost is not installed";
  EXPECT_EQ(UsageWith(*kind, Every(2, 0, 2 * 256)).allocations, 0);
  EXPECT_EQ(UsageWith(*kind, Every(2, 0, 2 * 257)).allocations, 1);
}

std::string WithCommas(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t i = text.size(); i > 3; i -= 3) text.insert(i - 3, ",");
  return text;
}

// Libraries differ from release to release, so their figures are one machine's.
TEST(MemoryTest, TheTableOfBytesInTheDocumentationIsRight) {
  std::map<std::string, std::vector<std::string>> documented;
  for (const auto& cells : DocumentedRows("## Bytes")) {
    documented[cells[0]] = {cells.begin() + 1, cells.end()};
  }
  // A structure of your own need not be documented.
  std::set<std::string> shipped;
  for (const auto& cells : DocumentedRows("## The list")) {
    shipped.insert(cells[0]);
  }
  std::set<std::string> wrapped;
  for (const Listed& listed : ListedStructures()) {
    if (!listed.library.empty()) wrapped.insert(listed.name);
  }
  for (const SetKind& kind : StructureKinds()) {
    const std::string name(kind.traits.name);
    if (!shipped.contains(name) && !documented.contains(name)) continue;
    std::vector<std::string> measured;
    std::string row = "| `" + name + "` |";
    for (const Pages& pages : Patterns()) {
      measured.push_back(kind.traits.accounts_memory
                             ? WithCommas(UsageWith(kind, pages).live_rounded)
                             : "-");
      row += " " + measured.back() + " |";
    }
    const bool is_right = wrapped.contains(name)
                              ? documented[name].size() == measured.size()
                              : documented[name] == measured;
    EXPECT_TRUE(is_right) << "docs/structures.md: 'Bytes' needs the row:\n"
                          << row;
    RecordProperty(name, row);
  }
}

}  // namespace
}  // namespace pfn::testing
