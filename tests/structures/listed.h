// SPDX-License-Identifier: MIT
//
// What the repository says about its structures in files that are not compiled:
// the list structures/list.def, and the tables of docs/structures.md. Needs
// PFN_SOURCE_FOLDER.

#pragma once

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace pfn::testing {

// One line of the list. Structures that are not built here are among them.
struct Listed {
  std::string name;
  std::string header;
  std::string library;  // empty: none
};

inline std::filesystem::path SourceFolder() { return PFN_SOURCE_FOLDER; }

inline std::vector<std::string> LinesOf(const std::filesystem::path& path) {
  std::ifstream file(SourceFolder() / path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

// What stands between the first `before` and the next `after` in it.
inline std::string Between(const std::string& text, const std::string& before,
                           const std::string& after) {
  const std::size_t found = text.find(before);
  if (found == text.npos) return "";
  const std::size_t begin = found + before.size();
  return text.substr(begin, text.find(after, begin) - begin);
}

// PFN_STRUCTURE(name, Class, header[, library])
inline std::vector<Listed> ListedStructures() {
  std::vector<Listed> structures;
  for (const std::string& line : LinesOf("structures/list.def")) {
    if (!line.starts_with("PFN_STRUCTURE(")) continue;
    Listed listed;
    std::istringstream words(Between(line, "(", ")"));
    std::string its_class;
    std::getline(words, listed.name, ',');
    std::getline(words, its_class, ',');
    std::getline(words >> std::ws, listed.header, ',');
    words >> listed.library;
    structures.push_back(listed);
  }
  return structures;
}

// The cells of the tables in the section `heading` ("## Name") of
// docs/structures.md, without those of the head: a row begins with the name of
// a structure in backquotes, which the first cell holds without them.
inline std::vector<std::vector<std::string>> DocumentedRows(
    const std::string& heading) {
  std::vector<std::vector<std::string>> rows;
  bool within = false;
  for (const std::string& line : LinesOf("docs/structures.md")) {
    if (line.starts_with("## ")) within = line == heading;
    if (!within || !line.starts_with("| `")) continue;
    std::vector<std::string> cells;
    std::istringstream text(line.substr(1));
    for (std::string cell; std::getline(text, cell, '|');) {
      const std::size_t begin = cell.find_first_not_of(" `");
      const std::size_t end = cell.find_last_not_of(" `");
      cells.push_back(begin == cell.npos ? ""
                                         : cell.substr(begin, end - begin + 1));
    }
    rows.push_back(cells);
  }
  return rows;
}

}  // namespace pfn::testing
