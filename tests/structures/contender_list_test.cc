// SPDX-License-Identifier: MIT
//
// A contender cannot be forgotten: every header that lies directly in
// structures/ is in the list, the list names nothing else, and every contender
// says who it is. One that ships with pfnbench stands in docs/contenders.md,
// and then in all places there; a structure of your own need not.

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <map>
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
        << header << " is not in structures/list.def; a header that is no "
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

std::multiset<std::string> FirstCells(const std::string& heading) {
  std::multiset<std::string> names;
  for (const auto& cells : DocumentedRows(heading)) names.insert(cells[0]);
  return names;
}

TEST(ContenderListTest, EveryListedHeaderSaysItsName) {
  for (const Listed& contender : ListedContenders()) {
    EXPECT_FALSE(contender.name.empty())
        << contender.header << " has no line .name = \"...\"";
  }
}

// memory_test.cc looks for the row of bytes.
TEST(ContenderListTest, WhatTheDocumentationHasItHasInFull) {
  std::map<std::string, std::string> headers;
  for (const Listed& contender : ListedContenders()) {
    headers[contender.name] = contender.header;
  }
  const std::multiset<std::string> rows = FirstCells("## The list");
  const std::multiset<std::string> sections = DocumentedSections();
  const std::multiset<std::string> bytes = FirstCells("## Bytes");
  std::set<std::string> documented(rows.begin(), rows.end());
  documented.insert(sections.begin(), sections.end());
  documented.insert(bytes.begin(), bytes.end());
  EXPECT_GE(documented.size(), 20);
  for (const std::string& name : documented) {
    EXPECT_TRUE(headers.contains(name))
        << "docs/contenders.md tells of " << name
        << ", which is not in structures/list.def";
    EXPECT_EQ(rows.count(name), 1)
        << "docs/contenders.md: 'The list' needs one row:\n"
        << "| `" << name << "` | who, when | in one line | lines |";
    EXPECT_EQ(sections.count(name), 1)
        << "docs/contenders.md needs one section:\n### " << name
        << "\n\nSays who proposed it, what it costs, and what it does without "
           "memory; see "
        << headers[name] << ".";
  }
}

}  // namespace
}  // namespace pfn::testing
