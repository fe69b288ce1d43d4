// SPDX-License-Identifier: MIT
//
// The reserve of the heap: what the fault model refuses is served while it
// lasts, and the model of a zone hears of pages that come back.

#include <gtest/gtest.h>

#include "harness/kernel/fault_spec.h"
#include "harness/kernel/nowait_heap.h"

namespace pfn {
namespace {

class Reserve : public ::testing::Test {
 protected:
  void Fail(const char* fault) {
    model_ = ParseFaultSpec(fault).MakeModel(1);
    heap_.set_fault(model_.get());
  }
  bool Take(std::size_t size, Gfp gfp = Gfp::kNowait) {
    return heap_.Allocate(size, 8, gfp) != nullptr;
  }
  const HeapUsage& usage() const { return heap_.usage(); }

  std::unique_ptr<FaultModel> model_;
  PageArena arena_;
  NowaitHeap heap_{arena_};
};

TEST_F(Reserve, ServesRefusedObjectsByTheirStrideUntilItIsEmpty) {
  Fail("failslab:probability=100");
  heap_.set_reserve(300);
  EXPECT_TRUE(Take(100));  // kmalloc-128
  EXPECT_TRUE(Take(100));
  EXPECT_EQ(heap_.reserve_left(), 44);
  EXPECT_FALSE(Take(100));
  EXPECT_TRUE(Take(32)) << "what is left serves a smaller one";
  EXPECT_EQ(usage().from_reserve, 3);
  EXPECT_EQ(usage().failures, 1);
  heap_.RefillReserve();
  EXPECT_EQ(heap_.reserve_left(), 300);
  EXPECT_TRUE(Take(100));
}

TEST_F(Reserve, IsNotTouchedByWhatDoesNotFail) {
  Fail("nth:3");
  heap_.set_reserve(4096);
  EXPECT_TRUE(Take(100));
  EXPECT_TRUE(Take(100));
  EXPECT_TRUE(Take(100, Gfp::kKernel));
  EXPECT_EQ(heap_.reserve_left(), 4096);
  EXPECT_TRUE(Take(100));
  EXPECT_EQ(heap_.reserve_left(), 4096 - 128);
}

TEST_F(Reserve, ServesTheSmallestSlabThatWouldDo) {
  Fail("slab_boundary:order:0");
  heap_.set_reserve(2 * 4096);
  NowaitHeap::Cache& nodes = heap_.OpenCache(
      {.name = "radix_tree_node", .size = 576, .has_constructor = true});
  for (int i = 0; i < 14; ++i) {
    EXPECT_NE(nodes.Allocate(Gfp::kNowait), nullptr);
  }
  EXPECT_EQ(nodes.Allocate(Gfp::kNowait), nullptr);
  EXPECT_EQ(usage().from_reserve, 2) << "two slabs of order 0, not 2";
  EXPECT_EQ(usage().live_pages, 2 * 4096);
}

TEST_F(Reserve, ServesBlocksByTheirPages) {
  Fail("order:0");
  heap_.set_reserve(20 * 4096);
  EXPECT_TRUE(Take(20000));  // 8 pages
  EXPECT_TRUE(Take(20000));
  EXPECT_FALSE(Take(20000));
  EXPECT_EQ(heap_.reserve_left(), 4 * 4096);
}

TEST(Zone, SeesBlocksThatAreGivenBack) {
  // 10 pages above min, and nobody who reclaims.
  const auto zone = ParseFaultSpec(
                        "slab_boundary:zone_wmark:min=10,low=11,high=20,"
                        "demand=0,latency=1000000")
                        .MakeModel(1);
  PageArena arena;
  NowaitHeap heap(arena);
  heap.set_fault(zone.get());
  void* block = heap.Allocate(20000, 8, Gfp::kNowait);
  EXPECT_NE(block, nullptr);
  EXPECT_EQ(heap.Allocate(20000, 8, Gfp::kNowait), nullptr);
  heap.Free(block, 20000, 8);
  EXPECT_NE(heap.Allocate(20000, 8, Gfp::kNowait), nullptr);
}

}  // namespace
}  // namespace pfn
