// SPDX-License-Identifier: MIT
//
// A zone so fragmented that it has no contiguous block of a certain order or
// more: larger requests fail, smaller ones do not.

#pragma once

#include "harness/kernel/page_model.h"

namespace pfn {

class OrderLimit final : public PageModel {
 public:
  explicit OrderLimit(unsigned order) : order_(order) {}

  bool Fail(unsigned order) override { return order >= order_; }

 private:
  unsigned order_;
};

}  // namespace pfn
