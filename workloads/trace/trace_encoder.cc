// SPDX-License-Identifier: MIT

#include <fmt/format.h>
#include <xxhash.h>

#include <bit>
#include <charconv>
#include <iterator>
#include <memory>
#include <utility>

#include "workloads/base/atomic_file.h"
#include "workloads/base/error.h"
#include "workloads/base/printable.h"
#include "workloads/trace/line_reader.h"
#include "workloads/trace/trace_io.h"

namespace pfn {
namespace {

[[noreturn]] void Refuse(std::string_view what) {
  throw BadInput(fmt::format("this trace cannot be written: {}", what));
}

void AppendNumber(std::uint64_t number, int base, std::string* text) {
  char digits[20];
  const auto result =
      std::to_chars(digits, digits + sizeof digits, number, base);
  text->append(digits, result.ptr);
}

void AppendSigned(bool negative, std::uint64_t magnitude, std::string* text) {
  *text += negative ? '-' : '+';
  AppendNumber(magnitude, 16, text);
}

void AppendHeader(const TraceProvenance& provenance, std::string* text) {
  const std::string_view page_size_problem =
      ProblemOfPageSize(provenance.page_size_bytes);
  if (!page_size_problem.empty()) {
    Refuse(fmt::format("page-size {} {}", provenance.page_size_bytes,
                       page_size_problem));
  }
  for (const HeaderField& field : kHeaderFields) {
    if (field.number != nullptr) {
      const std::uint64_t number = provenance.*field.number;
      if (number != 0) *text += fmt::format("{}: {}\n", field.key, number);
      continue;
    }
    const std::string& value = provenance.*field.text;
    if (value.empty()) continue;
    const std::string_view problem = ProblemOfHeaderText(value);
    if (!problem.empty()) {
      Refuse(fmt::format("{} {} {}", field.key, Quoted(value), problem));
    }
    *text += fmt::format("{}: {}\n", field.key, value);
  }
  *text += '\n';
}

// `*last` is the last page of the run before, from which the next start is
// counted.
void AppendArray(char letter, std::span<const PfnRun> runs, Pfn* last,
                 std::string* text) {
  const std::size_t line_start = text->size();
  std::uint64_t pages = 0;
  *text += letter;
  for (const PfnRun& run : runs) {
    if (run.highest() >= kPfnLimit) {
      Refuse(fmt::format("page {:#x} is not below 2^52", run.highest()));
    }
    const bool backwards = run.first < *last;
    *text += ' ';
    AppendSigned(backwards, backwards ? *last - run.first : run.first - *last,
                 text);
    if (run.length != 1) AppendSigned(run.length < 0, run.pages(), text);
    *last = run.last();
    pages += run.pages();
  }
  if (pages > kMaxArrayPages) {
    Refuse(fmt::format("an array has {} pages, more than 2^32", pages));
  }
  if (text->size() - line_start > kMaxLineBytes) {
    Refuse(
        fmt::format("an array of {} runs does not fit into a line of "
                    "{} bytes; split it",
                    runs.size(), kMaxLineBytes));
  }
  *text += '\n';
}

void CheckTotal(std::uint64_t pages) {
  if (pages > kMaxTotalPages) {
    Refuse(fmt::format("{} pages are not below 2^52", pages));
  }
}

// Hands the text to `sink` in blocks, so that a trace of a terabyte needs no
// more memory to be hashed than to be held.
template <class Sink>
void Encode(const Trace& trace, Sink sink) {
  constexpr std::size_t kBlockBytes = std::size_t{64} << 10;
  if (trace.IsTooLarge()) Refuse(fmt::format("it has {}", Trace::kTooLarge));
  std::uint64_t bytes = 0;
  std::string text(kFirstLine);
  const auto flush = [&] {
    bytes += text.size();
    if (bytes > kMaxTextBytes) {
      Refuse(fmt::format("its text is longer than {} bytes", kMaxTextBytes));
    }
    sink(std::string_view(text));
    text.clear();
  };
  text += '\n';
  AppendHeader(trace.provenance, &text);
  Pfn last = 0;
  for (const TraceEvent& event : trace.events()) {
    if (event.kind == TraceEvent::Kind::kTarget) {
      CheckTotal(event.target_pages);
      text += "T ";
      AppendNumber(event.target_pages, 10, &text);
      text += '\n';
    } else {
      const bool inflate = event.kind == TraceEvent::Kind::kInflate;
      AppendArray(inflate ? 'I' : 'D', trace.runs_of(event), &last, &text);
    }
    if (text.size() >= kBlockBytes) flush();
  }
  CheckTotal(trace.pages_inflated());
  CheckTotal(trace.pages_deflated());
  text += fmt::format("end {} {} {} {}\n", trace.targets(), trace.arrays(),
                      trace.pages_inflated(), trace.pages_deflated());
  flush();
}

}  // namespace

std::string_view ProblemOfHeaderText(std::string_view value) {
  if (value.empty()) return "is empty";
  if (value.size() > kMaxHeaderValueBytes) return "is longer than 1000 bytes";
  if (value.front() == ' ' || value.back() == ' ') {
    return "has a blank at an end";
  }
  while (!value.empty()) {
    const std::size_t length = PrintableLength(value);
    if (length == 0) return "is not printable UTF-8 on one line";
    value.remove_prefix(length);
  }
  return "";
}

std::string_view ProblemOfPageSize(std::uint64_t bytes) {
  const bool legal = std::has_single_bit(bytes) && bytes >= 4096 &&
                     bytes <= std::uint64_t{1} << 30;
  return legal ? "" : "is not a power of two from 4096 to 1073741824";
}

std::string EncodeTrace(const Trace& trace) {
  std::string text;
  // Address space, not memory, for most traces: copying the text while it grows
  // takes longer than this needs.
  text.reserve(8 * trace.runs().size() + 16 * trace.events().size());
  Encode(trace, [&text](std::string_view block) { text += block; });
  return text;
}

std::string TraceId(const Trace& trace) {
  const std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state(
      XXH3_createState(), &XXH3_freeState);
  XXH3_128bits_reset(state.get());
  Encode(trace, [&state](std::string_view block) {
    XXH3_128bits_update(state.get(), block.data(), block.size());
  });
  const XXH128_hash_t hash = XXH3_128bits_digest(state.get());
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

void WriteTrace(const Trace& trace, const std::filesystem::path& path) {
  std::string bytes = EncodeTrace(trace);
  if (path.extension() == ".zst") bytes = CompressZstd(bytes);
  WriteFileAtomically(path, bytes);
}

void DumpTrace(const Trace& trace, DumpAs form, const TextSink& sink) {
  constexpr std::size_t kFlushBytes = std::size_t{64} << 10;
  fmt::memory_buffer text;
  const auto append = [&]<class... Args>(fmt::format_string<Args...> format,
                                         Args&&... args) {
    fmt::format_to(std::back_inserter(text), format,
                   std::forward<Args>(args)...);
    if (text.size() < kFlushBytes) return;
    sink({text.data(), text.size()});
    text.clear();
  };
  for (const TraceEvent& event : trace.events()) {
    if (event.kind == TraceEvent::Kind::kTarget) {
      append("T {}\n", event.target_pages);
      continue;
    }
    const char letter = event.kind == TraceEvent::Kind::kInflate ? 'I' : 'D';
    if (form == DumpAs::kRuns) append("{}", letter);
    for (const PfnRun& run : trace.runs_of(event)) {
      if (form == DumpAs::kPages) {
        const Pfn step = run.length < 0 ? ~Pfn{0} : Pfn{1};
        for (Pfn pfn = run.first, end = run.last() + step; pfn != end;
             pfn += step) {
          append("{} {:x}\n", letter, pfn);
        }
      } else if (run.length == 1) {
        append(" {:x}", run.first);
      } else {
        append(" {:x}-{:x}", run.first, run.last());
      }
    }
    append("\n");
  }
  sink({text.data(), text.size()});
}

}  // namespace pfn
