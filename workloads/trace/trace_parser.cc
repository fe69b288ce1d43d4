// SPDX-License-Identifier: MIT
//
// The strict reader. It accepts nothing that the encoder would not have
// written, so that one trace has one text and one identity, and it never
// expands a run, so that a small file cannot claim much memory.

#include <fmt/format.h>

#include <iterator>
#include <memory>
#include <vector>

#include "workloads/base/error.h"
#include "workloads/base/printable.h"
#include "workloads/base/text_scan.h"
#include "workloads/trace/line_reader.h"
#include "workloads/trace/trace_io.h"

namespace pfn {
namespace {

constexpr std::string_view kMakeAgain =
    "create the file again with \"pfntrace import\"";

class TraceParser {
 public:
  TraceParser(ByteSource& source, std::string_view name,
              std::uint64_t max_bytes)
      : reader_(source, name), max_bytes_(max_bytes) {}

  Trace Parse() {
    ParseFirstLine();
    ParseHeader();
    while (ParseBodyLine()) {
    }
    if (reader_.Next(&line_)) Fail("text after the end line", "nothing");
    return std::move(trace_);
  }

 private:
  void NextLine();
  void ParseFirstLine();
  void ParseHeader();
  void ParseHeaderValue(const HeaderField& field, std::string_view value);
  bool ParseBodyLine();
  void ParseArray(Direction direction, std::string_view rest);
  PfnRun ParseRun(std::string_view* rest);
  void ParseEnd(std::string_view rest);

  // A number as the encoder writes it: no leading zeros.
  template <unsigned kBase>
  static bool ConsumeCanonical(std::string_view* text, std::uint64_t* value) {
    if (text->size() > 1 && text->front() == '0' &&
        DigitValue((*text)[1]) < kBase) {
      return false;
    }
    return ConsumeNumber<kBase>(text, value);
  }
  static bool ParseDecimal(std::string_view text, std::uint64_t* value) {
    return ConsumeCanonical<10>(&text, value) && text.empty();
  }

  [[noreturn]] void Fail(std::string_view found, std::string_view expected,
                         std::string_view advice = kMakeAgain) const {
    reader_.Fail(
        fmt::format("found {}; expected {}; {}", found, expected, advice));
  }

