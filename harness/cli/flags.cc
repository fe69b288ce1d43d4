// SPDX-License-Identifier: MIT

#include "harness/cli/flags.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "harness/cli/lists.h"
#include "harness/driver/costs.h"
#include "workloads/base/nearest.h"
#include "workloads/base/number.h"
#include "workloads/base/text_scan.h"

namespace pfn {
namespace {

std::string CheckPin(const std::string& text) {
  const bool is_whole =
      text.find_first_not_of("0123456789") == std::string::npos;
  if (text == "auto" || (is_whole && ParseSize(text))) return "";
  return fmt::format(
      "'{}' is not a whole number from 0 to 2^64-1, nor is it 'auto'", text);
}

// "a|b", of what has a Name().
template <class Word>
std::string Words(const std::vector<Word>& all, std::string_view separator) {
  std::vector<std::string_view> names;
  for (const Word each : all) names.push_back(Name(each));
  return fmt::format("{}", fmt::join(names, separator));
}

// The one of `all` that `text`, a value of the flag `name`, stands for.
template <class Word>
Word ParseWord(const std::string& name, std::string_view text,
               const std::vector<Word>& all) {
  std::vector<std::string> known;
  for (const Word each : all) {
    if (Name(each) == text) return each;
    known.emplace_back(Name(each));
  }
  std::string kind = name.substr(2);
  std::ranges::replace(kind, '-', ' ');
  throw BadInput(UnknownName(kind, text, known));
}

// A flag whose value is one of `all`.
template <class Word>
void AddWord(CommandLine& line, const std::string& name, Word& target,
             const std::vector<Word>& all, const std::string& help) {
  line.Add({.names = name,
            .target =
                [name, &target, all](const std::string& text) {
                  target = ParseWord(name, text, all);
                },
            .help = help,
            .type = Words(all, "|"),
            .shows_default = true,
            .initial = std::string(Name(target))});
}

// The same for several of them, with commas.
template <class Word>
void AddWordList(CommandLine& line, const std::string& name,
                 std::vector<Word>& target, const std::vector<Word>& all,
                 const std::string& help) {
  line.Add({.names = name,
            .target =
                [name, &target, all](const std::string& text) {
                  target.clear();
                  for (const std::string& part : Split(text, ',')) {
                    const Word word = ParseWord(name, part, all);
                    if (std::ranges::find(target, word) != target.end()) {
                      throw BadInput(fmt::format("{}: '{}' is given twice",
                                                 name, Name(word)));
                    }
                    target.push_back(word);
                  }
                },
            .help = help,
            .type = Words(all, ","),
            .shows_default = true,
            .initial = Words(target, ",")});
}

void DefineWork(CommandLine& line, RawOptions& raw, Options& options) {
  line.Group("What is measured");
  line.Add({.names = "--workload",
            .target = &raw.workloads,
            .help = "Workloads by name, paths of .pfntrace files, gen:SPEC for "
                    "generated ones, 'default', or 'all' that are shipped "
                    "[default]",
            .type = "NAME|PATH,..."});
  line.Add({.names = "--structure",
            .target = &raw.structures,
            .help = "Structures by name; or 'argued' (those of the thread and "
                    "of the kernel, and floor), 'own' (that wrap nothing), "
                    "'floor' (the loop alone), 'array' and 'pipelined' (replay "
                    "without a set), 'plugins', 'all' [argued]",
            .type = "NAME,..."});
  line.Add({.names = "--plugin",
            .target = &raw.plugins,
            .help = "Shared objects with more structures, which are measured "
                    "too; CONTRIBUTING.md says how one is made",
            .type = "FILE,..."});
  line.Add({.names = "--operation",
            .target = &raw.operations,
            .help = "set, test, extract, clear, drain, or 'all' of these "
                    "(under faults: those that allocate); or replay "
                    "[set,drain; with --instructions all]",
            .type = "NAME,..."});
  line.Add({.names = "--passes",
            .target = &raw.passes,
            .help = "Passes as recorded between two targets (arrays), or the "
                    "rounds of a driver of 2017, without migrations and the "
                    "OOM notifier (rounds)",
            .type = "arrays|rounds",
            .shows_default = true,
            .words = {"arrays", "rounds"}});
  line.Add({.names = "--pages",
            .target = &raw.pages,
            .help = "Only the first N pages of each workload; 0: all [0]",
            .type = "N",
            .takes_suffix = true});
  line.Add({.names = "--instructions",
            .target = &raw.instructions,
            .help = fmt::format(
                "Count instructions instead of time. The defaults are then {}, "
                "--structure=own,floor --pages={} --rounds=1",
                fmt::join(kCountedWorkloads, ","), kCountedPages),
            .type = "callgrind|hardware",
            .words = {"callgrind", "hardware"}});
  line.Add({.names = "--benchmark_filter",
            .target = &options.filter,
            .help = "Only rows whose name matches; '-REGEX': only those that "
                    "do not",
            .type = "REGEX"});
}

void DefineMemory(CommandLine& line, RawOptions& raw, Options& options) {
  line.Group("When memory runs out");
  line.Add({.names = "--fault",
            .target = &raw.fault,
            .help = "Which requests fail, such as slab_boundary or "
                    "failslab:probability=1; --list-faults lists all",
            .type = "SPEC[;SPEC...]",
            .shows_default = true});
  line.Add({.names = "--fault-seed",
            .target = &options.plan.conditions.fault_seed,
            .help = "Seed of the faults: the same seed, the same failures",
            .type = "N",
            .shows_default = true});
  Conditions& conditions = options.plan.conditions;
  AddWord(line, "--fault-draw", conditions.fault_draw,
          {FaultDraw::kAllocation, FaultDraw::kOperation},
          "Draw a failure for each allocation, or for each operation. The "
          "second hits the same pages of every structure");
}

void DefineHeap(CommandLine& line, NowaitHeap::Options& heap) {
  line.Group("The modelled heap");
  AddWord(line, "--heap", heap.age, {HeapAge::kAged, HeapAge::kFresh},
          "Whether others hold objects in slabs and pages, and free objects "
          "are in random order; or the heap is as after boot");
  line.Add({.names = "--heap-seed",
            .target = &heap.seed,
            .help = "Seed of an aged heap",
            .type = "N",
            .shows_default = true});
  AddWord(line, "--large", heap.large,
          {LargePolicy::kPow2, LargePolicy::kExact, LargePolicy::kVmalloc},
          "Requests above 8 KiB get a block of 2^n pages (pow2), the same "
          "without its unused tail (exact), or mapped pages, which GFP_NOWAIT "
          "never gets (vmalloc)");
  line.Add(
      {.names = "--cpus",
       .target = &heap.cpus,
       .help = "CPUs of the modelled machine; they decide the size of slabs",
       .type = "N",
       .shows_default = true,
       .range = {{1, 8192}}});
  line.Add({.names = "--alloc-cost",
            .target = &heap.allocation_cost,
            .help = "Steps of about 1 ns that each allocation takes besides "
                    "its own",
            .type = "N",
            .shows_default = true,
            .range = {{0, 1000000}}});
  line.Add({.names = "--free-cost",
            .target = &heap.free_cost,
            .help = "The same for each free",
            .type = "N",
            .shows_default = true,
            .range = {{0, 1000000}}});
  line.Add({.names = "--grace",
            .target = &heap.grace,
            .help = "Nodes that a kernel frees by RCU come back after N "
                    "more allocations and frees; 0: at once",
            .type = "N",
            .shows_default = true});
}

void DefineReplay(CommandLine& line, RawOptions& raw) {
  line.Group("With --operation=replay");
  line.Add({.names = "--policy",
            .target = &raw.policies,
            .help = "How the driver handles a page that it could not record; "
                    "--list-policies lists all",
            .type = "NAME,...",
            .shows_default = true});
  line.Add({.names = "--host",
            .target = &raw.host,
            .help =
                "model; real, a thread that gives memory back; or real:SIZE, "
                "for a guest of at most SIZE (half of the free memory)",
            .type = "HOST",
            .shows_default = true});
  line.Add({.names = "--host-merge",
            .target = &raw.host_merge,
            .help = "The host sorts and merges each array before it gives "
                    "memory back, as Firecracker and crosvm do"});
  line.Add({.names = "--driver",
            .target = &raw.driver,
            .help = "Another driver than the corrected one of 2017, such as "
                    "wait:one; --list-drivers lists all",
            .type = "SETTING,..."});
  line.Add({.names = "--replaced",
            .target = &raw.replaced,
            .help = "Refuse a replay of whose pages more than PERCENT are not "
                    "those recorded [5]",
            .type = "PERCENT",
            .range = {{0, 100}}});
  line.Add({.names = "--guest",
            .target = &raw.guest,
            .help = "recorded; or reacts, where the balloon, the set and a "
                    "program take pages from one zone, by --fault-seed",
            .type = "GUEST",
            .shows_default = true});
  const GuestOptions usual;
  for (const GuestFlag& flag : GuestFlags()) {
    const std::string name(flag.name);
    line.Add({.names = fmt::format("--guest-{}", name),
              .target =
                  [name, &raw](const std::string& text) {
                    raw.guest_flags.insert_or_assign(name, text);
                  },
              .help = fmt::format("{} [{} {}]", flag.what, usual.*flag.value,
                                  flag.unit),
              .type = "N"});
  }
  line.Add({.names = "--costs",
            .target = &raw.costs,
            .help = "Costs of the model: 2016, from the posting, or measured, "
                    "by --host=real; --list-costs has them",
            .type = "SET",
            .shows_default = true});
  for (const CostFlag& cost : CostFlags()) {
    const std::string name(cost.name);
    line.Add({.names = fmt::format("--{}-ns", name),
              .target =
                  [name, &raw](const std::string& text) {
                    raw.cost_flags.insert_or_assign(name, text);
                  },
              .help = fmt::format("Cost of {}", cost.what),
              .type = "NS"});
  }
}

void DefineMethod(CommandLine& line, RawOptions& raw, Options& options) {
  line.Group("How it is measured");
  line.Add({.names = "--rounds,--benchmark_repetitions",
            .target = &raw.rounds,
            .help = "How often every row runs, each time in another order [9]",
            .type = "N",
            .range = {{1, 10000}}});
  line.Add({.names = "--processes",
            .target = &options.settings.processes,
            .help =
                "All rounds in each of N processes, one after the other; the "
                "report's intervals are then those of processes",
            .type = "N",
            .shows_default = true,
            .range = {{1, 1000}}});
  AddWordList(line, "--calls", options.plan.calls,
              {Calls::kOutlined, Calls::kInlined},
              "How the loop reaches a structure: by a call for each page "
              "(outlined), as in a kernel, or compiled into one with it "
              "(inlined)");
  AddWord(line, "--cold", options.plan.conditions.cold,
          {Between::kNothing, Between::kTouch},
          "Touch a line of a page descriptor before each set and clear, as a "
          "driver does");
  line.Add({.names = "--sets",
            .target = &options.plan.conditions.sets,
            .help = "K sets get each array of 256 pages in turn, as a "
                    "host with many guests has them",
            .type = "K",
            .shows_default = true,
            .range = {{1, 100000}}});
  line.Add({.names = "--row-budget",
            .target = &raw.row_budget,
            .help = "Time for all rounds of a row together. A single round "
                    "that takes four times as long is cut off. 0: no limit "
                    "[all rows together take 170 s]",
            .type = "SECONDS",
            .range = {{0, 1e6}}});
  line.Add({.names = "--baseline",
            .target = &raw.baseline,
            .help = "The structure that ratios refer to. It runs twice, the "
                    "second time as control [xbitmap]",
            .type = "NAME"});
  line.Add({.names = "--controls",
            .target = &options.plan.controls,
            .help = "How many more times the baseline runs",
            .type = "N",
            .shows_default = true,
            .range = {{0, 1000}}});
  line.Add({.names = "--profile",
            .target = &raw.profile,
            .help = "Profile every structure after the rounds: its memory pass "
                    "by pass, the time of each single operation. Then count "
                    "the pages that it loses, for 20 seeds of a fault",
            .type = "on|off",
            .shows_default = true,
            .words = {"on", "off"}});
  line.Add({.names = "--pin",
            .target = &raw.pin,
            .help = "Keep to one CPU: its number, or 'auto', the least busy",
            .type = "CPU|auto",
            .check = CheckPin});
}

void DefineLists(CommandLine& line, RawOptions& raw) {
  line.Group("Lists and help");
  for (const List& list : Lists()) {
    line.Add({.names = fmt::format("--list-{0},--list_{0}", list.what),
              .target = &raw.lists,
              .help = std::string(list.help)});
  }
  line.Add({.names = "--benchmark_list_tests",
            .target = &raw.list_rows,
            .help = "The names of the rows that would run"});
  line.AddVersion();
  line.AddHelp();
}

}  // namespace

void DefineFlags(CommandLine& line, RawOptions& raw, Options& options) {
  line.Footer(
      "Of Google Benchmark's own flags these work as well:\n"
      "--benchmark_context=note=TEXT and "
      "--benchmark_enable_random_interleaving=false.\n\n"
      "'pfnbench sweep' fails every allocation in turn and checks that each "
      "structure\nsurvives; see 'pfnbench sweep --help'.\n\n"
      "Example: pfnbench --workload=idle-8g --structure=xbitmap,cvbmp "
      "--operation=set");
  DefineWork(line, raw, options);
  DefineMemory(line, raw, options);
  DefineHeap(line, options.plan.conditions.heap);
  DefineReplay(line, raw);
  DefineMethod(line, raw, options);
  line.Group("Results");
  line.Add({.names = "--out",
            .target = &raw.out,
            .help = "Folder for the results [results/DATE-TIME]",
            .type = "DIR"});
  line.Add(
      {.names = "--quiet",
       .target = &options.settings.quiet,
       .help =
           "No table on stdout at the end; stderr still shows the progress"});
  DefineLists(line, raw);
}

}  // namespace pfn
