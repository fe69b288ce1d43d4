// SPDX-License-Identifier: MIT
//
// A structure whose declared out-of-memory behaviour is wrong fails loudly in
// the sweep, with its name and the line that shows it again. Each set below
// keeps all promises but one.

#include <gtest/gtest.h>

#include <cstdint>
#include <exception>
#include <new>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/check/command.h"
#include "harness/check/crash_note.h"
#include "tests/harness/testing.h"
#include "tests/workloads/testing.h"

namespace pfn::testing {
namespace {

using Mode = FailuresToOrder::Mode;

constexpr StructureTraits Called(std::string_view name,
                                 bool clear_can_fail = false) {
  return {.name = name,
          .family = "test",
          .origin = "tests",
          .clear_can_fail = clear_can_fail};
}

// Each below has a name and an error of its own.
using Honestly = Honest<NowaitHeap>;

struct ForgetsRollback : Honestly {
  static constexpr StructureTraits kTraits = Called("forgets-rollback");
  using Honest::Honest;
  ~ForgetsRollback() { std::erase_if(pages_, IsGhost); }
  Status Set(Pfn pfn, Gfp gfp) {
    const Status status = Honestly::Set(pfn, gfp);
    if (status != Status::kOk) pages_[pfn] = nullptr;
    return status;
  }
  Status Clear(Pfn pfn, Gfp gfp) { return ClearRange({pfn, pfn}, gfp); }
  Status ClearRange(PfnRange range, Gfp gfp) {
    std::erase_if(pages_, IsGhost);
    return Honestly::ClearRange(range, gfp);
  }
  static bool IsGhost(const std::pair<const Pfn, void*>& page) {
    return page.second == nullptr;
  }
};

// Two requests; when the second fails the first is forgotten.
struct Leaks : Honestly {
  static constexpr StructureTraits kTraits = Called("leaks");
  using Honest::Honest;
  Status Set(Pfn pfn, Gfp gfp) {
    void* preloaded = heap_.Allocate(kObjectBytes, 8, gfp);
    if (preloaded == nullptr) return Status::kNoMemory;
    if (Honestly::Set(pfn, gfp) != Status::kOk) return Status::kNoMemory;
    Give(preloaded);
    return Status::kOk;
  }
};

struct ReportsSuccess : Honestly {
  static constexpr StructureTraits kTraits = Called("reports-success");
  using Honest::Honest;
  Status Set(Pfn pfn, Gfp gfp) {
    (void)Honestly::Set(pfn, gfp);
    return Status::kOk;
  }
};

// Recorded with memory that may sleep, yet reported as failed.
struct ReportsFailure : Honestly {
  static constexpr StructureTraits kTraits = Called("reports-failure");
  using Honest::Honest;
  Status Set(Pfn pfn, Gfp gfp) {
    const Status status = Honestly::Set(pfn, gfp);
    if (status != Status::kOk) (void)Honestly::Set(pfn, Gfp::kKernel);
    return status;
  }
};

struct Throws : Honestly {
  static constexpr StructureTraits kTraits = Called("throws");
  using Honest::Honest;
  Status Set(Pfn pfn, Gfp gfp) {
    if (Honestly::Set(pfn, gfp) != Status::kOk) throw std::bad_alloc();
    return Status::kOk;
  }
};

struct TriesForEver : Honestly {
  static constexpr StructureTraits kTraits = Called("tries-for-ever");
  using Honest::Honest;
  Status Set(Pfn pfn, Gfp gfp) {
    while (Honestly::Set(pfn, gfp) != Status::kOk) {
    }
    return Status::kOk;
  }
};

// Takes the first failure for the end of the world.
struct NeverRecovers : Honestly {
  static constexpr StructureTraits kTraits = Called("never-recovers");
  using Honest::Honest;
  Status Set(Pfn pfn, Gfp gfp) {
    if (!failed_) failed_ = Honestly::Set(pfn, gfp) != Status::kOk;
    return failed_ ? Status::kNoMemory : Status::kOk;
  }
  bool failed_ = false;
};

struct LosesItsInvariant : Honestly {
  static constexpr StructureTraits kTraits = Called("loses-its-invariant");
  using Honest::Honest;
  Status Set(Pfn pfn, Gfp gfp) {
    const Status status = Honestly::Set(pfn, gfp);
    valid_ = valid_ && status == Status::kOk;
    return status;
  }
  bool Validate() const { return valid_; }
  bool valid_ = true;
};

// Clearing takes a request, and reports its failure.
struct ClearsWithMemory : Honestly {
  static constexpr StructureTraits kTraits = Called("clears-with-memory");
  using Honest::Honest;
  Status Clear(Pfn pfn, Gfp gfp) { return ClearRange({pfn, pfn}, gfp); }
  Status ClearRange(PfnRange range, Gfp gfp) {
    void* scratch = heap_.Allocate(kObjectBytes, 8, gfp);
    if (scratch == nullptr) return Status::kNoMemory;
    Give(scratch);
    return Honestly::ClearRange(range, gfp);
  }
};

// The same, said before.
struct DeclaresThat : ClearsWithMemory {
  static constexpr StructureTraits kTraits = Called("declares-that", true);
  using ClearsWithMemory::ClearsWithMemory;
};

struct ClearsHalf : ClearsWithMemory {
  static constexpr StructureTraits kTraits = Called("clears-half", true);
  using ClearsWithMemory::ClearsWithMemory;
  Status ClearRange(PfnRange range, Gfp gfp) {
    (void)Honestly::ClearRange({range.first, range.first}, gfp);
    return ClearsWithMemory::ClearRange(range, gfp);
  }
};

struct DeclaresInVain : Honestly {
  static constexpr StructureTraits kTraits = Called("declares-in-vain", true);
  using Honest::Honest;
};

struct NeverAsks : Honestly {
  static constexpr StructureTraits kTraits = Called("never-asks");
  using Honest::Honest;
  Status Set(Pfn pfn, Gfp) { return Honestly::Set(pfn, Gfp::kKernel); }
};

struct Dies : Honestly {
  static constexpr StructureTraits kTraits = Called("dies");
  using Honest::Honest;
  Status Set(Pfn pfn, Gfp gfp) {
    if (Honestly::Set(pfn, gfp) != Status::kOk) std::terminate();
    return Status::kOk;
  }
};

struct DeclaresToAbort : Dies {
  static constexpr StructureTraits kTraits{
      .name = "declares-to-abort",
      .family = "test",
      .origin = "tests",
      .out_of_memory = OutOfMemory::kAborts};
  using Dies::Dies;
};

std::vector<SweepOperation> AllOperations() {
  std::vector<SweepOperation> all;
  for (const auto& info : kSweepOperations) all.push_back(info.operation);
  return all;
}

// Six pages in two passes, with a run and lone pages.
const Workload& Small() {
  static const auto workload = MakeWorkload("small", {{9, 8, 7, 70}, {1, 3}});
  return *workload;
}

struct Said {
  std::uint64_t problems;
  std::string out;
  std::string err;
};

template <PfnSet S>
SweepRequest RequestFor(const Workload& workload = Small()) {
  return {.kinds = {SetKindOf<S>()},
          .workloads = {{&workload, workload.name()}},
          .operations = AllOperations()};
}

Said SweepAll(const SweepRequest& request) {
  std::ostringstream out;
  std::ostringstream err;
  const std::uint64_t problems = RunSweep(request, out, err);
  return {problems, out.str(), err.str()};
}

// It is named, with what it did wrong and how to see it again; and the line
// does show it again.
template <PfnSet S>
void ExpectCaught(const std::string& what,
                  const SweepCase& first = {SweepOperation::kSet, 0, 1}) {
  SweepRequest request = RequestFor<S>();
  const Said all = SweepAll(request);
  EXPECT_GT(all.problems, 0);
  const std::string name(S::kTraits.name);
  const std::string line =
      "to see it again: pfnbench sweep --structure=" + name +
      " --workload=small --operation=" + std::string(Name(first.operation)) +
      " --at=" + std::to_string(first.at) +
      " --nth=" + std::to_string(first.nth) +
      (first.mode == Mode::kOnce ? "\n" : " --persistent\n");
  EXPECT_TRUE(Has(all.err, "pfnbench: " + name + ": "));
  EXPECT_TRUE(Has(all.err, what));
  EXPECT_TRUE(Has(all.err, line));

  request.operations = {first.operation};
  request.only = first;
  const Said again = SweepAll(request);
  EXPECT_EQ(again.problems, 1);
  EXPECT_TRUE(Has(again.err, what));
}

TEST(Sweep, AnHonestSetSurvivesAndIsCounted) {
  const Said said = SweepAll(RequestFor<Honestly>());
  EXPECT_EQ(said.problems, 0) << said.err;
  EXPECT_EQ(said.err, "");
  // Six sets of one request each, failing once alone and once with the later.
  EXPECT_EQ(said.out,
            "structure            workload    operation      steps allocating "
            "most  survived\n"
            "honest               small       set                6          6 "
            "   1        12\n"
            "honest               small       clear              6          0 "
            "   0         0\n"
            "honest               small       clear-range        6          0 "
            "   0         0\n"
            "honest               small       test               6          0 "
            "   0         0\n"
            "honest               small       next-range         6          0 "
            "   0         0\n"
            "1 structures: 12 failed requests survived, 0 problems\n"
            "failed requests by operation: set 12, clear 0, clear-range 0, "
            "test 0, next-range 0\n");
}

TEST(Sweep, AClearThatReportsItsFailureIsCountedToo) {
  const Said said = SweepAll(RequestFor<DeclaresThat>());
  EXPECT_EQ(said.problems, 0) << said.err;
  EXPECT_TRUE(Has(said.out,
                  "small       clear              6          6 "
                  "   1        12\n"));
}

TEST(Sweep, AForgottenRollbackIsCaught) {
  ExpectCaught<ForgetsRollback>("1 ranges, the oracle has 0");
}

TEST(Sweep, ALeakIsCaught) {
  ExpectCaught<Leaks>("1 objects, 40 requested bytes are live",
                      {SweepOperation::kSet, 0, 2});
}

TEST(Sweep, ASuccessThatIsNoneIsCaught) {
  ExpectCaught<ReportsSuccess>("0 ranges, the oracle has 1");
}

TEST(Sweep, AFailureThatIsNoneIsCaught) {
  ExpectCaught<ReportsFailure>("1 ranges, the oracle has 0");
}

TEST(Sweep, ADeclaredReportThatIsAThrowIsCaught) {
  ExpectCaught<Throws>(
      "Set[9,9] threw 'std::bad_alloc', though it declares 'reports'",
      {SweepOperation::kSet, 0, 1, Mode::kFromThenOn});
}

TEST(Sweep, ASetThatNeverRecoversIsCaught) {
  ExpectCaught<NeverRecovers>("again, with memory: ");
}

TEST(Sweep, ALostInvariantIsCaught) {
  ExpectCaught<LosesItsInvariant>("Validate() is false");
}

TEST(Sweep, AClearThatNeedsMemoryWithoutSayingSoIsCaught) {
  ExpectCaught<ClearsWithMemory>("Clear[9,9] must not fail",
                                 {SweepOperation::kClear, 0, 1});
}

TEST(Sweep, AClearRangeThatFailsHalfWayIsCaught) {
  // The middle half of [7,9] is [7,9]: its first page is gone.
  ExpectCaught<ClearsHalf>("range 0 is [8,9], expected [7,9]",
                           {SweepOperation::kClearRange, 0, 1});
}

TEST(Sweep, WithoutAFailureItIsNoSweep) {
  const Said said = SweepAll(RequestFor<NeverAsks>());
  EXPECT_EQ(said.problems, 1);
  EXPECT_EQ(said.err,
            "pfnbench: never-asks: not one request of set failed, so nothing "
            "was tested; choose another --workload or a larger --limit\n");
  const Said declared = SweepAll(RequestFor<DeclaresInVain>());
  EXPECT_EQ(declared.problems, 1);
  EXPECT_TRUE(Has(declared.err, "declares-in-vain: not one request of clear"));
}

TEST(Sweep, WhatAsksForNoMemoryIsSaidToBeUntested) {
  SweepRequest request = RequestFor<Honestly>();
  request.operations = {SweepOperation::kClear};
  const Said said = SweepAll(request);
  EXPECT_EQ(said.problems, 0);
  EXPECT_EQ(said.err,
            "pfnbench: not one request failed, so nothing was tested: these "
            "operations ask for no memory\n");
}

TEST(Sweep, WhoNeverEndsIsNamedAndEndsTheProgram) {
  SweepRequest request = RequestFor<TriesForEver>();
  request.case_seconds = 1;
  EXPECT_EXIT(SweepAll(request), ::testing::ExitedWithCode(1),
              "pfnbench: tries-for-ever gives no answer in 1 s of CPU time; to "
              "see it again: pfnbench sweep --structure=tries-for-ever "
              "--workload=small --operation=set --at=0 --nth=1 --persistent");
}

TEST(Sweep, WhoDeclaresToAbortIsSkippedByName) {
  SweepRequest request = RequestFor<Honestly>();
  request.kinds.push_back(SetKindOf<DeclaresToAbort>());
  const Said said = SweepAll(request);
  EXPECT_EQ(said.problems, 0) << said.err;
  EXPECT_EQ(said.out.find("declares-to-abort: skipped: it aborts when memory "
                          "runs out\n"),
            0);
  // Nobody left is no success.
  request.kinds.erase(request.kinds.begin());
  EXPECT_EQ(SweepAll(request).problems, 1);
}

TEST(Sweep, WhoDiesIsNamedInTheLastWords) {
  EXPECT_DEATH(
      {
        InstallCrashNote();
        SweepAll(RequestFor<Dies>());
      },
      "pfnbench: dies crashes; to see it again: pfnbench sweep "
      "--structure=dies --workload=small --operation=set --at=0 --nth=1");
}

TEST(Sweep, TheLimitCutsTheTraceAndStandsInTheLine) {
  SweepRequest request = RequestFor<Leaks>();
  request.limit = 5;
  const Said said = SweepAll(request);
  EXPECT_TRUE(Has(said.out, "small       set                5 "));
  EXPECT_TRUE(Has(said.err, "--workload=small --limit=5 --operation=set"));
  // None at all.
  request.limit = 0;
  EXPECT_TRUE(Has(SweepAll(request).out, "small       set                6 "));
}

TEST(Sweep, ASingleCaseThatIsNoneIsAnError) {
  SweepRequest request = RequestFor<Honestly>();
  request.operations = {SweepOperation::kSet};
  request.only = {SweepOperation::kSet, 5, 1};
  EXPECT_EQ(SweepAll(request).out,
            "honest survived: pfnbench sweep --structure=honest "
            "--workload=small --operation=set --at=5 --nth=1\n");
  request.only->nth = 2;
  EXPECT_EQ(SweepAll(request).err,
            "pfnbench: honest: nothing failed: step 5 of set on small makes "
            "fewer than 2 requests\n");
  request.only->at = 6;
  EXPECT_EQ(SweepAll(request).err,
            "pfnbench: --at=6: set of small has only the steps 0 to 5\n");
}

TEST(SweepTrace, CutsSplitEachRunAndEndWithEverything) {
  // Runs as the guest listed them: 8 downwards, 4 upwards, one lone page.
  const auto workload = MakeWorkload(
      "runs", {{107, 106, 105, 104, 103, 102, 101, 100, 50, 51, 52, 53, 9}});
  const SweepTrace trace(*workload, 0);
  ASSERT_EQ(trace.passes().size(), 1);
  EXPECT_EQ(trace.passes()[0].cuts,
            (std::vector<PfnRange>{{102, 105}, {51, 52}, {9, 9}, {9, 107}}));
  // Cut off inside a run: 107 to 102.
  const SweepTrace first(*workload, 6);
  EXPECT_EQ(first.passes()[0].pages,
            (std::vector<Pfn>{107, 106, 105, 104, 103, 102}));
  EXPECT_EQ(first.passes()[0].cuts,
            (std::vector<PfnRange>{{103, 106}, {102, 107}}));
}

}  // namespace
}  // namespace pfn::testing
