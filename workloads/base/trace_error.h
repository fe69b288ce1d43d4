// SPDX-License-Identifier: MIT
//
// File: workloads/base/trace_error.h
//
// The one way in which files of this folder are refused. A message is one line
// and says where, what was found, what was expected and what to do; `Quoted`
// keeps it one line whatever the file holds.

#ifndef PFNBENCH_WORKLOADS_BASE_TRACE_ERROR_H_
#define PFNBENCH_WORKLOADS_BASE_TRACE_ERROR_H_

#include <stdexcept>

namespace pfn {

// What is wrong with an input or output file, as one line. Not on any hot path.
class TraceError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace pfn

#endif  // PFNBENCH_WORKLOADS_BASE_TRACE_ERROR_H_
