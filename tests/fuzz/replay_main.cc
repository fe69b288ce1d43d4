// SPDX-License-Identifier: MIT
//
// Replays inputs of the fuzzer where there is no libFuzzer: each argument is a
// file, or a folder of files.

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "tests/fuzz/set_fuzzer.h"

namespace {

namespace fs = std::filesystem;

// In the order of names, which a folder does not promise.
std::vector<fs::path> FilesOf(const fs::path& path) {
  if (!fs::is_directory(path)) return {path};
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(path)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

}  // namespace

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    for (const fs::path& path : FilesOf(argv[i])) {
      std::ifstream file(path, std::ios::binary);
      const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
      if (!file) {
        fmt::print(stderr, "set_fuzzer: {}: cannot be read\n", path.string());
        return 2;
      }
      LLVMFuzzerTestOneInput(
          reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    }
  }
  // A corpus that makes nothing fail tests nothing.
  if (pfn::testing::Totals().failures != 0) return 0;
  fmt::print(stderr,
             "set_fuzzer: no request failed; give files or folders of "
             "inputs, for instance tests/fuzz/corpus/set\n");
  return 2;
}
