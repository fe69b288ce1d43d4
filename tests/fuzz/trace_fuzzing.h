// SPDX-License-Identifier: MIT
//
// What holds for every input of the reader and of the importers: a trace that
// can be written and read again, or one line that says where and why.

#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tests/fuzz/fuzz_target.h"
#include "workloads/base/error.h"
#include "workloads/trace/trace.h"
#include "workloads/trace/trace_io.h"

namespace pfn::testing {

[[noreturn]] inline void Abort(std::string_view what, std::string_view detail) {
  std::fprintf(stderr, "%.*s: %.*s\n", static_cast<int>(what.size()),
               what.data(), static_cast<int>(detail.size()), detail.data());
  std::abort();
}

// Runs `make`, which returns a trace or throws BadInput. True: a trace.
template <class Make>
bool FuzzOnce(Make make) {
  Trace trace;
  try {
    trace = make();
  } catch (const BadInput& error) {
    const std::string_view message = error.what();
    for (const char c : message) {
      if (c < ' ' || c > '~') Abort("a message that is not one line", message);
    }
    // "NAME:LINE: ", "NAME: byte N: "
    if (!message.starts_with("f:")) Abort("a message without place", message);
    return false;
  }
  std::string text;
  try {
    text = EncodeTrace(trace);
  } catch (const BadInput&) {
    return false;  // beyond the limits of the format, which is said
  }
  if (ParseTrace(text, "f") != trace) Abort("another trace when read", text);
  return true;
}

}  // namespace pfn::testing
