// SPDX-License-Identifier: MIT
//
// pfntrace: imports, generates, shows and checks .pfntrace files.
//
// Exit status: 0, or 2 after one line on stderr that says what is wrong and
// what to do. An output file is complete or not there.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "workloads/base/command_line.h"
#include "workloads/base/nearest.h"
#include "workloads/base/number.h"
#include "workloads/base/printable.h"
#include "workloads/generate/catalog.h"
#include "workloads/generate/generators.h"
#include "workloads/import/import_file.h"
#include "workloads/import/importers.h"
#include "workloads/trace/trace_io.h"
#include "workloads/trace/trace_stats.h"

namespace pfn {
namespace {

constexpr int kBadInput = 2;

// The reader of a pipe, such as head, has seen enough: no error.
struct BrokenPipe {};

void Print(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
      std::fflush(stdout) == 0) {
    return;
  }
  if (errno == EPIPE) throw BrokenPipe();
  throw BadInput(fmt::format("standard output: cannot be written: {}",
                             std::strerror(errno)));
}

// Names of files and words of the command line are in it.
void Complain(std::string_view message) {
  fmt::print(stderr, "pfntrace: {}\n", Printable(message));
}

// All that is wrong with a command line, as one error.
void RequireNone(std::string_view command,
                 const std::vector<std::string>& problems) {
  if (problems.empty()) return;
  throw BadInput(fmt::format("{}; see pfntrace {} --help",
                             fmt::join(problems, "; "), command));
}

// The flags as text, so that all of them are checked before one is refused.
struct ImportOptions {
  std::string from;
  std::string guest_memory;
  TraceProvenance provenance;
  std::string input;
  std::string output;
};

std::string ProblemOfOutput(const std::string& input,
                            const std::string& output) {
  if (input.empty()) return "";
  if (input == "-") {
    return output.empty() ? "standard input has no name: -o FILE is missing"
                          : "";
  }
  namespace fs = std::filesystem;
  std::error_code error;
  if (!output.empty()) {
    return fs::equivalent(input, output, error)
               ? fmt::format(
                     "{} is the recording itself: -o needs another name",
                     output)
               : "";
  }
  const fs::path name = TraceNameFor(input);
  if (!fs::exists(name, error)) return "";
  return fmt::format(
      "{} exists and is not overwritten: remove it, or say -o FILE",
      name.string());
}

ImportRequest CheckImport(const ImportOptions& options) {
  std::vector<std::string> problems;
  const auto check = [&](const std::string& problem) {
    if (!problem.empty()) problems.push_back(problem);
  };
  ImportRequest request{.input = options.input,
                        .from = options.from,
                        .provenance = options.provenance};
  if (options.input.empty()) check("INPUT, the recording, is missing");
  check(ProblemOfOutput(options.input, options.output));
  const std::vector<std::string> formats = NamesIn(Importers());
  if (!options.from.empty() &&
      std::ranges::find(formats, options.from) == formats.end()) {
    check("--from: " + UnknownName("format", options.from, formats));
  }
  if (!options.guest_memory.empty()) {
    constexpr std::uint64_t kMost = std::uint64_t{1} << 60;
    const auto size = ParseSize(options.guest_memory);
    request.provenance.guest_memory_bytes = size.value_or(0);
    if (!size || *size == 0 || *size > kMost) {
      check(fmt::format(
          "--guest-memory: '{}' is no size, such as 8G, from 1 to 2^60",
          options.guest_memory));
    }
  }
  for (const auto& [flag, text] :
       {std::pair{"--kernel", &request.provenance.kernel},
        {"--recorder", &request.provenance.recorder},
        {"--provoked", &request.provenance.provoked},
        {"--source", &request.provenance.source}}) {
    if (text->empty()) continue;
    const std::string_view problem = ProblemOfHeaderText(*text);
    if (!problem.empty()) check(fmt::format("{}: the text {}", flag, problem));
  }
  RequireNone("import", problems);
  return request;
}

void Import(const ImportOptions& options) {
  namespace fs = std::filesystem;
  const ImportRequest request = CheckImport(options);
  const ImportedFile file = ImportFile(request);
  const ImportResult& result = file.result;
  const fs::path output = options.output.empty() ? TraceNameFor(options.input)
                                                 : fs::path(options.output);
  const bool replaces = fs::exists(output);
  WriteTrace(result.trace, output);
  for (const std::string& warning : file.warnings) {
    Complain("warning: " + warning);
  }
  Print(fmt::format("{}: {} lines, {} pages inflated, {} deflated{}\n",
                    Printable(output.string()), result.lines,
                    result.trace.pages_inflated(),
                    result.trace.pages_deflated(),
                    replaces ? "; an older file was replaced" : ""));
  for (const std::string& note : result.notes) {
    Print(fmt::format("  {}\n", Printable(note)));
  }
  Print(
      fmt::format("Measure with it: ./run bench --workload={} "
                  "--structure=flat,xbitmap,cvbmp\n",
                  ShellWord(fs::absolute(output).lexically_normal().string())));
}

struct GenerateOptions {
  std::string spec;
  std::string output;
  bool list = false;
};

void ListGenerators() {
  for (const Generator& generator : Generators()) {
    Print(fmt::format("{:<12} {}\n", generator.name, generator.summary));
    for (const Parameter& parameter : generator.parameters) {
      const std::string_view default_value =
          parameter.default_value.empty() ? "\"\"" : parameter.default_value;
      Print(fmt::format("  {:<12} {}{}{} [{}]\n", parameter.name,
                        parameter.help, parameter.choices.empty() ? "" : ": ",
                        parameter.choices, default_value));
    }
  }
}

void GenerateTrace(const GenerateOptions& options) {
  if (options.list) {
    ListGenerators();
    return;
  }
  std::vector<std::string> problems;
  if (options.spec.empty()) {
    problems.emplace_back("SPEC is missing; --list prints all");
  }
  if (options.output.empty()) problems.emplace_back("-o FILE is missing");
  try {
    if (!options.spec.empty()) CheckSpec(options.spec);
  } catch (const BadInput& error) {
    problems.insert(problems.begin(), error.what());
  }
  RequireNone("generate", problems);
  const Trace trace = Generate(options.spec);
  WriteTrace(trace, options.output);
  Print(fmt::format("{}: {} pages inflated, {} deflated\n",
                    Printable(options.output), trace.pages_inflated(),
                    trace.pages_deflated()));
}

void Info(const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    Print(FormatInfo(Printable(word), LoadTrace(word)));
  }
}

