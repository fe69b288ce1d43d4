// SPDX-License-Identifier: MIT

#include "harness/run/kernel_run.h"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "harness/check/oracle.h"
#include "harness/machine/environment.h"
#include "harness/measure/operation.h"
#include "harness/results/results_file.h"
#include "harness/results/row_key.h"
#include "harness/run/describe.h"
#include "workloads/base/atomic_file.h"
#include "workloads/base/error.h"
#include "workloads/base/json.h"
#include "workloads/base/printable.h"
#include "workloads/base/text_scan.h"

namespace pfn {
namespace {

constexpr std::uint64_t kMagic = 0x31737361706e6670;  // "pfnpass1"
constexpr std::uint64_t kPageBytes = 4096;
// Slabs come and go by so many without any set.
constexpr std::uint64_t kFewPages = 4;
// Of the row that is the loop alone.
constexpr std::string_view kNoFamily = "none";
constexpr std::size_t kLongestWord = 64;
constexpr std::size_t kLongestLine = 1000;

void AppendNumber(std::uint64_t number, std::string& bytes) {
  for (int shift = 0; shift < 64; shift += 8) {
    bytes += static_cast<char>(number >> shift & 0xff);
  }
}

void AppendRuns(std::span<const PfnRun> runs, std::string& bytes) {
  for (const PfnRun& run : runs) {
    AppendNumber(run.first, bytes);
    AppendNumber(static_cast<std::uint64_t>(run.length), bytes);
  }
}

// What the module's walks of all passes must give: ranges, and after each pass
// a mark.
struct Expected {
  std::uint64_t pages = 0;
  std::uint64_t ranges = 0;
  std::uint64_t digest = 0x2545f4914f6cdd1d;

  void Add(std::uint64_t first, std::uint64_t last) {
    digest =
        (digest ^ (first * 0x9e3779b97f4a7c15 + last * 0xc2b2ae3d27d4eb4f)) *
        0xff51afd7ed558ccd;
  }
};

Expected Expect(const Workload& workload) {
  Expected expected{.pages = workload.pages()};
  for (const PreparedPass& pass : workload.passes()) {
    Oracle oracle;
    for (const PfnRun& run : pass.runs) {
      for (Pfn pfn = run.lowest(); pfn <= run.highest(); ++pfn) {
        (void)oracle.Set(pfn);
      }
    }
    std::uint64_t ranges = 0;
    auto range = oracle.NextRange(0, kMaxPfn);
    for (; range; range = oracle.NextRange(range->last + 1, kMaxPfn)) {
      expected.Add(range->first, range->last);
      ++ranges;
      if (range->last == kMaxPfn) break;
    }
    expected.Add(kMaxPfn, ranges);
    expected.ranges += ranges;
  }
  return expected;
}

// ---- Lines.

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

struct KernelRow {
  std::string name;
  std::string family;
  std::string origin;
  bool clear_can_fail = false;
};

struct Cache {
  std::uint64_t objects;
  std::uint64_t size;
  std::uint64_t slabs;
  std::uint64_t slab_pages;
};

struct Memory {
  std::uint64_t filled = 0;  // pages that the set holds
  std::uint64_t pages = 0;   // that the kernel took for it
  std::map<std::string, Cache> caches;
};

struct Steps {
  std::uint64_t longest = 0;
  std::uint64_t page = 0;
  std::uint64_t count = 0;
};

struct Figure {
  std::uint64_t time = 0;
  std::uint64_t pages = 0;
  std::uint64_t ranges = 0;
  std::uint64_t passes = 0;
  std::uint64_t failed = 0;
  std::uint64_t digest = 0;
};

// Workload, row; of the first also the operation.
using Place = std::pair<std::size_t, std::string>;

class Printed {
 public:
  explicit Printed(std::size_t workloads) : workloads_(workloads) {}

