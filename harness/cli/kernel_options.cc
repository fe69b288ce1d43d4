// SPDX-License-Identifier: MIT

#include "harness/cli/kernel_options.h"

#include <fmt/format.h>

#include <fstream>

#include "workloads/base/command_line.h"
#include "workloads/base/error.h"

namespace pfn {
namespace {

struct RawKernelOptions {
  std::vector<std::string> workloads = {"default"};
  std::string notes;
};

// A file of lines KEY=TEXT; "": none.
std::vector<std::pair<std::string, std::string>> ReadNotes(
    const std::string& path) {
  std::vector<std::pair<std::string, std::string>> notes;
  if (path.empty()) return notes;
  std::ifstream file(path);
  if (!file) throw BadInput(fmt::format("--notes={}: cannot be read", path));
  for (std::string line; std::getline(file, line);) {
    const std::size_t equals = line.find('=');
    if (equals == 0 || equals == std::string::npos ||
        line.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") != equals) {
      throw BadInput(fmt::format(
          "--notes={}: found '{}'; expected lines KEY=TEXT", path, line));
    }
    notes.emplace_back(line.substr(0, equals), line.substr(equals + 1));
  }
  return notes;
}

void DefineFlags(CommandLine& line, RawKernelOptions& raw,
                 KernelOptions& options) {
  line.Add({.names = "--workload",
            .target = &raw.workloads,
            .help = "Workloads, as without 'kernel'",
            .type = "NAME|PATH,...",
            .shows_default = true});
  line.Add({.names = "--pages",
            .target = &options.pages,
            .help = "Only the first N pages of each workload; 0: all",
            .type = "N",
            .shows_default = true,
            .takes_suffix = true});
  line.Add({.names = "--pack",
            .target = &options.pack,
            .help = "Write the passes of each workload into this folder, as "
                    "files 0, 1, ...",
            .type = "DIR"});
  line.Add({.names = "--printed",
            .target = &options.printed,
            .help = "Lines that the module printed, a file for each kernel",
            .type = "FILE,..."});
  line.Add({.names = "--notes",
            .target = &raw.notes,
            .help = "Lines KEY=TEXT, for the context of results.json",
            .type = "FILE"});
  line.Add({.names = "--out",
            .target = &options.out,
            .help = "The folder of results.json",
            .type = "DIR"});
  line.Exclude("--pack", "--printed");
}

}  // namespace

KernelOptions ParseKernelOptions(int argc, const char* const* argv) {
  CommandLine line(
      "Packs workloads for harness/module, or makes results.json of the lines "
      "that\nit printed.",
      "pfnbench kernel");
  RawKernelOptions raw;
  KernelOptions options;
  DefineFlags(line, raw, options);
  try {
    if (line.Parse(argc, argv) == CommandLine::Outcome::kHelp) {
      options.help = line.Help();
      return options;
    }
  } catch (const BadInput& error) {
    throw BadInput(fmt::format("{}; see pfnbench kernel --help", error.what()));
  }
  if (options.pack.empty() &&
      (options.printed.empty() || options.out.empty())) {
    throw BadInput("expected --pack=DIR, or --printed=FILE and --out=DIR");
  }
  options.workloads = ChooseWorkloads(raw.workloads);
  options.notes = ReadNotes(raw.notes);
  return options;
}

}  // namespace pfn
