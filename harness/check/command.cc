// SPDX-License-Identifier: MIT

#include "harness/check/command.h"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <algorithm>
#include <map>
#include <string_view>

#include "harness/check/crash_note.h"
#include "harness/check/time_limit.h"
#include "harness/kernel/page_arena.h"

namespace pfn {
namespace {

using Mode = FailuresToOrder::Mode;

class Command {
 public:
  Command(const SweepRequest& request, std::ostream& out, std::ostream& err)
      : request_(request), out_(out), err_(err) {}

  std::uint64_t Run() {
    std::vector<SetKind> kinds;
    for (const SetKind& kind : request_.kinds) {
      if (IsFaultable(kind.traits)) {
        kinds.push_back(kind);
      } else {
        fmt::print(out_, "{}: skipped: {}\n", kind.traits.name,
                   kind.traits.out_of_memory == OutOfMemory::kAborts
                       ? "it aborts when memory runs out"
                       : "its memory does not come from the heap");
      }
    }
    if (kinds.empty()) {
      Report("nothing was swept: no structure is left; choose another");
      return problems_;
    }
    if (!request_.only) PrintHead();
    std::vector<SweepTrace> traces;
    for (const SweepWorkload& workload : request_.workloads) {
      traces.emplace_back(*workload.workload, request_.limit);
    }
    for (const SetKind& kind : kinds) {
      if (request_.only) {
        RunOnly(kind, request_.workloads.front(), traces.front());
      } else {
        RunAll(kind, traces);
      }
    }
    SetCrashNote("");
    LimitTime(0, "");
    if (!request_.only) PrintTotals(kinds.size());
    return problems_;
  }

 private:
  void PrintHead() {
    fmt::print(out_, "{:<20} {:<11} {:<11} {:>8} {:>10} {:>4} {:>9}\n",
               "structure", "workload", "operation", "steps", "allocating",
               "most", "survived");
  }

  // Which operations were made to fail, and how often: a sweep that fails
  // nothing tests nothing.
  void PrintTotals(std::size_t structures) {
    std::uint64_t survived = 0;
    std::string by_operation;
    for (const SweepOperation operation : request_.operations) {
      const std::uint64_t failed = survived_[operation];
      survived += failed;
      by_operation += fmt::format("{}{} {}", by_operation.empty() ? "" : ", ",
                                  Name(operation), failed);
    }
    fmt::print(out_,
               "{} structures: {} failed requests survived, {} problems\n"
               "failed requests by operation: {}\n",
               structures, survived, problems_, by_operation);
    if (survived == 0 && problems_ == 0) {
      fmt::print(err_,
                 "pfnbench: not one request failed, so nothing was tested: "
                 "these operations ask for no memory\n");
    }
  }

  // `kind` and `workload` must outlive the sweep.
  Sweep MakeSweep(const SetKind& kind, const SweepWorkload& workload,
                  const SweepTrace& trace) {
    const unsigned seconds =
        request_.case_seconds +
        static_cast<unsigned>(trace.steps(SweepOperation::kSet) / 500);
    return Sweep(kind, trace, arena_, [&, seconds](const SweepCase& which) {
      const std::string line = ReplayLine(kind, workload, which);
      SetCrashNote(fmt::format("pfnbench: {} crashes; to see it again: {}",
                               kind.traits.name, line));
      LimitTime(seconds,
                fmt::format("pfnbench: {} gives no answer in {} s of CPU time; "
                            "to see it again: {}",
                            kind.traits.name, seconds, line));
    });
  }

