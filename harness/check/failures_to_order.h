// SPDX-License-Identifier: MIT
//
// A fault model that is armed for one operation at a time, as the kernel's
// fail-nth is: the n-th request that must not sleep fails (a moment of
// pressure), or all from the n-th on (memory is gone). Counts the slab objects
// and page blocks that a structure asks for, as `nth:N` does.

#pragma once

#include <cstddef>
#include <cstdint>

#include "harness/kernel/fault_model.h"

namespace pfn {

inline constexpr unsigned kMaxOrderOfKernel = 10;

class FailuresToOrder final : public FaultModel {
 public:
  enum class Mode : std::uint8_t { kOnce, kFromThenOn };

  // Also refuses, to anyone who asks, a block of more than
  // 2^`max_order` pages: the kernel has none, and a bitmap over a wide span
  // must not fill the memory of this machine.
  explicit FailuresToOrder(unsigned max_order = kMaxOrderOfKernel)
      : max_order_(max_order) {}

  // `n` counts from 1; 0 arms nothing.
  void Arm(std::uint64_t n, Mode mode) {
    to_go_ = n;
    mode_ = mode;
    injected_ = 0;
  }
  void Disarm() { to_go_ = 0; }
  // Failures since the last Arm().
  std::uint64_t injected() const { return injected_; }
  // Requests since the beginning that could have been made to fail.
  std::uint64_t requests() const { return requests_; }

  bool FailObject(std::size_t object_bytes, Gfp gfp) override;
  bool FailPages(unsigned order, PageUser user, Gfp gfp) override;

 private:
  bool Inject(Gfp gfp);

  unsigned max_order_;
  std::uint64_t to_go_ = 0;  // 0: not armed
  Mode mode_ = Mode::kOnce;
  std::uint64_t injected_ = 0;
  std::uint64_t requests_ = 0;
};

}  // namespace pfn
