// SPDX-License-Identifier: MIT
//
// The heap that structures allocate from: its ledger, its slabs, when pages are
// asked for and given back, how requests fail, and that misuse does not pass.

#include "harness/kernel/nowait_heap.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <tuple>
#include <utility>
#include <vector>

#include "harness/kernel/fault_spec.h"
#include "harness/kernel/poison.h"

namespace pfn {
namespace {

// The kernel's radix_tree_node: its constructor keeps the free pointer out.
constexpr CacheSpec kNodes{
    .name = "radix_tree_node", .size = 576, .has_constructor = true};
constexpr std::size_t kNodeSlabBytes = 16384;  // at 4 CPUs
constexpr std::size_t kNodesPerSlab = 28;

std::uintptr_t Address(const void* object) {
  return reinterpret_cast<std::uintptr_t>(object);
}

class NowaitHeapTest : public ::testing::Test {
 protected:
  void* Take(std::size_t size) { return heap_.Allocate(size, 8, Gfp::kNowait); }
  const HeapUsage& usage() const { return heap_.usage(); }

  PageArena arena_;
  NowaitHeap heap_{arena_};
};

// Fails as told, and writes down what it was asked.
class ScriptedFault final : public FaultModel {
 public:
  struct PageRequest {
    unsigned order;
    PageUser user;
    Gfp gfp;
    friend bool operator==(const PageRequest&, const PageRequest&) = default;
  };

  bool FailObject(std::size_t object_bytes, Gfp) override {
    object_sizes.push_back(object_bytes);
    return fail_objects;
  }
  bool FailPages(unsigned order, PageUser user, Gfp gfp) override {
    page_requests.push_back({order, user, gfp});
    return order >= first_order_refused;
  }

