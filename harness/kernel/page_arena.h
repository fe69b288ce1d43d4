// SPDX-License-Identifier: MIT
//
// The pages behind the NOWAIT heap: one reserved stretch of address space that
// hands out naturally aligned blocks of 2^order pages, as the kernel's direct
// mapping does. Freed blocks are kept by order and handed out again, last freed
// first. As in a buddy allocator a larger free block is split where no other
// fits, and buddies that are both free become one again, so that tail pages of
// a block can be given back alone. The arena never shrinks, so a benchmark that
// is run twice does not take page faults twice. It only supplies memory:
// limits, failures and accounting are the heap's. Not thread-safe.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "harness/kernel/size_classes.h"

namespace pfn {

class PageArena {
 public:
  static constexpr unsigned kMaxOrder = 24;  // 64 GiB

  // Reserves address space (no memory). Throws std::bad_alloc if not even a
  // small reservation is possible.
  PageArena();
  ~PageArena();
  PageArena(const PageArena&) = delete;
  PageArena& operator=(const PageArena&) = delete;

  // 2^order pages, or null when the address space is used up. Contents are
  // undefined. O(orders).
  void* Allocate(unsigned order) noexcept;
  void Free(void* block, unsigned order) noexcept;
  // Gives back `pages` consecutive pages of blocks that were handed out, as the
  // fewest aligned blocks that they are.
  void FreeRange(void* first, std::size_t pages) noexcept;

  // Makes the next `bytes` that were never handed out resident, so that the
  // first use of a page does not fall into a measurement.
  void Prefault(std::size_t bytes) noexcept;

  // Room for what a heap keeps of a slab that begins at `block`, one for each
  // page, aligned to its size.
  static constexpr std::size_t kDescriptorBytes = 64;
  void* DescriptorOf(void* block) const noexcept {
    return descriptors_ + PageIndex(block) * kDescriptorBytes;
  }

  // One word for each page, as struct page is: the heap notes there to which
  // slab a page belongs.
  void SetOwner(void* block, unsigned order, void* owner) noexcept;
  void* OwnerOf(const void* address) const noexcept {
    return owners_[PageIndex(address)];
  }

 private:
  struct FreeBlock {
    FreeBlock* prev;
    FreeBlock* next;
  };

  void Unreserve() noexcept;
  // Under the address sanitizer, poisons what comes behind used_.
  void Guard() noexcept;
  void Push(std::size_t page, unsigned order) noexcept;
  void Remove(std::size_t page, unsigned order) noexcept;
  std::byte* AddressOf(std::size_t page) const noexcept {
    return base_ + page * kPageBytes;
  }

  std::size_t PageIndex(const void* address) const noexcept {
    return static_cast<std::size_t>(static_cast<const std::byte*>(address) -
                                    base_) /
           kPageBytes;
  }

  void* reservation_ = nullptr;
  std::byte* base_ = nullptr;         // in it, aligned to a huge page
  std::size_t capacity_ = 0;          // bytes from there
  std::size_t used_ = 0;              // bytes ever handed out, from the base
  std::size_t guarded_ = 0;           // bytes up to the end of the poison
  void** owners_ = nullptr;           // by page
  std::byte* descriptors_ = nullptr;  // by page
  // By page: 1 + the order of the free block that begins there, else 0.
  std::uint8_t* free_orders_ = nullptr;
  std::array<FreeBlock*, kMaxOrder + 1> free_ = {};
  std::uint32_t free_mask_ = 0;  // bit `order`: free_[order] is not empty
};

}  // namespace pfn
