// SPDX-License-Identifier: MIT
//
// File: workloads/text/command_line.h
//
// What the command lines of all programs share: help of 80 columns, and what is
// needed to be clear about a wrong flag. Slow to compile: it includes all of
// CLI11.

#ifndef PFNBENCH_WORKLOADS_TEXT_COMMAND_LINE_H_
#define PFNBENCH_WORKLOADS_TEXT_COMMAND_LINE_H_

#include <CLI/CLI.hpp>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pfn {

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

// The long flags, with their dashes.
inline std::vector<std::string> FlagsOf(const CLI::App& app) {
  std::vector<std::string> flags;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      flags.push_back("--" + name);
    }
  }
  return flags;
}

// The first `--flag=`, or nothing: CLI11 takes what follows an empty value for
// the value, so `--out= --quiet` would write into a folder of that name.
inline std::string_view FlagWithoutValue(
    std::span<const char* const> arguments) {
  for (const std::string_view argument : arguments) {
    if (argument.starts_with("--") && argument.find('=') == argument.size() - 1)
      return argument;
  }
  return {};
}

}  // namespace pfn

#endif  // PFNBENCH_WORKLOADS_TEXT_COMMAND_LINE_H_
