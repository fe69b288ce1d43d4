// SPDX-License-Identifier: MIT
//
// File: harness/driver/replay.h
//
// Measures `replay`: the whole trace through the balloon driver model with a
// structure as its set. The watch runs within the set's operations (recording,
// walking, clearing) and nowhere else. Afterwards what was told must be what
// was recorded, the set must be empty and the ledger at zero; otherwise there
// is no figure.

#ifndef PFNBENCH_HARNESS_DRIVER_REPLAY_H_
#define PFNBENCH_HARNESS_DRIVER_REPLAY_H_

#include "harness/driver/recorder.h"
#include "harness/driver/replay_spec.h"
#include "harness/kernel/nowait_heap.h"
#include "harness/measure/job.h"
#include "harness/measure/stopwatch.h"
#include "structures/core/pfn_set.h"

namespace pfn {

// Makes pages that the balloon takes known to the fault model, and keeps the
// heap's reserve filled.
class HeapSurroundings final : public Surroundings {
 public:
  HeapSurroundings(NowaitHeap& heap, FaultModel* fault)
      : heap_(heap), fault_(fault) {}

  void PagesTaken(std::int64_t pages) override {
    if (fault_ != nullptr) fault_->NoteOtherPages(pages);
  }
  void RefillReserve() override { heap_.RefillReserve(); }

 private:
  NowaitHeap& heap_;
  FaultModel* fault_;
};

// Replays job.workload and fills in everything but the time, the memory and
// the ledger. `recorder` is null for a driver without a set.
void RunReplay(const Job& job, Recorder* recorder, Surroundings& surroundings,
               Measurement& result);

// `array` and `pipelined`, as the transport of job.replay says.
Measurement ReplaySetless(const Job& job);

template <PfnSet S>
Measurement Replay(const Job& job) {
  Measurement result;
  result.accounts_memory = S::kTraits.accounts_memory;
  NowaitHeap heap(*job.arena, {.cpus = job.cpus, .large = job.large});
  const auto fault = job.fault.MakeModel(job.fault_seed);
  heap.set_fault(fault.get());
  heap.set_reserve(job.replay->policy.reserve_bytes);
  {
    S set(heap);
    Stopwatch watch;
    SetRecorder<S, Stopwatch> recorder(set, watch);
    HeapSurroundings surroundings(heap, fault.get());
    RunReplay(job, &recorder, surroundings, result);
    result.ns = watch.nanoseconds();
    result.figures.push_back({"structure_ms", result.ns * 1e-6});
    result.usage = heap.usage();
    result.figures.push_back({"requests_from_reserve",
                              static_cast<double>(result.usage.from_reserve)});
  }
  if (result.error.empty()) result.error = LedgerError(heap.usage());
  return result;
}

}  // namespace pfn

#endif  // PFNBENCH_HARNESS_DRIVER_REPLAY_H_
