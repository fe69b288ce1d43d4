// SPDX-License-Identifier: MIT

#include "tests/structures/rig.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <sstream>
#include <string>

#include "harness/check/time_limit.h"
#include "harness/registry/plugins.h"
#include "workloads/base/error.h"
#include "workloads/base/nearest.h"
#include "workloads/base/printable.h"

namespace pfn {

void PrintTo(const PfnRange& range, std::ostream* out) {
  *out << '[' << range.first << ',' << range.last << ']';
}

namespace testing {
namespace {

// Several times what the slowest structure needs under the sanitizers.
constexpr unsigned kSecondsOfATest = 120;

// A test that never ends fails by name, and takes the program with it.
class EndlessTests : public ::testing::EmptyTestEventListener {
  void OnTestStart(const ::testing::TestInfo& test) override {
    const char* const wanted = std::getenv("PFN_TEST_SECONDS");
    const unsigned seconds =
        wanted == nullptr
            ? kSecondsOfATest
            : static_cast<unsigned>(std::strtoul(wanted, nullptr, 10));
    LimitTime(seconds, std::string("[  FAILED  ] ") + test.test_suite_name() +
                           "." + test.name() + ": no answer in " +
                           std::to_string(seconds) + " s of CPU time");
  }
  void OnTestEnd(const ::testing::TestInfo&) override { LimitTime(0, ""); }
};

// Before main(), so that each program with a rig in it has the limit.
[[maybe_unused]] const bool kIsLimited = [] {
  ::testing::UnitTest::GetInstance()->listeners().Append(new EndlessTests);
  return true;
}();

}  // namespace

std::vector<SetKind> PluginKinds() {
  const auto words_of = [](const char* variable) {
    const char* const text = std::getenv(variable);
    std::istringstream words(text == nullptr ? "" : text);
    std::vector<std::string> found;
    for (std::string word; std::getline(words, word, ':');) {
      found.push_back(word);
    }
    return found;
  };
  const std::vector<std::string> names = words_of("PFN_PLUGIN_NAMES");
  std::vector<Structure> loaded;
  std::vector<SetKind> kinds;
  try {
    for (const std::string& file : words_of("PFN_PLUGINS")) {
      std::ranges::move(LoadPlugin(file, loaded), std::back_inserter(loaded));
    }
    std::vector<std::string> known;
    for (const Structure& structure : loaded) {
      known.emplace_back(structure.traits.name);
      if (names.empty() ||
          std::ranges::find(names, known.back()) != names.end()) {
        kinds.push_back(structure.kind());
      }
    }
    for (const std::string& name : names) {
      if (std::ranges::find(known, name) == known.end()) {
        throw BadInput(UnknownName("structure of the plugin", name, known));
      }
    }
  } catch (const BadInput& error) {
    std::fprintf(stderr, "error: %s\n", Printable(error.what()).c_str());
    std::exit(2);
  }
  return kinds;
}

PageArena& SharedArena() {
  static PageArena arena;
  return arena;
}

Rig::~Rig() {
  if (!is_destroyed_) {
    EXPECT_TRUE(Destroy());
  }
}

Rig::Result Rig::Destroy() {
  is_destroyed_ = true;
  return Judged(checked_.Destroy());
}

Rig::Result Rig::Judged(const std::string& error) {
  if (error.empty()) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << error;
}

std::string SetTest::NameOf(const ::testing::TestParamInfo<SetKind>& info) {
  std::string name(info.param.traits.name);
  std::ranges::replace_if(
      name, [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

bool SetTest::Holds(const std::vector<Pfn>& pages) {
  for (const Pfn pfn : pages) {
    EXPECT_TRUE(rig_.Set(pfn));
    if (rig_.status() != Status::kOk) return false;
  }
  return true;
}

bool SetTest::HoldsRange(PfnRange range) {
  for (Pfn pfn = range.first;; ++pfn) {
    if (!Holds({pfn})) return false;
    if (pfn == range.last) return true;
  }
}

void SetTest::Clear(const std::vector<Pfn>& pages) {
  for (const Pfn pfn : pages) {
    EXPECT_TRUE(rig_.Clear(pfn));
    EXPECT_EQ(rig_.status(), Status::kOk);
  }
}

void SetTest::ClearRange(PfnRange range) {
  EXPECT_TRUE(rig_.ClearRange(range));
  EXPECT_EQ(rig_.status(), Status::kOk);
}

std::optional<Pfn> SetTest::FirstSet(Pfn from, Pfn max) {
  const std::optional<PfnRange> range = rig_.set().NextRange(from, max);
  if (!range) return std::nullopt;
  return range->first;
}

std::optional<Pfn> SetTest::FirstZero(Pfn from, Pfn max) {
  const std::optional<PfnRange> range = rig_.set().NextRange(from, max);
  if (!range || range->first != from) return from;
  if (range->last == max) return std::nullopt;
  return range->last + 1;
}

}  // namespace testing
}  // namespace pfn
