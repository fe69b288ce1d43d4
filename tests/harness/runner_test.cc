// SPDX-License-Identifier: MIT
//
// Rows in rounds: every row once a round, an answer that is wrong has no figure
// and is named, and so is a structure that crashes or hangs; what is too slow
// says so and counts as no wrong answer; the results hold the rest.

#include "harness/run/runner.h"

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "harness/run/profiles.h"
#include "tests/harness/testing.h"
#include "tests/workloads/testing.h"

namespace pfn {
namespace {

using testing::Careless;
using testing::Honest;
using testing::LosesAPage;
using testing::ReadBytes;
using testing::ScratchFolder;
using testing::StructureOf;

std::size_t Count(const std::string& text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != text.npos;
       at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

class Runner : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    std::string name = "runner_test";
    char* argv[] = {name.data(), nullptr};
    int argc = 1;
    benchmark::Initialize(&argc, argv);
  }

  // `name`: OPERATION/w/STRUCTURE.
  Row MakeRow(const std::string& name, Measurement (*measure)(const Job&)) {
    RowKey key{.operation = name.substr(0, name.find('/')),
               .workload = "w",
               .structure = name.substr(name.rfind('/') + 1)};
    EXPECT_EQ(key.Name(), name);
    return {.name = name,
            .job = {.operation = Operation::kSet, .workload = workload_.get()},
            .measure = measure,
            .key = std::move(key)};
  }
  template <PfnSet S>
  Row MakeRowOf(const std::string& name) {
    Row row = MakeRow(name, &Measure);
    row.job.structure = &StructureOf<S>();
    return row;
  }
  RunOutcome Run(const std::vector<Row>& rows, int rounds) {
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    const RunOutcome outcome = RunRows(
        rows, {.rounds = rounds,
               .limits = limits_,
               .profiles = profiles_,
               .losses = losses_,
               .patience = patience_,
               .out = scratch_.path(),
               .context = JsonObject().Add("command_line", "pfnbench --x"),
               .executable = "/bin/pfnbench"});
    out_ = ::testing::internal::GetCapturedStdout();
    err_ = ::testing::internal::GetCapturedStderr();
    json_ = ReadBytes(outcome.results);
    return outcome;
  }

  ScratchFolder scratch_;
  RowBudget::Limits limits_;
  std::optional<RowBudget::Limits> profiles_;
  std::optional<LossSettings> losses_;
  std::chrono::nanoseconds patience_ = std::chrono::seconds(30);
  std::unique_ptr<Workload> workload_ =
      testing::MakeWorkload("w", {{5, 6, 7, 9}});
  std::string out_;
  std::string err_;
  std::string json_;
};

// What rows note while they run in another process.
class Notes {
 public:
  Notes() { fd = memfd_create("notes", 0); }
  ~Notes() { close(fd); }
  Notes(const Notes&) = delete;
  Notes& operator=(const Notes&) = delete;

  static void Add(char note) { EXPECT_EQ(write(fd, &note, 1), 1); }

  std::string Text() const {
    std::string text(1 << 12, '\0');
    const ssize_t size = pread(fd, text.data(), text.size(), 0);
    text.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    return text;
  }

