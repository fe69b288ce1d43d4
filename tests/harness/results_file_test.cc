// SPDX-License-Identifier: MIT
//
// results.json: appears with the first figure, is replaced as a whole, holds
// all repetitions of a row together. That it is valid JSON is checked where it
// is read, in tool/.

#include "harness/report/results_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/workloads/testing.h"
#include "workloads/trace/trace_error.h"

namespace pfn {
namespace {

namespace fs = std::filesystem;
using testing::ErrorOf;
using testing::ReadBytes;
using testing::ScratchFolder;

ResultsFile::Run MakeRun(const std::string& name, int repetition) {
  ResultsFile::Run run;
  run.run_name.function_name = name;
  run.run_type = ResultsFile::Run::RT_Iteration;
  run.iterations = 1;
  run.threads = 1;
  run.repetition_index = repetition;
  run.counters["ns_per_page"] = benchmark::Counter(1.5 + repetition);
  return run;
}

// The values of `key` in the order of the file.
std::vector<std::string> Values(const std::string& json,
                                const std::string& key) {
  const std::string label = "\"" + key + "\": ";
  std::vector<std::string> values;
  for (std::size_t at = json.find(label); at != json.npos;
       at = json.find(label, at + 1)) {
    const std::size_t begin = at + label.size();
    values.push_back(
        json.substr(begin, json.find_first_of(",\n", begin) - begin));
  }
  return values;
}

TEST(ResultsFile, IsNotWrittenBeforeThereIsARun) {
  const ScratchFolder scratch;
  ResultsFile results(scratch.path(), 1);
  results.Write();
  EXPECT_EQ(scratch.files(), 0);
  results.SetContext(ResultsFile::Context());
  results.Write();
  EXPECT_EQ(scratch.files(), 0) << "a context alone is no result";
}

TEST(ResultsFile, HoldsTheRepetitionsOfARowTogether) {
  const ScratchFolder scratch;
  ResultsFile results(scratch.path(), 3);
  results.SetContext(ResultsFile::Context());
  // As they come in random order; row 1 never came.
  results.Add(2, MakeRun("c", 0));
  results.Add(0, MakeRun("a", 0));
  results.Add(0, MakeRun("a", 1));
  results.Add(2, MakeRun("c", 1));
  results.Write();
  const std::string json = ReadBytes(results.path());
  EXPECT_EQ(Values(json, "name"),
            (std::vector<std::string>{"\"a\"", "\"a\"", "\"c\"", "\"c\""}));
  EXPECT_EQ(Values(json, "repetition_index"),
            (std::vector<std::string>{"0", "1", "0", "1"}));
  ASSERT_EQ(results.runs(0).size(), 2);
  EXPECT_EQ(results.runs(0)[1].repetition_index, 1);
  EXPECT_TRUE(results.runs(1).empty());
}

TEST(ResultsFile, IsReplacedAsAWholeAndLeavesNothingBeside) {
  const ScratchFolder scratch;
  ResultsFile results(scratch.path(), 1);
  results.SetContext(ResultsFile::Context());
  results.Add(0, MakeRun("a", 0));
  results.Write();
  struct stat before {};
  ASSERT_EQ(stat(results.path().c_str(), &before), 0);
  // Whoever has the old file open goes on reading the old file.
  std::ifstream reader(results.path());
  results.Add(0, MakeRun("a", 1));
  results.Write();
  struct stat after {};
  ASSERT_EQ(stat(results.path().c_str(), &after), 0);
  EXPECT_NE(before.st_ino, after.st_ino);
  const std::string old(std::istreambuf_iterator<char>(reader), {});
  EXPECT_EQ(Values(old, "name").size(), 1);
  EXPECT_EQ(Values(ReadBytes(results.path()), "name").size(), 2);
  EXPECT_EQ(scratch.files(), 1);
}

TEST(ResultsFile, SaysWhatCannotBeWritten) {
  const ScratchFolder scratch;
  fs::create_directory(scratch / "results.json");
  ResultsFile results(scratch.path(), 1);
  results.SetContext(ResultsFile::Context());
  results.Add(0, MakeRun("a", 0));
  const std::string message = ErrorOf([&] { results.Write(); });
  EXPECT_NE(message.find("results.json"), message.npos) << message;
}

TEST(ResultsFile, SaysWhatFolderIsGone) {
  const ScratchFolder scratch;
  ResultsFile results(scratch / "gone", 1);
  results.SetContext(ResultsFile::Context());
  results.Add(0, MakeRun("a", 0));
  const std::string message = ErrorOf([&] { results.Write(); });
  EXPECT_NE(message.find("gone/results.json"), message.npos) << message;
}

}  // namespace
}  // namespace pfn
