// SPDX-License-Identifier: MIT

#include "workloads/base/command_line.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <sstream>
#include <type_traits>

#include "workloads/base/nearest.h"
#include "workloads/base/number.h"
#include "workloads/base/printable.h"

namespace pfn {
namespace {

// CLI11 breaks no lines. A default stands behind the text in brackets.
class HelpFormatter final : public CLI::Formatter {
 public:
  HelpFormatter() { column_width(24); }

  // One empty line between groups is enough.
  std::string make_help(const CLI::App* app, std::string name,
                        CLI::AppFormatMode mode) const override {
    std::string help = Formatter::make_help(app, std::move(name), mode);
    for (std::size_t at = 0; (at = help.find("\n\n\n", at)) != help.npos;) {
      help.erase(at, 1);
    }
    return help;
  }

  std::string make_option_opts(const CLI::Option* option) const override {
    // Checks describe themselves behind a colon.
    const std::string type = option->get_type_name();
    return type.empty() ? "" : ' ' + type.substr(0, type.find(':'));
  }

  std::string make_option_desc(const CLI::Option* option) const override {
    std::string text = option->get_description();
    const std::string value = option->get_default_str();
    if (!value.empty()) {
      text += value.starts_with('[') ? ' ' + value : " [" + value + ']';
    }
    return Wrap(text, 80 - get_column_width());
  }

 private:
  static std::string Wrap(const std::string& text, std::size_t width) {
    std::istringstream words(text);
    std::string wrapped;
    std::size_t column = 0;
    for (std::string word; words >> word; column += word.size()) {
      if (column != 0 && column + 1 + word.size() > width) {
        wrapped += '\n';
        column = 0;
      } else if (column != 0) {
        wrapped += ' ';
        ++column;
      }
      wrapped += word;
    }
    return wrapped;
  }
};

// CLI11 alone would take -1 for 2^64-1, and what is too large for the largest.
CLI::Validator WholeNumber(std::uint64_t least, bool takes_suffix) {
  return CLI::Validator(
      [=](std::string& text) -> std::string {
        const bool is_plain =
            !text.empty() &&
            text.find_first_not_of("0123456789") == std::string::npos;
        const auto number =
            takes_suffix || is_plain ? ParseSize(text) : std::nullopt;
        if (!number || *number < least) {
          return fmt::format("'{}' is not a whole number from {} to 2^64-1{}",
                             text, least,
                             takes_suffix ? kPerhapsWithSuffix : "");
        }
        text = std::to_string(*number);
        return "";
      },
      "");
}

template <class T>
constexpr bool kIsWhole = std::is_same_v<T, std::uint64_t> ||
                          std::is_same_v<T, std::optional<std::uint64_t>>;

// The first `--flag=`, or nothing: CLI11 takes what follows an empty value for
// the value, so `--out= --quiet` would write into a folder of that name.
std::string_view FlagWithoutValue(int argc, const char* const* argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument.starts_with("--") && argument.find('=') == argument.size() - 1)
      return argument;
  }
  return {};
}

std::vector<std::string> LongFlagsOf(const CLI::App& app) {
  std::vector<std::string> flags;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      flags.push_back("--" + name);
    }
  }
  return flags;
}

// CLI11's own message does not name the commands that there are.
std::string NoCommand(const CLI::App& app, int argc, const char* const* argv) {
  std::vector<std::string> commands;
  for (const CLI::App* command : app.get_subcommands({})) {
    commands.push_back(command->get_name());
  }
  return fmt::format("found {}{}; expected the command {}",
                     argc > 1 ? Quoted(argv[1]) : "no command",
                     argc > 1 ? DidYouMean(argv[1], commands) : "",
                     fmt::join(commands, ", "));
}

}  // namespace

struct CommandLine::Parser {
  std::unique_ptr<CLI::App> owned;  // null: a command of another
  CLI::App* app;
  std::string group = "Options";
  bool allows_unknown = false;
};

CommandLine::CommandLine(std::string description, std::string program)
    : parser_(std::make_unique<Parser>()) {
  parser_->owned =
      std::make_unique<CLI::App>(std::move(description), std::move(program));
  parser_->app = parser_->owned.get();
  parser_->app->formatter(std::make_shared<HelpFormatter>());
  // So that all that is unknown is found, and near names are said.
  parser_->app->allow_extras();
}

CommandLine::CommandLine(std::unique_ptr<Parser> parser)
    : parser_(std::move(parser)) {}
CommandLine::~CommandLine() = default;
CommandLine::CommandLine(CommandLine&&) noexcept = default;

void CommandLine::Group(std::string heading) {
  parser_->group = std::move(heading);
}