 private:
  static inline int fd = -1;
};

template <char kName>
Measurement NoteOrder(const Job&) {
  Notes::Add(kName);
  return {.ns = 10, .pages = 4};
}

TEST_F(Runner, RunsEveryRowOnceInEveryRound) {
  const Notes ran;
  constexpr int kRounds = 20;
  const RunOutcome outcome = Run(
      {MakeRow("set/w/a", &NoteOrder<'a'>), MakeRow("set/w/b", &NoteOrder<'b'>),
       MakeRow("set/w/c", &NoteOrder<'c'>)},
      kRounds);
  EXPECT_EQ(outcome.failed_rows, 0);
  EXPECT_FALSE(outcome.interrupted);
  const std::string order = ran.Text();
  ASSERT_EQ(order.size(), 3 * kRounds);
  for (std::size_t round = 0; round < order.size(); round += 3) {
    std::string names = order.substr(round, 3);
    std::sort(names.begin(), names.end());
    EXPECT_EQ(names, "abc");
  }
  for (const char* name : {"a", "b", "c"}) {
    EXPECT_EQ(Count(json_, fmt::format("\"name\":\"set/w/{}\"", name)),
              kRounds);
  }
}

TEST_F(Runner, ARowThatDoesNotMatchTheOracleHasNoFigureAndIsNamed) {
  const RunOutcome outcome = Run({MakeRowOf<Honest<NowaitHeap>>("set/w/honest"),
                                  MakeRowOf<LosesAPage<9>>("set/w/loses")},
                                 3);
  EXPECT_EQ(outcome.failed_rows, 1) << "a row, however often it ran";
  EXPECT_EQ(
      err_,
      "pfnbench: set/w/loses: failed: pass 0: set: 1 ranges that differ from "
      "the oracle's 2 ranges\n");
  EXPECT_EQ(Count(json_, "\"error_occurred\":true"), 3);
  EXPECT_EQ(Count(json_, "\"ns_per_page\""), 3) << "of the honest one";
  EXPECT_EQ(Count(out_, "set/w/honest"), 1);
  EXPECT_EQ(Count(out_, "loses"), 0) << out_;
}

Measurement NoteSize(const Job& job) {
  Notes::Add(static_cast<char>('1' + job.more.size()));
  Measurement result{.ns = 10, .pages = 10};
  for (const Operation operation : job.more) {
    Notes::Add(operation == Operation::kDrain ? 'd' : '?');
    result.more.push_back({.ns = 70, .pages = 10});
  }
  return result;
}

TEST_F(Runner, RowsThatShareRecordingsAreMeasuredOnceARound) {
  const Notes seen;
  Row set = MakeRow("set/w/s", &NoteSize);
  Row drain = MakeRow("drain/w/s", &NoteSize);
  set.shares_recordings = drain.shares_recordings = true;
  drain.job.operation = Operation::kDrain;
  Run({set, drain}, 3);
  EXPECT_EQ(seen.Text(), "2d2d2d");
  EXPECT_EQ(out_,
            "ns per page      median       least        most\n"
            "set/w/s           1.000       1.000       1.000\n"
            "drain/w/s         7.000       7.000       7.000\n");
}

Measurement Known(const Job&) {
  static int calls = 0;
  constexpr double kNs[] = {30, 10, 80, 20};
  return {.ns = kNs[calls++ % 4], .pages = 10};
}

TEST_F(Runner, TheSummaryIsMedianLeastAndMost) {
  Run({MakeRow("set/w/known", &Known)}, 4);
  EXPECT_EQ(out_,
            "ns per page      median       least        most\n"
            "set/w/known       2.500       1.000       8.000\n");
}

TEST_F(Runner, IsSilentOnStderrThatIsNoTerminal) {
  Run({MakeRowOf<Honest<NowaitHeap>>("set/w/honest")}, 2);
  EXPECT_EQ(err_, "");
}

Measurement Fast(const Job&) { return {.ns = 10, .pages = 4}; }
Measurement Crashes(const Job&) {
  signal(SIGSEGV, SIG_DFL);  // without a sanitizer's own
  raise(SIGSEGV);
  return {};
}
Measurement CrashesInTheThirdRound(const Job& job) {
  static int calls = 0;
  return ++calls == 3 ? Crashes(job) : Fast(job);
}
Measurement Aborts(const Job&) {
  signal(SIGABRT, SIG_DFL);
  std::abort();
}
Measurement Exits(const Job&) { std::exit(0); }
Measurement Throws(const Job&) { throw std::runtime_error("no more ideas"); }
Measurement Hangs(const Job&) {
  for (;;) pause();
}

TEST_F(Runner, AStructureThatCrashesTakesItsOwnRowsAndNothingElse) {
  const RunOutcome outcome =
      Run({MakeRowOf<Honest<NowaitHeap>>("set/w/honest"),
           MakeRow("set/w/mine", &Crashes), MakeRow("drain/w/mine", &Fast)},
          3);
  EXPECT_EQ(outcome.failed_rows, 1);
  EXPECT_EQ(Count(json_, "\"name\":\"set/w/honest\""), 3);
  EXPECT_EQ(Count(json_, "failed: crashed: SIGSEGV, in round 1\""), 1);
  // Depending on the order of the first round it ran once before.
  EXPECT_EQ(Count(json_, "\"not run: mine crashed, see set/w/mine\""), 1);
  EXPECT_LE(Count(json_, "\"name\":\"drain/w/mine\""), 2);
  EXPECT_EQ(Count(err_,
                  "pfnbench: set/w/mine: failed: crashed: SIGSEGV, in round "
                  "1\n"),
            1)
      << err_;
}

TEST_F(Runner, RoundsBeforeACrashAreKept) {
  const RunOutcome outcome = Run(
      {MakeRow("set/w/a", &Fast), MakeRow("set/w/b", &CrashesInTheThirdRound)},
      5);
  EXPECT_EQ(outcome.failed_rows, 1);
  EXPECT_EQ(Count(json_, "\"name\":\"set/w/a\""), 5);
  EXPECT_EQ(Count(json_, "\"name\":\"set/w/b\""), 3);
  EXPECT_EQ(Count(json_, "failed: crashed: SIGSEGV, in round 3\""), 1);
  EXPECT_EQ(err_, "pfnbench: set/w/b: failed: crashed: SIGSEGV, in round 3\n");
}

TEST_F(Runner, AbortingExitingAndThrowingAreNamedAsWhatTheyAre) {
  const RunOutcome outcome =
      Run({MakeRow("set/w/aborts", &Aborts), MakeRow("set/w/exits", &Exits),
           MakeRow("set/w/throws", &Throws), MakeRow("set/w/fast", &Fast)},
          2);
  EXPECT_EQ(outcome.failed_rows, 3);
  for (const char* line :
       {"set/w/aborts: failed: crashed: SIGABRT, in round 1\n",
        "set/w/exits: failed: crashed: it exits with status 0, in round 1\n",
        "set/w/throws: failed: throws no more ideas\n"}) {
    EXPECT_EQ(Count(err_, std::string("pfnbench: ") + line), 1) << err_;
  }
  EXPECT_EQ(Count(json_, "\"ns_per_page\""), 2) << "of the fast one";
}

TEST_F(Runner, AStructureThatNeverReturnsIsEnded) {
  patience_ = std::chrono::milliseconds(300);
  limits_.whole_run = std::chrono::milliseconds(1500);  // 30 ms a visit
  const RunOutcome outcome =
      Run({MakeRow("set/w/hangs", &Hangs), MakeRow("drain/w/hangs", &Hangs),
           MakeRow("set/w/fast", &Fast)},
          3);
  EXPECT_EQ(outcome.failed_rows, 1);
  EXPECT_EQ(Count(json_, "failed: hangs: no answer in 0.3 s, in round 1\""), 1);
  EXPECT_EQ(Count(json_, "\"not run: hangs hangs, see "), 1);
  EXPECT_EQ(Count(json_, "\"ns_per_page\""), 3);
}

// ---------------------------------------------------------- what is too slow

// Long, so that a busy machine does not reach it by chance.
constexpr std::chrono::milliseconds kBudget(500);

Measurement TakesTooLong(const Job&) {
  std::this_thread::sleep_for(kBudget + std::chrono::milliseconds(100));
  return {.ns = 10, .pages = 4};
}
Measurement IsCutOff(const Job& job) {
  Measurement result;
  result.error = job.time_limit == RowBudget::kPatience * kBudget
                     ? "pass 7: cut off there"
                     : "another limit";
  result.cut_off = true;
  result.ns_per_page_so_far = 2799.9;
  return result;
}
Measurement RecordsForever(const Job&) {
  Measurement result;
  result.error = "cut off recording";
  result.cut_off = true;
  result.recording_cut_off = true;
  return result;
}
Measurement OutsideTheHeap(const Job&) {
  Measurement result{.ns = 10, .pages = 4};
  result.accounts_memory = false;
  return result;
}

TEST_F(Runner, ARowThatUsedUpItsBudgetHasFewerRepetitionsAndSaysSo) {
  limits_.per_row = kBudget;
  const RunOutcome outcome = Run(
      {MakeRow("set/w/fast", &Fast), MakeRow("set/w/slow", &TakesTooLong)}, 5);
  EXPECT_EQ(Count(json_, "\"name\":\"set/w/fast\""), 5);
  EXPECT_EQ(Count(json_, "\"name\":\"set/w/slow\""), 1);
  EXPECT_EQ(Count(json_, "\"row_budget_seconds\":\"0.5\""), 1);
  EXPECT_EQ(Count(json_, "\"ns_per_page\""), 6) << "the slow row has a figure";
  EXPECT_EQ(
      err_,
      "pfnbench: 1 of 2 rows used up the row budget of 0.5 s and have fewer "
      "than 5 repetitions\n");
  EXPECT_EQ(outcome.failed_rows, 0);
}

TEST_F(Runner, ARowThatIsCutOffHasNoFigureIsNamedAndIsNoWrongAnswer) {
  limits_.per_row = kBudget;
  const RunOutcome outcome = Run(
      {MakeRow("set/w/fast", &Fast), MakeRow("set/w/endless", &IsCutOff)}, 5);
  EXPECT_EQ(Count(json_, "\"name\":\"set/w/fast\""), 5);
  EXPECT_EQ(Count(json_, "\"name\":\"set/w/endless\""), 1);
  EXPECT_EQ(Count(json_, "\"ns_per_page\""), 5);
  const std::string reason =
      "over 2799 ns per page: takes over 2 s: pass 7: cut off there";
  EXPECT_EQ(Count(json_, "\"error_message\":\"" + reason + "\""), 1);
  EXPECT_EQ(err_, "pfnbench: set/w/endless: " + reason + "\n");
  EXPECT_EQ(outcome.failed_rows, 0);
}

TEST_F(Runner, WhereRecordingTakesTooLongOtherOperationsAreNotTried) {
  limits_.per_row = kBudget;
  const RunOutcome outcome =
      Run({MakeRow("set/w/fast", &Fast), MakeRow("set/w/s", &RecordsForever),
           MakeRow("drain/w/s", &RecordsForever)},
          5);
  EXPECT_EQ(Count(json_, "\"name\":\"set/w/s\""), 1);
  EXPECT_EQ(Count(json_, "\"name\":\"drain/w/s\""), 1)
      << "it is in the results, and why";
  // Of the four pages of the workload, because not one was got through.
  EXPECT_EQ(Count(json_,
                  "over 500000000 ns per page: takes over 2 s: cut off "
                  "recording\""),
            1);
  EXPECT_EQ(Count(json_, "not run: recording alone takes over 2 s, see "), 1);
  EXPECT_EQ(Count(err_, "cut off recording\n"), 1) << err_;
  EXPECT_EQ(Count(err_,
                  "pfnbench: 1 rows were not run, because of what others "
                  "showed of their structure; results say which\n"),
            1)
      << err_;
  EXPECT_EQ(outcome.failed_rows, 0);
}

TEST_F(Runner, MemoryThatIsNotTheHeapsHasNoFigures) {
  Run({MakeRow("set/w/inside", &Fast),
       MakeRow("set/w/outside", &OutsideTheHeap)},
      5);
  for (const char* counter :
       {"requested_bits_per_page", "bits_per_page", "peak_requested_bytes",
        "peak_rounded_bytes", "peak_slab_bytes", "allocations",
        "failed_allocations"}) {
    EXPECT_EQ(Count(json_, "\"" + std::string(counter) + "\""), 5) << counter;
  }
  EXPECT_EQ(Count(json_, "\"ns_per_page\""), 10);
}

// ------------------------------------------------------------------ profiles

class CrashesInAWalk : public Honest<NowaitHeap> {
 public:
  using Honest<NowaitHeap>::Honest;
  std::optional<PfnRange> NextRange(Pfn, Pfn) {
    signal(SIGSEGV, SIG_DFL);
    raise(SIGSEGV);
    return std::nullopt;
  }
};

TEST_F(Runner, AProfileThatCrashesIsNamedAndTheRowsStay) {
  Row row = MakeRow("set/w/mine", &Fast);
  row.job.structure = &StructureOf<CrashesInAWalk>();
  profiles_.emplace();
  const RunOutcome outcome = Run({row}, 2);
  EXPECT_EQ(outcome.failed_rows, 1);
  EXPECT_EQ(Count(json_, "\"ns_per_page\""), 2);
  EXPECT_EQ(Count(json_, "\"error\":\"failed: crashed: SIGSEGV\""), 1);
  EXPECT_EQ(err_, "pfnbench: profile w/honest: failed: crashed: SIGSEGV\n");
}

TEST_F(Runner, CountsLostPagesOnceForEachStructureThatCanLoseAny) {
  const Structure dies = {{.name = "dies",
                           .family = "",
                           .origin = "",
                           .out_of_memory = OutOfMemory::kAborts},
                          "",
                          nullptr,
                          testing::StructureOf<Honest<NowaitHeap>>().make};
  std::vector<Row> rows = {MakeRowOf<Honest<NowaitHeap>>("set/w/honest"),
                           MakeRowOf<Honest<NowaitHeap>>("drain/w/honest"),
                           MakeRowOf<Honest<NowaitHeap>>("set/w/dies")};
  rows.back().job.structure = &dies;
  losses_ = LossSettings{.fault = ParseFaultSpec("nth:2")};
  const RunOutcome outcome = Run(rows, 1);
  EXPECT_EQ(outcome.failed_rows, 0) << err_;
  EXPECT_EQ(Count(json_, "\"lost\":["), 2) << json_;
  std::string each = "1";
  for (std::size_t i = 1; i < kLossSeeds; ++i) each += ",1";
  EXPECT_EQ(Count(json_,
                  "\"lost\":[{\"workload\":\"w\",\"structure\":\"honest\","
                  "\"conditions\":{\"fault\":\"nth:2\"},\"passes\":1,"
                  "\"pages\":4,\"lost\":[" +
                      each + "]}]"),
            1)
      << json_;
}

class CrashesWithoutMemory : public Honest<NowaitHeap> {
 public:
  using Honest<NowaitHeap>::Honest;
  Status Set(Pfn pfn, Gfp gfp) {
    const Status status = Honest<NowaitHeap>::Set(pfn, gfp);
    signal(SIGSEGV, SIG_DFL);
    if (status != Status::kOk) raise(SIGSEGV);
    return status;
  }
};

TEST_F(Runner, LostPagesOfAStructureThatCrashesAreNamed) {
  losses_ = LossSettings{.fault = ParseFaultSpec("nth:2")};
  const RunOutcome outcome =
      Run({MakeRowOf<CrashesWithoutMemory>("set/w/mine")}, 1);
  EXPECT_EQ(outcome.failed_rows, 1);
  EXPECT_EQ(Count(json_, "\"error\":\"failed: crashed: SIGSEGV\""), 1);
  EXPECT_EQ(err_,
            "pfnbench: lost pages of w/honest: failed: crashed: SIGSEGV\n");
}

Structure Named(std::string_view name, Structure structure) {
  structure.traits.name = name;
  return structure;
}

TEST_F(Runner, SaysWhoAsksTheHeapForNothingOrNeverWithNowait) {
  using Patient = Careless<true, Gfp::kKernel>;
  using Outside = Careless<false, Gfp::kNowait>;
  const Structure honest = StructureOf<Honest<NowaitHeap>>();
  const Structure patient = Named("patient", StructureOf<Patient>());
  const Structure outside = Named("outside", StructureOf<Outside>());
  std::vector<Row> rows;
  for (const Structure* each : {&honest, &patient, &outside}) {
    rows.push_back(MakeRow("set/w/" + std::string(each->traits.name), &Fast));
    rows.back().job.structure = each;
  }
  const RunOutcome outcome = Run(rows, 1);
  EXPECT_EQ(outcome.failed_rows, 0);
  EXPECT_EQ(Count(err_, "pfnbench: warning: "), 2) << err_;
  EXPECT_EQ(Count(err_,
                  "pfnbench: warning: outside recorded 4096 pages and asked "
                  "the heap for nothing: "),
            1)
      << err_;
  EXPECT_EQ(Count(err_,
                  "pfnbench: warning: patient recorded 4096 pages and never "
                  "asked with NOWAIT: "),
            1)
      << err_;
}

}  // namespace
}  // namespace pfn
