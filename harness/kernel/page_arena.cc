// SPDX-License-Identifier: MIT

#include "harness/kernel/page_arena.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <new>

#include "harness/kernel/poison.h"

namespace pfn {
namespace {

// Behind what was handed out, for a write that is far out of bounds.
constexpr std::size_t kGuardBytes =
    kPoisons ? std::size_t{4} << 20 : std::size_t{0};

// A sanitizer keeps a byte of its own for eight of what is handed out.
constexpr std::size_t kWantedReservation = std::size_t{kPoisons ? 8 : 64} << 30;
constexpr std::size_t kLeastReservation = std::size_t{256} << 20;
constexpr std::size_t kHugePageBytes = std::size_t{2} << 20;
// The buddy of the last block may be no page of the arena.
constexpr std::size_t kBeyondTheEnd = std::size_t{1} << PageArena::kMaxOrder;

void* Reserve(std::size_t bytes) {
  void* address = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return address == MAP_FAILED ? nullptr : address;
}

}  // namespace

PageArena::PageArena() {
  // Containers and valgrind may refuse large reservations: take what there is.
  for (capacity_ = kWantedReservation; capacity_ >= kLeastReservation;
       capacity_ /= 2) {
    reservation_ = Reserve(capacity_ + kHugePageBytes);
    if (reservation_ != nullptr) break;
  }
  if (reservation_ == nullptr) throw std::bad_alloc();
  const std::size_t pages = capacity_ / kPageBytes;
  owners_ = static_cast<void**>(Reserve(pages * sizeof(void*)));
  free_orders_ = static_cast<std::uint8_t*>(Reserve(pages + kBeyondTheEnd));
  descriptors_ = static_cast<std::byte*>(Reserve(pages * kDescriptorBytes));
  if (owners_ == nullptr || free_orders_ == nullptr ||
      descriptors_ == nullptr) {
    Unreserve();
    throw std::bad_alloc();
  }
  // The kernel's direct mapping uses large pages; so do we where we may.
  madvise(reservation_, capacity_ + kHugePageBytes, MADV_HUGEPAGE);
  base_ = static_cast<std::byte*>(reservation_) +
          -reinterpret_cast<std::uintptr_t>(reservation_) % kHugePageBytes;
}

PageArena::~PageArena() { Unreserve(); }

void PageArena::Unreserve() noexcept {
  if (base_ != nullptr) Unpoison(base_, guarded_);
  const std::size_t pages = capacity_ / kPageBytes;
  munmap(reservation_, capacity_ + kHugePageBytes);
  if (owners_ != nullptr) munmap(owners_, pages * sizeof(void*));
  if (free_orders_ != nullptr) munmap(free_orders_, pages + kBeyondTheEnd);
  if (descriptors_ != nullptr) munmap(descriptors_, pages * kDescriptorBytes);
}

void PageArena::SetOwner(void* block, unsigned order, void* owner) noexcept {
  const std::size_t first = PageIndex(block);
  std::fill_n(owners_ + first, std::size_t{1} << order, owner);
}

void* PageArena::Allocate(unsigned order) noexcept {
  if (order > kMaxOrder) return nullptr;
  const std::uint32_t candidates = free_mask_ >> order << order;
  if (candidates != 0) {
    auto found = static_cast<unsigned>(std::countr_zero(candidates));
    const std::size_t page = PageIndex(free_[found]);
    Remove(page, found);
    while (found > order) {
      --found;
      Push(page + (std::size_t{1} << found), found);
    }
    return AddressOf(page);
  }
  const std::size_t bytes = OrderBytes(order);
  const std::size_t start = (used_ + bytes - 1) / bytes * bytes;
  if (start > capacity_ || capacity_ - start < bytes) return nullptr;
  const std::size_t gap = used_;
  used_ = start + bytes;
  if constexpr (kPoisons) {
    if (guarded_ > gap) Unpoison(base_ + gap, std::min(used_, guarded_) - gap);
    Guard();
  }
  FreeRange(base_ + gap, (start - gap) / kPageBytes);
  return base_ + start;
}

void PageArena::Guard() noexcept {
  const std::size_t begin = std::max(used_, guarded_);
  const std::size_t end = used_ + std::min(kGuardBytes, capacity_ - used_);
  if (end <= begin) return;
  Poison(base_ + begin, end - begin);
  guarded_ = end;
}

void PageArena::Free(void* block, unsigned order) noexcept {
  std::size_t page = PageIndex(block);
  while (order < kMaxOrder) {
    const std::size_t buddy = page ^ (std::size_t{1} << order);
    if (free_orders_[buddy] != order + 1) break;
    Remove(buddy, order);
    page = std::min(page, buddy);
    ++order;
  }
  Push(page, order);
}

void PageArena::FreeRange(void* first, std::size_t pages) noexcept {
  for (std::size_t page = PageIndex(first); pages > 0;) {
    // Of page 0 there are 64, which is no limit.
    const unsigned order =
        std::min({static_cast<unsigned>(std::countr_zero(page)),
                  static_cast<unsigned>(std::bit_width(pages)) - 1, kMaxOrder});
    Free(AddressOf(page), order);
    page += std::size_t{1} << order;
    pages -= std::size_t{1} << order;
  }
}

void PageArena::Push(std::size_t page, unsigned order) noexcept {
  auto* block = reinterpret_cast<FreeBlock*>(AddressOf(page));
  // A heap of an earlier arena at these addresses may have lost objects here.
  Unpoison(block, sizeof(FreeBlock));
  FreeBlock* const next = free_[order];
  *block = {nullptr, next};
  if (next != nullptr) next->prev = block;
  free_[order] = block;
  free_orders_[page] = static_cast<std::uint8_t>(order + 1);
  free_mask_ |= 1u << order;
}

void PageArena::Remove(std::size_t page, unsigned order) noexcept {
  auto* block = reinterpret_cast<FreeBlock*>(AddressOf(page));
  (block->prev != nullptr ? block->prev->next : free_[order]) = block->next;
  if (block->next != nullptr) block->next->prev = block->prev;
  free_orders_[page] = 0;
  if (free_[order] == nullptr) free_mask_ &= ~(1u << order);
}

void PageArena::Prefault(std::size_t bytes) noexcept {
  const std::size_t end = used_ + std::min(bytes, capacity_ - used_);
  std::fill(owners_ + used_ / kPageBytes, owners_ + end / kPageBytes, nullptr);
  std::fill(free_orders_ + used_ / kPageBytes, free_orders_ + end / kPageBytes,
            std::uint8_t{0});
  std::fill(descriptors_ + used_ / kPageBytes * kDescriptorBytes,
            descriptors_ + end / kPageBytes * kDescriptorBytes, std::byte{0});
  Unpoison(base_ + used_, end - used_);
  for (std::size_t at = used_; at < end; at += kPageBytes) {
    static_cast<volatile std::byte*>(base_)[at] = std::byte{0};
  }
  guarded_ = 0;
  Guard();
}

}  // namespace pfn
