// SPDX-License-Identifier: MIT

#include "workloads/import/guess_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "workloads/import/kernel_event.h"
#include "workloads/trace/text_scan.h"

namespace pfn {
namespace {

// "13132010000 E 0xffffea00000a3b80"
bool IsBpftrace(std::string_view line) {
  std::uint64_t ignored = 0;
  if (!ConsumeDecimal(&line, &ignored) || line.size() < 6) return false;
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

}  // namespace

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

std::string AdviceToImport(std::string_view line) {
  const std::string_view format = GuessFormat(line);
  if (format.empty()) return "";
  return fmt::format("; this line looks like --from={}", format);
}

}  // namespace pfn
