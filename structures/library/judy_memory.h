// SPDX-License-Identifier: MIT
//
// Lets libJudy allocate from a NOWAIT heap. The library gets all its memory
// through JudyMalloc() and JudyFree(), public functions that it calls through
// the symbol table: defined in the program, here, they take the place of its
// own, linked statically or dynamically.
//
// They are not told for whom they work, so a JudyMemory must be made the
// running one before any call of the library that may allocate or free.

#pragma once

#include <Judy.h>

#include <cstddef>

#include "structures/core/nowait_allocator.h"

namespace pfn {

// A heap, without its type, and the gfp of the operation that is running.
class JudyMemory {
 public:
  template <NowaitAllocator A>
  explicit JudyMemory(A& heap)
      : heap_(&heap),
        allocate_([](void* from, std::size_t bytes, Gfp gfp) {
          return static_cast<A*>(from)->Allocate(bytes, sizeof(Word_t), gfp);
        }),
        free_([](void* from, void* object, std::size_t bytes) {
          static_cast<A*>(from)->Free(object, bytes, sizeof(Word_t));
        }) {}
  JudyMemory(const JudyMemory&) = delete;  // `running` points to it
  JudyMemory& operator=(const JudyMemory&) = delete;

  // From now on the library's requests are this one's.
  void Run(Gfp gfp) {
    gfp_ = gfp;
    running = this;
  }

  static void* Allocate(Word_t words) {
    return running->allocate_(running->heap_, words * sizeof(Word_t),
                              running->gfp_);
  }
  static void Free(void* object, Word_t words) {
    running->free_(running->heap_, object, words * sizeof(Word_t));
  }

 private:
  static inline JudyMemory* running = nullptr;

  void* heap_;
  void* (*allocate_)(void* heap, std::size_t bytes, Gfp gfp);
  void (*free_)(void* heap, void* object, std::size_t bytes);
  Gfp gfp_ = Gfp::kKernel;
};

}  // namespace pfn

// Inline, because several translation units may include this header; used,
// because none of them calls these.
extern "C" {
[[gnu::used]] inline Word_t JudyMalloc(Word_t words) {
  return reinterpret_cast<Word_t>(pfn::JudyMemory::Allocate(words));
}
[[gnu::used]] inline void JudyFree(Pvoid_t object, Word_t words) {
  pfn::JudyMemory::Free(object, words);
}
[[gnu::used]] inline Word_t JudyMallocVirtual(Word_t words) {
  return JudyMalloc(words);
}
[[gnu::used]] inline void JudyFreeVirtual(Pvoid_t object, Word_t words) {
  JudyFree(object, words);
}
}
