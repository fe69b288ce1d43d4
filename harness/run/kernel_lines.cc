// SPDX-License-Identifier: MIT

#include "harness/run/kernel_lines.h"

#include <fmt/format.h>

#include <cctype>
#include <fstream>

#include "harness/measure/operation.h"
#include "workloads/base/error.h"
#include "workloads/base/text_scan.h"

namespace pfn {
namespace {

constexpr std::size_t kLongestWord = 64;
constexpr std::size_t kLongestLine = 1000;

// A name or a cache for Consume(): letters, digits and a few signs.
struct WordInto {
  std::string& word;
};
bool ConsumePart(std::string_view* text, WordInto into) {
  const auto is_part = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("-+.@_:").find(c) != std::string_view::npos;
  };
  const auto end = std::ranges::find_if_not(*text, is_part);
  const auto length = static_cast<std::size_t>(end - text->begin());
  if (length == 0 || length > kLongestWord) return false;
  into.word = text->substr(0, length);
  // "row:" is a row and a colon.
  if (into.word.ends_with(':')) into.word.pop_back();
  text->remove_prefix(into.word.size());
  return true;
}

}  // namespace

void KernelLines::Read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    throw BadInput(fmt::format("{}: cannot be read", path.string()));
  }
  is_complete_ = false;
  workload_.reset();
  std::string line;
  for (std::uint64_t number = 1; std::getline(file, line); ++number) {
    if (line.ends_with('\r')) line.pop_back();
    const bool is_good =
        !is_complete_ && line.size() <= kLongestLine && Take(line);
    if (is_good) continue;
    throw BadInput(
        fmt::format("{}:{}: found '{}'; expected a line of harness/module",
                    path.string(), number, line.substr(0, 100)));
  }
  if (!is_complete_) {
    throw BadInput(fmt::format(
        "{}: ends before its line 'end': the guest did not get so far",
        path.string()));
  }
}

bool KernelLines::Take(std::string_view line) {
  if (line == "end") return is_complete_ = true;
  std::uint64_t number = 0;
  if (Consists(line, "workload ", Decimal{number})) {
    if (number >= workloads_) return false;
    workload_ = number;
    return true;
  }
  return workload_.has_value() &&
         (TakeParameters(line) || TakeRow(line) || TakeFigure(line) ||
          TakeSteps(line) || TakeMemory(line) || TakeFailure(line));
}

bool KernelLines::TakeParameters(std::string_view line) {
  std::string unit;
  std::uint64_t block = 0;
  std::uint64_t clock = 0;
  const bool is_it =
      Consists(line, "pfnbench: unit=", WordInto{unit},
               " block=", Decimal{block}, " clock=", Decimal{clock});
  if (!is_it || (unit != "ns" && unit != "instructions")) return false;
  if (!unit_.empty() && unit != unit_) return false;
  unit_ = unit;
  return true;
}

bool KernelLines::TakeRow(std::string_view line) {
  KernelRow row;
  std::string can;
  if (!Consume(&line, "row ", WordInto{row.name}, ": family ",
               WordInto{row.family}, ", clear ", WordInto{can}, " fail, ")) {
    return false;
  }
  row.clear_can_fail = can == "can";
  row.origin = line;
  const auto is_known = [&](const KernelRow& other) {
    return other.name == row.name;
  };
  if (std::ranges::none_of(rows_, is_known)) rows_.push_back(row);
  return can == "can" || can == "cannot";
}

bool KernelLines::TakeFigure(std::string_view line) {
  std::string row;
  std::string operation;
  std::string unit;
  KernelFigure figure;
  if (!Consists(line, WordInto{row}, " ", WordInto{operation}, ": ",
                Decimal{figure.time}, " ", WordInto{unit}, ", ",
                Decimal{figure.pages}, " pages, ", Decimal{figure.ranges},
                " ranges, ", Decimal{figure.passes}, " passes, ",
                Decimal{figure.failed}, " failed, digest ",
                Hex{figure.digest})) {
    return false;
  }
  const bool is_known = std::ranges::any_of(
      kOperations,
      [&](const OperationInfo& info) { return info.name == operation; });
  if (!is_known || unit != unit_ || !IsRow(row)) return false;
  figures_[{At(row), operation}].push_back(figure);
  return true;
}

bool KernelLines::TakeSteps(std::string_view line) {
  std::string row;
  std::string call;
  std::string unit;
  std::uint64_t exponent = 0;
  KernelSteps steps;
  if (Consists(line, WordInto{row}, " ", WordInto{call}, "() longest step: ",
               Decimal{steps.longest}, " ", WordInto{unit}, " at page ",
               Decimal{steps.page}, ", ", Decimal{steps.count}, " steps")) {
    if (unit != unit_ || !IsRow(row)) return false;
    steps_[{At(row), call}] = steps;
    return true;
  }
  if (!Consists(line, WordInto{row}, " ", WordInto{call}, "() below 2^",
                Decimal{exponent}, " ", WordInto{unit}, ": ",
                Decimal{steps.count}, " steps") ||
      unit != unit_ || !IsRow(row) || exponent >= 64) {
    return false;
  }
  steps_[{At(row), call}].below[std::uint64_t{1} << exponent] = steps.count;
  return true;
}

bool KernelLines::TakeMemory(std::string_view line) {
  std::string row;
  std::string cache;
  std::uint64_t pages = 0;
  KernelCache held{};
  if (Consists(line, WordInto{row}, " filled: ", Decimal{pages}, " pages")) {
    memory_[At(row)].filled = pages;
    return HasMemory(row);
  }
  if (Consists(line, WordInto{row}, " memory: ", Decimal{pages},
               " pages in no cache")) {
    memory_[At(row)].pages = pages;
    return HasMemory(row);
  }
  if (!Consists(line, WordInto{row}, " memory: ", WordInto{cache}, ", ",
                Decimal{held.objects}, " objects of ", Decimal{held.size},
                " bytes, ", Decimal{held.slabs}, " slabs of ",
                Decimal{held.slab_pages}, " pages")) {
    return false;
  }
  memory_[At(row)].caches[cache] = held;
  return HasMemory(row);
}

bool KernelLines::TakeFailure(std::string_view line) {
  std::string row;
  for (const std::string_view word : {" is wrong: ", " failed: "}) {
    std::string_view rest = line;
    if (Consume(&rest, WordInto{row}, word)) {
      // The first line says most.
      failures_.emplace(At(row), rest);
      return IsRow(row);
    }
  }
  return false;
}

}  // namespace pfn
