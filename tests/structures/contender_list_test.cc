// SPDX-License-Identifier: MIT
//
// A contender cannot be forgotten: every header that lies directly in
// structures/ is in the list, the list names nothing else, and every contender
// says who it is.

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <string_view>

#include "tests/structures/any_set.h"

namespace pfn::testing {
namespace {

namespace fs = std::filesystem;

const fs::path kSource = PFN_SOURCE_FOLDER;

// The headers that harness/contenders.def names, those of contenders that are
// not built here included: PFN_CONTENDER(Class, header[, library]).
std::multiset<std::string> ListedHeaders() {
  std::ifstream file(kSource / "harness/contenders.def");
  std::multiset<std::string> headers;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("PFN_CONTENDER(")) continue;
    const std::size_t begin = line.find(", ") + 2;
    headers.insert(line.substr(begin, line.find_first_of(",)", begin) - begin));
  }
  return headers;
}

TEST(ContenderListTest, EveryHeaderInStructuresIsListed) {
  const std::multiset<std::string> listed = ListedHeaders();
  unsigned headers = 0;
  for (const auto& entry : fs::directory_iterator(kSource / "structures")) {
    if (entry.path().extension() != ".h") continue;
    ++headers;
    const std::string header = "structures/" + entry.path().filename().string();
    EXPECT_TRUE(listed.contains(header))
        << header << " is not in harness/contenders.def; a header that is no "
        << "contender belongs into structures/parts";
  }
  EXPECT_GE(headers, 4);
}

TEST(ContenderListTest, EveryListedHeaderExists) {
  for (const std::string& header : ListedHeaders()) {
    EXPECT_TRUE(fs::is_regular_file(kSource / header)) << header;
  }
}

TEST(ContenderListTest, NamesAreUnique) {
  std::set<std::string_view> names;
  for (const SetKind& kind : ContenderKinds()) {
    EXPECT_TRUE(names.insert(kind.traits.name).second) << kind.traits.name;
  }
}

TEST(ContenderListTest, NamesCanBeTypedAndStandInAPath) {
  constexpr std::string_view kLetters =
      "abcdefghijklmnopqrstuvwxyz0123456789-+.";
  // What the command line understands otherwise.
  const std::set<std::string_view> taken = {"all", "floor", "none", "oracle"};
  for (const SetKind& kind : ContenderKinds()) {
    const std::string_view name = kind.traits.name;
    EXPECT_FALSE(name.empty());
    EXPECT_EQ(name.find_first_not_of(kLetters), name.npos) << name;
    EXPECT_FALSE(taken.contains(name)) << name;
  }
}

TEST(ContenderListTest, EveryContenderSaysWhatItIsAndWhoseAndWhen) {
  for (const SetKind& kind : ContenderKinds()) {
    EXPECT_FALSE(kind.traits.family.empty()) << kind.traits.name;
    EXPECT_FALSE(kind.traits.origin.empty()) << kind.traits.name;
    EXPECT_GE(kind.traits.max_distance, std::uint64_t{1} << 30)
        << kind.traits.name << " cannot hold the pages of a 4 TiB guest";
  }
}

}  // namespace
}  // namespace pfn::testing
