// SPDX-License-Identifier: MIT
//
// The roaring bitmaps: which container a chunk has and when it gets another,
// what a conversion that gets no memory leaves behind, how a run is split, and
// that no request grows with the set.

#include "structures/roaring/roaring.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <random>
#include <set>
#include <vector>

#include "harness/kernel/fault_model.h"
#include "harness/kernel/nowait_heap.h"
#include "harness/kernel/page_arena.h"
#include "structures/roaring/chunk.h"
#include "structures/roaring/table.h"
#include "tests/structures/random_life.h"
#include "tests/structures/rig.h"

namespace pfn::testing {
namespace {

using roaring::Chunk;
using roaring::Kind;

constexpr Pfn kChunk = roaring::kChunkPages;
constexpr std::uint64_t kBitsetBytes = 8192;

template <class S>
std::vector<Chunk> Chunks(Bare<S>& set) {
  std::vector<Chunk> chunks;
  set->VisitChunks([&](const Chunk& chunk) { chunks.push_back(chunk); });
  return chunks;
}
// Of the only chunk.
template <class S>
Kind KindOf(Bare<S>& set) {
  const std::vector<Chunk> chunks = Chunks(set);
  EXPECT_EQ(chunks.size(), 1);
  return chunks.at(0).kind;
}

// ------------------------------------------------------- arrays and bitsets

template <class S>
class RoaringLimitTest : public ::testing::Test {};

template <class S, std::uint32_t kMembers>
struct Limit {
  using Set = S;
  static constexpr std::uint32_t kLimit = kMembers;
};
using Limits = ::testing::Types<
    Limit<Roaring<NowaitHeap>, 4096>, Limit<RoaringKmalloc<NowaitHeap>, 2048>,
    Limit<RoaringHint<NowaitHeap>, 4096>, Limit<RoaringRun<NowaitHeap>, 4096>,
    Limit<RoaringRunOptimal<NowaitHeap>, 4096>>;
TYPED_TEST_SUITE(RoaringLimitTest, Limits);

// Every third page: no runs that would be worth a container.
template <class L>
void FillToLimit(Bare<typename L::Set>& set) {
  set.Fill({0, 3 * (L::kLimit - 1)}, 3);
}

TYPED_TEST(RoaringLimitTest, AnArrayBecomesABitsetBeyondTheLimitAndComesBack) {
  Bare<typename TypeParam::Set> set;
  FillToLimit<TypeParam>(set);
  EXPECT_EQ(KindOf(set), Kind::kArray);
  set.Set(0);  // a member: nothing to convert
  EXPECT_EQ(KindOf(set), Kind::kArray);
  set.Set(3 * TypeParam::kLimit);
  EXPECT_EQ(KindOf(set), Kind::kBitset);
  set.Clear(1);  // no member: nothing to convert
  EXPECT_EQ(KindOf(set), Kind::kBitset);
  set.Clear(3);
  EXPECT_EQ(KindOf(set), Kind::kArray);
  EXPECT_EQ(set.Ranges().size(), TypeParam::kLimit);
  EXPECT_TRUE(set->Validate());
}

TYPED_TEST(RoaringLimitTest, WithoutMemoryForTheBitsetNothingChanges) {
  Bare<typename TypeParam::Set> set;
  FillToLimit<TypeParam>(set);
  const std::vector<PfnRange> before = set.Ranges();
  const std::uint64_t bytes = set.usage().live_requested;
  set.FailAll();
  set.SetFails(3 * TypeParam::kLimit);
  set.SetFails(1);
  set.Set(6);  // a member
  EXPECT_EQ(set.Ranges(), before);
  EXPECT_EQ(set.usage().live_requested, bytes);
  EXPECT_TRUE(set->Validate());
  EXPECT_EQ(set->Set(1, Gfp::kKernel), Status::kOk);
  EXPECT_EQ(KindOf(set), Kind::kBitset);
}

TYPED_TEST(RoaringLimitTest, ABitsetThatGetsNoMemoryForAnArrayStays) {
  Bare<typename TypeParam::Set> set;
  FillToLimit<TypeParam>(set);
  set.Set(3 * TypeParam::kLimit);
  set.FailAll();
  set.Clear(0);
  set.Clear(3);
  EXPECT_EQ(set.failures().injected(), 2);
  EXPECT_EQ(KindOf(set), Kind::kBitset);
  EXPECT_FALSE(set->Test(3));
  EXPECT_EQ(set.Ranges().size(), TypeParam::kLimit - 1);
  EXPECT_TRUE(set->Validate());
  set.failures().Disarm();
  set.Clear(6);
  EXPECT_EQ(KindOf(set), Kind::kArray);
  EXPECT_EQ(set.Ranges().size(), TypeParam::kLimit - 2);
}

TYPED_TEST(RoaringLimitTest, AnArrayDoublesAndShrinksAtAQuarter) {
  Bare<typename TypeParam::Set> set;
  constexpr std::uint32_t kFirst = 32 / 2;  // members in the first buffer
  for (std::uint32_t members = 1; members <= TypeParam::kLimit; ++members) {
    set.Set(3 * members);
    const unsigned order = Chunks(set).at(0).order;
    ASSERT_EQ(kFirst << order, std::max(kFirst, std::bit_ceil(members)));
  }
  for (std::uint32_t members = TypeParam::kLimit - 1; members != 0; --members) {
    set.Clear(3 * members);
    const unsigned order = Chunks(set).at(0).order;
    const std::uint32_t tight = std::max(kFirst, std::bit_ceil(members));
    ASSERT_LE(tight, kFirst << order);
    ASSERT_LE(kFirst << order, 2 * tight);
  }
}

TYPED_TEST(RoaringLimitTest, WhatIsEmptyGivesItsBufferBack) {
  Bare<typename TypeParam::Set> set;
  set.Fill({5, 3 * kChunk}, 97);
  set.ClearRange({0, 2 * kChunk});
  set.ClearRange({2 * kChunk + 1, kMaxPfn});
  EXPECT_EQ(Chunks(set).size(), 0);
  EXPECT_EQ(set.usage().live_objects(), 2) << "the table's page and directory";
  EXPECT_TRUE(set.Ranges().empty());
}

// ------------------------------------------------------------------ memory

// Table: 32 chunks of 24 bytes with a header of 16, and 4 pointers.
constexpr std::uint64_t kTableOf28Chunks = 32 * 24 + 16 + 4 * 8;

template <class S>
std::uint64_t BytesOfDense7GiB() {
  Bare<S> set;
  constexpr PfnRange kPages = {kChunk, 29 * kChunk - 1};
  for (Pfn pfn = kPages.last; pfn >= kPages.first; --pfn) set.Set(pfn);
  EXPECT_EQ(set.Ranges(), std::vector<PfnRange>{kPages});
  EXPECT_TRUE(set->Validate());
  return set.usage().live_requested;
}

TEST(RoaringTest, Dense7GiBTake28Bitsets) {
  constexpr std::uint64_t kBytes = 28 * kBitsetBytes + kTableOf28Chunks;
  static_assert(kBytes == 230'192);
  EXPECT_EQ(BytesOfDense7GiB<Roaring<NowaitHeap>>(), kBytes);
  EXPECT_EQ(BytesOfDense7GiB<RoaringKmalloc<NowaitHeap>>(), kBytes);
  EXPECT_EQ(BytesOfDense7GiB<RoaringHint<NowaitHeap>>(), kBytes);
}

TEST(RoaringTest, Dense7GiBTake28RunsOfTheSmallestBuffer) {
  constexpr std::uint64_t kBytes = 28 * 32 + kTableOf28Chunks;
  static_assert(kBytes == 1'712);
  EXPECT_EQ(BytesOfDense7GiB<RoaringRun<NowaitHeap>>(), kBytes);
  EXPECT_EQ(BytesOfDense7GiB<RoaringRunOptimal<NowaitHeap>>(), kBytes);
}

// Remembers the largest request.
class LargestRequest final : public FaultModel {
 public:
  bool FailObject(std::size_t object_bytes, Gfp) override {
    bytes_ = std::max(bytes_, object_bytes);
    return false;
  }
  bool FailPages(unsigned order, PageUser user, Gfp) override {
    if (user == PageUser::kCaller) {
      bytes_ = std::max(bytes_, std::size_t{4096} << order);
    }
    return false;
  }
  std::size_t bytes() const { return bytes_; }

 private:
  std::size_t bytes_ = 0;
};

template <bool kGuess>
struct Finding {
  using Table = roaring::ChunkTable<NowaitHeap, false, kGuess>;
};

template <class How>
class RoaringTableTest : public ::testing::Test {
 protected:
  RoaringTableTest() { heap_.set_fault(&largest_); }
  ~RoaringTableTest() override { heap_.set_fault(nullptr); }

  void Insert(std::uint64_t key) {
    Chunk* const chunk = table_.Insert(key, Gfp::kNowait);
    ASSERT_NE(chunk, nullptr);
    *chunk = {.key = key,
              .buffer = nullptr,
              .last_index = 0,
              .runs = 1,
              .gap = 0,
              .kind = Kind::kArray,
              .order = 0};
    keys_.insert(key);
  }
  void Erase(std::uint64_t key) {
    table_.Erase(table_.LowerBound(key));
    keys_.erase(key);
  }
  // Whether all is found, and in order; also from places between the keys.
  void Check() {
    ASSERT_TRUE(table_.Validate());
    auto at = table_.LowerBound(0);
    for (const std::uint64_t key : keys_) {
      ASSERT_NE(table_.At(at), nullptr);
      ASSERT_EQ(table_.At(at)->key, key);
      ASSERT_EQ(table_.Find(key), table_.At(at));
      ASSERT_EQ(table_.At(table_.LowerBound(key)), table_.At(at));
      at = table_.Next(at);
      if (keys_.contains(key + 1)) continue;
      ASSERT_EQ(table_.Find(key + 1), nullptr);
      ASSERT_EQ(table_.At(table_.LowerBound(key + 1)), table_.At(at));
    }
    ASSERT_EQ(table_.At(at), nullptr);
  }

  PageArena arena_;
  LargestRequest largest_;
  NowaitHeap heap_{arena_};
  typename How::Table table_{heap_};
  std::set<std::uint64_t> keys_;
};

using BothWays = ::testing::Types<Finding<false>, Finding<true>>;
TYPED_TEST_SUITE(RoaringTableTest, BothWays);

TYPED_TEST(RoaringTableTest, KeysInAnyOrderAreFound) {
  std::mt19937_64 random(1);
  for (std::uint64_t i = 0; i < 3000; ++i) this->Insert(1000 + i);
  for (std::uint64_t i = 0; i < 500; ++i) this->Insert(999 - i);
  this->Check();
  for (std::uint64_t i = 0; i < 3000; ++i) {
    if (const std::uint64_t key = random() >> 16; !this->keys_.contains(key)) {
      this->Insert(key);
    }
  }
  this->Check();
}

TYPED_TEST(RoaringTableTest,
           ThirtyTwoTebibytesNeedNoRequestAboveEightKibibytes) {
  constexpr std::uint64_t kKeys = std::uint64_t{1} << (45 - 12 - 16);
  // One key of each page first, in no order, then others among them.
  constexpr std::uint64_t kPageKeys = 128;
  for (std::uint64_t i = 0; i < kKeys / kPageKeys; ++i) {
    this->Insert(i * 389 % (kKeys / kPageKeys) * kPageKeys + i % kPageKeys);
  }
  EXPECT_LE(this->largest_.bytes(), 8192);
  this->Check();
  std::mt19937_64 random(2);
  for (std::uint64_t i = 0; i < 3000; ++i) {
    if (const std::uint64_t key = random() % kKeys;
        !this->keys_.contains(key)) {
      this->Insert(key);
    }
  }
  EXPECT_LE(this->largest_.bytes(), 8192);
  this->Check();
}

// Memory that is used from two ends is two groups of pages with a hole between
// them until the ends meet.
TYPED_TEST(RoaringTableTest, PagesMissingInTheMiddleDoNotMislead) {
  for (std::uint64_t key = 0; key < 1000; ++key) {
    this->Insert(300 + key);
    this->Insert(9000 + key);
    this->Insert(99000 - key);
  }
  this->Check();
}

TYPED_TEST(RoaringTableTest, HolesBetweenKeysDoNotMislead) {
  // Runs of keys of all lengths to 9 with holes of all lengths to 9.
  std::uint64_t key = 5;
  for (unsigned length = 1; length < 10; ++length) {
    for (unsigned hole = 1; hole < 10; ++hole) {
      for (unsigned i = 0; i < length; ++i) this->Insert(key++);
      this->Check();
      key += hole;
    }
  }
}

TYPED_TEST(RoaringTableTest, PagesThatBecomeEmptyGo) {
  for (std::uint64_t key = 0; key < 1000; ++key) this->Insert(key);
  const std::uint64_t objects = this->heap_.usage().live_objects();
  for (std::uint64_t key = 100; key < 900; ++key) this->Erase(key);
  this->Check();
  EXPECT_LT(this->heap_.usage().live_objects(), objects);
  while (!this->keys_.empty()) this->Erase(*this->keys_.begin());
  this->Check();
  EXPECT_EQ(this->heap_.usage().live_objects(), 2)
      << "one page and the directory";
  this->Insert(7);
  this->Check();
}

TYPED_TEST(RoaringTableTest, AnInsertThatFailsChangesNothing) {
  this->heap_.set_fault(nullptr);
  for (std::uint64_t key = 0; key < 2000; ++key) {
    for (std::uint64_t n = 1;; ++n) {
      FailuresToOrder failures(10);
      failures.Arm(n, FailuresToOrder::Mode::kOnce);
      this->heap_.set_fault(&failures);
      Chunk* const chunk = this->table_.Insert(2 * key, Gfp::kNowait);
      this->heap_.set_fault(nullptr);
      if (chunk != nullptr) {
        *chunk = {.key = 2 * key,
                  .buffer = nullptr,
                  .last_index = 0,
                  .runs = 1,
                  .gap = 0,
                  .kind = Kind::kArray,
                  .order = 0};
        this->keys_.insert(2 * key);
        ASSERT_EQ(failures.injected(), 0);
        break;
      }
      ASSERT_EQ(failures.injected(), 1);
      ASSERT_TRUE(this->table_.Validate());
      ASSERT_EQ(this->table_.Find(2 * key), nullptr);
    }
  }
  this->Check();
}

TEST(RoaringHintTableTest, AChunkThatMovedOrWentIsNotFoundWhereItWas) {
  PageArena arena;
  NowaitHeap heap(arena);
  roaring::ChunkTable<NowaitHeap, true, false> table(heap);
  for (std::uint64_t key = 1; key <= 300; ++key) {
    ASSERT_NE(table.Insert(key, Gfp::kNowait), nullptr);
    for (const std::uint64_t looked_for : {std::uint64_t{1}, key}) {
      ASSERT_EQ(table.Find(looked_for), table.At(table.LowerBound(looked_for)));
    }
  }
  for (std::uint64_t key = 300; key > 1; --key) {
    ASSERT_NE(table.Find(key), nullptr);
    table.Erase(table.LowerBound(key));
    ASSERT_EQ(table.Find(key), nullptr);
    ASSERT_EQ(table.Find(1), table.At(table.LowerBound(1)));
  }
}

// -------------------------------------------------------------------- runs

using BareRun = Bare<RoaringRun<NowaitHeap>>;
using BareOptimal = Bare<RoaringRunOptimal<NowaitHeap>>;

// What run_optimize() compares.
Kind BestKind(std::uint64_t members, std::uint64_t runs) {
  const std::uint64_t other = members <= 4096 ? 2 * members : kBitsetBytes;
  if (2 + 4 * runs < other) return Kind::kRuns;
  return members <= 4096 ? Kind::kArray : Kind::kBitset;
}

TEST(RoaringRunTest, AWalkOptimisesOnceAfterAChange) {
  BareRun set;
  set.Fill({10, 29});
  EXPECT_EQ(KindOf(set), Kind::kArray);
  EXPECT_EQ(set.Ranges(), (std::vector<PfnRange>{{10, 29}}));
  EXPECT_EQ(KindOf(set), Kind::kRuns);
  for (Pfn pfn = 12; pfn <= 28; pfn += 2) {
    set.Clear(pfn);
    EXPECT_EQ(KindOf(set), Kind::kRuns) << "it stays one until the next walk";
  }
  const std::uint64_t allocations = set.usage().allocations;
  EXPECT_EQ(set.Ranges().size(), 10);
  EXPECT_EQ(KindOf(set), Kind::kArray);
  EXPECT_EQ(set.Ranges().size(), 10);
  EXPECT_EQ(set.usage().allocations, allocations + 1);
  EXPECT_TRUE(set->Validate());
}

TEST(RoaringRunTest, AWalkWithoutMemoryLeavesTheContainersAsTheyAre) {
  BareRun set;
  set.Fill({10, 29});
  set.FailAll();
  EXPECT_EQ(set.Ranges(), (std::vector<PfnRange>{{10, 29}}));
  EXPECT_EQ(set.failures().injected(), 1);
  EXPECT_EQ(KindOf(set), Kind::kArray);
  EXPECT_TRUE(set->Validate());
}

TEST(RoaringRunTest, RunsThatFillABitsetsBytesBecomeABitset) {
  BareRun set;
  set.Fill({0, 7999});
  EXPECT_EQ(set.Ranges(), (std::vector<PfnRange>{{0, 7999}}));
  for (Pfn i = 1; i <= 2047; ++i) set.Set(8000 + 2 * i);
  EXPECT_EQ(KindOf(set), Kind::kRuns);
  set.Set(20000);
  EXPECT_EQ(KindOf(set), Kind::kBitset);
  EXPECT_EQ(set.Ranges().size(), 2049);
  EXPECT_TRUE(set->Validate());
}

TEST(RoaringRunOptimalTest, FourPagesInSequenceAreWorthARun) {
  BareOptimal set;
  set.Fill({10, 12});
  EXPECT_EQ(KindOf(set), Kind::kArray);
  set.Set(9);
  EXPECT_EQ(KindOf(set), Kind::kRuns);
  set.Clear(11);
  EXPECT_EQ(KindOf(set), Kind::kArray);
  EXPECT_EQ(set.Ranges(), (std::vector<PfnRange>{{9, 10}, {12, 12}}));
}

TEST(RoaringRunOptimalTest, ABitsetBecomesRunsAt2047) {
  BareOptimal set;
  set.Fill({0, 2 * 5000 - 2}, 2);
  ASSERT_EQ(KindOf(set), Kind::kBitset);
  for (std::uint64_t runs = 5000; runs > 2048;) {
    set.Set(2 * (5000 - runs) + 1);
    --runs;
    ASSERT_EQ(KindOf(set), Kind::kBitset) << runs;
  }
  set.Set(2 * (5000 - 2048) + 1);
  EXPECT_EQ(KindOf(set), Kind::kRuns);
  EXPECT_EQ(Chunks(set).at(0).runs, 2047);
  set.Clear(1);
  EXPECT_EQ(KindOf(set), Kind::kBitset);
  EXPECT_TRUE(set->Validate());
}

TEST(RoaringRunOptimalTest, WithMemoryEveryChunkAlwaysHasItsBestContainer) {
  std::mt19937_64 random(7);
  BareOptimal set;
  for (unsigned i = 0; i < 4000; ++i) {
    const Pfn first = random() % 12'000;
    const Pfn last = first + random() % (random() % 2 == 0 ? 4 : 400);
    switch (random() % 4) {
      case 0:
        set.ClearRange({first, last});
        break;
      case 1:
        set.Clear(first);
        break;
      default:
        set.Fill({first, last}, 1 + random() % 3);
        break;
    }
    for (const Chunk& chunk : Chunks(set)) {
      ASSERT_EQ(chunk.kind, BestKind(chunk.members(), chunk.runs));
    }
    if (i % 16 == 0) {
      ASSERT_TRUE(set->Validate());
    }
  }
}

// 8 runs of 20 pages: the smallest buffer is full.
constexpr PfnRange RunNumber(unsigned i) { return {100 * i, 100 * i + 19}; }
template <class S>
std::vector<PfnRange> FillWith8Runs(Bare<S>& set) {
  for (unsigned i = 0; i < 8; ++i) set.Fill(RunNumber(i));
  const std::vector<PfnRange> ranges = set.Ranges();
  EXPECT_EQ(KindOf(set), Kind::kRuns);
  EXPECT_EQ(Chunks(set).at(0).order, 0);
  return ranges;
}

template <class S>
class RoaringSplitTest : public ::testing::Test {};
using RunSets =
    ::testing::Types<RoaringRun<NowaitHeap>, RoaringRunOptimal<NowaitHeap>>;
TYPED_TEST_SUITE(RoaringSplitTest, RunSets);

TYPED_TEST(RoaringSplitTest, ARunThatCannotBeSplitStays) {
  for (unsigned i = 0; i < 8; ++i) {
    Bare<TypeParam> set;
    const std::vector<PfnRange> before = FillWith8Runs(set);
    const PfnRange run = RunNumber(i);
    const PfnRange inner = {run.first + 1, run.last - 1};
    set.FailAll();
    EXPECT_EQ(set->Clear(run.first + 7, Gfp::kNowait), Status::kNoMemory);
    EXPECT_EQ(set->ClearRange(inner, Gfp::kNowait), Status::kNoMemory);
    set.SetFails(run.last + 5);
    EXPECT_EQ(set.Ranges(), before);
    EXPECT_TRUE(set->Validate());
    EXPECT_EQ(set->ClearRange(inner, Gfp::kKernel), Status::kOk);
    EXPECT_EQ(Chunks(set).at(0).order, 1);
    EXPECT_EQ(
        set.Ranges({run.first, run.last}),
        (std::vector<PfnRange>{{run.first, run.first}, {run.last, run.last}}));
    EXPECT_TRUE(set->Validate());
  }
}

TYPED_TEST(RoaringSplitTest, WhatSplitsNoRunNeedsNoMemory) {
  Bare<TypeParam> set;
  FillWith8Runs(set);
  set.FailAll();
  set.Set(20);  // a run grows upwards
  set.Set(99);  // and downwards
  set.Clear(0);
  set.Clear(219);
  set.Clear(50);  // no member
  set.ClearRange({310, 405});
  set.ClearRange({515, 9999});
  EXPECT_EQ(
      set.Ranges(),
      (std::vector<PfnRange>{
          {1, 20}, {99, 119}, {200, 218}, {300, 309}, {406, 419}, {500, 514}}));
  EXPECT_EQ(set.failures().injected(), 0);
  EXPECT_TRUE(set->Validate());
}

TYPED_TEST(RoaringSplitTest, PagesBetweenJoinRunsInAnyOrder) {
  std::mt19937_64 random(3);
  for (unsigned round = 0; round < 20; ++round) {
    Bare<TypeParam> set;
    std::vector<Pfn> pages(600);
    for (Pfn i = 0; i < pages.size(); ++i) pages[i] = kChunk - 300 + i;
    std::shuffle(pages.begin(), pages.end(), random);
    for (const Pfn pfn : pages) set.Set(pfn);
    EXPECT_EQ(set.Ranges(),
              (std::vector<PfnRange>{{kChunk - 300, kChunk + 299}}));
    EXPECT_TRUE(set->Validate());
    for (const Chunk& chunk : Chunks(set)) EXPECT_EQ(chunk.runs, 1);
  }
}

// --------------------------------------------------------- against the oracle

template <class S>
class RoaringOracleTest : public ::testing::Test {};
using AllOfThem =
    ::testing::Types<Roaring<NowaitHeap>, RoaringKmalloc<NowaitHeap>,
                     RoaringHint<NowaitHeap>, RoaringRun<NowaitHeap>,
                     RoaringRunOptimal<NowaitHeap>>;
TYPED_TEST_SUITE(RoaringOracleTest, AllOfThem);

// Long enough for all conversions, in two chunks and over their border.
TYPED_TEST(RoaringOracleTest, LongRandomLivesAgreeAlsoWhenMemoryIsScarce) {
  EXPECT_GT(PlayRandomLife(SetKindOf<TypeParam>(), {.base = kChunk - 9000,
                                                    .pages = 18'000,
                                                    .steps = 6000,
                                                    .longest = 900}),
            0);
}

}  // namespace
}  // namespace pfn::testing
