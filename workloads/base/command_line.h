// SPDX-License-Identifier: MIT
//
// The command line of a program: flags in groups, commands, help of 80
// columns, and one clear line for what cannot be followed. CLI11 does the work;
// only command_line.cc includes it, because it takes long to compile.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "workloads/base/error.h"

namespace pfn {

// Takes the text of a value. Throws BadInput.
using TakeText = std::function<void(const std::string&)>;

// Where the value of a flag goes; its type decides which text is a value. A
// vector is a list with commas.
using FlagTarget =
    std::variant<bool*, std::string*, std::vector<std::string>*, int*,
                 unsigned*, std::uint64_t*, std::optional<int>*,
                 std::optional<std::uint64_t>*, std::optional<double>*,
                 TakeText>;

struct Flag {
  // "-o,--output", or "INPUT" for an argument without a name.
  std::string names;
  FlagTarget target;
  std::string help;
  // How the help calls the value, such as "N".
  std::string type = {};
  bool is_required = false;
  // Whether the help ends with the value that `target` has now, or with this.
  bool shows_default = false;
  std::string initial = {};
  // For numbers: the least and the greatest, which those of 64 bits do not
  // have.
  std::optional<std::pair<double, double>> range = {};
  // For strings: the only values, if there are any here.
  std::vector<std::string> words = {};
  // Whether a whole number may end in K, M, G or T.
  bool takes_suffix = false;
  // More that a value must be: says what is wrong with it, or nothing.
  std::function<std::string(const std::string&)> check = {};
};

class CommandLine {
 public:
  // `program` is what the help calls it.
  CommandLine(std::string description, std::string program);
  ~CommandLine();
  CommandLine(CommandLine&&) noexcept;
  CommandLine& operator=(CommandLine&&) = delete;

  // The heading of all flags that are added from here on.
  void Group(std::string heading);
  void Add(const Flag& flag);
  // An argument without a name that takes all words of the command line.
  void AddWords(std::string name, std::vector<std::string>& words,
                std::string help);
  // Refuses a command line with both.
  void Exclude(std::string_view flag, std::string_view other);
  void AddHelp();
  void AddVersion();
  void Footer(std::string text);
  // A command, of which exactly one must be chosen.
  CommandLine AddCommand(std::string name, std::string description);
  // Unknown() gets what is no flag; otherwise it is an error.
  void AllowUnknown();

  enum class Outcome : std::uint8_t { kParsed, kHelp, kVersion };
  // Fills in the targets. Throws BadInput.
  Outcome Parse(int argc, const char* const* argv);

  // The help that was asked for: of the chosen command, if there is one.
  std::string Help() const;
  bool IsGiven(std::string_view flag) const;
  // Of a command: whether it was chosen.
  bool IsChosen() const;
  std::vector<std::string> Unknown() const;
  // The long flags, with their dashes.
  std::vector<std::string> LongFlags() const;

 private:
  struct Parser;
  explicit CommandLine(std::unique_ptr<Parser> parser);

  std::unique_ptr<Parser> parser_;
};

}  // namespace pfn
