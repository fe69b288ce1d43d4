// SPDX-License-Identifier: MIT
//
// File: harness/cli/help_formatter.h
//
// Help of 80 columns, for every command of pfnbench. Slow to compile: it
// includes all of CLI11.

#ifndef PFNBENCH_HARNESS_CLI_HELP_FORMATTER_H_
#define PFNBENCH_HARNESS_CLI_HELP_FORMATTER_H_

#include <CLI/CLI.hpp>
#include <sstream>
#include <string>

namespace pfn {

// CLI11 breaks no lines. A default stands behind the text in brackets.
class HelpFormatter final : public CLI::Formatter {
 public:
  HelpFormatter() { column_width(24); }

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

}  // namespace pfn

#endif  // PFNBENCH_HARNESS_CLI_HELP_FORMATTER_H_
