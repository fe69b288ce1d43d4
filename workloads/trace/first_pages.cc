// SPDX-License-Identifier: MIT

#include "workloads/trace/first_pages.h"

#include <algorithm>

namespace pfn {

Trace FirstPages(const Trace& trace, std::uint64_t pages) {
  Trace first;
  first.provenance = trace.provenance;
  for (const TraceEvent& event : trace.events()) {
    if (pages == 0) break;
    if (event.kind == TraceEvent::Kind::kTarget) {
      first.AppendTarget(event.target_pages);
      continue;
    }
    first.BeginArray(event.kind == TraceEvent::Kind::kInflate
                         ? Direction::kInflate
                         : Direction::kDeflate);
    for (PfnRun run : trace.runs_of(event)) {
      const std::uint64_t kept = std::min(run.pages(), pages);
      if (kept == 0) break;
      const auto length = static_cast<std::int64_t>(kept);
      first.AppendRun({run.first, run.length < 0 ? -length : length});
      pages -= kept;
    }
  }
  return first;
}

}  // namespace pfn
