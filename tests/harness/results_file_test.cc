// SPDX-License-Identifier: MIT
//
// results.json: appears with the first figure, is replaced as a whole, holds
// all repetitions of a row together, and says of each what it measures.

#include "harness/results/results_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <limits>
#include <string>
#include <vector>

#include "tests/workloads/testing.h"
#include "workloads/base/error.h"

namespace pfn {
namespace {

namespace fs = std::filesystem;
using testing::ErrorOf;
using testing::ReadBytes;
using testing::ScratchFolder;

RowKey MakeKey(const std::string& structure) {
  return {.operation = "set", .workload = "w", .structure = structure};
}

ResultsFile::Run MakeRun(int repetition) {
  ResultsFile::Run run;
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
  const std::string label = "\"" + key + "\":";
  std::vector<std::string> values;
  for (std::size_t at = json.find(label); at != json.npos;
       at = json.find(label, at + 1)) {
    const std::size_t begin = at + label.size();
    values.push_back(
        json.substr(begin, json.find_first_of(",}\n", begin) - begin));
  }
  return values;
}

TEST(ResultsFile, IsNotWrittenBeforeThereIsARun) {
  const ScratchFolder scratch;
  ResultsFile results(scratch.path(), {MakeKey("a")});
  results.Write();
  EXPECT_EQ(scratch.files(), 0);
  results.set_context(JsonObject().Add("date", "today"));
  results.Write();
  EXPECT_EQ(scratch.files(), 0) << "a context alone is no result";
}

TEST(ResultsFile, HoldsTheRepetitionsOfARowTogether) {
  const ScratchFolder scratch;
  ResultsFile results(scratch.path(),
                      {MakeKey("a"), MakeKey("b"), MakeKey("c")});
  results.set_context(JsonObject().Add("date", "today"));
  // As they come in random order; row 1 never came.
  results.Add(2, MakeRun(0));
  results.Add(0, MakeRun(0));
  results.Add(0, MakeRun(1));
  results.Add(2, MakeRun(1));
  results.Write();
  const std::string json = ReadBytes(results.path());
  EXPECT_EQ(Values(json, "name"),
            (std::vector<std::string>{"\"set/w/a\"", "\"set/w/a\"",
                                      "\"set/w/c\"", "\"set/w/c\""}));
  EXPECT_EQ(Values(json, "repetition_index"),
            (std::vector<std::string>{"0", "1", "0", "1"}));
  ASSERT_EQ(results.runs(0).size(), 2);
  EXPECT_EQ(results.runs(0)[1].repetition_index, 1);
  EXPECT_TRUE(results.runs(1).empty());
}

TEST(ResultsFile, IsTheGoldenOne) {
  const ScratchFolder scratch;
  const RowKey with_all{.operation = "replay",
                        .workload = "busy \"2g\"",
                        .structure = "b",
                        .conditions = {{"policy", "free"}, {"fault", "nth:3"}},
                        .control = 1};
  ResultsFile results(scratch.path(), {MakeKey("a"), with_all});
  results.set_context(JsonObject().Add("date", "today").Add("num_cpus", 2));
  ResultsFile::Run measured = MakeRun(0);
  measured.repetitions = 9;
  measured.real_accumulated_time = 0.5;
  measured.time_unit = benchmark::kMillisecond;
  measured.counters["bits_per_page"] = benchmark::Counter(1.0 / 3);
  measured.counters["pages"] = benchmark::Counter(3670016);
  measured.counters["ranges"] = std::numeric_limits<double>::quiet_NaN();
  results.Add(0, measured);
  ResultsFile::Run failed = MakeRun(4);
  failed.repetitions = 9;
  failed.time_unit = benchmark::kMillisecond;
  failed.error_occurred = true;
  failed.error_message = "failed: two\nlines";
  results.Add(1, failed);
  results.AddProfile("{}");
  results.Write();
  EXPECT_EQ(
      ReadBytes(results.path()),
      R"({"context":{"date":"today","num_cpus":2},)"
      "\n"
      R"("benchmarks":[{"name":"set/w/a","run_type":"iteration",)"
      R"("repetitions":9,"repetition_index":0,"operation":"set",)"
      R"("workload":"w","structure":"a","real_time":500,"cpu_time":0,)"
      R"("time_unit":"ms","bits_per_page":0.3333333,"ns_per_page":1.5,)"
      R"("pages":3670016},)"
      "\n"
      R"({"name":"replay/busy \"2g\"/b/policy:free/fault:nth:3/control:1",)"
      R"("run_type":"iteration","repetitions":9,"repetition_index":4,)"
      R"("operation":"replay","workload":"busy \"2g\"","structure":"b",)"
      R"("conditions":{"policy":"free","fault":"nth:3"},"control":1,)"
      R"("error_occurred":true,"error_message":"failed: two\\x0alines",)"
      R"("real_time":0,"cpu_time":0,"time_unit":"ms"}],)"
      "\n"
      R"("profiles":[{}]})"
      "\n");
}

TEST(ResultsFile, IsReplacedAsAWholeAndLeavesNothingBeside) {
  const ScratchFolder scratch;
  ResultsFile results(scratch.path(), {MakeKey("a")});
  results.set_context(JsonObject().Add("date", "today"));
  results.Add(0, MakeRun(0));
  results.Write();
  struct stat before {};
  ASSERT_EQ(stat(results.path().c_str(), &before), 0);
  // A program that has the old file open goes on reading it.
  std::ifstream reader(results.path());
  results.Add(0, MakeRun(1));
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
  ResultsFile results(scratch.path(), {MakeKey("a")});
  results.set_context(JsonObject().Add("date", "today"));
  results.Add(0, MakeRun(0));
  const std::string message = ErrorOf([&] { results.Write(); });
  EXPECT_NE(message.find("results.json"), message.npos) << message;
}

TEST(ResultsFile, SaysWhatFolderIsGone) {
  const ScratchFolder scratch;
  ResultsFile results(scratch / "gone", {MakeKey("a")});
  results.set_context(JsonObject().Add("date", "today"));
  results.Add(0, MakeRun(0));
  const std::string message = ErrorOf([&] { results.Write(); });
  EXPECT_NE(message.find("gone/results.json"), message.npos) << message;
}

}  // namespace
}  // namespace pfn
