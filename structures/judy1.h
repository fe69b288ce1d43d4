// SPDX-License-Identifier: MIT
//
// File: structures/judy1.h
//
// judy1: the Judy1 array of libJudy, a 256-way radix tree whose nodes take the
// form, of a good dozen, that is smallest for what they hold.
//
// Layout      from a sorted array of words for up to 31 pages to branches
// (lists,
//             bitmaps, plain arrays) over leaves of 1 to 7 bytes a page and
//             bitmaps of 256 pages; 256 pages that are all set need no leaf.
// Set/Clear   one descent; both may copy a node into another form, so both
//             allocate, and both can fail.
// Test        one descent.
// NextRange   two descents, for the next page and for the next that is absent.
// ClearRange  O(nodes) when it empties the set. Else what is outside is copied
//             and the old array freed, O(pages outside): the library clears
//             pages one by one, and could not go back when one of them fails.
// Memory      JudyMalloc() and JudyFree(), public functions of the library, are
//             defined here in their place and ask the heap.
// Failure     the library returns JERR, but is not to be trusted afterwards: a
//             set that fails can leak, and a clear that fails while the last 31
//             pages move into one leaf leaves a wrong population count, with
//             which the leaf is freed as one of another size. Hence kAborts.
//
// Source: libJudy; it does not tell its version (Debian's is 1.0.5).

#ifndef PFNBENCH_STRUCTURES_JUDY1_H_
#define PFNBENCH_STRUCTURES_JUDY1_H_

#include <Judy.h>

#include <algorithm>
#include <cstddef>
#include <optional>

#include "structures/core/nowait_allocator.h"
#include "structures/core/pfn.h"
#include "structures/core/pfn_set.h"

namespace pfn {

namespace judy1 {

// Where the array of one set gets memory, without the type of the heap.
struct Memory {
  void* heap;
  void* (*allocate)(void* heap, std::size_t bytes, Gfp gfp);
  void (*free)(void* heap, void* object, std::size_t bytes);
  Gfp gfp = Gfp::kKernel;
};

// Of the set whose operation is running: the library passes no context.
inline Memory* running = nullptr;

}  // namespace judy1

template <NowaitAllocator A>
class Judy1 {
 public:
  static constexpr ContenderTraits kTraits{
      .name = "judy1",
      .family = "radix",
      .origin = "Doug Baskins, Hewlett-Packard, 2000; libJudy",
      .clear_can_fail = true,
      .out_of_memory = OutOfMemory::kAborts,
  };

  explicit Judy1(A& heap)
      : memory_{&heap,
                [](void* from, std::size_t bytes, Gfp gfp) {
                  return static_cast<A*>(from)->Allocate(bytes, 8, gfp);
                },
                [](void* from, void* object, std::size_t bytes) {
                  static_cast<A*>(from)->Free(object, bytes, 8);
                }} {}
  Judy1(const Judy1&) = delete;
  Judy1& operator=(const Judy1&) = delete;
  ~Judy1() { Replace(nullptr); }

  Status Set(Pfn pfn, Gfp gfp) {
    Run(gfp);
    return Judy1Set(&array_, pfn, PJE0) != JERR ? Status::kOk
                                                : Status::kNoMemory;
  }
  Status Clear(Pfn pfn, Gfp gfp) {
    Run(gfp);
    return Judy1Unset(&array_, pfn, PJE0) != JERR ? Status::kOk
                                                  : Status::kNoMemory;
  }
  bool Test(Pfn pfn) const { return Judy1Test(array_, pfn, PJE0) == 1; }

  std::optional<PfnRange> NextRange(Pfn from, Pfn max) const {
    Word_t first = from;
    if (Judy1First(array_, &first, PJE0) != 1 || first > max) {
      return std::nullopt;
    }
    Word_t after = first;
    const bool ends = Judy1NextEmpty(array_, &after, PJE0) == 1;
    return PfnRange{first, ends ? std::min<Pfn>(after - 1, max) : max};
  }

  Status ClearRange(PfnRange range, Gfp gfp) {
    Run(gfp);
    Pvoid_t kept = nullptr;
    Word_t page = 0;
    int found = Judy1First(array_, &page, PJE0);
    while (found == 1) {
      if (range.first <= page && page <= range.last) {
        page = range.last;
      } else if (Judy1Set(&kept, page, PJE0) == JERR) {
        Judy1FreeArray(&kept, PJE0);
        return Status::kNoMemory;
      }
      found = Judy1Next(array_, &page, PJE0);
    }
    Replace(kept);
    return Status::kOk;
  }

 private:
  void Run(Gfp gfp) {
    memory_.gfp = gfp;
    judy1::running = &memory_;
  }
  void Replace(Pvoid_t array) {
    judy1::running = &memory_;
    Judy1FreeArray(&array_, PJE0);
    array_ = array;
  }

  judy1::Memory memory_;
  Pvoid_t array_ = nullptr;
};

}  // namespace pfn

// The library calls these four through the symbol table, so that definitions in
// the program take the place of its own, linked statically or dynamically.
// Weak, because several translation units may include this header.
extern "C" {
[[gnu::used]] inline Word_t JudyMalloc(Word_t words) {
  const pfn::judy1::Memory& memory = *pfn::judy1::running;
  return reinterpret_cast<Word_t>(
      memory.allocate(memory.heap, words * sizeof(Word_t), memory.gfp));
}
[[gnu::used]] inline void JudyFree(Pvoid_t object, Word_t words) {
  const pfn::judy1::Memory& memory = *pfn::judy1::running;
  memory.free(memory.heap, object, words * sizeof(Word_t));
}
[[gnu::used]] inline Word_t JudyMallocVirtual(Word_t words) {
  return JudyMalloc(words);
}
[[gnu::used]] inline void JudyFreeVirtual(Pvoid_t object, Word_t words) {
  JudyFree(object, words);
}
}

#endif  // PFNBENCH_STRUCTURES_JUDY1_H_