void CommandLine::Add(const Flag& flag) {
  CLI::App& app = *parser_->app;
  CLI::Option* const option = std::visit(
      [&](const auto& value) -> CLI::Option* {
        using T = std::remove_pointer_t<std::decay_t<decltype(value)>>;
        if constexpr (std::is_same_v<T, bool>) {
          return app.add_flag(flag.names, *value, flag.help);
        } else if constexpr (std::is_same_v<T, TakeText>) {
          return app
              .add_option_function<std::string>(flag.names, value, flag.help)
              ->type_name(flag.type)
              ->default_str(flag.initial);
        } else {
          CLI::Option* const added =
              app.add_option(flag.names, *value, flag.help);
          added->type_name(flag.type);
          if constexpr (std::is_same_v<T, std::vector<std::string>>) {
            added->delimiter(',')->allow_extra_args(false);
          } else if constexpr (kIsWhole<T>) {
            added->transform(WholeNumber(
                flag.range ? static_cast<std::uint64_t>(flag.range->first) : 0,
                flag.takes_suffix));
          } else if constexpr (std::is_same_v<T, std::optional<double>>) {
            if (flag.range) {
              added->check(CLI::Range(flag.range->first, flag.range->second));
            }
          } else if constexpr (!std::is_same_v<T, std::string>) {
            if (flag.range) {
              added->check(CLI::Range(static_cast<int>(flag.range->first),
                                      static_cast<int>(flag.range->second)));
            }
          }
          return added;
        }
      },
      flag.target);
  option->group(parser_->group);
  option->required(flag.is_required);
  if (!flag.words.empty()) option->check(CLI::IsMember(flag.words));
  if (flag.check) option->check(flag.check);
  if (flag.shows_default) option->capture_default_str();
}

void CommandLine::AddWords(std::string name, std::vector<std::string>& words,
                           std::string help) {
  parser_->app->add_option(std::move(name), words, std::move(help))
      ->required()
      ->type_name("");
}

void CommandLine::Exclude(std::string_view flag, std::string_view other) {
  CLI::App& app = *parser_->app;
  app.get_option(std::string(flag))
      ->excludes(app.get_option(std::string(other)));
}

void CommandLine::AddHelp() {
  parser_->app->set_help_flag("-h,--help", "This text")->group(parser_->group);
}

void CommandLine::AddVersion() {
  parser_->app->set_version_flag("--version", "", "The version")
      ->group(parser_->group);
}

void CommandLine::Footer(std::string text) {
  parser_->app->footer(std::move(text));
}

CommandLine CommandLine::AddCommand(std::string name, std::string description) {
  parser_->app->require_subcommand(1);
  auto command = std::make_unique<Parser>();
  command->app =
      parser_->app->add_subcommand(std::move(name), std::move(description));
  command->app->allow_extras();
  return CommandLine(std::move(command));
}

void CommandLine::AllowUnknown() { parser_->allows_unknown = true; }

CommandLine::Outcome CommandLine::Parse(int argc, const char* const* argv) {
  if (const auto flag = FlagWithoutValue(argc, argv); !flag.empty()) {
    throw BadInput(fmt::format("'{}' has no value", flag));
  }
  CLI::App& app = *parser_->app;
  std::string problem;
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return Outcome::kHelp;
  } catch (const CLI::CallForVersion&) {
    return Outcome::kVersion;
  } catch (const CLI::ParseError& error) {
    problem = error.what();
    const bool has_commands = !app.get_subcommands({}).empty();
    if (has_commands && app.get_subcommands().empty()) {
      throw BadInput(NoCommand(app, argc, argv));
    }
  }
  if (!parser_->allows_unknown) {
    std::vector<std::string> problems;
    const auto look = [&](const CLI::App& at) {
      for (const std::string& argument : at.remaining()) {
        problems.push_back(UnknownArgument(argument, LongFlagsOf(at), {}));
      }
    };
    look(app);
    for (const CLI::App* command : app.get_subcommands()) look(*command);
    // A misspelt flag is why another is missing.
    if (!problems.empty())
      problem = fmt::format("{}", fmt::join(problems, "; "));
  }
  if (!problem.empty()) throw BadInput(problem);
  return Outcome::kParsed;
}

std::string CommandLine::Help() const { return parser_->app->help(); }

bool CommandLine::IsGiven(std::string_view flag) const {
  return parser_->app->count(std::string(flag)) != 0;
}

bool CommandLine::IsChosen() const { return parser_->app->parsed(); }

std::vector<std::string> CommandLine::Unknown() const {
  return parser_->app->remaining();
}

std::vector<std::string> CommandLine::LongFlags() const {
  return LongFlagsOf(*parser_->app);
}

}  // namespace pfn
