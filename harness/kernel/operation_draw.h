// SPDX-License-Identifier: MIT
//
// Failures drawn for operations instead of allocations
// (--fault-draw=operation). A fault model answers per request, so structures
// that ask more often fail more often, and elsewhere. Here the model is asked
// once for every operation, before the clock starts; while a drawn operation
// runs, all its requests that may not sleep fail. So the same operations are
// hit anything that the structure asks for.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "harness/kernel/fault_model.h"

namespace pfn {

enum class FaultDraw : std::uint8_t { kAllocation, kOperation };

constexpr std::string_view Name(FaultDraw draw) {
  return draw == FaultDraw::kOperation ? "operation" : "allocation";
}

class OperationDraw final : public FaultModel {
 public:
  // `model` must outlive it.
  explicit OperationDraw(FaultModel& model) : model_(model) {}

  // Draws for the next `count` operations.
  void Draw(std::size_t count) {
    drawn_.resize(count);
    for (std::uint8_t& fails : drawn_) fails = model_.FailOperation();
  }
  // The operation `index` of those begins; no operation runs any more.
  void Begin(std::size_t index) { fails_ = drawn_[index]; }
  void End() { fails_ = 0; }

  bool FailObject(std::size_t, Gfp gfp) override {
    return fails_ != 0 && !MaySleep(gfp);
  }
  bool FailPages(unsigned, PageUser, Gfp gfp) override {
    return fails_ != 0 && !MaySleep(gfp);
  }

 private:
  FaultModel& model_;
  std::vector<std::uint8_t> drawn_;
  std::uint8_t fails_ = 0;
};

}  // namespace pfn
