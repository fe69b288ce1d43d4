// SPDX-License-Identifier: MIT
//
// A structure cannot be forgotten: every header that lies directly in
// structures/ is in the list, the list names nothing else, and every structure
// says who it is. One that ships with pfnbench stands in docs/structures.md,
// and then in all places there; a structure of your own need not.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "harness/registry/structures.h"
#include "tests/structures/listed.h"
#include "tests/structures/structure_kinds.h"

namespace pfn::testing {
namespace {

namespace fs = std::filesystem;

std::multiset<std::string> ListedHeaders() {
  std::multiset<std::string> headers;
  for (const Listed& listed : ListedStructures()) headers.insert(listed.header);
  return headers;
}

TEST(StructureListTest, EveryClassWithTraitsIsListed) {
  std::multiset<std::string> listed;
  for (const Listed& structure : ListedStructures()) {
    listed.insert(structure.header + ": " + structure.name);
  }
  std::multiset<std::string> written;
  for (const auto& entry :
       fs::recursive_directory_iterator(SourceFolder() / "structures")) {
    if (entry.path().extension() != ".h") continue;
    const fs::path header = fs::relative(entry.path(), SourceFolder());
    std::string before;
    for (const std::string& line : LinesOf(header)) {
      if (before.ends_with("StructureTraits kTraits{")) {
        written.insert(header.string() + ": " +
                       Between(line, ".name = \"", "\""));
      }
      before = line;
    }
  }
  EXPECT_EQ(written, listed);
}

TEST(StructureListTest, EveryListedHeaderExists) {
  for (const std::string& header : ListedHeaders()) {
    EXPECT_TRUE(fs::is_regular_file(SourceFolder() / header)) << header;
  }
}

TEST(StructureListTest, NamesAreUnique) {
  std::set<std::string_view> names;
  for (const SetKind& kind : StructureKinds()) {
    EXPECT_TRUE(names.insert(kind.traits.name).second) << kind.traits.name;
  }
}

TEST(StructureListTest, NamesCanBeTypedAndStandInAPath) {
  // They stand in regular expressions too.
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz0123456789-";
  for (const SetKind& kind : StructureKinds()) {
    const std::string_view name = kind.traits.name;
    EXPECT_FALSE(name.empty());
    EXPECT_EQ(name.find_first_not_of(kLetters), name.npos) << name;
    EXPECT_FALSE(IsTaken(name)) << name;
  }
}

// The build and the loader of plugins refuse it.
TEST(StructureListTest, NoStructureHasTheNameOfAWordOfTheCommandLine) {
  for (const std::string_view word :
       {"all", "argued", "array", "floor", "none", "oracle", "own", "pipelined",
        "plugins"}) {
    EXPECT_TRUE(IsTaken(word)) << word;
  }
  EXPECT_FALSE(IsTaken("xbitmap"));
}

TEST(StructureListTest, EveryStructureSaysWhatItIsAndWhoseAndWhen) {
  for (const SetKind& kind : StructureKinds()) {
    EXPECT_FALSE(kind.traits.family.empty()) << kind.traits.name;
    EXPECT_FALSE(kind.traits.origin.empty()) << kind.traits.name;
    EXPECT_GE(kind.traits.max_distance, std::uint64_t{1} << 30)
        << kind.traits.name << " cannot hold the pages of a 4 TiB guest";
  }
}

std::multiset<std::string> FirstCells(const std::string& heading) {
  std::multiset<std::string> names;
  for (const auto& cells : DocumentedRows(heading)) names.insert(cells[0]);
  return names;
}

// memory_test.cc looks for the row of bytes.
TEST(StructureListTest, WhatTheDocumentationHasItHasInFull) {
  std::map<std::string, std::string> headers;
  for (const Listed& structure : ListedStructures()) {
    headers[structure.name] = structure.header;
  }
  const auto rows = DocumentedRows("## The list");
  std::multiset<std::string> documented = FirstCells("## The list");
  EXPECT_GE(documented.size(), 20);
  documented.merge(FirstCells("## Bytes"));
  for (const std::string& name : documented) {
    ASSERT_TRUE(headers.contains(name))
        << "docs/structures.md tells of " << name
        << ", which is not in structures/list.def";
    const std::string& header = headers[name];
    const std::string link = header.substr(header.rfind('/') + 1);
    EXPECT_EQ(std::ranges::count_if(rows,
                                    [&](const auto& cells) {
                                      return cells[0] == name &&
                                             cells.size() > 3 &&
                                             cells[3] == "[" + link + "](../" +
                                                             header + ")";
                                    }),
              1)
        << "docs/structures.md: 'The list' needs one row:\n"
        << "| `" << name << "` | who, when | in one line | [" << link << "](../"
        << header << ") |";
  }
}

}  // namespace
}  // namespace pfn::testing
