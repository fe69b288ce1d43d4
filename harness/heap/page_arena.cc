// SPDX-License-Identifier: MIT

#include "harness/heap/page_arena.h"

#include <sys/mman.h>

#include <algorithm>
#include <new>

namespace pfn {
namespace {

constexpr std::size_t kWantedReservation = std::size_t{64} << 30;
constexpr std::size_t kLeastReservation = std::size_t{256} << 20;
constexpr std::size_t kHugePageBytes = std::size_t{2} << 20;

void* Reserve(std::size_t bytes) {
  void* address = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return address == MAP_FAILED ? nullptr : address;
}

}  // namespace

PageArena::PageArena() {
  void* address = nullptr;
  // Containers and valgrind may refuse large reservations: take what there is.
  for (capacity_ = kWantedReservation; capacity_ >= kLeastReservation;
       capacity_ /= 2) {
    address = Reserve(capacity_);
    if (address != nullptr) break;
  }
  if (address == nullptr) throw std::bad_alloc();
  base_ = static_cast<std::byte*>(address);
  owners_ =
      static_cast<void**>(Reserve(capacity_ / kPageBytes * sizeof(void*)));
  if (owners_ == nullptr) {
    munmap(base_, capacity_);
    throw std::bad_alloc();
  }
  // The kernel's direct mapping uses large pages; so do we where we may.
  madvise(base_, capacity_, MADV_HUGEPAGE);
  // Blocks are aligned to their own size, up to that of a huge page.
  const auto misalignment =
      reinterpret_cast<std::uintptr_t>(base_) % kHugePageBytes;
  if (misalignment != 0) used_ = kHugePageBytes - misalignment;
}

PageArena::~PageArena() {
  munmap(base_, capacity_);
  munmap(owners_, capacity_ / kPageBytes * sizeof(void*));
}

void PageArena::SetOwner(void* block, unsigned order, void* owner) noexcept {
  const std::size_t first = PageIndex(block);
  std::fill_n(owners_ + first, std::size_t{1} << order, owner);
}

void* PageArena::Allocate(unsigned order) noexcept {
  if (order > kMaxOrder) return nullptr;
  if (FreeBlock* block = free_[order]) {
    free_[order] = block->next;
    return block;
  }
  const std::size_t bytes = OrderBytes(order);
  const std::size_t align = std::min(bytes, kHugePageBytes);
  const auto end = reinterpret_cast<std::uintptr_t>(base_) + used_;
  const std::size_t start = used_ + (align - end % align) % align;
  if (start > capacity_ || capacity_ - start < bytes) return nullptr;
  used_ = start + bytes;
  return base_ + start;
}

void PageArena::Free(void* block, unsigned order) noexcept {
  auto* free_block = static_cast<FreeBlock*>(block);
  free_block->next = free_[order];
  free_[order] = free_block;
}

void PageArena::Prefault(std::size_t bytes) noexcept {
  const std::size_t end = used_ + std::min(bytes, capacity_ - used_);
  std::fill(owners_ + used_ / kPageBytes, owners_ + end / kPageBytes, nullptr);
  for (std::size_t at = used_; at < end; at += kPageBytes) {
    static_cast<volatile std::byte*>(base_)[at] = std::byte{0};
  }
}

}  // namespace pfn
