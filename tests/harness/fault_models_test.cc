// SPDX-License-Identifier: MIT
//
// That each fault model looks at the requests that it should, and at no others:
// where the kernel's hooks are, with the kernel's filters.

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "harness/kernel/fault_spec.h"
#include "harness/kernel/operation_draw.h"

namespace pfn {
namespace {

using Indices = std::vector<int>;

std::unique_ptr<FaultModel> Make(const std::string& text,
                                 std::uint64_t seed = 1) {
  return ParseFaultSpec(text).MakeModel(seed);
}

bool FailsObject(FaultModel& model, Gfp gfp = Gfp::kNowait) {
  return model.FailObject(128, gfp);
}
bool FailsSlab(FaultModel& model, unsigned order, Gfp gfp = Gfp::kNowait) {
  return model.FailPages(order, PageUser::kSlab, gfp);
}
bool FailsBlock(FaultModel& model, unsigned order, Gfp gfp = Gfp::kNowait) {
  return model.FailPages(order, PageUser::kCaller, gfp);
}

TEST(FaultModel, FailslabFailsObjectsThatMayNotSleep) {
  const auto model = Make("failslab:probability=100");
  EXPECT_TRUE(FailsObject(*model));
  EXPECT_FALSE(FailsObject(*model, Gfp::kKernel));
}

TEST(FaultModel, FailslabLeavesPageRequestsAlone) {
  const auto model = Make("failslab:probability=100");
  EXPECT_FALSE(FailsBlock(*model, 2));
  EXPECT_FALSE(FailsSlab(*model, 2));
}

TEST(FaultModel, RequestsThatMaySleepMoveNoCounter) {
  const auto model = Make("failslab:probability=100,interval=2");
  EXPECT_FALSE(FailsObject(*model));
  EXPECT_FALSE(FailsObject(*model, Gfp::kKernel));
  EXPECT_TRUE(FailsObject(*model));
}

TEST(FaultModel, SpaceOfFailslabCountsBytes) {
  const auto model = Make("failslab:probability=100,space=1000");
  EXPECT_FALSE(model->FailObject(576, Gfp::kNowait));
  EXPECT_TRUE(model->FailObject(576, Gfp::kNowait));
}

TEST(FaultModel, NthCountsObjectsAndBlocksOfTheCaller) {
  const auto model = Make("nth:3");
  EXPECT_FALSE(FailsObject(*model));
  // Neither a slab cache that refills itself counts nor who may sleep.
  EXPECT_FALSE(FailsSlab(*model, 0));
  EXPECT_FALSE(FailsObject(*model, Gfp::kKernel));
  EXPECT_FALSE(FailsBlock(*model, 5, Gfp::kKernel));
  EXPECT_FALSE(FailsBlock(*model, 5));
  EXPECT_TRUE(FailsBlock(*model, 5));
  EXPECT_FALSE(FailsObject(*model));
}

std::string FirstFailures(const FaultSpec& spec, std::uint64_t seed) {
  const auto model = spec.MakeModel(seed);
  std::string pattern;
  for (int i = 0; i < 200; ++i) {
    pattern += model->FailObject(64, Gfp::kNowait) ? 'x' : '.';
  }
  return pattern;
}

TEST(FaultModel, EveryModelOfOneSeedFailsTheSameRequests) {
  const FaultSpec spec = ParseFaultSpec("failslab:probability=10");
  EXPECT_EQ(FirstFailures(spec, 7), FirstFailures(spec, 7));
  EXPECT_NE(FirstFailures(spec, 7), FirstFailures(spec, 8));
}

TEST(FaultModel, NthCanBePersistent) {
  const auto model = Make("nth:2,persistent");
  EXPECT_FALSE(FailsObject(*model));
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(FailsObject(*model));
    EXPECT_TRUE(FailsBlock(*model, 3));
    EXPECT_FALSE(FailsObject(*model, Gfp::kKernel));
  }
}

TEST(FaultModel, FailPageAllocHitsPagesFromMinOrderOn) {
  const auto model = Make("fail_page_alloc:probability=100");
  EXPECT_FALSE(FailsObject(*model));
  EXPECT_FALSE(FailsSlab(*model, 0)) << "the kernel's min-order is 1";
  EXPECT_TRUE(FailsSlab(*model, 1));
  EXPECT_TRUE(FailsBlock(*model, 5));
  EXPECT_FALSE(FailsBlock(*model, 5, Gfp::kKernel));
  const auto all = Make("fail_page_alloc:probability=100,min-order=0");
  EXPECT_TRUE(FailsSlab(*all, 0));
}

TEST(FaultModel, WhatFailPageAllocFiltersMovesNoCounter) {
  const auto model = Make("fail_page_alloc:probability=100,interval=2");
  EXPECT_FALSE(FailsBlock(*model, 2));
  EXPECT_FALSE(FailsSlab(*model, 0));
  EXPECT_FALSE(FailsBlock(*model, 2, Gfp::kKernel));
  EXPECT_TRUE(FailsBlock(*model, 2));
}

TEST(FaultModel, SpaceOfFailPageAllocCountsPages) {
  const auto model = Make("fail_page_alloc:probability=100,space=10");
  EXPECT_FALSE(FailsBlock(*model, 2));  // 6 left
  EXPECT_FALSE(FailsBlock(*model, 2));  // 2 left
  EXPECT_TRUE(FailsBlock(*model, 2));
  EXPECT_TRUE(FailsBlock(*model, 1));
}

TEST(FaultModel, APageModelAloneDecidesAboutEveryObjectAndBlock) {
  const auto model = Make("zone_wmark:min=10,low=11,high=13,demand=0");
  EXPECT_FALSE(FailsObject(*model));
  EXPECT_FALSE(FailsSlab(*model, 3)) << "its objects were decided about";
  EXPECT_FALSE(FailsObject(*model));
  EXPECT_FALSE(FailsObject(*model, Gfp::kKernel));
  EXPECT_FALSE(FailsBlock(*model, 0));
  EXPECT_TRUE(FailsObject(*model)) << "three pages above min are used up";
  EXPECT_TRUE(FailsBlock(*model, 0));
  model->NoteOtherPages(-1);
  EXPECT_FALSE(FailsObject(*model));
  EXPECT_TRUE(FailsObject(*model));
}

TEST(FaultModel, OrderLooksAtPageRequestsOfAnybody) {
  const auto model = Make("order:2");
  EXPECT_FALSE(FailsObject(*model));
  EXPECT_FALSE(FailsSlab(*model, 1));
  EXPECT_TRUE(FailsSlab(*model, 2));
  EXPECT_TRUE(FailsBlock(*model, 7));
  EXPECT_FALSE(FailsBlock(*model, 7, Gfp::kKernel));
}

TEST(FaultModel, ABudgetEndsWhereTheMemoryInUseReachesIt) {
  const auto model = Make("budget:10000");
  std::uint64_t live = 0;
  model->WatchMemory(&live);
  live = 9872;
  EXPECT_FALSE(FailsObject(*model));  // 128 more
  EXPECT_TRUE(FailsBlock(*model, 0));
  live = 9873;
  EXPECT_TRUE(FailsObject(*model));
  EXPECT_FALSE(FailsObject(*model, Gfp::kKernel));
  EXPECT_FALSE(FailsSlab(*model, 3)) << "objects count, not their slabs";
  live = 5904;
  EXPECT_FALSE(FailsBlock(*model, 0));
}

TEST(FaultModel, SlabBoundaryAsksHooksFirstAndThePageModelLast) {
  // Were the model asked first, its third page would be gone one call earlier.
  const auto model = Make(
      "slab_boundary:zone_wmark:min=10,low=11,high=13,demand=0,latency=1000+"
      "fail_page_alloc:probability=100,interval=2,min-order=0");
  Indices failing;
  for (int call = 1; call <= 9; ++call) {
    EXPECT_FALSE(FailsObject(*model));
    if (FailsSlab(*model, 0)) failing.push_back(call);
  }
  EXPECT_EQ(failing, (Indices{2, 4, 6, 7, 8, 9}));
}

TEST(FaultModel, SlabBoundaryHasFailslabForObjects) {
  const auto model =
      Make("slab_boundary:none+failslab:probability=100,interval=3");
  EXPECT_FALSE(FailsObject(*model));
  EXPECT_FALSE(FailsObject(*model));
  EXPECT_TRUE(FailsObject(*model));
  EXPECT_FALSE(FailsSlab(*model, 3));
  EXPECT_FALSE(FailsBlock(*model, 3));
}

TEST(OperationDraw, FailsEveryRequestOfADrawnOperationAndNoOther) {
  const auto model = Make("nth:2");
  OperationDraw draw(*model);
  draw.Draw(3);
  Indices failing;
  for (int operation = 0; operation < 3; ++operation) {
    draw.Begin(static_cast<std::size_t>(operation));
    for (int request = 0; request < 4; ++request) {
      if (FailsObject(draw)) failing.push_back(operation);
      if (FailsBlock(draw, 2)) failing.push_back(operation);
      EXPECT_FALSE(FailsObject(draw, Gfp::kKernel));
    }
  }
  EXPECT_EQ(failing, Indices(8, 1));
  draw.Begin(1);
  draw.End();
  EXPECT_FALSE(FailsObject(draw));
}

TEST(OperationDraw, SpaceAndOrderOfAnOperationAreThoseOfOneSmallRequest) {
  const auto failslab = Make("failslab:probability=100,space=3");
  OperationDraw objects(*failslab);
  objects.Draw(4);
  objects.Begin(1);
  EXPECT_FALSE(FailsObject(objects));
  objects.Begin(2);
  EXPECT_TRUE(FailsObject(objects));
  const auto pages = Make("fail_page_alloc:probability=100,min-order=0");
  OperationDraw operations(*pages);
  operations.Draw(1);
  operations.Begin(0);
  EXPECT_TRUE(FailsObject(operations));
}

}  // namespace
}  // namespace pfn
