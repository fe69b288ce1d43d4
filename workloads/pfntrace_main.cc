// SPDX-License-Identifier: MIT
//
// pfntrace: imports, generates, shows and checks .pfntrace files.
//
// Exit status: 0, or 2 after one line on stderr that says what is wrong and
// what to do. An output file is complete or not there.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "workloads/catalog.h"
#include "workloads/generate/generators.h"
#include "workloads/import/importers.h"
#include "workloads/trace/byte_source.h"
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

void Complain(std::string_view message) {
  fmt::print(stderr, "pfntrace: {}\n", message);
}

struct ImportOptions {
  std::string from;
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

// `format` is one of ImportFormats().
const Importer& ImporterOf(std::string_view format) {
  const std::span<const Importer> importers = Importers();
  return *std::find_if(
      importers.begin(), importers.end(),
      [&](const Importer& each) { return each.format == format; });
}

void Import(const ImportOptions& options) {
  const std::unique_ptr<ByteSource> source =
      OpenInput(options.input, ZstdFrames::kOneOrMore);
  const std::string name =
      options.input == "-" ? "standard input" : options.input;
  ImportResult result = ImporterOf(options.from).import(*source, name);
  result.trace.provenance = options.provenance;
  WriteTrace(result.trace, options.output);
  Print(fmt::format("{}: {} lines, {} pages inflated, {} deflated\n",
                    options.output, result.lines, result.trace.pages_inflated(),
                    result.trace.pages_deflated()));
  for (const std::string& note : result.notes) {
    Print(fmt::format("  {}\n", note));
  }
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
  if (options.spec.empty() || options.output.empty()) {
    throw TraceError("generate needs SPEC and -o FILE, or --list");
  }
  const Trace trace = Generate(options.spec);
  WriteTrace(trace, options.output);
  Print(fmt::format("{}: {} pages inflated, {} deflated\n", options.output,
                    trace.pages_inflated(), trace.pages_deflated()));
}

void Info(const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    Print(FormatInfo(word, LoadTrace(word)));
  }
}

void Table(const std::vector<std::string>& words) {
  Print(FormatTableHead());
  for (const std::string& word : words) {
    Print(FormatTableRow(word, LoadTrace(word)));
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

void CheckFile(const std::string& file) {
  const std::string text = ReadTraceText(file);
  const Trace trace = ParseTrace(text, file);
  if (EncodeTrace(trace) != text) {
    throw TraceError(fmt::format(
        "{}: is accepted but not canonical, which is a bug of pfntrace", file));
  }
  const Membership membership = CheckMembership(trace);
  if (membership.inflated_twice + membership.deflated_absent > 0) {
    throw TraceError(fmt::format(
        "{}: {} pages are inflated twice without a deflate between and {} are "
        "deflated while not inflated; record from an empty balloon on",
        file, membership.inflated_twice, membership.deflated_absent));
  }
  Print(fmt::format("{}: ok {} {} pages inflated, {} deflated\n", file,
                    TraceId(trace), trace.pages_inflated(),
                    trace.pages_deflated()));
}

// Goes on after a bad file, so that one run names all of them.
int Check(const std::vector<std::string>& files) {
  int status = 0;
  for (const std::string& file : files) {
    try {
      CheckFile(file);
    } catch (const TraceError& error) {
      Complain(error.what());
      status = kBadInput;
    }
  }
  return status;
}

CLI::Validator HeaderText() {
  return CLI::Validator(
      [](const std::string& value) {
        const std::string_view problem = ProblemOfHeaderText(value);
        return problem.empty() ? "" : fmt::format("the text {}", problem);
      },
      "");
}

void AddImport(CLI::App* app, ImportOptions* options) {
  CLI::App* const import = app->add_subcommand(
      "import", "Makes a trace from a recording of a guest.");
  TraceProvenance& provenance = options->provenance;
  const auto add_text = [&](const char* name, std::string* value,
                            const char* help) {
    return import->add_option(name, *value, help)->check(HeaderText());
  };
  import
      ->add_option("--from", options->from,
                   "What the recording is: bpftrace, ftrace,\npagemap, "
                   "perf-script, pfn-lines, qemu-log,\ntrace-cmd.")
      ->required()
      ->type_name("FORMAT")
      ->check(CLI::IsMember(ImportFormats()).description(""));
  import
      ->add_option("--guest-memory", provenance.guest_memory_bytes,
                   "Memory of the guest, such as 8G.")
      ->required()
      ->type_name("SIZE")
      ->transform(CLI::AsSizeValue(false).description(""))
      ->check(
          CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 60).description(""));
  add_text("--kernel", &provenance.kernel, "Kernel of the guest.")->required();
  add_text("--recorder", &provenance.recorder,
           "Program, version and events that recorded it.")
      ->required();
  add_text("--provoked", &provenance.provoked,
           "What the guest and the host did.")
      ->required();
  add_text("--source", &provenance.source,
           "The recording itself: file name and checksum.");
  import
      ->add_option("INPUT", options->input,
                   "The recording, plain or zstd; - for stdin.")
      ->required();
  import
      ->add_option("-o,--output", options->output,
                   "The trace; compressed if it ends in .zst.")
      ->required();
}

void AddGenerate(CLI::App* app, GenerateOptions* options) {
  CLI::App* const generate =
      app->add_subcommand("generate", "Makes a trace that nobody recorded.");
  generate->add_option("SPEC", options->spec, "NAME[:KEY=VALUE]...");
  generate->add_option("-o,--output", options->output,
                       "The trace; compressed if it ends in .zst.");
  generate->add_flag("--list", options->list,
                     "Print all generators and their keys.");
}

void AddWords(CLI::App* command, std::vector<std::string>* words) {
  command
      ->add_option("TRACE", *words,
                   "Files, shipped workloads by name, or\ngen:SPEC.")
      ->required();
}

void AddFiles(CLI::App* command, std::vector<std::string>* files) {
  command->add_option("FILE", *files, "Traces, plain or zstd.")->required();
}

// CLI11's own message does not name the commands that there are.
std::string NoCommand(int argc, char** argv) {
  return fmt::format(
      "found {}; expected the command import, generate, info, table, cat or "
      "check",
      argc > 1 ? Quoted(argv[1]) : "no command");
}

int Run(int argc, char** argv) {
  CLI::App app("Imports, generates, shows and checks balloon traces.",
               "pfntrace");
  app.get_formatter()->column_width(28);
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
                  "A file, a shipped workload by name, or\ngen:SPEC.")
      ->required();
  CLI::Option* const absolute =
      cat->add_flag("--absolute", cat_options.absolute,
                    "Print runs as absolute PFNs, FIRST-LAST.");
  cat->add_flag("--pages", cat_options.pages, "Print one page per line.")
      ->excludes(absolute);
  CLI::App* const check = app.add_subcommand(
      "check", "Reads traces strictly; no page may go twice.");
  AddFiles(check, &files);

  app.require_subcommand(1);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    const bool knows_command = !app.get_subcommands().empty();
    Complain(fmt::format("{}; see pfntrace --help",
                         knows_command ? error.what() : NoCommand(argc, argv)));
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
