// SPDX-License-Identifier: MIT

#include "harness/measure/floor.h"

#include "harness/measure/loops.h"

namespace pfn {
namespace {

// Looks at the page, so that the loop cannot be deleted, and no more.
class Floor {
 public:
  Status Set(Pfn pfn, Gfp) {
    Look(pfn);
    return Status::kOk;
  }
  Status Clear(Pfn pfn, Gfp) {
    Look(pfn);
    return Status::kOk;
  }
  bool Test(Pfn pfn) {
    Look(pfn);
    return true;
  }

 private:
  static void Look(Pfn pfn) { asm volatile("" : : "r"(pfn)); }
};

}  // namespace

bool FloorHas(Operation operation) {
  return operation == Operation::kSet || operation == Operation::kTest ||
         operation == Operation::kClear;
}

Measurement MeasureFloor(const Job& job) {
  Measurement result;
  Floor floor;
  Stopwatch watch;
  FailedPositions failed;
  std::uint64_t members = 0;
  const auto run = [&](std::span<const PfnRun> runs) {
    TimeBlocks(runs, watch, Deadline(),
               [&](std::span<const Pfn> block, std::uint64_t position) {
                 switch (job.operation) {
                   case Operation::kSet:
                     SetBlock(floor, block, position, failed);
                     break;
                   case Operation::kClear:
                     ClearBlock(floor, block, position, failed);
                     break;
                   default:
                     members += TestBlock(floor, block);
                     break;
                 }
                 result.pages += block.size();
               });
  };
  for (const PreparedPass& pass : job.workload->passes()) {
    run(pass.runs);
    if (job.operation == Operation::kTest) run(pass.absent);
    result.ranges += pass.digest.ranges();
  }
  if (job.operation == Operation::kTest && members != result.pages) {
    result.error = "floor: the loop did not see every page";
  }
  result.ns = watch.nanoseconds();
  result.instructions = watch.TakeInstructions();
  return result;
}

}  // namespace pfn
