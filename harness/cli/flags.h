// SPDX-License-Identifier: MIT
//
// The flags of pfnbench as text: their names, their help, and what of a value
// can be refused without knowing what it stands for. options.cc looks that up.

#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/cli/options.h"
#include "workloads/base/command_line.h"

namespace pfn {

// The default workloads of --instructions: the guest that gives
// everything in order, the one that gives single pages, and an inflating and a
// deflating pass of all pages in order. Of each what takes a minute under
// callgrind.
inline constexpr std::array<std::string_view, 3> kCountedWorkloads = {
    "idle-8g", "punched-2g", "gen:reverse:pages=16K"};
inline constexpr std::uint64_t kCountedPages = 32768;

// The flags whose values are looked up after parsing; the others go straight
// into Options.
struct RawOptions {
  std::vector<std::string> workloads;
  std::vector<std::string> structures;
  std::vector<std::string> plugins;
  std::vector<std::string> operations;
  std::string passes = "arrays";
  std::string fault = "none";
  std::vector<std::string> policies = {"free"};
  std::string host = "model";
  bool host_merge = false;
  std::optional<double> replaced;
  std::string costs = "2016";
  std::map<std::string, std::string> cost_flags;  // by name, as given
  std::string driver;
  std::string guest = "recorded";
  std::map<std::string, std::string> guest_flags;  // by name, as given
  std::string baseline;
  std::optional<int> rounds;
  std::optional<std::uint64_t> pages;
  std::string pin;
  std::string instructions;
  std::optional<double> row_budget;
  std::string out;
  std::string profile = "on";
  bool lists = false;  // any of Lists()
  bool list_rows = false;
};

// Gives `line` all flags; parsing fills in `raw` and `options`.
void DefineFlags(CommandLine& line, RawOptions& raw, Options& options);

}  // namespace pfn
