// SPDX-License-Identifier: MIT

#include "harness/run/kernel_run.h"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "harness/check/oracle.h"
#include "harness/machine/environment.h"
#include "harness/measure/operation.h"
#include "harness/results/results_file.h"
#include "harness/results/row_key.h"
#include "harness/run/describe.h"
#include "harness/run/kernel_lines.h"
#include "workloads/base/atomic_file.h"
#include "workloads/base/error.h"
#include "workloads/base/json.h"
#include "workloads/base/printable.h"

namespace pfn {
namespace {

constexpr std::uint64_t kMagic = 0x31737361706e6670;  // "pfnpass1"
constexpr std::uint64_t kPageBytes = 4096;
// So many come and go without any set, and a large request has as many.
constexpr std::uint64_t kFewPages = 4;
// Of the row that is the loop alone.
constexpr std::string_view kNoFamily = "none";

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

double Quotient(double total, std::uint64_t count) {
  return count == 0 ? 0 : total / static_cast<double>(count);
}

using Run = ResultsFile::Run;

void Set(Run& run, const std::string& name, double value) {
  run.counters[name] = benchmark::Counter(value);
}

void SetMemory(const KernelMemory& memory, Run& run) {
  std::uint64_t held = memory.pages < kFewPages ? 0 : memory.pages * kPageBytes;
  for (const auto& [name, cache] : memory.caches) {
    const std::uint64_t bytes = cache.size * cache.objects;
    held += bytes;
    Set(run, fmt::format("bytes_in_{}", name), static_cast<double>(bytes));
  }
  Set(run, "bits_per_page",
      Quotient(8.0 * static_cast<double>(held), memory.filled));
}

// The single calls that the operation makes: the longest, and how many took
// how long.
void SetSteps(const KernelLines& printed, const KernelPlace& place,
              Operation operation, Run& run) {
  std::optional<std::uint64_t> longest;
  const auto add = [&](const std::string& call) {
    const KernelSteps* steps = printed.steps(place, call);
    if (steps == nullptr) return;
    longest = std::max(longest.value_or(0), steps->longest);
    for (const auto& [bound, count] : steps->below) {
      Set(run, fmt::format("{}_below_{}_{}", call, bound, printed.unit()),
          static_cast<double>(count));
    }
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
std::string ErrorOf(const KernelFigure& figure, const Expected& expected,
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
  RowMaker(const KernelRun& run, const KernelLines& printed)
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
    const KernelPlace place{at, row.name};
    const std::string* failure = printed_.failure(place);
    std::vector<KernelFigure> figures = printed_.Figures(place, operation);
    // A row that failed has no figure of any operation that others have.
    if (failure != nullptr && printed_.Has(operation)) figures.resize(1);
    if (figures.empty()) return;
    keys.push_back({.operation = operation,
                    .workload = run_.workloads[at]->name(),
                    .structure = row.name});
    std::vector<Run>& own = runs.emplace_back();
    for (const KernelFigure& figure : figures) {
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

  void SetFigures(const OperationInfo& info, const KernelPlace& place,
                  const KernelFigure& figure, Run& run) const {
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
    const KernelMemory* memory = printed_.memory(place);
    if (memory != nullptr) SetMemory(*memory, run);
    SetSteps(printed_, place, info.operation, run);
  }

  const KernelRun& run_;
  const KernelLines& printed_;
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
std::string BaselineOf(const KernelLines& printed) {
  std::string first;
  for (const KernelRow& row : printed.rows()) {
    if (!printed.IsMeasured(row.name) || row.family == kNoFamily) continue;
    if (row.name.starts_with("xarray@")) return row.name;
    if (first.empty()) first = row.name;
  }
  return first;
}

JsonObject Context(const KernelRun& run, const KernelLines& printed) {
  JsonObject context = DescribeMachine("pfnbench");
  for (const auto& each : DescribeEnvironment()) {
    const bool is_given = std::ranges::any_of(
        run.notes, [&](const auto& note) { return note.first == each.first; });
    if (!is_given) context.Add(each.first, each.second);
  }
  for (const auto& [key, value] : run.notes) context.Add(key, value);
  // The first row of the first kernel.
  const std::string& floor = printed.rows().front().name;
  // Those of the other kernels.
  std::vector<std::string> loops;
  for (const KernelRow& row : printed.rows()) {
    if (row.family == kNoFamily && row.name != floor) loops.push_back(row.name);
  }
  const std::string baseline = BaselineOf(printed);
  if (!baseline.empty()) context.Add("baseline", baseline);
  return context.Add("where", "kernel")
      .Add("floor", floor)
      .AddJson("setless",
               JsonList(loops, [](const auto& it) { return JsonText(it); }))
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
  KernelLines printed(run.workloads.size());
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
