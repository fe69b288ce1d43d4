// SPDX-License-Identifier: MIT
//
// The heap of a job, with its faults in force: a fresh model, the same failures
// in every run. Sets are made on it, and must be gone before it.

#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "harness/kernel/fault_model.h"
#include "harness/kernel/nowait_heap.h"
#include "harness/kernel/operation_draw.h"
#include "harness/measure/job.h"

namespace pfn {

class Rig {
 public:
  explicit Rig(const Job& job);
  Rig(const Rig&) = delete;  // the heap points into it
  Rig& operator=(const Rig&) = delete;

  NowaitHeap& heap() { return heap_; }
  const HeapUsage& usage() const { return heap_.usage(); }
  // Null: no fault.
  FaultModel* fault() { return model_.get(); }

  // Draws for operations that follow, if it is drawn which ones fail; else does
  // nothing, and failures are those of allocations.
  class Operations {
   public:
    Operations(Rig& rig, std::size_t count)
        : draw_(rig.draw_ ? &*rig.draw_ : nullptr) {
      if (draw_ != nullptr) draw_->Draw(count);
    }
    Operations(const Operations&) = delete;
    Operations& operator=(const Operations&) = delete;
    ~Operations() {
      if (draw_ != nullptr) draw_->End();
    }

    void Begin(std::size_t index) {
      if (draw_ != nullptr) draw_->Begin(index);
    }
    // Runs `body(pages, position)` on `block`: whole, or where it is drawn,
    // page by page.
    template <class Body>
    void Run(std::span<const Pfn> block, std::size_t position, Body body) {
      if (draw_ == nullptr) return body(block, position);
      for (std::size_t i = 0; i < block.size(); ++i) {
        draw_->Begin(position + i);
        body(block.subspan(i, 1), position + i);
      }
    }

   private:
    OperationDraw* draw_;
  };

  // "" or what a set, which is gone, left behind.
  std::string LedgerError();

 private:
  NowaitHeap heap_;
  std::unique_ptr<FaultModel> model_;
  std::optional<OperationDraw> draw_;
};

}  // namespace pfn
