// SPDX-License-Identifier: MIT
//
// The set that the roaring structures share: a table of chunks
// (table.h), one container for each (chunk.h), and
// here the rule which container a chunk has and how it gets another.
//
// Rule        an array up to max_array members, else a bitset, as add() and
//             remove() of the roaring libraries have it. With runs, what
//             run_optimize() makes of a chunk: the container of the fewest
//             bytes, where an array takes 2 for each member, a bitset 8,192 and
//             a run container 2 and 4 for each run; it wins only if it is
//             smaller. kBeforeWalk does that to all chunks when they are walked
//             after a change, as users of the libraries do, and a container of
//             runs then stays one while it fits into 8,192 bytes. kAlways has
//             every chunk so after every operation.
// max_array   4,096 as published: there an array takes the 8,192 bytes of a
//             bitset. In an allocator with kmalloc's classes it takes them from
//             2,049 members on, so that from there the bitset costs nothing and
//             is faster.
// Conversion  a new container is allocated and filled before the old one is
//             freed. Set converts when there is no other room for the page and
//             fails if it cannot; all other conversions, also the shrinking of
//             an array that fills a quarter of its buffer, only save memory:
//             without memory the old container, which can hold the members as
//             well, stays until the next change.
// Clearing    never needs memory in arrays and bitsets. A run container of
//             which a run is to be split and that has no room must grow, and
//             clearing then fails with the membership unchanged; ClearRange can
//             only meet that when its range lies within one run, so it fails
//             before it has changed anything.

#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "structures/core/bit_runs.h"
#include "structures/core/nowait_allocator.h"
#include "structures/core/pfn.h"
#include "structures/roaring/chunk.h"
#include "structures/roaring/table.h"

namespace pfn::roaring {

enum class Runs : std::uint8_t { kNever, kBeforeWalk, kAlways };

// What distinguishes the structures; nothing is set in what was published
// first.
struct Features {
  Runs runs = Runs::kNever;  // run containers, by the rule above
  bool hint = false;         // the table remembers the chunk it found last
  bool guess = false;        // it guesses where a chunk is
  bool gap = false;          // see Containers
  std::uint32_t max_array = kMaxArrayMembers;
};

template <NowaitAllocator A, Features kFeatures>
class ChunkedSet {
  static_assert(kFeatures.max_array <= kMaxArrayMembers);

 public:
  explicit ChunkedSet(A& heap) : heap_(heap), table_(heap) {}
  ChunkedSet(const ChunkedSet&) = delete;
  ChunkedSet& operator=(const ChunkedSet&) = delete;
  ~ChunkedSet() {
    for (auto at = table_.LowerBound(0); Chunk* chunk = table_.At(at);
         at = table_.Next(at)) {
      FreeBuffer(*chunk);
    }
  }

  Status Set(Pfn pfn, Gfp gfp) {
    Chunk* const chunk = table_.Find(KeyOf(pfn));
    if (chunk == nullptr) [[unlikely]] {
      return AddChunk(pfn, gfp);
    }
    if constexpr (kFeatures.runs == Runs::kBeforeWalk) changed_ = true;
    if constexpr (!kWith.count_runs) {
      if (chunk->kind == Kind::kBitset) [[likely]] {
        bitset::Insert<false>(*chunk, LowOf(pfn));
        return Status::kOk;
      }
    }
    return AddTo(*chunk, LowOf(pfn), gfp);
  }

  Status Clear(Pfn pfn, Gfp gfp) {
    Chunk* const chunk = table_.Find(KeyOf(pfn));
    if (chunk == nullptr) return Status::kOk;
    const Low low = LowOf(pfn);
    if constexpr (kFeatures.runs == Runs::kBeforeWalk) changed_ = true;
    if constexpr (!kWith.count_runs) {
      if (chunk->kind == Kind::kBitset &&
          chunk->members() > kFeatures.max_array + 1) [[likely]] {
        bitset::Erase(*chunk, low);
        return Status::kOk;
      }
    }
    switch (CutFrom(*chunk, {low, low}, gfp)) {
      case Cut::kNoMemory:
        return Status::kNoMemory;
      case Cut::kAll:
        Drop(table_.LowerBound(KeyOf(pfn)));
        break;
      case Cut::kDone:
        break;
    }
    return Status::kOk;
  }

  bool Test(Pfn pfn) {
    const Chunk* const chunk = table_.Find(KeyOf(pfn));
    return chunk != nullptr && Contains(*chunk, LowOf(pfn));
  }

  std::optional<PfnRange> NextRange(Pfn from, Pfn max) const {
    std::optional<PfnRange> found;
    VisitPieces({from, max}, [&](PfnRange piece) {
      if (found && piece.first != found->last + 1) return false;
      found = {found ? found->first : piece.first, piece.last};
      return LowOf(piece.last) == kMaxLow;  // else it ends here
    });
    return found;
  }

