// SPDX-License-Identifier: MIT
//
// The two ways in which something is refused. A message is one line and says
// where, what was found, what was expected and what to do; `Quoted` keeps it
// one line for any file. Not on any hot path.

#pragma once

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
