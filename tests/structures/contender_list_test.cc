// SPDX-License-Identifier: MIT
//
// A contender cannot be forgotten: every header that lies directly in
// structures/ is in the list, the list names nothing else, every contender says
// who it is, and docs/contenders.md tells about each.

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <set>
#include <sstream>
#include <string>
#include <string_view>

#include "tests/structures/contender_kinds.h"
#include "tests/structures/listed.h"

namespace pfn::testing {
namespace {

namespace fs = std::filesystem;

std::multiset<std::string> ListedHeaders() {
  std::multiset<std::string> headers;
  for (const Listed& listed : ListedContenders()) headers.insert(listed.header);
  return headers;
}

TEST(ContenderListTest, EveryHeaderInStructuresIsListed) {
  const std::multiset<std::string> listed = ListedHeaders();
  unsigned headers = 0;
  for (const auto& entry :
       fs::directory_iterator(SourceFolder() / "structures")) {
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
    EXPECT_TRUE(fs::is_regular_file(SourceFolder() / header)) << header;
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

// The names of the sections are the contenders' ("### cvbmp", "### a, b").
std::multiset<std::string> DocumentedSections() {
  std::multiset<std::string> names;
  for (const std::string& line : LinesOf("docs/contenders.md")) {
    if (!line.starts_with("### ")) continue;
    std::istringstream words(line.substr(4));
    for (std::string name; words >> name;) {
      if (name.ends_with(',')) name.pop_back();
      names.insert(name);
    }
  }
  return names;
}

TEST(ContenderListTest, EveryContenderHasARowAndASectionInTheDocumentation) {
  std::multiset<std::string> listed;
  for (const Listed& contender : ListedContenders()) {
    EXPECT_FALSE(contender.name.empty()) << contender.header;
    listed.insert(contender.name);
  }
  std::multiset<std::string> rows;
  for (const auto& cells : DocumentedRows("## The list")) rows.insert(cells[0]);
  EXPECT_EQ(rows, listed) << "docs/contenders.md, the list";
  EXPECT_EQ(DocumentedSections(), listed) << "docs/contenders.md, its sections";
}

}  // namespace
}  // namespace pfn::testing
