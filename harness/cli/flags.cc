// SPDX-License-Identifier: MIT

#include "harness/cli/flags.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <memory>
#include <system_error>

#include "harness/cli/help_formatter.h"

namespace pfn {
namespace {

// CLI11 alone would take -1 for 2^64-1, and what is too large for the largest.
std::string CheckWhole(const std::string& text) {
  std::uint64_t seed = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, seed);
  if (error == std::errc{} && stop == end) return "";
  return fmt::format("'{}' is not a whole number from 0 to 2^64-1", text);
}

std::string CheckPin(const std::string& text) {
  if (text == "auto") return "";
  std::string error = CheckWhole(text);
  if (!error.empty()) error += ", nor is it 'auto'";
  return error;
}

}  // namespace

void DefineFlags(CLI::App& app, RawOptions& raw) {
  app.formatter(std::make_shared<HelpFormatter>());
  app.footer(
      "Every other --benchmark_* flag goes to Google Benchmark.\n"
      "'pfnbench sweep --help' tells of another command: does every contender "
      "survive\nevery failed allocation?\n"
      "Example: pfnbench --workload=idle-8g --structure=xbitmap,cvbmp "
      "--operation=set");
  app.set_version_flag("--version", "");
  app.add_option("--workload", raw.workloads,
                 "Workloads by name, paths of .pfntrace files, gen:SPEC for "
                 "generated ones, 'default', or 'all' that are shipped "
                 "[default]")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("NAME|PATH,...");
  app.add_option("--structure", raw.structures,
                 "Contenders by name, 'argued' (that somebody proposed or the "
                 "kernel has, and floor), 'own' (all that wrap no library), "
                 "'floor' (the loop alone), 'array' and 'pipelined' (replay "
                 "without a set), or 'all' [argued; with --operation=replay "
                 "five of them and those without a set]")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("NAME,...");
  app.add_option("--operation", raw.operations,
                 "set, test, extract, clear, drain, or 'all' of these, under "
                 "faults those of them that allocate; or replay, the whole "
                 "trace through the balloon driver [set,drain; with "
                 "--instructions all]")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("NAME,...");
  app.add_option("--fault", raw.fault,
                 "Which allocations fail: none, slab_boundary[:PAGE_MODEL] "
                 "(as in a kernel), ge_light, ge_burst, ge_heavy, zone_wmark, "
                 "pcp_only, nolock, order:K, budget:BYTES, nth:N[,persistent], "
                 "failslab:probability=P and after a comma interval=N, times=N "
                 "or space=BYTES, or failslab=<interval>,<probability>,"
                 "<space>,<times>, likewise fail_page_alloc")
      ->type_name("SPEC[;SPEC...]")
      ->capture_default_str();
  app.add_option("--fault-seed", raw.fault_seed,
                 "Seed of the faults: the same seed, the same failures")
      ->check(CheckWhole)
      ->type_name("N")
      ->capture_default_str();
  app.add_option("--fault-draw", raw.fault_draw,
                 "What a failure is drawn for: each allocation, or each "
                 "operation, so that the same pages are hit whatever a "
                 "structure asks for")
      ->type_name("allocation|operation")
      ->capture_default_str();
  app.add_option("--large", raw.large,
                 "What a request beyond 8 KiB gets: a block of 2^n pages, the "
                 "same without its unused tail pages, or mapped pages, which "
                 "NOWAIT requests cannot have")
      ->type_name("pow2|exact|vmalloc")
      ->capture_default_str();
  app.add_option("--policy", raw.policies,
                 "replay: what the driver does with a page that it could not "
                 "record: free, single, array, array-rest, reserve:BYTES or "
                 "nowait-pages")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("NAME,...")
      ->capture_default_str();
  app.add_option("--host", raw.host,
                 "replay: model; or real, a thread that gives memory back, or "
                 "real:SIZE for a guest of so much at most (half of what is "
                 "free)")
      ->type_name("HOST")
      ->capture_default_str();
  app.add_option("--driver", raw.driver,
                 "replay: KEY:VALUE with the keys walk, release and order "
                 "(fixed, posted), wait "
                 "(all, one), oom-path (chunks, array), ring, completion, "
                 "clip, oom-pages, stall, sleep-ms, record-ns")
      ->type_name("SETTING,...");
  app.add_option("--baseline", raw.baseline,
                 "The contender that ratios refer to; it runs twice, the "
                 "second time as control [xbitmap]")
      ->type_name("NAME");
  app.add_option("--controls", raw.controls,
                 "How many more times the baseline runs; more than one is for "
                 "the experiments of `python3 -m plots experiment`")
      ->check(CLI::Range(0, 1000))
      ->type_name("N")
      ->capture_default_str();
  app.add_option("--rounds,--benchmark_repetitions", raw.rounds,
                 "How often every row runs, each time in another order [9]")
      ->check(CLI::Range(1, 10000))
      ->type_name("N");
  app.add_option("--pin", raw.pin,
                 "Keep to one CPU: its number, or 'auto', the least busy")
      ->check(CheckPin)
      ->type_name("CPU|auto");
  app.add_option("--pages", raw.pages,
                 "Only the first N pages of each workload; 0: all [0]")
      ->check(CheckWhole)
      ->type_name("N");
  app.add_option("--instructions", raw.instructions,
                 fmt::format("Count instructions instead of time, under "
                             "valgrind or by the CPU, and write "
                             "instructions.json; then the defaults are {}, "
                             "--structure=own,floor --pages={} --rounds=1",
                             fmt::join(kCountedWorkloads, ","), kCountedPages))
      ->check(CLI::IsMember({"callgrind", "hardware"}))
      ->type_name("callgrind|hardware");
  app.add_option("--row-budget", raw.row_budget,
                 "Time for all repetitions of a row together: when no other "
                 "fits, the row runs no more, and a single repetition that "
                 "takes four times as long is cut off; 0: no limit [such that "
                 "all rows together take 170 s, and 4 s cut one off]")
      ->check(CLI::Range(0.0, 1e6))
      ->type_name("SECONDS");
  app.add_option("--profile", raw.profile,
                 "Whether every structure is profiled after the rounds, under "
                 "the first of the faults: its memory pass by pass, and the "
                 "time of each single operation")
      ->check(CLI::IsMember({"on", "off"}))
      ->type_name("on|off")
      ->capture_default_str();
  app.add_option("--cpus", raw.cpus,
                 "CPUs of the modelled machine: how many decides the size of "
                 "slabs, and so which pages are asked for")
      ->check(CLI::Range(1, 8192))
      ->type_name("N")
      ->capture_default_str();
  app.add_option("--benchmark_filter", raw.filter,
                 "Only rows whose name matches; '-REGEX': only those that "
                 "do not")
      ->type_name("REGEX");
  app.add_option("--out", raw.out, "Folder for the results [results/DATE-TIME]")
      ->type_name("DIR");
  app.add_flag(
      "--quiet", raw.quiet,
      "No table on stdout at the end; stderr still says how far it is");
  app.add_flag("--list-workloads,--list_workloads", raw.list_workloads,
               "Print the shipped workloads, a line of facts each");
  app.add_flag("--list-structures,--list_structures", raw.list_structures,
               "Print the contenders");
  app.add_flag("--list-operations,--list_operations", raw.list_operations,
               "Print the operations");
  app.add_flag("--benchmark_list_tests", raw.list_rows,
               "Print the names of the rows that would run");
}

}  // namespace pfn
