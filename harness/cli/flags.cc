// SPDX-License-Identifier: MIT

#include "harness/cli/flags.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "workloads/text/command_line.h"
#include "workloads/text/size.h"

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

// A whole number, of which suffixes are understood.
CLI::Validator WithSuffix() {
  return CLI::Validator(
      [](std::string& text) -> std::string {
        const auto number = ParseSize(text);
        if (!number) {
          return fmt::format("'{}' is not a whole number from 0 to 2^64-1{}",
                             text, kPerhapsWithSuffix);
        }
        text = std::to_string(*number);
        return "";
      },
      "");
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
      "Of Google Benchmark's own flags these work as well:\n"
      "--benchmark_context=note=TEXT and "
      "--benchmark_enable_random_interleaving=false.\n\n"
      "'pfnbench sweep' fails every allocation in turn and checks that each "
      "structure\nsurvives; see 'pfnbench sweep --help'.\n\n"
      "Example: pfnbench --workload=idle-8g --structure=xbitmap,cvbmp "
      "--operation=set");
  std::string group;
  const auto list_of_names =
      [&](const char* flag, std::vector<std::string>& names, const char* help) {
        return app.add_option(flag, names, help)
            ->delimiter(',')
            ->allow_extra_args(false)
            ->type_name("NAME,...")
            ->group(group);
      };
  const auto option = [&](const char* flag, auto& value, std::string help,
                          const char* type) {
    return app.add_option(flag, value, std::move(help))
        ->type_name(type)
        ->group(group);
  };
  const auto flag = [&](const char* name, bool& value, const char* help) {
    app.add_flag(name, value, help)->group(group);
  };

  group = "What is measured";
  list_of_names("--workload", raw.workloads,
                "Workloads by name, paths of .pfntrace files, gen:SPEC for "
                "generated ones, 'default', or 'all' that are shipped "
                "[default]")
      ->type_name("NAME|PATH,...");
  list_of_names(
      "--structure", raw.structures,
      "Structures by name; or 'argued' (those of the thread and of the kernel, "
      "and floor), 'own' (all that wrap no library), 'floor' (the loop alone), "
      "'array' and 'pipelined' (replay without a set), 'all' [argued]");
  list_of_names(
      "--operation", raw.operations,
      "set, test, extract, clear, drain, or 'all' of these (under faults: "
      "those that allocate); or replay [set,drain; with --instructions all]");
  option("--pages", raw.pages,
         "Only the first N pages of each workload; 0: all [0]", "N")
      ->transform(WithSuffix());
  option("--instructions", raw.instructions,
         fmt::format("Count instructions instead of time. The defaults are "
                     "then {}, --structure=own,floor --pages={} --rounds=1",
                     fmt::join(kCountedWorkloads, ","), kCountedPages),
         "callgrind|hardware")
      ->check(CLI::IsMember({"callgrind", "hardware"}));
  option("--benchmark_filter", raw.filter,
         "Only rows whose name matches; '-REGEX': only those that do not",
         "REGEX");

  group = "When memory runs out";
  option("--fault", raw.fault,
         "Which requests fail, such as slab_boundary or "
         "failslab:probability=1; --list-faults lists all",
         "SPEC[;SPEC...]")
      ->capture_default_str();
  option("--fault-seed", raw.fault_seed,
         "Seed of the faults: the same seed, the same failures", "N")
      ->check(CheckWhole)
      ->capture_default_str();
  option("--fault-draw", raw.fault_draw,
         "Draw a failure for each allocation, or for each operation. The "
         "second hits the same pages of every structure",
         "allocation|operation")
      ->capture_default_str();
  option("--large", raw.large,
         "How requests above 8 KiB are served. pow2: a 2^n-page block. exact: "
         "the same, unused tail pages freed. vmalloc: mapped pages; always "
         "fails for GFP_NOWAIT",
         "pow2|exact|vmalloc")
      ->capture_default_str();
  option("--cpus", raw.cpus,
         "CPUs of the modelled machine; they decide the size of slabs", "N")
      ->check(CLI::Range(1, 8192))
      ->capture_default_str();

  group = "With --operation=replay";
  list_of_names("--policy", raw.policies,
                "How the driver handles a page that it could not record; "
                "--list-policies lists all")
      ->capture_default_str();
  option("--host", raw.host,
         "model; real, a thread that gives memory back; or real:SIZE, for a "
         "guest of at most SIZE (half of the free memory)",
         "HOST")
      ->capture_default_str();
  option("--driver", raw.driver,
         "Another driver than the corrected one of 2017, such as wait:one; "
         "--list-drivers lists all",
         "SETTING,...");

  group = "How it is measured";
  option("--rounds,--benchmark_repetitions", raw.rounds,
         "How often every row runs, each time in another order [9]", "N")
      ->check(CLI::Range(1, 10000));
  option(
      "--row-budget", raw.row_budget,
      "Time for all rounds of a row together. A single round that takes four "
      "times as long is cut off. 0: no limit [all rows together take 170 s]",
      "SECONDS")
      ->check(CLI::Range(0.0, 1e6));
  option("--baseline", raw.baseline,
         "The structure that ratios refer to. It runs twice, the second time "
         "as control [xbitmap]",
         "NAME");
  option("--controls", raw.controls, "How many more times the baseline runs",
         "N")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  option("--profile", raw.profile,
         "Profile every structure after the rounds: its memory pass by pass, "
         "the time of each single operation",
         "on|off")
      ->check(CLI::IsMember({"on", "off"}))
      ->capture_default_str();
  option("--pin", raw.pin,
         "Keep to one CPU: its number, or 'auto', the least busy", "CPU|auto")
      ->check(CheckPin);

  group = "Results";
  option("--out", raw.out, "Folder for the results [results/DATE-TIME]", "DIR");
  flag("--quiet", raw.quiet,
       "No table on stdout at the end; stderr still shows the progress");

  group = "Lists and help";
  flag("--list-workloads,--list_workloads", raw.list_workloads,
       "The shipped workloads, one line of facts each");
  flag("--list-structures,--list_structures", raw.list_structures,
       "The structures");
  flag("--list-operations,--list_operations", raw.list_operations,
       "The operations");
  flag("--list-faults,--list_faults", raw.list_faults, "The values of --fault");
  flag("--list-policies,--list_policies", raw.list_policies,
       "The values of --policy");
  flag("--list-drivers,--list_drivers", raw.list_drivers,
       "The values of --driver");
  flag("--benchmark_list_tests", raw.list_rows,
       "The names of the rows that would run");
  app.set_version_flag("--version", "", "The version")->group(group);
  app.set_help_flag("-h,--help", "This text")->group(group);
}

}  // namespace pfn
