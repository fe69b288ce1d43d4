// SPDX-License-Identifier: MIT
//
// The test of the tests: each deliberately wrong set of wrong_sets.cc is caught
// by the test that docs/checks.md names for it, and the right one that they
// derive from passes all. Each runs in a program of its own, because some
// crash and one never ends.

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <ostream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "harness/kernel/poison.h"
#include "tests/run_command.h"

namespace pfn::testing {
namespace {

#if defined(PFN_POISONS)
constexpr bool kHasSanitizers = true;
#else
constexpr bool kHasSanitizers = false;
#endif

// | `name` | what is wrong | `Suite.Test` |
struct WrongSet {
  std::string name;
  std::string test;
  bool needs_sanitizers;

  friend std::ostream& operator<<(std::ostream& out, const WrongSet& wrong) {
    return out << wrong.name;
  }
};

// As GoogleTest has it: letters, digits, underscores.
std::string Underscored(std::string name) {
  std::ranges::replace(name, '-', '_');
  return name;
}

std::vector<WrongSet> WrongSets() {
  std::ifstream file(PFN_SOURCE_FOLDER "/docs/checks.md");
  std::vector<WrongSet> sets;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("| `")) continue;
    std::vector<std::string> quoted;  // what stands in backquotes
    std::istringstream text(line);
    std::string between;
    for (std::string word;
         std::getline(text, between, '`') && std::getline(text, word, '`');) {
      quoted.push_back(word);
    }
    sets.push_back(
        {quoted.front(), quoted.back(), line.find("sanitizers") != line.npos});
  }
  return sets;
}

// `seconds` of CPU time for each test.
Outcome RunSuites(const std::string& arguments, unsigned seconds) {
  return RunCommand("PFN_TEST_SECONDS=" + std::to_string(seconds) +
                    " '" PFN_SUITES "' " + arguments);
}

std::string FilterFor(const std::string& test, const std::string& name) {
  return "--gtest_filter='*" + test + "/" + Underscored(name) + "'";
}

class WrongSetsTest : public ::testing::TestWithParam<WrongSet> {};

INSTANTIATE_TEST_SUITE_P(Documented, WrongSetsTest,
                         ::testing::ValuesIn(WrongSets()),
                         [](const ::testing::TestParamInfo<WrongSet>& wrong) {
                           return Underscored(wrong.param.name);
                         });

TEST_P(WrongSetsTest, IsCaughtByTheTestThatIsNamedForIt) {
  const WrongSet& wrong = GetParam();
  if (wrong.needs_sanitizers && !kHasSanitizers) {
    GTEST_SKIP() << "only the sanitizers see it";
  }
  const bool is_endless = wrong.name == "tries-for-ever";
  const Outcome outcome =
      RunSuites(FilterFor(wrong.test, wrong.name), is_endless ? 3 : 60);
  const std::string test =
      "Structures/" + wrong.test + "/" + Underscored(wrong.name);
  EXPECT_NE(outcome.output.find("[ RUN      ] " + test), std::string::npos)
      << "no such test: " << test;
  EXPECT_NE(outcome.status, 0) << test << " passes";
  EXPECT_EQ(outcome.output.find("no answer in") != std::string::npos,
            is_endless)
      << outcome.output.substr(0, 4000);
}

TEST(WrongSetsListTest, EachIsDocumentedWithTheTestThatCatchesIt) {
  std::set<std::string> documented = {"sorted_pages"};
  for (const WrongSet& wrong : WrongSets()) {
    EXPECT_TRUE(documented.insert(Underscored(wrong.name)).second)
        << wrong.name << " stands twice in docs/checks.md";
  }
  std::set<std::string> built;
  std::istringstream lines(
      RunSuites("--gtest_list_tests "
                "--gtest_filter='*ConformanceTest.AnEmptySetHasNothing/*'",
                60)
          .output);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t slash = line.find('/');
    if (!line.starts_with("  ") || slash == line.npos) continue;
    built.insert(line.substr(slash + 1, line.find(' ', slash) - slash - 1));
  }
  EXPECT_EQ(built, documented);
  EXPECT_EQ(built.size(), 29) << "28 are wrong, one is right";
}

TEST(WrongSetsListTest, TheRightOnePassesEveryTest) {
  const Outcome outcome = RunSuites(FilterFor("", "sorted-pages"), 120);
  EXPECT_EQ(outcome.status, 0) << outcome.output;
  EXPECT_NE(outcome.output.find("DifferentialTest"), std::string::npos);
}

}  // namespace
}  // namespace pfn::testing
