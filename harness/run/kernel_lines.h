// SPDX-License-Identifier: MIT
//
// What harness/module prints inside a kernel, line by line: rows, figures, the
// longest steps, memory by cache, and what is wrong. Each line is one that the
// module prints, or refused with its number.

#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pfn {

struct KernelRow {
  std::string name;
  std::string family;
  std::string origin;
  bool clear_can_fail = false;
};

struct KernelCache {
  std::uint64_t objects;
  std::uint64_t size;
  std::uint64_t slabs;
  std::uint64_t slab_pages;
};

struct KernelMemory {
  std::uint64_t filled = 0;  // pages that the set holds
  std::uint64_t pages = 0;   // of large requests, which are in no cache
  std::map<std::string, KernelCache> caches;
};

struct KernelSteps {
  std::uint64_t longest = 0;
  std::uint64_t page = 0;
  std::uint64_t count = 0;
  // Calls that took less than this, and at least half of it.
  std::map<std::uint64_t, std::uint64_t> below;
};

struct KernelFigure {
  std::uint64_t time = 0;
  std::uint64_t pages = 0;
  std::uint64_t ranges = 0;
  std::uint64_t passes = 0;
  std::uint64_t failed = 0;
  std::uint64_t digest = 0;
};

// Workload, row; of the first also the operation.
using KernelPlace = std::pair<std::size_t, std::string>;

class KernelLines {
 public:
  // Of runs of so many workloads.
  explicit KernelLines(std::size_t workloads) : workloads_(workloads) {}

  // Adds the lines of a file. Throws BadInput.
  void Read(const std::filesystem::path& path);

  const std::string& unit() const { return unit_; }
  const std::vector<KernelRow>& rows() const { return rows_; }
  bool IsMeasured(const std::string& row) const {
    return std::ranges::any_of(figures_, [&](const auto& entry) {
      return entry.first.first.second == row;
    });
  }
  bool HasFigures() const { return !figures_.empty(); }
  bool Has(const std::string& operation) const {
    return std::ranges::any_of(figures_, [&](const auto& entry) {
      return entry.first.second == operation;
    });
  }
  std::vector<KernelFigure> Figures(const KernelPlace& place,
                                    const std::string& operation) const {
    const auto* figures = Find(figures_, std::pair(place, operation));
    return figures == nullptr ? std::vector<KernelFigure>() : *figures;
  }
  const KernelMemory* memory(const KernelPlace& place) const {
    return Find(memory_, place);
  }
  const KernelSteps* steps(const KernelPlace& place,
                           const std::string& call) const {
    return Find(steps_, std::pair(place, call));
  }
  const std::string* failure(const KernelPlace& place) const {
    return Find(failures_, place);
  }

 private:
  template <class Map, class Key>
  static auto Find(const Map& map, const Key& key) -> const
      typename Map::mapped_type* {
    const auto found = map.find(key);
    return found == map.end() ? nullptr : &found->second;
  }

  bool Take(std::string_view line);
  bool TakeParameters(std::string_view line);
  bool TakeRow(std::string_view line);

  bool IsRow(const std::string& name) const {
    return std::ranges::any_of(
        rows_, [&](const KernelRow& row) { return row.name == name; });
  }
  KernelPlace At(const std::string& row) const { return {*workload_, row}; }

  bool TakeFigure(std::string_view line);
  bool TakeSteps(std::string_view line);

  // "module": what is left when it is gone.
  bool HasMemory(const std::string& row) const {
    return row == "module" || IsRow(row);
  }

  bool TakeMemory(std::string_view line);
  bool TakeFailure(std::string_view line);

  const std::size_t workloads_;
  bool is_complete_ = false;
  std::optional<std::size_t> workload_;
  std::string unit_;
  std::vector<KernelRow> rows_;
  std::map<std::pair<KernelPlace, std::string>, std::vector<KernelFigure>>
      figures_;
  std::map<std::pair<KernelPlace, std::string>, KernelSteps> steps_;
  std::map<KernelPlace, KernelMemory> memory_;
  std::map<KernelPlace, std::string> failures_;
};

}  // namespace pfn