void Table(const std::vector<std::string>& words) {
  Print(FormatTableHead());
  for (const std::string& word : words) {
    Print(FormatTableRow(Printable(word), LoadTrace(word)));
  }
}

struct CatOptions {
  std::string file;
  bool absolute = false;
  bool pages = false;
};

void Cat(const CatOptions& options) {
  const Trace trace = LoadTrace(options.file);
  if (options.absolute || options.pages) {
    DumpTrace(trace, options.pages ? DumpAs::kPages : DumpAs::kRuns, Print);
  } else {
    Print(EncodeTrace(trace));
  }
}

// Strictly, where there is a text.
Trace ReadCanonical(const std::string& word) {
  if (IsGenerated(word)) return LoadTrace(word);
  const std::string text = ReadTraceText(FileOfWorkload(word));
  Trace trace = ParseTrace(text, word);
  if (EncodeTrace(trace) != text) {
    throw BadInput(fmt::format(
        "{}: is accepted but not canonical, which is a bug of pfntrace", word));
  }
  return trace;
}

void CheckTrace(const std::string& word) {
  const Trace trace = ReadCanonical(word);
  const Membership membership = CheckMembership(trace);
  if (membership.inflated_twice + membership.deflated_absent > 0) {
    throw BadInput(fmt::format(
        "{}: {} pages are inflated twice without a deflate between and {} are "
        "deflated while not inflated; record from an empty balloon on",
        word, membership.inflated_twice, membership.deflated_absent));
  }
  Print(fmt::format("{}: ok {} {} pages inflated, {} deflated\n",
                    Printable(word), TraceId(trace), trace.pages_inflated(),
                    trace.pages_deflated()));
}

// Goes on after a bad trace, so that one run names all of them.
int Check(const std::vector<std::string>& words) {
  int status = 0;
  for (const std::string& word : words) {
    try {
      CheckTrace(word);
    } catch (const BadInput& error) {
      Complain(error.what());
      status = kBadInput;
    }
  }
  return status;
}

void AddFlag(CommandLine& line, const char* names, FlagTarget target,
             std::string help, const char* type = "",
             bool is_required = false) {
  line.Add({.names = names,
            .target = target,
            .help = std::move(help),
            .type = type,
            .is_required = is_required});
}