  bool fail_objects = false;
  unsigned first_order_refused = ~0u;
  std::vector<std::size_t> object_sizes;
  std::vector<PageRequest> page_requests;
};

// ---- the ledger ----

TEST_F(NowaitHeapTest, CountsWhatIsAskedForRoundedAndTakenAsPages) {
  void* a = Take(100);    // kmalloc-128
  void* b = Take(65);     // kmalloc-96
  void* c = Take(20000);  // 8 pages
  EXPECT_EQ(usage().live_objects(), 3);
  EXPECT_EQ(usage().live_requested, 100 + 65 + 20000);
  EXPECT_EQ(usage().live_rounded, 128 + 96 + 32768);
  EXPECT_EQ(usage().live_pages, 4096 + 4096 + 32768);
  EXPECT_EQ(usage().allocations, 3);
  EXPECT_EQ(usage().frees, 0);
  EXPECT_EQ(usage().failures, 0);
  EXPECT_EQ(usage().largest_order, 3);
  heap_.Free(a, 100, 8);
  heap_.Free(b, 65, 8);
  heap_.Free(c, 20000, 8);
  EXPECT_EQ(usage().live_objects(), 0);
  EXPECT_EQ(usage().live_requested, 0);
  EXPECT_EQ(usage().live_rounded, 0);
  EXPECT_EQ(usage().live_pages, 4096 + 4096) << "current slabs are kept";
  EXPECT_EQ(usage().frees, 3);
}

TEST_F(NowaitHeapTest, PeaksStay) {
  void* small = Take(128);
  void* large = Take(10000);
  heap_.Free(large, 10000, 8);
  EXPECT_EQ(usage().peak_requested, 10128);
  EXPECT_EQ(usage().peak_rounded, 128 + 16384);
  EXPECT_EQ(usage().peak_pages, 4096 + 16384);
  heap_.Free(small, 128, 8);
}

TEST_F(NowaitHeapTest, ObjectsOfACacheCountWithSizeAndStride) {
  NowaitHeap::Cache& nodes = heap_.OpenCache(kNodes);
  void* node = nodes.Allocate(Gfp::kNowait);
  EXPECT_EQ(usage().live_requested, 576);
  EXPECT_EQ(usage().live_rounded, 584);
  nodes.Free(node);
  EXPECT_EQ(usage().live_requested, 0);
  EXPECT_EQ(usage().live_rounded, 0);
}

// ---- sizes and alignment ----

TEST_F(NowaitHeapTest, GivesTheAlignmentThatKmallocGives) {
  for (std::size_t size = 1; size <= 8192; size += size < 300 ? 1 : 97) {
    EXPECT_EQ(Address(Take(size)) % 8, 0) << size;
  }
  for (std::size_t size = 8; size <= 8192; size *= 2) {
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(Address(heap_.Allocate(size, size, Gfp::kNowait)) % size, 0);
    }
  }
  EXPECT_EQ(Address(Take(std::size_t{100} << 10)) % (128 << 10), 0)
      << "a block of pages is aligned to its own size";
}

TEST_F(NowaitHeapTest, CachesKeepTheAlignmentAskedFor) {
  NowaitHeap::Cache& cache =
      heap_.OpenCache({.name = "aligned", .size = 200, .align = 64});
  EXPECT_EQ(cache.stride(), 256);
  for (int i = 0; i < 40; ++i) {
    EXPECT_EQ(Address(cache.Allocate(Gfp::kNowait)) % 64, 0);
  }
}

TEST_F(NowaitHeapTest, RequestsBeyondTheLargestClassAreBlocksByOrder) {
  for (const auto& [size, order] : {std::pair<std::size_t, unsigned>{8193, 2},
                                    {16384, 2},
                                    {16385, 3},
                                    {std::size_t{1} << 20, 8}}) {
    const std::uint64_t before = usage().live_pages;
    void* block = Take(size);
    ASSERT_NE(block, nullptr);
    std::memset(block, 0x77, size);
    EXPECT_EQ(usage().live_pages - before, OrderBytes(order)) << size;
    EXPECT_EQ(usage().live_rounded, OrderBytes(order)) << size;
    EXPECT_EQ(usage().largest_order, order);
    heap_.Free(block, size, 8);
    EXPECT_EQ(usage().live_pages, before) << "pages go back at once";
  }
}

TEST_F(NowaitHeapTest, OpeningANameTwiceGivesTheSameCache) {
  NowaitHeap::Cache& first = heap_.OpenCache(kNodes);
  for (int i = 0; i < 20; ++i) {
    heap_.OpenCache({.name = "other" + std::to_string(i), .size = 64});
  }
  EXPECT_EQ(&heap_.OpenCache(kNodes), &first);
  EXPECT_NE(&heap_.OpenCache({.name = "other0", .size = 64}), &first);
  EXPECT_EQ(first.name(), "radix_tree_node");
}

// ---- slabs ----

TEST_F(NowaitHeapTest, AConstructedObjectHasItsFreePointerBehindIt) {
  NowaitHeap::Cache& nodes = heap_.OpenCache(kNodes);
  EXPECT_EQ(nodes.stride(), 584);
  EXPECT_EQ(heap_.OpenCache({.name = "plain", .size = 576}).stride(), 576);
  // What a constructor left in a free object is still there when it comes back.
  void* node = nodes.Allocate(Gfp::kNowait);
  std::memset(node, 0x3c, 576);
  nodes.Free(node);
  auto* again = static_cast<unsigned char*>(nodes.Allocate(Gfp::kNowait));
  ASSERT_EQ(again, node) << "last freed, first used";
  EXPECT_TRUE(std::all_of(again, again + 576,
                          [](unsigned char byte) { return byte == 0x3c; }));
}

TEST(NowaitHeap, NodeSlabsAreOfOrder2At4CpusAndOfOrder1At2) {
  for (const auto& [cpus, order, objects] :
       {std::tuple{4u, 2u, kNodesPerSlab}, {2u, 1u, std::size_t{14}}}) {
    PageArena arena;
    NowaitHeap heap(arena, {.cpus = cpus});
    NowaitHeap::Cache& nodes = heap.OpenCache(kNodes);
    for (std::size_t i = 0; i < objects; ++i) {
      nodes.Allocate(Gfp::kNowait);
      EXPECT_EQ(heap.usage().live_pages, OrderBytes(order));
    }
    nodes.Allocate(Gfp::kNowait);
    EXPECT_EQ(heap.usage().live_pages, 2 * OrderBytes(order));
    EXPECT_EQ(heap.usage().largest_order, order);
  }
}

// Full slabs of nodes, and one object more so that none of them is current.
class NodeSlabs : public NowaitHeapTest {
 protected:
  static constexpr std::size_t kCpuPartialSlabs = 4;  // ceil(2 * 52 / 28)
  static constexpr std::size_t kMinPartial = 5;

