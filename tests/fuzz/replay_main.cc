// SPDX-License-Identifier: MIT
//
// Runs a fuzz target without libFuzzer: each argument is an input, or a folder
// of inputs. Exit status 2 if one cannot be read, or if there is none: a corpus
// that is gone tests nothing.

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "harness/check/time_limit.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

namespace fs = std::filesystem;

// Of CPU time, for one input: thousands of times what it takes.
constexpr unsigned kSecondsOfAnInput = 60;

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
  std::size_t inputs = 0;
  for (int i = 1; i < argc; ++i) {
    for (const fs::path& path : FilesOf(argv[i])) {
      std::ifstream file(path, std::ios::binary);
      const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
      if (!file) {
        fmt::print(stderr, "{}: {}: cannot be read\n", argv[0], path.string());
        return 2;
      }
      pfn::LimitTime(kSecondsOfAnInput,
                     fmt::format("{}: {}: no answer in {} s of CPU time",
                                 argv[0], path.string(), kSecondsOfAnInput));
      LLVMFuzzerTestOneInput(
          reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
      ++inputs;
    }
  }
  pfn::LimitTime(0, "");
  fmt::print(stderr, "{}: {} inputs\n", argv[0], inputs);
  return inputs > 0 ? 0 : 2;
}
