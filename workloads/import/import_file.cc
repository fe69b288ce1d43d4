// SPDX-License-Identifier: MIT

#include "workloads/import/import_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cctype>
#include <cstddef>
#include <fstream>
#include <memory>
#include <span>

#include "workloads/base/error.h"
#include "workloads/base/nearest.h"
#include "workloads/base/printable.h"
#include "workloads/import/importers.h"
#include "workloads/trace/byte_source.h"
#include "workloads/trace/trace_io.h"
#include "workloads/trace/trace_stats.h"

namespace pfn {
namespace {

constexpr std::uint64_t kPageShift = 12;
constexpr std::uint64_t kPagesOfGiB = std::uint64_t{1} << (30 - kPageShift);
// Where RAM goes on behind the hole that PCs have for devices.
constexpr std::uint64_t kEndOfHole = 4 * kPagesOfGiB;

// Reads on until the format is clear.
std::string_view FindFormat(PeekedSource& source) {
  // A log of a guest's console may come first.
  constexpr std::size_t kMostBytes = std::size_t{1} << 20;
  for (std::size_t before = 0; before < kMostBytes;) {
    const std::string_view head = source.Peek(std::size_t{64} << 10);
    const std::string_view format = GuessFormatOfHead(head);
    if (head.size() == before || !format.empty()) return format;
    before = head.size();
  }
  return "";
}

const Importer* FindImporter(std::string_view name) {
  const std::span<const Importer> importers = Importers();
  const auto found = std::ranges::find(importers, name, &Importer::name);
  return found == importers.end() ? nullptr : &*found;
}

const Importer& ChooseImporter(const ImportRequest& request,
                               PeekedSource& source, std::string_view name) {
  if (const Importer* const named = FindImporter(request.from)) return *named;
  const Importer* const found = FindImporter(FindFormat(source));
  if (source.head().starts_with(kFirstLine)) {
    throw BadInput(fmt::format(
        "{}: is a trace already, no recording; use it as it is, with "
        "--workload={}",
        name, name));
  }
  if (found != nullptr) return *found;
  throw BadInput(fmt::format(
      "{}: found no line of a recording that is known; say --from=FORMAT, "
      "which is one of {}",
      name, fmt::join(NamesIn(Importers()), ", ")));
}

bool HasPageIn(const Trace& trace, PfnRange range) {
  return std::any_of(
      trace.runs().begin(), trace.runs().end(), [&](const PfnRun& run) {
        return run.lowest() <= range.last && run.highest() >= range.first;
      });
}

void CheckGuestMemory(ImportedFile& file) {
  ImportResult& result = file.result;
  std::uint64_t& memory = result.trace.provenance.guest_memory_bytes;
  const std::uint64_t reported = result.guest_memory_bytes;
  if (memory == 0 && reported != 0) {
    memory = reported;
    result.notes.push_back(
        fmt::format("guest memory is {}, by the targets of the host",
                    FormatBytes(reported)));
  } else if (memory == 0) {
    memory = EstimateGuestMemory(result.trace);
    result.notes.push_back(
        fmt::format("guest memory is estimated from the highest page: {}; "
                    "--guest-memory=SIZE says it",
                    FormatBytes(memory)));
  } else if (reported != 0 && reported != memory) {
    file.warnings.push_back(fmt::format(
        "--guest-memory is {}, but by the targets of the host the guest has "
        "{}",
        FormatBytes(memory), FormatBytes(reported)));
  }
  const std::uint64_t beyond = PagesBeyond(result.trace, memory);
  if (beyond > 0) {
    const PfnRange span = SpanOf(result.trace);
    file.warnings.push_back(fmt::format(
        "the pages {:#x} to {:#x} do not fit into a guest of {}: {} too many, "
        "or more, with any hole below 4 GiB; check --guest-memory, or the "
        "recording",
        span.first, span.last, FormatBytes(memory), beyond));
  }
}

// File name and checksum, as far as a header can have them.
std::string DescribeSource(const std::string& input, bool is_estimated) {
  std::string source;
  if (input != "-") {
    constexpr std::size_t kLongestName = 200;
    std::string name =
        Printable(std::filesystem::path(input).filename().string());
    if (name.size() > kLongestName) name = "recording";
    source = fmt::format("{} sha256:{}", name, Sha256OfFile(input));
    // A blank at its start is no header text.
    source.erase(0, source.find_first_not_of(' '));
  }
  if (is_estimated) {
    source +=
        fmt::format("{}guest-memory estimated", source.empty() ? "" : "; ");
  }
  return source;
}

}  // namespace

std::string Sha256OfFile(const std::filesystem::path& path) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(
      EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  bool works = EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1;
  std::ifstream file(path, std::ios::binary);
  std::vector<char> block(std::size_t{256} << 10);
  while (works && file) {
    file.read(block.data(), static_cast<std::streamsize>(block.size()));
    works = EVP_DigestUpdate(context.get(), block.data(),
                             static_cast<std::size_t>(file.gcount())) == 1;
  }
  works = works && file.eof() &&
          EVP_DigestFinal_ex(context.get(), digest.data(), &size) == 1;
  if (!works) {
    throw BadInput(
        fmt::format("{}: its checksum cannot be computed; say --source=TEXT",
                    path.string()));
  }
  std::string hex;
  for (unsigned i = 0; i < size; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

std::uint64_t EstimateGuestMemory(const Trace& trace) {
  if (trace.runs().empty()) return 0;
  std::uint64_t pages = SpanOf(trace).last + 1;
  if (pages > kEndOfHole &&
      !HasPageIn(trace, {kEndOfHole - kPagesOfGiB, kEndOfHole - 1})) {
    pages -= kPagesOfGiB;
  }
  const std::uint64_t unit =
      std::max(std::bit_ceil(pages) / 4, std::uint64_t{1});
  return (pages + unit - 1) / unit * unit << kPageShift;
}

std::uint64_t PagesBeyond(const Trace& trace,
                          std::uint64_t guest_memory_bytes) {
  if (trace.runs().empty()) return 0;
  const PfnRange span = SpanOf(trace);
  const std::uint64_t hole = span.last < kEndOfHole ? 0 : 2 * kPagesOfGiB;
  const std::uint64_t most = (guest_memory_bytes >> kPageShift) + hole;
  const std::uint64_t pages = span.last - span.first + 1;
  return pages - std::min(pages, most);
}

std::filesystem::path TraceNameFor(const std::filesystem::path& recording) {
  std::string name = recording.filename().string();
  for (const std::string_view suffix :
       {".zst", ".log", ".txt", ".pfn", ".bin", ".dat"}) {
    if (name.ends_with(suffix) && name.size() > suffix.size()) {
      name.erase(name.size() - suffix.size());
    }
  }
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '-' &&
        c != '.') {
      c = '_';  // no shell and no list of workloads needs to be careful
    }
  }
  return name + ".pfntrace.zst";
}

ImportedFile ImportFile(const ImportRequest& request) {
  const std::string name =
      request.input == "-" ? "standard input" : request.input;
  PeekedSource source(OpenInput(request.input, ZstdFrames::kOneOrMore));
  const Importer& importer = ChooseImporter(request, source, name);
  ImportedFile file = {importer.import(source, name), {}};
  ImportResult& result = file.result;
  if (request.from.empty()) {
    result.notes.insert(
        result.notes.begin(),
        fmt::format("the format is {}, by the first lines", importer.name));
  }
  TraceProvenance& provenance = result.trace.provenance;
  provenance = request.provenance;
  const bool is_estimated =
      provenance.guest_memory_bytes == 0 && result.guest_memory_bytes == 0;
  CheckGuestMemory(file);
  if (provenance.source.empty()) {
    provenance.source = DescribeSource(request.input, is_estimated);
  }
  return file;
}

}  // namespace pfn
