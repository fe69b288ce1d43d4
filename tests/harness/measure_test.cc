// SPDX-License-Identifier: MIT
//
// No match, no number: structures that are wrong in one way each must end with
// an error, and right ones with the figures of what they did.

#include "harness/measure/measure.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "tests/harness/testing.h"

namespace pfn::testing {
namespace {

// Each structure below differs from it in one thing.
using Right = Honest<NowaitHeap>;

template <PfnSet S>
Measurement RunOn(Operation operation, const Workload& workload,
                  const std::string& fault = "none", std::uint64_t seed = 1) {
  return MeasureOn(workload, operation, StructureOf<S>(), fault,
                   {.fault_seed = seed});
}

// Two passes; 8 pages in 3 ranges, then 4 in 2.
const Workload& Small() {
  static const auto workload = MakeWorkload(
      "small", {{5, 4, 3, 2, 9, 20, 21, 22}, {0x5000, 0x5001, 7, 0x5002}});
  return *workload;
}

// ---- right ones ----

// The oracle's answers are kept; those of other pages or failures are others.
TEST(ExpectedAnswers, AreThoseOfThePagesAndTheFailuresAskedFor) {
  const auto one = MakeWorkload("one", {{5, 6, 7, 9}});
  const auto other = MakeWorkload("other", {{5, 6, 7, 8}});
  const auto digest_of = [](std::vector<PfnRange> ranges) {
    RangeDigest digest;
    for (const PfnRange range : ranges) digest(range);
    return digest;
  };
  const std::vector<std::uint64_t> second = {1};
  const std::vector<std::uint64_t> last = {3};
  for (int again = 0; again < 2; ++again) {
    const PreparedPass& pass = one->passes()[0];
    EXPECT_EQ(ExpectFilled(pass, second).digest,
              digest_of({{5, 5}, {7, 7}, {9, 9}}));
    EXPECT_EQ(ExpectFilled(pass, second).hits, 3);
    EXPECT_EQ(ExpectFilled(pass, last).digest, digest_of({{5, 7}}));
    EXPECT_EQ(ExpectFilled(other->passes()[0], second).digest,
              digest_of({{5, 5}, {7, 8}}));
    EXPECT_EQ(ExpectFilled(pass, {}).digest, pass.digest);
  }
}

TEST(Measurer, CountsPagesRangesAndMemoryOfAllPasses) {
  const Measurement m = RunOn<Right>(Operation::kSet, Small());
  EXPECT_EQ(m.error, "");
  EXPECT_EQ(m.pages, 12);
  EXPECT_EQ(m.recorded, 12);
  EXPECT_EQ(m.ranges, 5);
  EXPECT_EQ(m.failed_sets, 0);
  EXPECT_EQ(m.failed_clears, 0);
  EXPECT_EQ(m.largest_pass, 8) << "when full is when that one is recorded";
  EXPECT_EQ(m.requested_when_full, 8 * 40);
  EXPECT_EQ(m.rounded_when_full, 8 * 64);
  EXPECT_EQ(m.usage.peak_requested, 8 * 40);
  EXPECT_EQ(m.usage.live_objects(), 0) << "emptied by then";
  EXPECT_EQ(m.usage.allocations, 12);
}

TEST(Measurer, EveryOperationOfARightStructureHasAFigure) {
  const auto workload = ScatteredWorkload(3, 5000);
  for (const OperationInfo& info : kOperations) {
    const Measurement m = RunOn<Right>(info.operation, *workload);
    EXPECT_EQ(m.error, "") << info.name;
    EXPECT_GT(m.ns, 0) << info.name;
    EXPECT_EQ(m.pages, info.operation == Operation::kTest ? 30000 : 15000)
        << "tests are of the pages and of as many absent ones";
    EXPECT_EQ(m.ranges, workload->ranges());
  }
}

// set, test, extract and drain on the same recordings.
Measurement RunTogether(const Structure& structure, const Workload& workload,
                        const char* fault) {
  PageArena arena;
  return Measure(
      {.operation = Operation::kSet,
       .more = {Operation::kTest, Operation::kExtract, Operation::kDrain},
       .workload = &workload,
       .structure = &structure,
       .fault = ParseFaultSpec(fault),
       .arena = &arena});
}

TEST(Measurer, OperationsOnOneRecordingHaveTheFiguresOfEachAlone) {
  const auto workload = ScatteredWorkload(3, 5000);
  for (const char* fault : {"none", "failslab:probability=10"}) {
    const Measurement together =
        RunTogether(StructureOf<Right>(), *workload, fault);
    ASSERT_EQ(together.error, "");
    ASSERT_EQ(together.more.size(), 3);
    const std::pair<Operation, const Measurement*> parts[] = {
        {Operation::kSet, &together},
        {Operation::kTest, &together.more[0]},
        {Operation::kExtract, &together.more[1]},
        {Operation::kDrain, &together.more[2]}};
    for (const auto& [operation, part] : parts) {
      const Measurement alone = RunOn<Right>(operation, *workload, fault);
      EXPECT_GT(part->ns, 0);
      EXPECT_EQ(part->pages, alone.pages);
      EXPECT_EQ(part->ranges, alone.ranges);
      EXPECT_EQ(part->recorded, alone.recorded);
      EXPECT_EQ(part->failed_sets, alone.failed_sets);
      EXPECT_EQ(part->failed_clears, alone.failed_clears);
      EXPECT_EQ(part->largest_pass, alone.largest_pass);
      EXPECT_EQ(part->requested_when_full, alone.requested_when_full);
      EXPECT_EQ(part->usage.allocations, alone.usage.allocations);
    }
  }
}

struct OwnWalk : Right {
  using Right::Right;
  template <class Visitor>
  void ForEachRange(PfnRange range, Visitor&& visitor) {
    ++walks;
    Pfn from = range.first;
    while (auto found = NextRange(from, range.last)) {
      visitor(*found);
      if (found->last == range.last) return;
      from = found->last + 1;
    }
  }
  static inline int walks = 0;
};

TEST(Measurer, AnOwnWalkGivesTheSameRanges) {
  static_assert(HasForEachRange<OwnWalk>);
  const auto workload = ScatteredWorkload(2, 3000);
  for (const Operation operation :
       {Operation::kSet, Operation::kExtract, Operation::kDrain}) {
    OwnWalk::walks = 0;
    EXPECT_EQ(RunOn<OwnWalk>(operation, *workload).error, "");
    EXPECT_GT(OwnWalk::walks, 0);
  }
}

TEST(Measurer, TakesAWorkloadWithoutPasses) {
  Trace trace;
  trace.AppendTarget(1);
  const Workload empty("empty", trace);
  const Measurement m = RunOn<Right>(Operation::kDrain, empty);
  EXPECT_EQ(m.error, "");
  EXPECT_EQ(m.pages, 0);
  EXPECT_EQ(m.ns, 0);
}

// ---- faults ----

TEST(Measurer, PagesThatCouldNotBeRecordedAreCountedAndExpectedAbsent) {
  const auto workload = ScatteredWorkload(3, 2000);
  for (const OperationInfo& info : kOperations) {
    const Measurement m =
        RunOn<Right>(info.operation, *workload, "failslab:probability=10");
    EXPECT_EQ(m.error, "") << info.name;
    EXPECT_GT(m.failed_sets, 300) << "failures must really fire";
    EXPECT_LT(m.failed_sets, 900);
    EXPECT_EQ(m.failed_sets, m.usage.failures);
    EXPECT_EQ(m.recorded, 6000 - m.failed_sets);
    EXPECT_EQ(m.requested_when_full, 40 * m.largest_pass);
    EXPECT_GT(m.largest_pass, m.recorded / 3) << "more than the mean";
    EXPECT_NE(m.ranges, workload->ranges()) << "holes make other ranges";
  }
}

TEST(Measurer, ASeedDecidesWhatFails) {
  const auto workload = ScatteredWorkload(2, 2000);
  const auto run = [&](std::uint64_t seed) {
    const Measurement m = RunOn<Right>(Operation::kSet, *workload,
                                       "failslab:probability=10", seed);
    EXPECT_EQ(m.error, "");
    return std::pair(m.failed_sets, m.ranges);
  };
  EXPECT_EQ(run(1), run(1));
  EXPECT_EQ(run(2), run(2));
  EXPECT_NE(run(1), run(2));
}

TEST(Measurer, TheFaultModelIsOneForAllPasses) {
  const Measurement m = RunOn<Right>(Operation::kSet, Small(), "nth:10");
  EXPECT_EQ(m.error, "");
  EXPECT_EQ(m.failed_sets, 1);
  EXPECT_EQ(m.ranges, 6) << "0x5001 lay between 0x5000 and 0x5002";
}

// Asks for two objects a page, the second of them in every other page only.
struct AsksMore : Right {
  using Right::Right;
  Status Set(Pfn pfn, Gfp gfp) {
    if (pfn % 2 == 0 && !Test(pfn)) {
      void* spare = heap_.Allocate(200, 8, gfp);
      if (spare == nullptr) return Status::kNoMemory;
      heap_.Free(spare, 200, 8);
    }
    return Right::Set(pfn, gfp);
  }
};

TEST(Measurer, DrawnOperationsAreTheSameForEveryStructure) {
  const auto workload = ScatteredWorkload(2, 3000);
  for (const Operation operation : {Operation::kSet, Operation::kDrain}) {
    const auto run = [&](const Structure& structure, FaultDraw draw) {
      const Measurement m =
          MeasureOn(*workload, operation, structure,
                    "gilbert_elliott:loss=0.1,burst=5", {.fault_draw = draw});
      EXPECT_EQ(m.error, "");
      EXPECT_GT(m.failed_sets, 300);
      return std::pair(m.failed_sets, m.ranges);
    };
    const Structure& honest = StructureOf<Right>();
    const Structure& greedy = StructureOf<AsksMore>();
    EXPECT_EQ(run(honest, FaultDraw::kOperation),
              run(greedy, FaultDraw::kOperation));
    EXPECT_NE(run(honest, FaultDraw::kAllocation),
              run(greedy, FaultDraw::kAllocation))
        << "who asks more fails elsewhere";
  }
}

TEST(Measurer, NthOperationFailsOnce) {
  const Measurement m =
      MeasureOn(Small(), Operation::kSet, StructureOf<AsksMore>(), "nth:10",
                {.fault_draw = FaultDraw::kOperation});
  EXPECT_EQ(m.error, "");
  EXPECT_EQ(m.failed_sets, 1);
  EXPECT_EQ(m.ranges, 6) << "0x5001, as the tenth page of all";
}

struct ClearsOnlyWhenItMaySleep : Right {
  using Right::Right;
  Status Clear(Pfn pfn, Gfp gfp) {
    if (!MaySleep(gfp) && pfn % 3 == 0) return Status::kNoMemory;
    return Right::Clear(pfn, gfp);
  }
  Status ClearRange(PfnRange range, Gfp gfp) {
    if (!MaySleep(gfp)) return Status::kNoMemory;
    return Right::ClearRange(range, gfp);
  }
};

TEST(Measurer, ClearsThatFailAreCountedAndExpectedPresent) {
  const Measurement clear =
      RunOn<ClearsOnlyWhenItMaySleep>(Operation::kClear, Small());
  EXPECT_EQ(clear.error, "");
  EXPECT_EQ(clear.failed_clears, 4) << "3, 9, 21 and 0x5001";
  const Measurement drain =
      RunOn<ClearsOnlyWhenItMaySleep>(Operation::kDrain, Small());
  EXPECT_EQ(drain.error, "");
  EXPECT_EQ(drain.failed_clears, 2) << "one for each pass";
}

// ---- wrong ones ----

// Each is measured with all operations; those that can see what is wrong with
// it must end with `error` in what they say, and the others with a figure.
template <PfnSet S>
void ExpectWrong(const Workload& workload,
                 std::initializer_list<Operation> seen_by,
                 const std::string& error, const std::string& fault = "none") {
  for (const OperationInfo& info : kOperations) {
    const Measurement m = RunOn<S>(info.operation, workload, fault);
    const bool seen =
        std::ranges::find(seen_by, info.operation) != seen_by.end();
    EXPECT_EQ(!m.error.empty(), seen) << info.name << ": " << m.error;
    if (!seen) continue;
    EXPECT_NE(m.error.find(error), m.error.npos)
        << info.name << ": " << m.error;
  }
}

constexpr std::initializer_list<Operation> kAll = {
    Operation::kSet, Operation::kTest, Operation::kExtract, Operation::kClear,
    Operation::kDrain};
constexpr std::initializer_list<Operation> kThatWalk = {
    Operation::kSet, Operation::kExtract, Operation::kClear, Operation::kDrain};

// The walk of drain is what shows it: no other looks before.
TEST(Measurer, FindsALostPageWhereSetAndDrainShareARecording) {
  PageArena arena;
  const Measurement m =
      Measure({.operation = Operation::kSet,
               .more = {Operation::kDrain},
               .workload = &Small(),
               .structure = &StructureOf<LosesAPage<0x5001>>(),
               .arena = &arena});
  EXPECT_EQ(m.error,
            "pass 1: drain: 3 ranges that differ from the oracle's 2 ranges");
  EXPECT_TRUE(m.more.empty()) << "neither of them has a figure";
}

TEST(Measurer, FindsALostPage) {
  ExpectWrong<LosesAPage<0x5001>>(Small(), kAll, "pass 1: ");
  EXPECT_EQ(RunOn<LosesAPage<0x5001>>(Operation::kSet, Small()).error,
            "pass 1: set: 3 ranges that differ from the oracle's 2 ranges");
  EXPECT_EQ(RunOn<LosesAPage<0x5001>>(Operation::kTest, Small()).error,
            "pass 1: test: 3 of the recorded and 0 of the absent pages found, "
            "the oracle has 4 and 0");
}

template <Pfn kGhost>
struct RecordsToo : Right {
  using Right::Right;
  Status Set(Pfn pfn, Gfp gfp) {
    if (pfn == 9) (void)Right::Set(kGhost, gfp);
    return Right::Set(pfn, gfp);
  }
};

TEST(Measurer, FindsAGhostAmongThePages) {
  ExpectWrong<RecordsToo<10>>(Small(), kAll, "pass 0: ");
}

TEST(Measurer, FindsAGhostFarFromThePages) {
  ExpectWrong<RecordsToo<kMaxPfn>>(Small(), kAll, "pass 0: ");
}

TEST(Measurer, FindsAGhostOfAnyPassAtTheLatestAtTheEnd) {
  for (const std::size_t ghost : {1, 63, 64, 65, 98, 99}) {
    std::vector<std::vector<Pfn>> passes(100, {1, 2, 3});
    passes[ghost] = {9};
    const auto workload = MakeWorkload("w", passes);
    ExpectWrong<RecordsToo<kMaxPfn>>(*workload, kAll, "pass ");
  }
}

struct FindsEverything : Right {
  using Right::Right;
  bool Test(Pfn) { return true; }
};

TEST(Measurer, FindsATestThatSaysYesToAbsentPages) {
  ExpectWrong<FindsEverything>(
      Small(), {Operation::kTest},
      "pass 0: test: 8 of the recorded and 8 of the absent pages found, the "
      "oracle has 8 and 0");
}

struct SplitsRanges : Right {
  using Right::Right;
  template <class Visitor>
  void ForEachRange(PfnRange range, Visitor&& visitor) {
    for (const auto& [pfn, object] : pages_) {
      if (range.first <= pfn && pfn <= range.last) visitor(PfnRange{pfn, pfn});
    }
  }
};

TEST(Measurer, FindsRangesThatAreNotMaximal) {
  ExpectWrong<SplitsRanges>(Small(), kThatWalk,
                            "8 ranges that differ from the oracle's 3 ranges");
}

struct WalksBackwards : Right {
  using Right::Right;
  template <class Visitor>
  void ForEachRange(PfnRange range, Visitor&& visitor) {
    std::vector<PfnRange> found;
    for (Pfn from = range.first;;) {
      const auto next = NextRange(from, range.last);
      if (!next) break;
      found.push_back(*next);
      if (next->last == range.last) break;
      from = next->last + 1;
    }
    for (auto it = found.rbegin(); it != found.rend(); ++it) visitor(*it);
  }
};

TEST(Measurer, FindsRangesInTheWrongOrder) {
  ExpectWrong<WalksBackwards>(
      Small(), kThatWalk, "3 ranges that differ from the oracle's 3 ranges");
}

struct NeverFreesThree : Right {
  using Right::Right;
  ~NeverFreesThree() {
    for (int i = 0; i < 3; ++i) (void)heap_.Allocate(8, 8, Gfp::kKernel);
  }
};

TEST(Measurer, FindsALeak) {
  ExpectWrong<NeverFreesThree>(Small(), kAll,
                               "3 objects are still allocated after the end");
}

struct FreesWithAnotherSize : Right {
  using Right::Right;
  Status Set(Pfn pfn, Gfp gfp) {
    void* object = heap_.Allocate(40, 8, gfp);
    heap_.Free(object, 41, 8);  // of the same class
    return Right::Set(pfn, gfp);
  }
};

TEST(Measurer, FindsSizesThatDoNotAddUp) {
  ExpectWrong<FreesWithAnotherSize>(Small(), kAll,
                                    "objects were given back with other sizes");
}

struct KeepsAPage : Right {
  using Right::Right;
  Status ClearRange(PfnRange range, Gfp gfp) {
    if (range.first == range.last) return Status::kOk;
    return Right::ClearRange({range.first, range.last - 1}, gfp);
  }
};

TEST(Measurer, FindsASetThatCannotBeEmptied) {
  EXPECT_EQ(RunOn<KeepsAPage>(Operation::kDrain, Small()).error,
            "pass 0: drain: the set is not empty afterwards");
  for (const Operation operation :
       {Operation::kSet, Operation::kTest, Operation::kExtract}) {
    EXPECT_EQ(RunOn<KeepsAPage>(operation, Small()).error,
              "pass 0: the set cannot be emptied");
  }
}

TEST(Measurer, AWrongAnswerLeavesNoFigureOfTheOperationsBeside) {
  const Measurement m = RunTogether(StructureOf<KeepsAPage>(), Small(), "none");
  EXPECT_EQ(m.error, "pass 0: drain: the set is not empty afterwards");
  EXPECT_EQ(m.ns, 0);
  EXPECT_TRUE(m.more.empty());
}

struct ForgetsToClear : Right {
  using Right::Right;
  Status Clear(Pfn pfn, Gfp gfp) {
    return pfn == 21 ? Status::kOk : Right::Clear(pfn, gfp);
  }
};

TEST(Measurer, FindsAPageThatWasNotCleared) {
  ExpectWrong<ForgetsToClear>(
      Small(), {Operation::kClear},
      "pass 0: clear: 1 ranges that differ from the oracle's 0 ranges");
}

struct RecordsAndSaysNo : Right {
  using Right::Right;
  Status Set(Pfn pfn, Gfp gfp) {
    const Status status = Right::Set(pfn, gfp);
    if (status != Status::kOk) (void)Right::Set(pfn, Gfp::kKernel);
    return status;
  }
};

TEST(Measurer, FindsAFailedSetThatChangedTheSet) {
  ExpectWrong<RecordsAndSaysNo>(Small(), kAll, "pass 0: ", "nth:3");
}

struct ClearsHalfAndSaysNo : Right {
  using Right::Right;
  Status ClearRange(PfnRange range, Gfp gfp) {
    if (MaySleep(gfp)) return Right::ClearRange(range, gfp);
    const Pfn middle = range.first + (range.last - range.first) / 2;
    (void)Right::ClearRange({range.first, middle}, gfp);
    return Status::kNoMemory;
  }
};

TEST(Measurer, FindsAFailedClearRangeThatChangedTheSet) {
  EXPECT_EQ(RunOn<ClearsHalfAndSaysNo>(Operation::kDrain, Small()).error,
            "pass 0: drain: after ClearRange failed: 1 ranges that differ "
            "from the oracle's 3 ranges");
}

}  // namespace
}  // namespace pfn::testing
