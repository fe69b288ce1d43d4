// SPDX-License-Identifier: MIT

#include "harness/measure/rig.h"

#include <fmt/format.h>

namespace pfn {

Rig::Rig(const Job& job)
    : heap_(*job.arena, job.conditions.heap),
      model_(job.fault.MakeModel(job.conditions.fault_seed)) {
  if (model_ != nullptr && job.conditions.fault_draw == FaultDraw::kOperation) {
    draw_.emplace(*model_);
    heap_.set_fault(&*draw_);
  } else {
    heap_.set_fault(model_.get());
  }
}

std::string Rig::LedgerError() {
  heap_.FinishFrees();
  if (usage().live_objects() != 0) {
    return fmt::format("{} objects are still allocated after the end",
                       usage().live_objects());
  }
  if (usage().live_requested != 0) {
    return "objects were given back with other sizes than asked for";
  }
  return "";
}

}  // namespace pfn
