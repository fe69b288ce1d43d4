// SPDX-License-Identifier: MIT
//
// File: harness/measure/job_fault.h
//
// The faults of a job, in force on a heap: a fresh model, the same failures in
// every run. Must outlive everything that allocates.

#ifndef PFNBENCH_HARNESS_MEASURE_JOB_FAULT_H_
#define PFNBENCH_HARNESS_MEASURE_JOB_FAULT_H_

#include <memory>
#include <optional>

#include "harness/kernel/fault_model.h"
#include "harness/kernel/nowait_heap.h"
#include "harness/kernel/operation_draw.h"
#include "harness/measure/job.h"

namespace pfn {

class JobFault {
 public:
  JobFault(const Job& job, NowaitHeap& heap)
      : model_(job.fault.MakeModel(job.fault_seed)) {
    if (model_ != nullptr && job.fault_draw == FaultDraw::kOperation) {
      heap.set_fault(&draw_.emplace(*model_));
    } else {
      heap.set_fault(model_.get());
    }
  }
  JobFault(const JobFault&) = delete;  // the heap points into it
  JobFault& operator=(const JobFault&) = delete;

  // Null: failures are those of allocations.
  OperationDraw* draw() { return draw_ ? &*draw_ : nullptr; }

 private:
  std::unique_ptr<FaultModel> model_;
  std::optional<OperationDraw> draw_;
};

}  // namespace pfn

#endif  // PFNBENCH_HARNESS_MEASURE_JOB_FAULT_H_
