// SPDX-License-Identifier: MIT

#include "harness/run/heap_probe.h"

#include <memory>

#include "harness/kernel/fault_model.h"
#include "harness/kernel/nowait_heap.h"

namespace pfn {
namespace {

// Fails nothing.
class GfpNote final : public FaultModel {
 public:
  bool FailObject(std::size_t, Gfp gfp) override { return Note(gfp); }
  bool FailPages(unsigned, PageUser, Gfp gfp) override { return Note(gfp); }

  bool was_asked() const { return was_asked_; }
  bool saw_nowait() const { return saw_nowait_; }

 private:
  bool Note(Gfp gfp) {
    was_asked_ = true;
    saw_nowait_ |= gfp == Gfp::kNowait;
    return false;
  }

  bool was_asked_ = false;
  bool saw_nowait_ = false;
};

}  // namespace

HeapUse ProbeHeapUse(const SetKind& kind, PageArena& arena) {
  GfpNote note;
  NowaitHeap heap(arena);
  heap.set_fault(&note);
  bool has_allocated = false;
  {
    const std::unique_ptr<AnySet> set = kind.make(heap);
    constexpr Pfn kFirst = 0x1000;
    constexpr Pfn kStride = 37;
    for (std::uint64_t i = 0; i < kProbedPages; ++i) {
      (void)set->Set(kFirst + i * kStride, Gfp::kNowait);
    }
    has_allocated = heap.usage().allocations != 0;
  }
  if (!has_allocated) return HeapUse::kNone;
  // A build without hooks for faults asks nobody.
  return note.saw_nowait() || !note.was_asked() ? HeapUse::kNowait
                                                : HeapUse::kMaySleep;
}

}  // namespace pfn