  LineReader reader_;
  std::uint64_t max_bytes_;
  std::string_view line_;
  Trace trace_;
  Pfn last_ = 0;  // The last page of the run before, in the whole file.
};

void TraceParser::NextLine() {
  const bool more = reader_.Next(&line_);
  if (!more || !reader_.has_line_feed()) {
    reader_.FailAt(reader_.line_number() + (more ? 0 : 1),
                   "found the end of the file; expected a complete line and, "
                   "last of all, \"end\"; the file was cut off, copy or create "
                   "it again");
  }
  if (reader_.bytes() > max_bytes_) {
    Fail(fmt::format("more than {} bytes of text", max_bytes_), "less",
         "split the trace");
  }
}

void TraceParser::ParseFirstLine() {
  NextLine();
  if (line_ == kFirstLine) return;
  if (line_.starts_with("pfntrace ")) {
    Fail(Quoted(line_), "\"pfntrace 1\", the only version known here",
         "use a newer pfnbench or import the recording again");
  }
  Fail(Quoted(line_), "\"pfntrace 1\"",
       "recordings must be imported with \"pfntrace import\" first");
}

void TraceParser::ParseHeader() {
  std::size_t next = 0;  // First field of kHeaderFields that may come now.
  for (NextLine(); !line_.empty(); NextLine()) {
    const std::size_t colon = line_.find(": ");
    const std::string_view key = line_.substr(0, colon);
    std::size_t index = next;
    while (index < std::size(kHeaderFields) &&
           kHeaderFields[index].key != key) {
      ++index;
    }
    if (index == std::size(kHeaderFields) || colon == line_.npos) {
      Fail(Quoted(line_),
           "an empty line, or a header line \"KEY: VALUE\" with page-size, "
           "guest-memory, kernel, recorder, provoked, source in this order");
    }
    if (next == 0 && index != 0) break;
    ParseHeaderValue(kHeaderFields[index], line_.substr(colon + 2));
    next = index + 1;
  }
  if (next == 0) Fail(Quoted(line_), "\"page-size: 4096\" first");
}

void TraceParser::ParseHeaderValue(const HeaderField& field,
                                   std::string_view value) {
  if (field.text != nullptr) {
    const std::string_view problem = ProblemOfHeaderText(value);
    if (!problem.empty()) {
      Fail(fmt::format("a {} that {}", field.key, problem),
           "1 to 1000 bytes of printable UTF-8");
    }
    trace_.provenance.*field.text = value;
    return;
  }
  std::uint64_t number = 0;
  if (!ParseDecimal(value, &number) || number == 0) {
    Fail(Quoted(line_), "a number of bytes, decimal, above 0");
  }
  if (field.number == &TraceProvenance::page_size_bytes) {
    const std::string_view problem = ProblemOfPageSize(number);
    if (!problem.empty()) {
      Fail(fmt::format("a page-size that {}", problem), "4096, for a balloon");
    }
  }
  trace_.provenance.*field.number = number;
}

bool TraceParser::ParseBodyLine() {
  NextLine();
  if (trace_.IsTooLarge()) Fail(Trace::kTooLarge, "fewer", "split the trace");
  std::string_view rest = line_;
  if (ConsumePrefix(&rest, "I")) {
    ParseArray(Direction::kInflate, rest);
  } else if (ConsumePrefix(&rest, "D")) {
    ParseArray(Direction::kDeflate, rest);
  } else if (ConsumePrefix(&rest, "T ")) {
    std::uint64_t pages = 0;
    if (!ParseDecimal(rest, &pages) || pages > kMaxTotalPages) {
      Fail(Quoted(line_), "\"T PAGES\", decimal, below 2^52");
    }
    trace_.AppendTarget(pages);
  } else if (ConsumePrefix(&rest, "end ")) {
    ParseEnd(rest);
    return false;
  } else {
    Fail(Quoted(line_), "a line of T, I, D or end");
  }
  return true;
}

void TraceParser::ParseArray(Direction direction, std::string_view rest) {
  trace_.BeginArray(direction);
  std::uint64_t pages = 0;
  do {
    const PfnRun run = ParseRun(&rest);
    const std::size_t runs_before = trace_.runs().size();
    trace_.AppendRun(run);
    if (trace_.runs().size() != runs_before + 1 ||
        trace_.runs().back() != run) {
      Fail(fmt::format("a run at {:#x} that continues the run before it",
                       run.first),
           "both as one run");
    }
    last_ = run.last();
    pages += run.pages();
    if (pages > kMaxArrayPages) {
      Fail("an array of more than 2^32 pages", "fewer", "split the array");
    }
  } while (!rest.empty());
  if (trace_.pages_inflated() > kMaxTotalPages ||
      trace_.pages_deflated() > kMaxTotalPages) {
    Fail("2^52 pages of one direction", "fewer", "split the trace");
  }
}

// One " START[LENGTH]" off the front of `rest`; see docs/trace-format.md.
PfnRun TraceParser::ParseRun(std::string_view* rest) {
  const std::string_view before = *rest;
  const auto fail = [&](std::string_view expected) {
    Fail(Quoted(before), expected);
  };
  const auto consume_signed = [&](bool* negative, std::uint64_t* magnitude) {
    *negative = rest->starts_with('-');
    if (!*negative && !rest->starts_with('+')) return false;
    rest->remove_prefix(1);
    return ConsumeCanonical<16>(rest, magnitude);
  };

  bool backwards = false;
  std::uint64_t distance = 0;
  if (!ConsumePrefix(rest, " ") || !consume_signed(&backwards, &distance) ||
      (backwards && distance == 0)) {
    fail("a run, such as \" +1ff-100\", after each single blank");
  }
  if (backwards ? distance > last_ : distance >= kPfnLimit - last_) {
    fail("a run that starts at a page from 0 to 2^52-1");
  }
  const Pfn first = backwards ? last_ - distance : last_ + distance;
  if (rest->empty() || rest->front() == ' ') return {first, 1};

  bool down = false;
  std::uint64_t pages = 0;
  if (!consume_signed(&down, &pages) || pages < 2 || pages > kMaxArrayPages) {
    fail("a run length from 2 to 100000000, signed, hexadecimal");
  }
  if (down ? pages - 1 > first : pages > kPfnLimit - first) {
    fail("a run that ends at a page from 0 to 2^52-1");
  }
  const auto length = static_cast<std::int64_t>(pages);
  return {first, down ? -length : length};
}

void TraceParser::ParseEnd(std::string_view rest) {
  const std::string counted =
      fmt::format("{} {} {} {}", trace_.targets(), trace_.arrays(),
                  trace_.pages_inflated(), trace_.pages_deflated());
  if (rest != counted) {
    Fail(Quoted(line_),
         fmt::format("\"end {}\", which is what the lines above add up to",
                     counted),
         "lines are missing or changed, copy or create the file again");
  }
}

}  // namespace

Trace ParseTrace(ByteSource& source, std::string_view name,
                 std::uint64_t max_bytes) {
  return TraceParser(source, name, max_bytes).Parse();
}

Trace ParseTrace(std::string_view text, std::string_view name) {
  return ParseTrace(*OpenMemory(text), name);
}

Trace ReadTrace(const std::filesystem::path& path) {
  return ParseTrace(*OpenInput(path, ZstdFrames::kExactlyOne), path.string());
}

std::string ReadTraceText(const std::filesystem::path& path) {
  const std::unique_ptr<ByteSource> source =
      OpenInput(path, ZstdFrames::kExactlyOne);
  std::string text;
  std::vector<char> block(std::size_t{256} << 10);
  while (const std::size_t size = source->Read(block)) {
    text.append(block.data(), size);
    if (text.size() > kMaxTextBytes) {
      throw BadInput(
          fmt::format("{}: has more than {} bytes of text; split the trace",
                      path.string(), kMaxTextBytes));
    }
  }
  return text;
}

}  // namespace pfn