  void Fill(std::size_t slabs) {
    for (std::size_t slab = 0; slab < slabs; ++slab) {
      slabs_.emplace_back();
      for (std::size_t i = 0; i < kNodesPerSlab; ++i) {
        slabs_.back().push_back(nodes_.Allocate(Gfp::kNowait));
        ASSERT_EQ(Address(slabs_.back().back()) / kNodeSlabBytes,
                  Address(slabs_.back().front()) / kNodeSlabBytes)
            << "slabs are filled one after the other";
      }
    }
    in_current_ = nodes_.Allocate(Gfp::kNowait);
    ASSERT_EQ(slabs_taken(), slabs + 1);
  }
  void FreeFrom(std::vector<void*>& slab, std::size_t objects) {
    for (; objects > 0; --objects) {
      nodes_.Free(slab.back());
      slab.pop_back();
    }
  }
  std::size_t slabs_taken() const {
    return usage().live_pages / kNodeSlabBytes;
  }

  NowaitHeap::Cache& nodes_ = heap_.OpenCache(kNodes);
  std::vector<std::vector<void*>> slabs_;
  void* in_current_ = nullptr;
};

// A slab that gets its first free object goes to the list of the CPU. When that
// is full its slabs move to the node, which keeps min_partial empty ones.
TEST_F(NodeSlabs, EmptySlabsAreKeptUpToMinPartialAndReleasedBeyond) {
  Fill(29);
  for (auto& slab : slabs_) FreeFrom(slab, kNodesPerSlab);
  nodes_.Free(in_current_);
  EXPECT_EQ(usage().live_objects(), 0);
  // 29 puts on a list of 4: it was emptied at the 5th, 9th, ..., 29th.
  const std::size_t on_cpu = (29 - 1) % kCpuPartialSlabs + 1;
  EXPECT_EQ(slabs_taken(), 1 + on_cpu + kMinPartial);
  EXPECT_EQ(usage().peak_pages, 30 * kNodeSlabBytes);
}

TEST_F(NodeSlabs, NoSlabGoesBackWhileTheListsHaveRoom) {
  Fill(kCpuPartialSlabs + kMinPartial - 1);
  for (auto& slab : slabs_) FreeFrom(slab, kNodesPerSlab);
  nodes_.Free(in_current_);
  EXPECT_EQ(usage().live_objects(), 0);
  EXPECT_EQ(slabs_taken(), slabs_.size() + 1);
}

TEST_F(NodeSlabs, ASlabOnTheNodeListGoesBackWhenItBecomesEmpty) {
  Fill(13);
  // One free object each: 4 + 4 + 4 move to the node, 1 stays with the CPU.
  for (auto& slab : slabs_) FreeFrom(slab, 1);
  EXPECT_EQ(slabs_taken(), 14);
  for (std::size_t i = 0; i < 12; ++i) {
    FreeFrom(slabs_[i], slabs_[i].size());
    const std::size_t released = std::min(i + 1, 12 - kMinPartial);
    EXPECT_EQ(slabs_taken(), 14 - released) << i;
  }
}

TEST_F(NodeSlabs, FreeObjectsAreUsedBeforeAPageIsAskedFor) {
  Fill(13);
  for (auto& slab : slabs_) FreeFrom(slab, 3);
  // Those, and what is left of the current slab.
  const std::size_t free_objects = 13 * 3 + (kNodesPerSlab - 1);
  for (std::size_t i = 0; i < free_objects; ++i) {
    nodes_.Allocate(Gfp::kNowait);
    ASSERT_EQ(slabs_taken(), 14) << i;
  }
  nodes_.Allocate(Gfp::kNowait);
  EXPECT_EQ(slabs_taken(), 15);
}

TEST(NowaitHeap, GivesItsPagesBackWhenItEnds) {
  PageArena arena;
  const void* first = nullptr;
  {
    NowaitHeap heap(arena);
    first = heap.Allocate(100, 8, Gfp::kNowait);
    EXPECT_NE(arena.OwnerOf(first), nullptr);
  }
  EXPECT_EQ(arena.OwnerOf(first), nullptr);
  NowaitHeap heap(arena);
  EXPECT_EQ(heap.Allocate(100, 8, Gfp::kNowait), first);
}

// ---- failures ----

TEST_F(NowaitHeapTest, AFailedRequestChangesNothingButTheFailures) {
  void* held = Take(128);
  ScriptedFault fault;
  heap_.set_fault(&fault);
  HeapUsage expected = usage();
  fault.fail_objects = true;
  EXPECT_EQ(Take(128), nullptr);
  EXPECT_EQ(Take(1), nullptr);
  expected.failures = 2;
  EXPECT_EQ(usage(), expected);

  fault.fail_objects = false;
  fault.first_order_refused = 0;
  EXPECT_EQ(Take(2000), nullptr) << "kmalloc-2048 has no slab yet";
  EXPECT_EQ(Take(9000), nullptr);
  expected.failures = 4;
  EXPECT_EQ(usage(), expected);

  heap_.set_fault(nullptr);
  void* next = Take(128);
  EXPECT_NE(next, nullptr);
  EXPECT_NE(next, held);
}

TEST_F(NowaitHeapTest, ARefusedSlabFallsBackToTheSmallestThatHoldsOneObject) {
  ScriptedFault fault;
  fault.first_order_refused = 1;
  heap_.set_fault(&fault);
  NowaitHeap::Cache& nodes = heap_.OpenCache(kNodes);
  for (int i = 0; i < 7; ++i) {
    EXPECT_NE(nodes.Allocate(Gfp::kNowait), nullptr);
    EXPECT_EQ(usage().live_pages, 4096) << "7 objects of 584 bytes in a page";
  }
  EXPECT_NE(nodes.Allocate(Gfp::kNowait), nullptr);
  EXPECT_EQ(usage().live_pages, 2 * 4096);
  EXPECT_EQ(usage().largest_order, 0);
  EXPECT_EQ(usage().failures, 0);
  using Request = ScriptedFault::PageRequest;
  EXPECT_EQ(fault.page_requests,
            (std::vector<Request>{{2, PageUser::kSlab, Gfp::kNowait},
                                  {0, PageUser::kSlab, Gfp::kNowait},
                                  {2, PageUser::kSlab, Gfp::kNowait},
                                  {0, PageUser::kSlab, Gfp::kNowait}}));
}

TEST_F(NowaitHeapTest, ASlabOfTheSmallestOrderIsAskedForOnce) {
  ScriptedFault fault;
  fault.first_order_refused = 0;
  heap_.set_fault(&fault);
  EXPECT_EQ(Take(64), nullptr);
  EXPECT_EQ(fault.page_requests.size(), 1);
  EXPECT_EQ(usage().failures, 1);
}

TEST_F(NowaitHeapTest, SlabsOfDifferentOrdersLiveSideBySide) {
  ScriptedFault fault;
  heap_.set_fault(&fault);
  NowaitHeap::Cache& nodes = heap_.OpenCache(kNodes);
  std::vector<void*> objects;
  for (std::size_t i = 0; i < 200; ++i) {
    fault.first_order_refused = i % 50 < 25 ? 1 : ~0u;
    objects.push_back(nodes.Allocate(Gfp::kNowait));
    std::memset(objects.back(), static_cast<int>(i), 576);
  }
  for (std::size_t i = 0; i < objects.size(); ++i) {
    const auto* bytes = static_cast<unsigned char*>(objects[i]);
    ASSERT_TRUE(std::all_of(bytes, bytes + 576, [&](unsigned char byte) {
      return byte == static_cast<unsigned char>(i);
    }));
    nodes.Free(objects[i]);
  }
  EXPECT_EQ(usage().live_objects(), 0);
}

TEST_F(NowaitHeapTest, EveryObjectIsAskedForAtTheFaultModel) {
  ScriptedFault fault;
  heap_.set_fault(&fault);
  void* object = Take(100);
  heap_.Free(object, 100, 8);
  // From a free list now, and still asked for.
  EXPECT_EQ(Take(100), object);
  heap_.OpenCache(kNodes).Allocate(Gfp::kNowait);
  EXPECT_EQ(fault.object_sizes, (std::vector<std::size_t>{128, 128, 576}))
      << "the class, and the object without its free pointer";
}

TEST_F(NowaitHeapTest, BlocksOfPagesBypassTheHookForObjects) {
  ScriptedFault fault;
  fault.fail_objects = true;
  heap_.set_fault(&fault);
  EXPECT_EQ(Take(8192), nullptr);
  EXPECT_NE(heap_.Allocate(8193, 8, Gfp::kKernel), nullptr);
  EXPECT_EQ(fault.object_sizes, (std::vector<std::size_t>{8192}));
  EXPECT_EQ(fault.page_requests.back(),
            (ScriptedFault::PageRequest{2, PageUser::kCaller, Gfp::kKernel}));
}

TEST_F(NowaitHeapTest, RequestsThatMaySleepNeverFail) {
  const auto failslab = ParseFaultSpec("failslab:probability=100").MakeModel(1);
  heap_.set_fault(failslab.get());
  EXPECT_EQ(Take(100), nullptr);
  EXPECT_NE(heap_.Allocate(100, 8, Gfp::kKernel), nullptr);
  NowaitHeap::Cache& nodes = heap_.OpenCache(kNodes);
  EXPECT_EQ(nodes.Allocate(Gfp::kNowait), nullptr);
  EXPECT_NE(nodes.Allocate(Gfp::kKernel), nullptr);

  const auto nth = ParseFaultSpec("nth:1").MakeModel(1);
  heap_.set_fault(nth.get());
  EXPECT_NE(heap_.Allocate(100, 8, Gfp::kKernel), nullptr);
  EXPECT_NE(heap_.Allocate(9000, 8, Gfp::kKernel), nullptr);
  EXPECT_EQ(Take(9000), nullptr);
  EXPECT_NE(Take(9000), nullptr) << "one shot";
}

TEST_F(NowaitHeapTest, RequestsBeyondTheArenaFail) {
  EXPECT_EQ(Take(std::size_t{1} << 40), nullptr);
  EXPECT_EQ(usage().failures, 1);
}

// ---- misuse ----

using NowaitHeapDeathTest = NowaitHeapTest;

TEST_F(NowaitHeapDeathTest, AnotherSizeGivenBackAborts) {
  void* object = Take(100);
  EXPECT_DEATH(heap_.Free(object, 90, 8),
               "heap misuse: an object given back to another cache or with "
               "another size");
  EXPECT_DEATH(heap_.Free(object, 9000, 8),
               "heap misuse: a block given back with another size");
}

TEST_F(NowaitHeapDeathTest, AnotherSizeOfABlockGivenBackAborts) {
  void* block = Take(9000);
  EXPECT_DEATH(heap_.Free(block, 20000, 8),
               "heap misuse: a block given back with another size");
  EXPECT_DEATH(heap_.Free(block, 100, 8),
               "heap misuse: an object given back to another cache");
}

TEST_F(NowaitHeapDeathTest, ABlockGivenBackTwiceAborts) {
  void* block = Take(9000);
  heap_.Free(block, 9000, 8);
  EXPECT_DEATH(heap_.Free(block, 9000, 8), "heap misuse: a block given back");
}

TEST_F(NowaitHeapDeathTest, AnotherCacheGivenBackAborts) {
  NowaitHeap::Cache& nodes = heap_.OpenCache(kNodes);
  NowaitHeap::Cache& twins = heap_.OpenCache({.name = "twins", .size = 576});
  void* node = nodes.Allocate(Gfp::kNowait);
  EXPECT_DEATH(twins.Free(node),
               "heap misuse: an object given back to another");
  EXPECT_DEATH(heap_.Free(node, 576, 8),
               "heap misuse: an object given back to another");
}

TEST_F(NowaitHeapDeathTest, AnAlignmentThatKmallocDoesNotGiveAborts) {
  EXPECT_DEATH(heap_.Allocate(96, 64, Gfp::kNowait),
               "heap misuse: an alignment that kmalloc does not give");
}

TEST_F(NowaitHeapDeathTest, OneNameForTwoSizesAborts) {
  heap_.OpenCache(kNodes);
  EXPECT_DEATH(heap_.OpenCache({.name = kNodes.name, .size = 64}),
               "heap misuse: a cache opened again with another size");
}

#if defined(PFN_IS_SANITIZED)
// A compiler that nobody asked would take the next tests away, and with them
// every overflow within the heap.
static_assert(kPoisons);
#endif

#if defined(PFN_POISONS)

TEST_F(NowaitHeapTest, RoundingBytesArePoisoned) {
  for (const std::size_t size : {1, 100, 128, 150, 5000, 9000, 20000}) {
    auto* object = static_cast<std::byte*>(Take(size));
    EXPECT_FALSE(IsPoisoned(object)) << size;
    EXPECT_FALSE(IsPoisoned(object + size - 1)) << size;
    EXPECT_TRUE(IsPoisoned(object + size)) << size;
    heap_.Free(object, size, 8);
    EXPECT_TRUE(size > 8192 || IsPoisoned(object)) << "free: " << size;
  }
}

TEST_F(NowaitHeapDeathTest, AnObjectGivenBackTwiceAborts) {
  void* object = Take(100);
  heap_.Free(object, 100, 8);
  EXPECT_DEATH(heap_.Free(object, 100, 8),
               "heap misuse: an object given back twice");
}

#endif

// ---- everything together ----

struct Held {
  unsigned char* object;
  std::size_t size;
  unsigned char mark;
  NowaitHeap::Cache* cache;  // null: by size
};

// Every byte of every object carries the mark of its object, so two that
// overlap, or a heap that writes where it should not, are found.
RC_GTEST_PROP(NowaitHeapProperty, ObjectsKeepTheirBytesAndTheLedgerIsRight,
              (const std::vector<std::pair<std::uint16_t, bool>>& steps)) {
  PageArena arena;
  NowaitHeap heap(arena);
  NowaitHeap::Cache& nodes = heap.OpenCache(kNodes);
  std::vector<Held> held;
  std::uint64_t requested = 0;
  const auto give = [&](std::size_t index) {
    const Held gone = held[index];
    held.erase(held.begin() + static_cast<std::ptrdiff_t>(index));
    RC_ASSERT(std::all_of(gone.object, gone.object + gone.size,
                          [&](unsigned char b) { return b == gone.mark; }));
    if (gone.cache != nullptr) {
      gone.cache->Free(gone.object);
    } else {
      heap.Free(gone.object, gone.size, 8);
    }
    requested -= gone.size;
  };
  unsigned char mark = 0;
  for (const auto& [number, is_free] : steps) {
    if (is_free && !held.empty()) {
      give(number % held.size());
    } else {
      const bool is_node = number % 4 == 0;
      const std::size_t size = is_node ? 576 : 1 + number % 20000;
      void* object = is_node ? nodes.Allocate(Gfp::kNowait)
                             : heap.Allocate(size, 8, Gfp::kNowait);
      RC_ASSERT((object != nullptr));
      std::memset(object, ++mark, size);
      held.push_back({static_cast<unsigned char*>(object), size, mark,
                      is_node ? &nodes : nullptr});
      requested += size;
    }
    RC_ASSERT(heap.usage().live_objects() == held.size());
    RC_ASSERT(heap.usage().live_requested == requested);
    RC_ASSERT(heap.usage().live_rounded >= requested);
    RC_ASSERT(heap.usage().live_pages >= heap.usage().live_rounded);
  }
  while (!held.empty()) give(held.size() - 1);
  RC_ASSERT(heap.usage().live_objects() == 0u);
  RC_ASSERT(heap.usage().live_requested == 0u);
  RC_ASSERT(heap.usage().live_rounded == 0u);
  RC_ASSERT(heap.usage().allocations == heap.usage().frees);
}

}  // namespace
}  // namespace pfn
