// SPDX-License-Identifier: MIT

#include <fmt/format.h>

#include <iterator>

#include "workloads/trace/trace_io.h"

namespace pfn {
namespace {

constexpr std::size_t kFlushBytes = std::size_t{64} << 10;

// Collects text and hands it on in blocks.
class Buffer {
 public:
  explicit Buffer(const TextSink& sink) : sink_(sink) {}

  template <typename... Args>
  void Append(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(text_), format,
                   std::forward<Args>(args)...);
    if (text_.size() >= kFlushBytes) Flush();
  }

  void Flush() {
    sink_({text_.data(), text_.size()});
    text_.clear();
  }

 private:
  const TextSink& sink_;
  fmt::memory_buffer text_;
};

// Calls `dump_array(letter, runs)` for arrays; targets look the same in all.
template <typename DumpArray>
void Dump(const Trace& trace, Buffer* buffer, DumpArray dump_array) {
  for (const TraceEvent& event : trace.events()) {
    if (event.kind == TraceEvent::Kind::kTarget) {
      buffer->Append("T {}\n", event.target_pages);
    } else {
      dump_array(event.kind == TraceEvent::Kind::kInflate ? 'I' : 'D',
                 trace.runs_of(event));
    }
  }
  buffer->Flush();
}

}  // namespace

void DumpRuns(const Trace& trace, const TextSink& sink) {
  Buffer buffer(sink);
  Dump(trace, &buffer, [&](char letter, std::span<const PfnRun> runs) {
    buffer.Append("{}", letter);
    for (const PfnRun& run : runs) {
      if (run.length == 1) {
        buffer.Append(" {:x}", run.first);
      } else {
        buffer.Append(" {:x}-{:x}", run.first, run.last());
      }
    }
    buffer.Append("\n");
  });
}

void DumpPages(const Trace& trace, const TextSink& sink) {
  Buffer buffer(sink);
  Dump(trace, &buffer, [&](char letter, std::span<const PfnRun> runs) {
    for (const PfnRun& run : runs) {
      const Pfn step = run.length < 0 ? ~Pfn{0} : Pfn{1};
      for (Pfn pfn = run.first, end = run.last() + step; pfn != end;
           pfn += step) {
        buffer.Append("{} {:x}\n", letter, pfn);
      }
    }
    buffer.Append("\n");
  });
}

}  // namespace pfn
