// SPDX-License-Identifier: MIT
//
// What decides, in place of the kernel's page allocator, whether a GFP_NOWAIT
// request gets its pages. A page model sees such requests only, one call each,
// and counts in calls.

#pragma once

#include <cstdint>

namespace pfn {

class PageModel {
 public:
  virtual ~PageModel() = default;

  // Whether the next request, for 2^order contiguous pages, fails.
  virtual bool Fail(unsigned order) = 0;

  // As FaultModel::NoteOtherPages().
  virtual void NoteOtherPages(std::int64_t /*taken*/) {}
};

}  // namespace pfn