  template <class Visitor>
  void ForEachRange(PfnRange range, Visitor&& visitor) {
    if constexpr (kFeatures.runs == Runs::kBeforeWalk) {
      if (changed_) OptimiseRuns();
    }
    bits::RunScan scan(visitor);
    for (Position at = table_.LowerBound(KeyOf(range.first)); IsIn(at, range);
         at = table_.Next(at)) {
      const Chunk& chunk = *table_.At(at);
      const Pfn first = FirstPage(chunk);
      const LowRange span = Clip(chunk, range);
      if (chunk.kind == Kind::kBitset) {
        scan.AddWords(chunk.words(), span.first, span.last + 1u, first);
        continue;
      }
      VisitRuns(chunk, span, [&](LowRange run) {
        scan.AddRun({first + run.first, first + run.last});
        return true;
      });
    }
    scan.Finish();
  }

  Status ClearRange(PfnRange range, Gfp gfp) {
    Position at = table_.LowerBound(KeyOf(range.first));
    while (IsIn(at, range)) {
      Chunk& chunk = *table_.At(at);
      switch (CutFrom(chunk, Clip(chunk, range), gfp)) {
        case Cut::kNoMemory:
          return Status::kNoMemory;
        case Cut::kAll:
          at = Drop(at);
          break;
        case Cut::kDone:
          at = table_.Next(at);
          break;
      }
    }
    return Status::kOk;
  }

  bool Validate() const {
    if (!table_.Validate()) return false;
    for (auto at = table_.LowerBound(0); const Chunk* chunk = table_.At(at);
         at = table_.Next(at)) {
      if (!IsConsistent<kWith>(*chunk)) return false;
    }
    return true;
  }

  // For white-box tests: visitor(const Chunk&) in order of the keys.
  template <class Visitor>
  void VisitChunks(Visitor&& visitor) const {
    for (auto at = table_.LowerBound(0); const Chunk* chunk = table_.At(at);
         at = table_.Next(at)) {
      visitor(*chunk);
    }
  }

 private:
  using Table = ChunkTable<A, kFeatures.hint, kFeatures.guess>;
  using Position = typename Table::Position;

  static constexpr Containers kWith = {
      .runs = kFeatures.runs != Runs::kNever,
      .count_runs = kFeatures.runs == Runs::kAlways,
      .gap = kFeatures.gap};

  static constexpr std::uint64_t KeyOf(Pfn pfn) { return pfn >> kChunkShift; }
  static constexpr Low LowOf(Pfn pfn) { return static_cast<Low>(pfn); }
  static constexpr Pfn FirstPage(const Chunk& chunk) {
    return chunk.key << kChunkShift;
  }

  static constexpr Kind KindWithoutRuns(std::uint32_t members) {
    return members <= kFeatures.max_array ? Kind::kArray : Kind::kBitset;
  }
  // What run_optimize() chooses.
  static constexpr Kind OptimalKind(std::uint32_t members, std::uint32_t runs) {
    const Kind kind = KindWithoutRuns(members);
    const std::size_t bytes =
        kind == Kind::kArray ? 2 * members : BufferBytes(kMaxOrder);
    return 2 + 4 * runs < bytes ? Kind::kRuns : kind;
  }
  // What `chunk` should be with so many of both.
  static Kind BestKind(const Chunk& chunk, std::uint32_t members,
                       std::uint32_t runs) {
    if constexpr (kFeatures.runs == Runs::kAlways) {
      return OptimalKind(members, runs);
    }
    if constexpr (kFeatures.runs == Runs::kBeforeWalk) {
      if (chunk.kind == Kind::kRuns &&
          OrderFor(Kind::kRuns, members, runs) <= kMaxOrder) {
        return Kind::kRuns;
      }
    }
    return KindWithoutRuns(members);
  }

  // ------------------------------------------------------------- buffers

  void* NewBuffer(unsigned order, Gfp gfp) {
    return heap_.Allocate(BufferBytes(order), alignof(std::uint64_t), gfp);
  }
  void FreeBuffer(const Chunk& chunk) {
    heap_.Free(chunk.buffer, BufferBytes(chunk.order), alignof(std::uint64_t));
  }

  // Moves the members to a new container. False: nothing happened.
  [[gnu::noinline]] bool Rebuild(Chunk& chunk, Kind kind, unsigned order,
                                 Gfp gfp) {
    Chunk built = chunk;
    built.kind = kind;
    built.order = static_cast<std::uint8_t>(order);
    built.buffer = NewBuffer(order, gfp);
    if (built.buffer == nullptr) return false;
    Fill(built, chunk);
    FreeBuffer(chunk);
    chunk = built;
    return true;
  }

  // Makes room for one more member, or run. False: nothing happened.
  bool MakeRoom(Chunk& chunk, std::uint32_t members, Gfp gfp) {
    const std::uint32_t runs = chunk.runs + 1;
    const Kind kind = BestKind(chunk, members, runs);
    return Rebuild(chunk, kind, OrderFor(kind, members, runs), gfp);
  }

  // Gives the chunk the container that it should have, if memory allows.
  void Optimise(Chunk& chunk, Gfp gfp) {
    const Kind kind = BestKind(chunk, chunk.members(), chunk.runs);
    const unsigned order = OrderFor(kind, chunk.members(), chunk.runs);
    if (kind == chunk.kind && order + 2 > chunk.order) [[likely]] {
      return;
    }
    (void)Rebuild(chunk, kind, order, gfp);
  }

