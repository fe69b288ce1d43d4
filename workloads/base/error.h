// SPDX-License-Identifier: MIT
//
// File: workloads/base/error.h
//
// The two ways in which something is refused. A message is one line and says
// where, what was found, what was expected and what to do; `Quoted` keeps it
// one line for any file. Not on any hot path.

#ifndef PFNBENCH_WORKLOADS_BASE_ERROR_H_
#define PFNBENCH_WORKLOADS_BASE_ERROR_H_

#include <stdexcept>

namespace pfn {

// A command line, a specification or a file that cannot be used.
class BadInput : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A file that cannot be written.
class NotWritten : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace pfn

#endif  // PFNBENCH_WORKLOADS_BASE_ERROR_H_