  void Read(const std::filesystem::path& path) {
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
  std::vector<Figure> Figures(const Place& place,
                              const std::string& operation) const {
    const auto* figures = Find(figures_, std::pair(place, operation));
    return figures == nullptr ? std::vector<Figure>() : *figures;
  }
  const Memory* memory(const Place& place) const {
    return Find(memory_, place);
  }
  const Steps* steps(const Place& place, const std::string& call) const {
    return Find(steps_, std::pair(place, call));
  }
  const std::string* failure(const Place& place) const {
    return Find(failures_, place);
  }

 private:
  template <class Map, class Key>
  static auto Find(const Map& map, const Key& key) -> const
      typename Map::mapped_type* {
    const auto found = map.find(key);
    return found == map.end() ? nullptr : &found->second;
  }

  bool Take(std::string_view line) {
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

  bool TakeParameters(std::string_view line) {
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

  bool TakeRow(std::string_view line) {
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

  bool IsRow(const std::string& name) const {
    return std::ranges::any_of(
        rows_, [&](const KernelRow& row) { return row.name == name; });
  }
  Place At(const std::string& row) const { return {*workload_, row}; }

  bool TakeFigure(std::string_view line) {
    std::string row;
    std::string operation;
    std::string unit;
    Figure figure;
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

  bool TakeSteps(std::string_view line) {
    std::string row;
    std::string call;
    std::string unit;
    std::uint64_t exponent = 0;
    Steps steps;
    if (Consists(line, WordInto{row}, " ", WordInto{call}, "() longest step: ",
                 Decimal{steps.longest}, " ", WordInto{unit}, " at page ",
                 Decimal{steps.page}, ", ", Decimal{steps.count}, " steps")) {
      if (unit != unit_ || !IsRow(row)) return false;
      steps_[{At(row), call}] = steps;
      return true;
    }
    return Consists(line, WordInto{row}, " ", WordInto{call}, "() below 2^",
                    Decimal{exponent}, " ", WordInto{unit}, ": ",
                    Decimal{steps.count}, " steps") &&
           unit == unit_ && IsRow(row);
  }

  // "module": what is left when it is gone.
  bool HasMemory(const std::string& row) const {
    return row == "module" || IsRow(row);
  }

  bool TakeMemory(std::string_view line) {
    std::string row;
    std::string cache;
    std::uint64_t pages = 0;
    Cache held{};
    if (Consists(line, WordInto{row}, " filled: ", Decimal{pages}, " pages")) {
      memory_[At(row)].filled = pages;
      return HasMemory(row);
    }
    if (Consists(line, WordInto{row}, " memory: ", Decimal{pages}, " pages")) {
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

  bool TakeFailure(std::string_view line) {
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

  const std::size_t workloads_;
  bool is_complete_ = false;
  std::optional<std::size_t> workload_;
  std::string unit_;
  std::vector<KernelRow> rows_;
  std::map<std::pair<Place, std::string>, std::vector<Figure>> figures_;
  std::map<std::pair<Place, std::string>, Steps> steps_;
  std::map<Place, Memory> memory_;
  std::map<Place, std::string> failures_;
};

// ---- Results.

double Quotient(double total, std::uint64_t count) {
  return count == 0 ? 0 : total / static_cast<double>(count);
}

using Run = ResultsFile::Run;

void Set(Run& run, const std::string& name, double value) {
  run.counters[name] = benchmark::Counter(value);
}

// More than nothing holds: reading what caches hold takes memory, too.
std::uint64_t Less(std::uint64_t all, std::uint64_t none) {
  return all > none ? all - none : 0;
}

void SetMemory(const Memory& memory, const Memory& nothing, Run& run) {
  std::uint64_t objects = 0;
  std::uint64_t slabs = 0;
  for (const auto& [name, cache] : memory.caches) {
    const auto other = nothing.caches.find(name);
    const bool is_known = other != nothing.caches.end();
    const std::uint64_t bytes =
        cache.size * Less(cache.objects, is_known ? other->second.objects : 0);
    slabs += cache.slab_pages *
             Less(cache.slabs, is_known ? other->second.slabs : 0);
    objects += bytes;
    if (bytes != 0) {
      Set(run, fmt::format("bytes_in_{}", name), static_cast<double>(bytes));
    }
  }
  const std::uint64_t pages = Less(memory.pages, nothing.pages);
  // A large kmalloc() takes pages and stands in no cache.
  const std::uint64_t large = Less(pages, slabs + kFewPages) * kPageBytes;
  Set(run, "bits_per_page",
      Quotient(8.0 * static_cast<double>(objects + large), memory.filled));
  Set(run, "peak_slab_bytes", static_cast<double>(pages * kPageBytes));
}

// The longest of the calls that the operation makes.
void SetLongest(const Printed& printed, const Place& place, Operation operation,
                Run& run) {
  std::optional<std::uint64_t> longest;
  const auto add = [&](const std::string& call) {
    const Steps* steps = printed.steps(place, call);
    if (steps != nullptr)
      longest = std::max(longest.value_or(0), steps->longest);
  };
  if (operation == Operation::kSet) add("set");
  if (operation == Operation::kDrain) {
    add("next_range");
    add("clear_range");
  }
  if (longest) {
    Set(run, fmt::format("longest_{}", printed.unit()),
        static_cast<double>(*longest));
  }
}

// "" or what is wrong with it. The empty row holds nothing.
std::string ErrorOf(const Figure& figure, const Expected& expected,
                    Operation operation, bool is_empty) {
  // Absent pages are tested as well.
  const std::uint64_t pages =
      expected.pages * (operation == Operation::kTest ? 2 : 1);
  if (figure.pages != pages) {
    return fmt::format("failed: {} pages; the workload has {}", figure.pages,
                       pages);
  }
  if (is_empty || figure.digest == expected.digest) return "";
  return fmt::format(
      "failed: {} ranges that differ from the oracle's {} ranges",
      figure.ranges, expected.ranges);
}

class RowMaker {
 public:
  RowMaker(const KernelRun& run, const Printed& printed)
      : run_(run), printed_(printed) {
    for (const auto& workload : run.workloads) {
      expected_.push_back(Expect(*workload));
    }
    for (const OperationInfo& info : kOperations) {
      for (std::size_t at = 0; at < run.workloads.size(); ++at) {
        for (const KernelRow& row : printed.rows()) AddRow(info, at, row);
      }
    }
  }

  std::vector<RowKey> keys;
  std::vector<std::vector<Run>> runs;  // by key

 private:
  void AddRow(const OperationInfo& info, std::size_t at, const KernelRow& row) {
    const std::string operation(info.name);
    const Place place{at, row.name};
    const std::string* failure = printed_.failure(place);
    std::vector<Figure> figures = printed_.Figures(place, operation);
    // A row that failed has no figure of any operation that others have.
    if (failure != nullptr && printed_.Has(operation)) figures.resize(1);
    if (figures.empty()) return;
    keys.push_back({.operation = operation,
                    .workload = run_.workloads[at]->name(),
                    .structure = row.name});
    std::vector<Run>& own = runs.emplace_back();
    for (const Figure& figure : figures) {
      Run& run = own.emplace_back();
      run.iterations = 1;
      run.repetitions = static_cast<std::int64_t>(figures.size());
      run.repetition_index = static_cast<std::int64_t>(own.size() - 1);
      run.time_unit = benchmark::kNanosecond;
      run.error_message = failure != nullptr
                              ? "failed: " + *failure
                              : ErrorOf(figure, expected_[at], info.operation,
                                        row.family == kNoFamily);
      run.error_occurred = !run.error_message.empty();
      if (!run.error_occurred) SetFigures(info, place, figure, run);
    }
  }

  void SetFigures(const OperationInfo& info, const Place& place,
                  const Figure& figure, Run& run) const {
    const std::string& unit = printed_.unit();
    const auto time = static_cast<double>(figure.time);
    run.real_accumulated_time = time * 1e-9;
    Set(run, unit + "_per_page", Quotient(time, figure.pages));
    if (info.per_range) {
      Set(run, unit + "_per_range", Quotient(time, figure.ranges));
    }
    Set(run, "pages", static_cast<double>(figure.pages));
    Set(run, "ranges", static_cast<double>(figure.ranges));
    Set(run,
        info.operation == Operation::kSet ? "failed_sets" : "failed_clears",
        static_cast<double>(figure.failed));
    const std::string tree = place.second.substr(place.second.find('@'));
    const Memory* nothing = printed_.memory({place.first, "empty" + tree});
    const Memory* memory = printed_.memory(place);
    if (memory != nullptr && nothing != nullptr) {
      SetMemory(*memory, *nothing, run);
    }
    SetLongest(printed_, place, info.operation, run);
  }

  const KernelRun& run_;
  const Printed& printed_;
  std::vector<Expected> expected_;  // by workload
};

std::string Json(const KernelRow& row) {
  return JsonObject()
      .Add("name", row.name)
      .Add("family", row.family)
      .Add("clear_can_fail", row.clear_can_fail)
      .Add("origin", row.origin)
      .Text();
}

// What ratios refer to: the kernel's own way, as the first kernel has it.
std::string BaselineOf(const Printed& printed) {
  std::string first;
  for (const KernelRow& row : printed.rows()) {
    if (!printed.IsMeasured(row.name) || row.family == kNoFamily) continue;
    if (row.name.starts_with("xarray@")) return row.name;
    if (first.empty()) first = row.name;
  }
  return first;
}

JsonObject Context(const KernelRun& run, const Printed& printed) {
  JsonObject context = DescribeMachine("pfnbench");
  for (const auto& each : DescribeEnvironment()) {
    const bool is_given = std::ranges::any_of(
        run.notes, [&](const auto& note) { return note.first == each.first; });
    if (!is_given) context.Add(each.first, each.second);
  }
  for (const auto& [key, value] : run.notes) context.Add(key, value);
  // The first row of the first kernel.
  const std::string& floor = printed.rows().front().name;
  const std::string baseline = BaselineOf(printed);
  if (!baseline.empty()) context.Add("baseline", baseline);
  return context.Add("where", "kernel")
      .Add("floor", floor)
      .AddJson("setless", "[]")
      .AddJson("default_workloads",
               JsonList(run.workloads,
                        [](const auto& it) { return JsonText(it->name()); }))
      .AddJson("operations", DescribeOperations(printed.unit()))
      .AddJson(
          "structures",
          JsonList(printed.rows(), [](const auto& row) { return Json(row); }))
      .AddJson("workloads", DescribeWorkloads(run.workloads));
}

}  // namespace

void PackPasses(const Workload& workload, const std::filesystem::path& path) {
  std::string heads;
  std::string runs;
  for (const PreparedPass& pass : workload.passes()) {
    AppendNumber(pass.runs.size(), heads);
    AppendNumber(pass.absent.size(), heads);
    AppendNumber(pass.pages, heads);
    AppendNumber(pass.span.first, heads);
    AppendNumber(pass.span.last, heads);
    AppendRuns(pass.runs, runs);
    AppendRuns(pass.absent, runs);
  }
  std::string bytes;
  AppendNumber(kMagic, bytes);
  AppendNumber(workload.passes().size(), bytes);
  AppendNumber(runs.size() / (2 * sizeof(std::uint64_t)), bytes);
  WriteFileAtomically(path, bytes + heads + runs);
}

KernelResults::KernelResults(const KernelRun& run) {
  Printed printed(run.workloads.size());
  for (const auto& path : run.printed) printed.Read(path);
  if (!printed.HasFigures()) {
    throw BadInput(
        fmt::format("{}: has no figures", run.printed.back().string()));
  }
  RowMaker made(run, printed);
  keys_ = std::move(made.keys);
  runs_ = std::move(made.runs);
  context_ = Context(run, printed);
}

std::size_t KernelResults::Write(const std::filesystem::path& folder) const {
  ResultsFile results(folder, keys_);
  results.set_context(context_);
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < runs_.size(); ++i) {
    for (const Run& run : runs_[i]) {
      if (run.error_occurred) {
        ++wrong;
        fmt::print(stderr, "pfnbench: {}: {}\n", keys_[i].Name(),
                   Printable(run.error_message));
      }
      results.Add(i, run);
    }
  }
  results.Write();
  return wrong;
}

}  // namespace pfn