  // run_optimize(), as far as there is memory.
  [[gnu::noinline]] void OptimiseRuns() {
    for (auto at = table_.LowerBound(0); Chunk* chunk = table_.At(at);
         at = table_.Next(at)) {
      const std::uint32_t runs = CountRuns(*chunk, kWholeChunk);
      const Kind kind = OptimalKind(chunk->members(), runs);
      if (kind == chunk->kind) continue;
      (void)Rebuild(*chunk, kind, OrderFor(kind, chunk->members(), runs),
                    Gfp::kNowait);
    }
    changed_ = false;
  }

  // ------------------------------------------------------------- setting

  [[gnu::noinline]] Status AddChunk(Pfn pfn, Gfp gfp) {
    void* const buffer = NewBuffer(0, gfp);
    if (buffer == nullptr) return Status::kNoMemory;
    Chunk* const chunk = table_.Insert(KeyOf(pfn), gfp);
    if (chunk == nullptr) {
      heap_.Free(buffer, BufferBytes(0), alignof(std::uint64_t));
      return Status::kNoMemory;
    }
    *chunk = {.key = KeyOf(pfn),
              .buffer = buffer,
              .last_index = 0,
              .runs = 1,
              .gap = 1,
              .kind = Kind::kArray,
              .order = 0};
    chunk->values()[0] = LowOf(pfn);
    return Status::kOk;
  }

  [[gnu::noinline]] Status AddTo(Chunk& chunk, Low low, Gfp gfp) {
    [[maybe_unused]] const std::uint32_t runs = chunk.runs;
    while (Insert<kWith>(chunk, low) == Change::kNoRoom) {
      if (!MakeRoom(chunk, chunk.members() + 1, gfp)) return Status::kNoMemory;
    }
    if constexpr (kFeatures.runs == Runs::kAlways) {
      // A run that grows is no reason to leave a container of runs.
      if (chunk.kind != Kind::kRuns || chunk.runs > runs) Optimise(chunk, gfp);
    }
    return Status::kOk;
  }

  // ------------------------------------------------------------ clearing

  bool IsIn(Position at, PfnRange range) const {
    const Chunk* const chunk = table_.At(at);
    return chunk != nullptr && chunk->key <= KeyOf(range.last);
  }

  // The part of `range` that lies in the chunk. They must meet.
  static LowRange Clip(const Chunk& chunk, PfnRange range) {
    return {chunk.key == KeyOf(range.first) ? LowOf(range.first) : Low{0},
            chunk.key == KeyOf(range.last) ? LowOf(range.last) : kMaxLow};
  }

  enum class Cut : std::uint8_t {
    kDone,
    kAll,  // nothing would be left: nothing happened
    kNoMemory,
  };

  // Removes what the chunk has of `span`.
  Cut CutFrom(Chunk& chunk, LowRange span, Gfp gfp) {
    const std::uint32_t size = span.last - span.first + 1u;
    if (size == kChunkPages ||
        (chunk.kind == Kind::kBitset && size >= chunk.members() &&
         !bitset::HasOutside(chunk, span))) {
      return Cut::kAll;
    }
    const std::uint32_t count = Count<kWith>(chunk, span);
    if (count == chunk.members()) return Cut::kAll;
    if (count == 0) return Cut::kDone;
    if (!RemoveFrom(chunk, span, count, gfp)) return Cut::kNoMemory;
    Optimise(chunk, gfp);
    return Cut::kDone;
  }

  // Returns the position of the chunk that followed.
  Position Drop(Position at) {
    FreeBuffer(*table_.At(at));
    return table_.Erase(at);
  }

  // Removes the `count` members of `span`, some but not all of the chunk's.
  // False: nothing happened.
  bool RemoveFrom(Chunk& chunk, LowRange span, std::uint32_t count, Gfp gfp) {
    if (Remove<kWith>(chunk, span, count) == Change::kNoRoom) {
      if (!MakeRoom(chunk, chunk.members(), gfp)) return false;
      (void)Remove<kWith>(chunk, span, count);
    }
    return true;
  }

  // ------------------------------------------------------------- walking

  // Visits the runs within `range` chunk by chunk: a run that goes on in the
  // next chunk comes in pieces. Ends when `emit` returns false.
  template <class Emit>
  void VisitPieces(PfnRange range, Emit emit) const {
    for (Position at = table_.LowerBound(KeyOf(range.first)); IsIn(at, range);
         at = table_.Next(at)) {
      const Chunk& chunk = *table_.At(at);
      const Pfn first = FirstPage(chunk);
      bool go_on = true;
      VisitRuns(chunk, Clip(chunk, range), [&](LowRange run) {
        go_on = emit(PfnRange{first + run.first, first + run.last});
        return go_on;
      });
      if (!go_on) return;
    }
  }

  A& heap_;
  Table table_;
  bool changed_ = false;  // since OptimiseRuns()
};

}  // namespace pfn::roaring