  void RunAll(const SetKind& kind, const std::vector<SweepTrace>& traces) {
    const std::uint64_t problems_before = problems_;
    std::uint64_t failed_sets = 0;
    std::uint64_t failed_clears = 0;
    for (std::size_t i = 0; i < traces.size(); ++i) {
      const SweepWorkload& workload = request_.workloads[i];
      Sweep sweep = MakeSweep(kind, workload, traces[i]);
      for (const SweepOperation operation : request_.operations) {
        const SweepResult result = sweep.Run(operation);
        PrintRow(kind, workload, operation, result);
        for (const SweepProblem& problem : result.problems) {
          ReportCase(kind, workload, problem.which, problem.what);
        }
        survived_[operation] += result.survived;
        (operation == SweepOperation::kSet ? failed_sets : failed_clears) +=
            result.survived;
      }
    }
    // Half of a test that injects failures is that some were.
    if (problems_ != problems_before) return;
    if (Has(SweepOperation::kSet) && failed_sets == 0) {
      ReportVacuous(kind, "set");
    }
    if (kind.traits.clear_can_fail && failed_clears == 0 &&
        Has(SweepOperation::kClear) && Has(SweepOperation::kClearRange)) {
      ReportVacuous(kind, "clear, which it declares to fail,");
    }
  }

  void PrintRow(const SetKind& kind, const SweepWorkload& workload,
                SweepOperation operation, const SweepResult& result) {
    fmt::print(out_, "{:<20} {:<11} {:<11} {:>8} {:>10} {:>4} {:>9}\n",
               kind.traits.name, workload.workload->name(), Name(operation),
               result.steps, result.allocating, result.most_requests,
               result.survived);
    out_.flush();
  }

  void RunOnly(const SetKind& kind, const SweepWorkload& workload,
               const SweepTrace& trace) {
    const SweepCase& which = *request_.only;
    const std::uint64_t steps = trace.steps(which.operation);
    if (which.at >= steps) {
      Report(fmt::format("--at={}: {} of {} has only the steps 0 to {}",
                         which.at, Name(which.operation), workload.argument,
                         steps - 1));
      return;
    }
    const CaseResult result = MakeSweep(kind, workload, trace).RunCase(which);
    if (!result.error.empty()) {
      ReportCase(kind, workload, which, result.error);
    } else if (result.injected == 0) {
      Report(
          fmt::format("{}: nothing failed: step {} of {} on {} makes fewer "
                      "than {} requests",
                      kind.traits.name, which.at, Name(which.operation),
                      workload.argument, which.nth));
    } else {
      fmt::print(out_, "{} survived: {}\n", kind.traits.name,
                 ReplayLine(kind, workload, which));
    }
  }

  bool Has(SweepOperation operation) const {
    return std::ranges::find(request_.operations, operation) !=
           request_.operations.end();
  }

  std::string ReplayLine(const SetKind& kind, const SweepWorkload& workload,
                         const SweepCase& which) const {
    return fmt::format(
        "pfnbench sweep {}--structure={} --workload={}{} --operation={} "
        "--at={} --nth={}{}",
        request_.arguments, kind.traits.name, workload.argument,
        request_.limit == kDefaultSweepLimit
            ? ""
            : fmt::format(" --limit={}", request_.limit),
        Name(which.operation), which.at, which.nth,
        which.mode == Mode::kOnce ? "" : " --persistent");
  }

  void ReportCase(const SetKind& kind, const SweepWorkload& workload,
                  const SweepCase& which, std::string_view what) {
    Report(fmt::format(
        "{}: {} on {}, step {}, request {} fails{}: {}; to see it again: {}",
        kind.traits.name, Name(which.operation), workload.argument, which.at,
        which.nth, which.mode == Mode::kOnce ? "" : " and all later", what,
        ReplayLine(kind, workload, which)));
  }

  void ReportVacuous(const SetKind& kind, std::string_view what) {
    Report(
        fmt::format("{}: not one request of {} failed, so nothing was "
                    "tested; choose another --workload or a larger --limit",
                    kind.traits.name, what));
  }

  void Report(std::string_view text) {
    ++problems_;
    fmt::print(err_, "pfnbench: {}\n", text);
  }

  const SweepRequest& request_;
  std::ostream& out_;
  std::ostream& err_;
  PageArena arena_;
  std::map<SweepOperation, std::uint64_t> survived_;
  std::uint64_t problems_ = 0;
};

}  // namespace

std::uint64_t RunSweep(const SweepRequest& request, std::ostream& out,
                       std::ostream& err) {
  return Command(request, out, err).Run();
}

}  // namespace pfn