// Nothing but INPUT is needed, and everything is checked together later.
CommandLine AddImport(CommandLine& line, ImportOptions& options) {
  CommandLine import =
      line.AddCommand("import", "Makes a trace from a recording of a guest.");
  const auto add = [&](const char* names, std::string& value, std::string help,
                       const char* type) {
    AddFlag(import, names, &value, std::move(help), type);
  };
  TraceProvenance& provenance = options.provenance;
  add("INPUT", options.input,
      "The recording, plain or zstd; - for standard input", "");
  add("-o,--output", options.output,
      "The trace, compressed if it ends in .zst [INPUT's name and "
      ".pfntrace.zst, in this folder]",
      "FILE");
  add("--from", options.from,
      fmt::format("The format: {} [guessed from the first lines]",
                  fmt::join(NamesIn(Importers()), ", ")),
      "FORMAT");
  add("--guest-memory", options.guest_memory,
      "Memory of the guest, such as 8G [from the recording, or estimated by "
      "the highest page]",
      "SIZE");
  add("--kernel", provenance.kernel, "Kernel of the guest [unknown]", "TEXT");
  add("--recorder", provenance.recorder,
      "Program, version and events that recorded it [unknown]", "TEXT");
  add("--provoked", provenance.provoked,
      "Actions of the guest and the host [unknown]", "TEXT");
  add("--source", provenance.source,
      "The recording itself [its file name and SHA-256]", "TEXT");
  return import;
}

CommandLine AddGenerate(CommandLine& line, GenerateOptions& options) {
  CommandLine generate =
      line.AddCommand("generate", "Makes a trace that nobody recorded.");
  AddFlag(generate, "SPEC", &options.spec, "NAME[:KEY=VALUE]...");
  AddFlag(generate, "-o,--output", &options.output,
          "The trace, compressed if it ends in .zst", "FILE");
  AddFlag(generate, "--list", &options.list,
          "Print all generators and their keys");
  return generate;
}

CommandLine AddCat(CommandLine& line, CatOptions& options) {
  CommandLine cat = line.AddCommand("cat", "Prints a trace as canonical text.");
  AddFlag(cat, "TRACE", &options.file,
          "A file, a shipped workload by name, or gen:SPEC", "", true);
  AddFlag(cat, "--absolute", &options.absolute,
          "Print runs as absolute PFNs, FIRST-LAST");
  AddFlag(cat, "--pages", &options.pages, "Print one page per line");
  cat.Exclude("--pages", "--absolute");
  return cat;
}

// A command that reads traces and has no flags.
CommandLine AddReader(CommandLine& line, std::vector<std::string>& traces,
                      const char* name, const char* description) {
  CommandLine command = line.AddCommand(name, description);
  command.AddWords("TRACE", traces,
                   "Files, shipped workloads by name, or gen:SPEC");
  return command;
}

int Run(int argc, char** argv) {
  CommandLine line("Imports, generates, shows and checks balloon traces.",
                   "pfntrace");
  ImportOptions import_options;
  GenerateOptions generate_options;
  CatOptions cat_options;
  std::vector<std::string> traces;

  const CommandLine import = AddImport(line, import_options);
  const CommandLine generate = AddGenerate(line, generate_options);
  const CommandLine info =
      AddReader(line, traces, "info",
                "Prints where traces come from and what is in them.");
  const CommandLine table =
      AddReader(line, traces, "table",
                "Prints the figures of traces as a Markdown table.");
  const CommandLine cat = AddCat(line, cat_options);
  const CommandLine check = AddReader(
      line, traces, "check", "Reads traces strictly; no page may go twice.");
  try {
    if (line.Parse(argc, argv) == CommandLine::Outcome::kHelp) {
      Print(line.Help());
      return 0;
    }
  } catch (const BadInput& error) {
    Complain(fmt::format("{}; see pfntrace --help", error.what()));
    return kBadInput;
  }

  if (info.IsChosen()) {
    Info(traces);
  } else if (table.IsChosen()) {
    Table(traces);
  } else if (generate.IsChosen()) {
    GenerateTrace(generate_options);
  } else if (cat.IsChosen()) {
    Cat(cat_options);
  } else if (check.IsChosen()) {
    return Check(traces);
  } else {
    Import(import_options);
  }
  return 0;
}

}  // namespace
}  // namespace pfn

int main(int argc, char** argv) {
  // A write to a closed pipe must be an error that can be handled.
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return pfn::Run(argc, argv);
  } catch (const pfn::BrokenPipe&) {
    return 0;
  } catch (const std::exception& error) {
    pfn::Complain(error.what());
    return pfn::kBadInput;
  }
}
