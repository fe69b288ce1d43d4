// SPDX-License-Identifier: MIT

#include "workloads/import/kernel_event.h"

#include <cstddef>
#include <cstdint>

#include "workloads/base/text_scan.h"

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

}  // namespace pfn
