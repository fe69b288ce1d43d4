// SPDX-License-Identifier: MIT
//
// The promises of the shipped traces: they are the recordings that their README
// describes, whole and sound.

#include <gtest/gtest.h>
#include <stdlib.h>  // setenv

#include <cstdio>
#include <map>
#include <string>

#include "tests/workloads/testing.h"
#include "workloads/trace/shipped.h"
#include "workloads/trace/trace_io.h"
#include "workloads/trace/trace_stats.h"

namespace pfn::testing {
namespace {

// As counted in the raw recordings by a script of its own, with sets of pages.
struct Facts {
  std::uint64_t targets;
  std::uint64_t pages;
  std::uint64_t inflate_arrays;
  std::uint64_t deflate_arrays;
  std::uint64_t inflate_passes;
  std::uint64_t deflate_passes;
  std::uint64_t max_ranges;
  std::uint64_t limit_bytes;  // A clone of the repository stays small.
};

const std::map<std::string, Facts> kFacts = {
    {"busy-2g", {9, 902144, 3524, 3524, 4, 5, 13442, 1 << 20}},
    {"frag-4g", {2, 655360, 2560, 2560, 1, 1, 5122, 1 << 18}},
    {"idle-8g", {2, 1835008, 7168, 7168, 1, 1, 13, 10 << 10}},
    {"numa-64g", {2, 15728640, 61440, 61440, 1, 1, 16, 1 << 18}},
    {"oom-2g", {6, 2069478, 74512, 74358, 67038, 67039, 2388, 1 << 20}},
    {"punched-2g", {4, 393216, 1536, 1536, 2, 2, 85732, 1 << 20}},
};

class ShippedTrace : public ::testing::TestWithParam<ShippedWorkload> {};

TEST_P(ShippedTrace, HasTheEventsOfItsRecording) {
  const Trace trace = ReadTrace(GetParam().path);
  const Facts& facts = kFacts.at(GetParam().name);
  const TraceStats stats = ComputeStats(trace);
  EXPECT_EQ(trace.targets(), facts.targets);
  EXPECT_EQ(trace.pages_inflated(), facts.pages);
  EXPECT_EQ(trace.pages_deflated(), facts.pages);
  EXPECT_EQ(stats.inflate_arrays, facts.inflate_arrays);
  EXPECT_EQ(stats.deflate_arrays, facts.deflate_arrays);
  EXPECT_EQ(stats.inflate_passes, facts.inflate_passes);
  EXPECT_EQ(stats.deflate_passes, facts.deflate_passes);
  EXPECT_EQ(stats.max_ranges, facts.max_ranges);
}

TEST_P(ShippedTrace, SaysWhereItComesFrom) {
  const TraceProvenance provenance = ReadTrace(GetParam().path).provenance;
  EXPECT_GT(provenance.guest_memory_bytes, 0u);
  EXPECT_EQ(provenance.kernel, "Linux 6.1.192 (Debian 6.1.0-56-amd64)");
  EXPECT_TRUE(provenance.recorder.starts_with("QEMU 7.2.22 TCG"));
  EXPECT_FALSE(provenance.provoked.empty());
  EXPECT_TRUE(Has(provenance.source, " sha256:"));
}

TEST_P(ShippedTrace, IsCanonicalAndSmall) {
  const std::string text = ReadTraceText(GetParam().path);
  EXPECT_TRUE(EncodeTrace(ParseTrace(text, GetParam().name)) == text);
  EXPECT_LE(std::filesystem::file_size(GetParam().path),
            kFacts.at(GetParam().name).limit_bytes);
}

// 1835008 as the README writes it: 1,835,008.
std::string Grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
  return digits;
}

TEST_P(ShippedTrace, IsInTheReadmeWithItsFigures) {
  const Trace trace = ReadTrace(GetParam().path);
  const TraceStats stats = ComputeStats(trace);
  char mean_run[32];
  std::snprintf(mean_run, sizeof mean_run, "%.1f", stats.mean_run);
  const std::string row =
      "| `" + GetParam().name + "` | " + Grouped(stats.inflate_arrays) + " + " +
      Grouped(stats.deflate_arrays) + " | " + Grouped(stats.inflate_passes) +
      " + " + Grouped(stats.deflate_passes) + " | " +
      Grouped(trace.pages_inflated()) + " | " + Grouped(stats.median_ranges) +
      " / " + Grouped(stats.max_ranges) + " | " + mean_run + " | " +
      Grouped(std::filesystem::file_size(GetParam().path)) + " | `" +
      TraceId(trace) + "` |\n";
  const std::string readme =
      ReadBytes(GetParam().path.parent_path() / "README.md");
  EXPECT_TRUE(Has(readme, row)) << row;
}

TEST_P(ShippedTrace, InflatesAndDeflatesEachPageInTurn) {
  ExpectSound(ReadTrace(GetParam().path));
}

std::string TestName(const ::testing::TestParamInfo<ShippedWorkload>& param) {
  std::string name = param.param.name;
  std::erase(name, '-');
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, ShippedTrace,
                         ::testing::ValuesIn(ShippedWorkloads()), TestName);

TEST(ShippedWorkloads, AreTheRecordedOnesByName) {
  std::vector<std::string> names;
  for (const ShippedWorkload& workload : ShippedWorkloads()) {
    names.push_back(workload.name);
  }
  std::vector<std::string> expected;
  for (const auto& [name, facts] : kFacts) expected.push_back(name);
  EXPECT_EQ(names, expected);
}

TEST(ShippedWorkloads, AreDescribedFromTheirTrace) {
  EXPECT_EQ(DescribeWorkload(ShippedWorkloads().at(2)),
            "8 GiB guest, 1835008 pages inflated in 7168 arrays and 1 passes, "
            "up to 13 ranges a pass, mean run 252.4");
}

TEST(ShippedWorkloads, CanBeSomewhereElse) {
  const ScratchFolder folder;
  WriteTrace(SmallTrace(), folder / "mine.pfntrace");
  WriteBytes(folder / "README.md", "not a trace");
  ::setenv("PFNBENCH_TRACES", folder.path().c_str(), 1);
  const std::vector<ShippedWorkload> workloads = ShippedWorkloads();
  WriteTrace(SmallTrace(), folder / "mine.pfntrace.zst");
  const std::string twice = ErrorOf([] { ShippedWorkloads(); });
  ::setenv("PFNBENCH_TRACES", "/no/folder", 1);
  const std::string missing = ErrorOf([] { ShippedWorkloads(); });
  ::unsetenv("PFNBENCH_TRACES");

  ASSERT_EQ(workloads.size(), 1u);
  EXPECT_EQ(workloads[0].name, "mine");
  EXPECT_EQ(twice, folder.path().string() +
                       ": has mine compressed and uncompressed; remove one");
  EXPECT_EQ(missing,
            "/no/folder: cannot list the shipped traces: No such file or "
            "directory; set PFNBENCH_TRACES to the folder workloads/recorded "
            "of pfnbench");
}

}  // namespace
}  // namespace pfn::testing
