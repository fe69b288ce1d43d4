// SPDX-License-Identifier: MIT
//
// Lets containers of the C++ libraries allocate from a NOWAIT heap. Their
// allocators know neither a gfp nor a null pointer: the adapter of a container
// notes the gfp of the operation that is running in a CallerMemory, and a
// request that fails throws std::bad_alloc, which the adapter catches.

#pragma once

#include <cstddef>
#include <new>

#include "structures/core/nowait_allocator.h"
#include "structures/core/pfn.h"

namespace pfn {

// The heap behind the containers of one set, and who is asking just now.
template <NowaitAllocator A>
struct CallerMemory {
  A& heap;
  Gfp gfp = Gfp::kKernel;

  // Runs `change` with requests of `caller_gfp`. A container whose operation
  // leaves it unchanged when it throws becomes a set that reports.
  template <class Change>
  Status Try(Gfp caller_gfp, Change&& change) {
    gfp = caller_gfp;
    try {
      change();
    } catch (const std::bad_alloc&) {
      return Status::kNoMemory;
    }
    return Status::kOk;
  }
};

// A C++ allocator; copies and rebound copies share the CallerMemory.
template <class T, NowaitAllocator A>
class ThrowingAllocator {
 public:
  using value_type = T;

  // Not owned; must outlive every container that uses it.
  explicit ThrowingAllocator(CallerMemory<A>& memory) : memory_(&memory) {}
  template <class U>
  ThrowingAllocator(const ThrowingAllocator<U, A>& other)
      : memory_(other.memory_) {}

  T* allocate(std::size_t count) {
    void* objects =
        memory_->heap.Allocate(count * sizeof(T), alignof(T), memory_->gfp);
    if (objects == nullptr) throw std::bad_alloc();
    return static_cast<T*>(objects);
  }
  void deallocate(T* objects, std::size_t count) noexcept {
    memory_->heap.Free(objects, count * sizeof(T), alignof(T));
  }

  template <class U>
  friend bool operator==(const ThrowingAllocator& a,
                         const ThrowingAllocator<U, A>& b) {
    return a.memory_ == b.memory_;
  }

 private:
  template <class U, NowaitAllocator>
  friend class ThrowingAllocator;

  CallerMemory<A>* memory_;
};

}  // namespace pfn
