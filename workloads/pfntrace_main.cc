// SPDX-License-Identifier: MIT
//
// pfntrace: imports, generates, shows and checks .pfntrace files.
//
// Exit status: 0, or 2 after one line on stderr that says what is wrong and
// what to do. An output file is complete or not there.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "workloads/catalog.h"
#include "workloads/generate/generators.h"
#include "workloads/import/import_file.h"
#include "workloads/import/importers.h"
#include "workloads/text/command_line.h"
#include "workloads/text/nearest.h"
#include "workloads/text/printable.h"
#include "workloads/text/size.h"
#include "workloads/trace/trace_dump.h"
#include "workloads/trace/trace_io.h"
#include "workloads/trace/trace_stats.h"
#include "workloads/trace/trace_text.h"

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
  throw TraceError(fmt::format("standard output: cannot be written: {}",
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
  throw TraceError(fmt::format("{}; see pfntrace {} --help",
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

std::vector<std::string> ImportFormats() {
  std::vector<std::string> formats;
  for (const Importer& importer : Importers()) {
    formats.emplace_back(importer.format);
  }
  return formats;
}

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
  const std::vector<std::string> formats = ImportFormats();
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
      Print(fmt::format("  {:<12} {}{}{} [{}]\n", parameter.key, parameter.help,
                        parameter.choices.empty() ? "" : ": ",
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
  } catch (const TraceError& error) {
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
  if (options.absolute) {
    DumpRuns(trace, Print);
  } else if (options.pages) {
    DumpPages(trace, Print);
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
    throw TraceError(fmt::format(
        "{}: is accepted but not canonical, which is a bug of pfntrace", word));
  }
  return trace;
}

void CheckTrace(const std::string& word) {
  const Trace trace = ReadCanonical(word);
  const Membership membership = CheckMembership(trace);
  if (membership.inflated_twice + membership.deflated_absent > 0) {
    throw TraceError(fmt::format(
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
    } catch (const TraceError& error) {
      Complain(error.what());
      status = kBadInput;
    }
  }
  return status;
}

// Nothing but INPUT is needed, and everything is checked together later.
void AddImport(CLI::App* app, ImportOptions* options) {
  CLI::App* const import = app->add_subcommand(
      "import", "Makes a trace from a recording of a guest.");
  TraceProvenance& provenance = options->provenance;
  const auto add = [&](const char* name, std::string* value,
                       const std::string& help, const char* type) {
    import->add_option(name, *value, help)->type_name(type);
  };
  add("INPUT", &options->input,
      "The recording, plain or zstd; - for standard input", "");
  add("-o,--output", &options->output,
      "The trace, compressed if it ends in .zst [INPUT's name and "
      ".pfntrace.zst, in this folder]",
      "FILE");
  add("--from", &options->from,
      fmt::format("The format: {} [guessed from the first lines]",
                  fmt::join(ImportFormats(), ", ")),
      "FORMAT");
  add("--guest-memory", &options->guest_memory,
      "Memory of the guest, such as 8G [from the recording, or estimated by "
      "the highest page]",
      "SIZE");
  add("--kernel", &provenance.kernel, "Kernel of the guest [unknown]", "TEXT");
  add("--recorder", &provenance.recorder,
      "Program, version and events that recorded it [unknown]", "TEXT");
  add("--provoked", &provenance.provoked,
      "Actions of the guest and the host [unknown]", "TEXT");
  add("--source", &provenance.source,
      "The recording itself [its file name and SHA-256]", "TEXT");
}

void AddGenerate(CLI::App* app, GenerateOptions* options) {
  CLI::App* const generate =
      app->add_subcommand("generate", "Makes a trace that nobody recorded.");
  generate->add_option("SPEC", options->spec, "NAME[:KEY=VALUE]...")
      ->type_name("");
  generate
      ->add_option("-o,--output", options->output,
                   "The trace, compressed if it ends in .zst")
      ->type_name("FILE");
  generate->add_flag("--list", options->list,
                     "Print all generators and their keys");
}

void AddWords(CLI::App* command, std::vector<std::string>* words) {
  command
      ->add_option("TRACE", *words,
                   "Files, shipped workloads by name, or gen:SPEC")
      ->required()
      ->type_name("");
}

constexpr std::string_view kCommands[] = {"import", "generate", "info",
                                          "table",  "cat",      "check"};

// CLI11's own message does not name the commands that there are.
std::string NoCommand(int argc, char** argv) {
  const std::vector<std::string> commands(std::begin(kCommands),
                                          std::end(kCommands));
  return fmt::format("found {}{}; expected the command {}",
                     argc > 1 ? Quoted(argv[1]) : "no command",
                     argc > 1 ? DidYouMean(argv[1], commands) : "",
                     fmt::join(commands, ", "));
}

// What is wrong with a command line that CLI11 does not take, or does not say.
std::string ProblemOfFlags(const CLI::App& app, int argc, char** argv) {
  const std::string_view empty =
      FlagWithoutValue({argv, static_cast<std::size_t>(argc)});
  if (!empty.empty()) return fmt::format("'{}' has no value", empty);
  for (const CLI::App* command : app.get_subcommands()) {
    std::vector<std::string> problems;
    for (const std::string& argument : command->remaining()) {
      problems.push_back(UnknownArgument(argument, FlagsOf(*command), {}));
    }
    if (!problems.empty()) return fmt::format("{}", fmt::join(problems, "; "));
  }
  return "";
}

int Run(int argc, char** argv) {
  CLI::App app("Imports, generates, shows and checks balloon traces.",
               "pfntrace");
  app.formatter(std::make_shared<HelpFormatter>());
  ImportOptions import_options;
  GenerateOptions generate_options;
  CatOptions cat_options;
  std::vector<std::string> files;

  AddImport(&app, &import_options);
  AddGenerate(&app, &generate_options);
  CLI::App* const info = app.add_subcommand(
      "info", "Prints where traces come from and what is in them.");
  AddWords(info, &files);
  CLI::App* const table = app.add_subcommand(
      "table", "Prints the figures of traces as a Markdown table.");
  AddWords(table, &files);
  CLI::App* const cat =
      app.add_subcommand("cat", "Prints a trace as canonical text.");
  cat->add_option("TRACE", cat_options.file,
                  "A file, a shipped workload by name, or gen:SPEC")
      ->required()
      ->type_name("");
  CLI::Option* const absolute =
      cat->add_flag("--absolute", cat_options.absolute,
                    "Print runs as absolute PFNs, FIRST-LAST");
  cat->add_flag("--pages", cat_options.pages, "Print one page per line")
      ->excludes(absolute);
  CLI::App* const check = app.add_subcommand(
      "check", "Reads traces strictly; no page may go twice.");
  AddWords(check, &files);

  app.require_subcommand(1);
  for (CLI::App* const command : app.get_subcommands({})) {
    command->allow_extras();
  }
  std::string problem;
  try {
    app.parse(argc, argv);
    problem = ProblemOfFlags(app, argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    problem = ProblemOfFlags(app, argc, argv);
    if (app.get_subcommands().empty()) {
      problem = NoCommand(argc, argv);
    } else if (problem.empty()) {
      problem = error.what();
    }
  }
  if (!problem.empty()) {
    Complain(fmt::format("{}; see pfntrace --help", problem));
    return kBadInput;
  }

  if (info->parsed()) {
    Info(files);
  } else if (table->parsed()) {
    Table(files);
  } else if (app.got_subcommand("generate")) {
    GenerateTrace(generate_options);
  } else if (cat->parsed()) {
    Cat(cat_options);
  } else if (check->parsed()) {
    return Check(files);
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
