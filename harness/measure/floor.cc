// SPDX-License-Identifier: MIT

#include "harness/measure/floor.h"

#include <memory>

#include "harness/check/any_set.h"
#include "harness/measure/measured_set.h"
#include "harness/measure/structure.h"
#include "harness/measure/time_blocks.h"

namespace pfn {
namespace {

// Looks at the page, so that the loop cannot be deleted, and no more.
class Floor {
 public:
  static constexpr StructureTraits kTraits{
      .name = kFloorName, .family = "none", .origin = "pfnbench"};

  explicit Floor(NowaitHeap&) {}

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
  std::optional<PfnRange> NextRange(Pfn, Pfn) { return std::nullopt; }
  Status ClearRange(PfnRange, Gfp) { return Status::kOk; }

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
  NowaitHeap heap(*job.arena);  // of which nothing is asked
  const std::unique_ptr<MeasuredSet> floor =
      Structure{.traits = Floor::kTraits,
                .library = {},
                .inlined = &MakeInlined<Floor>,
                .make = SetKindOf<Floor>().make}
          .Measured(job.conditions, heap);
  Stopwatch watch;
  FailedPositions failed;
  std::uint64_t members = 0;
  const auto run = [&](std::span<const PfnRun> runs, std::uint64_t count) {
    TimeBlocks(runs, count, watch, Deadline(),
               [&](std::span<const Pfn> block, std::uint64_t position) {
                 switch (job.operation) {
                   case Operation::kSet:
                     floor->Set(block, position, failed);
                     break;
                   case Operation::kClear:
                     floor->Clear(block, position, failed);
                     break;
                   default:
                     members += floor->Test(block);
                     break;
                 }
                 result.pages += block.size();
               });
  };
  for (const PreparedPass& pass : job.workload->passes()) {
    run(pass.runs, pass.pages);
    if (job.operation == Operation::kTest) run(pass.absent, pass.pages);
    result.ranges += pass.digest.ranges();
  }
  if (job.operation == Operation::kTest && members != result.pages) {
    result.error = "floor: the loop did not see every page";
  }
  result.pages *= job.conditions.sets;
  result.ranges *= job.conditions.sets;
  result.ns = watch.nanoseconds();
  result.instructions = watch.TakeInstructions();
  return result;
}

}  // namespace pfn
