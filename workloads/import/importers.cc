// SPDX-License-Identifier: MIT

#include "workloads/import/importers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "workloads/base/text_scan.h"
#include "workloads/import/line_importer.h"

namespace pfn {
namespace {

void SkipBlanks(std::string_view* text) {
  const std::size_t at = text->find_first_not_of(" \t");
  text->remove_prefix(at == text->npos ? text->size() : at);
}

std::string_view ConsumeWord(std::string_view* text) {
  const std::string_view word = text->substr(0, text->find_first_of(" \t"));
  text->remove_prefix(word.size());
  return word;
}

// "13.132010:"
bool IsTimestamp(std::string_view word) {
  std::uint64_t ignored = 0;
  return Consists(word, Decimal{ignored}, ".", Decimal{ignored}, ":");
}

// What follows "[CPU]".
std::optional<KernelEvent> ParseFromTime(std::string_view text) {
  SkipBlanks(&text);
  std::string_view word = ConsumeWord(&text);
  if (!IsTimestamp(word)) {
    // The flags of ftrace, of four or five characters.
    SkipBlanks(&text);
    word = ConsumeWord(&text);
    if (!IsTimestamp(word)) return {};
  }
  SkipBlanks(&text);
  word = ConsumeWord(&text);
  if (word.size() < 2 || !word.ends_with(':')) return {};
  word.remove_suffix(1);
  const std::size_t colon = word.find(':');
  if (colon == word.npos) return KernelEvent{{}, word, text};
  return KernelEvent{word.substr(0, colon), word.substr(colon + 1), text};
}

// "13132010000 E 0xffffea00000a3b80"
bool IsBpftrace(std::string_view line) {
  std::uint64_t ignored = 0;
  if (!Consume(&line, Decimal{ignored}) || line.size() < 6) return false;
  return line[0] == ' ' && line.substr(2, 3) == " 0x" &&
         std::string_view("AED").find(line[1]) != line.npos;
}

// "I 1fe4 1fe5", "T 131072"
bool IsPfnLine(std::string_view line) {
  if (line.size() < 3 || line[1] != ' ' ||
      std::string_view("TIDR").find(line[0]) == line.npos) {
    return false;
  }
  return std::all_of(line.begin() + 2, line.end(),
                     [](char c) { return c == ' ' || DigitValue(c) < 16; });
}

// Entries of 8 bytes: bit 63 is set where a page is present, bits 59 and 60 are
// never.
bool LooksLikePagemap(std::string_view head) {
  constexpr std::size_t kEntryBytes = 8;
  bool has_present = false;
  for (; head.size() >= kEntryBytes; head.remove_prefix(kEntryBytes)) {
    const auto top = static_cast<unsigned char>(head[kEntryBytes - 1]);
    if ((top & 0x18) != 0) return false;
    has_present = has_present || (top & 0x80) != 0;
  }
  return has_present;
}

}  // namespace

std::optional<KernelEvent> ParseKernelEvent(std::string_view line) {
  for (std::size_t at = line.find('['); at != line.npos;
       at = line.find('[', at + 1)) {
    std::string_view rest = line.substr(at + 1);
    std::uint64_t cpu = 0;
    if (!Consume(&rest, Decimal{cpu}, "] ")) continue;
    if (const auto event = ParseFromTime(rest)) return event;
  }
  return {};
}

std::string_view FieldOf(std::string_view fields, std::string_view key) {
  for (std::size_t at = fields.find(key); at != fields.npos;
       at = fields.find(key, at + 1)) {
    if (at > 0 && fields[at - 1] != ' ') continue;
    const std::string_view value = fields.substr(at + key.size());
    return value.substr(0, value.find(' '));
  }
  return {};
}

// trace-cmd prints the events of ftrace.
std::span<const Importer> Importers() {
  static constexpr Importer kImporters[] = {
      {"bpftrace", &ImportBpftrace},  {"ftrace", &ImportFtrace},
      {"pagemap", &ImportPagemap},    {"perf-script", &ImportPerfScript},
      {"pfn-lines", &ImportPfnLines}, {"qemu-log", &ImportQemuLog},
      {"trace-cmd", &ImportFtrace},
  };
  return kImporters;
}

std::string_view GuessFormat(std::string_view line) {
  const auto has = [line](std::string_view text) {
    return line.find(text) != line.npos;
  };
  if (has("virtio_balloon_handle_output ") || has("virtio_queue_notify ")) {
    return "qemu-log";
  }
  if (line.starts_with("balloon.bt ") || IsBpftrace(line)) return "bpftrace";
  if (IsPfnLine(line)) return "pfn-lines";
  if (const auto event = ParseKernelEvent(line)) {
    return event->system.empty() ? "ftrace" : "perf-script";
  }
  return "";
}

std::string_view GuessFormatOfHead(std::string_view head) {
  // Binary: no text has a zero byte.
  if (head.find('\0') != head.npos)
    return LooksLikePagemap(head) ? "pagemap" : "";
  while (!head.empty()) {
    const std::string_view line = head.substr(0, head.find('\n'));
    head.remove_prefix(std::min(line.size() + 1, head.size()));
    const std::string_view format = GuessFormat(line);
    if (!format.empty()) return format;
  }
  return "";
}

std::string AdviceToImport(std::string_view line) {
  const std::string_view format = GuessFormat(line);
  if (format.empty()) return "";
  return fmt::format("; this line looks like --from={}", format);
}

}  // namespace pfn
