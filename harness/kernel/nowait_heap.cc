// SPDX-License-Identifier: MIT

#include "harness/kernel/nowait_heap.h"

#include <algorithm>
#include <bit>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>
#include <numeric>
#include <type_traits>
#include <utility>

#include "harness/kernel/poison.h"

namespace pfn {
namespace {

// As slub_debug does: a structure that trusts in zeroed memory finds 0x5a. In
// large blocks only at their beginning, because it takes time and real memory.
void Scribble(void* at, std::size_t bytes) {
  constexpr std::size_t kMostBytes = std::size_t{64} << 10;
  if (kPoisons) std::memset(at, 0x5a, std::min(bytes, kMostBytes));
}

// A structure that gives back what it never got is a bug that no figure
// survives: stop at once and say so.
void Require(bool condition, const char* what) {
  if (condition) [[likely]] {
    return;
  }
  std::fprintf(stderr, "pfnbench: heap misuse: %s\n", what);
  std::abort();
}

// Blocks of the size of most slabs.
constexpr unsigned kHeldOrder = 3;

template <class T>
void Shuffle(std::vector<T>& all, SplitMix64& random) {
  for (std::size_t i = all.size(); i > 1; --i) {
    std::swap(all[i - 1], all[random.Below(i)]);
  }
}

// A chain of multiplications, of three cycles each.
inline void Spend(unsigned steps) {
  std::uint64_t work = steps;
  for (unsigned i = 0; i < steps; ++i) {
    work *= 0x9e3779b97f4a7c15;
    asm volatile("" : "+r"(work));
  }
}

constexpr std::size_t RoundUp(std::size_t value, std::size_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

// Objects that SLUB lets a CPU keep on its partial list.
constexpr unsigned CpuPartialObjects(std::size_t stride) {
  if (stride >= 4096) return 6;
  if (stride >= 1024) return 24;
  if (stride >= 256) return 52;
  return 120;
}

unsigned MinPartial(std::size_t stride) {
  const unsigned log2 = static_cast<unsigned>(std::bit_width(stride)) - 1;
  return std::clamp(log2 / 2, 5u, 10u);
}

}  // namespace

struct NowaitHeap::Cache::Slab {
  enum class Place : std::uint8_t {
    kCurrent,
    kFull,
    kCpuPartial,
    kNodePartial
  };

  Cache* cache;
  std::byte* base;
  void* free;  // list of free objects
  Slab* prev;
  Slab* next;
  unsigned used;
  std::uint16_t others;  // objects of others, which are used too
  std::uint8_t order;
  Place place;

  // Stands in the place of a slab, as the owner of a block of pages that is of
  // no cache.
  static Slab* OfBlock(unsigned order) {
    static std::array<Slab, PageArena::kMaxOrder + 1> owners{};
    return &owners[order];
  }
};

void NowaitHeap::Cache::SlabList::PushFront(Slab* slab) {
  slab->prev = nullptr;
  slab->next = front;
  (front != nullptr ? front->prev : back) = slab;
  front = slab;
  ++size;
}

void NowaitHeap::Cache::SlabList::PushBack(Slab* slab) {
  slab->next = nullptr;
  slab->prev = back;
  (back != nullptr ? back->next : front) = slab;
  back = slab;
  ++size;
}

void NowaitHeap::Cache::SlabList::Remove(Slab* slab) {
  (slab->prev != nullptr ? slab->prev->next : front) = slab->next;
  (slab->next != nullptr ? slab->next->prev : back) = slab->prev;
  --size;
}

NowaitHeap::NowaitHeap(PageArena& arena, Options options)
    : arena_(arena),
      options_(options),
      has_costs_(options.allocation_cost != 0 || options.free_cost != 0 ||
                 options.grace != 0),
      random_(options.seed) {
  if (options.age == HeapAge::kAged) AgePages();
  for (std::size_t i = 0; i < kmalloc_.size(); ++i) {
    const std::size_t size = kKmallocClasses[i];
    kmalloc_[i] = std::make_unique<Cache>(
        *this,
        CacheSpec{.name = "kmalloc-" + std::to_string(size), .size = size});
  }
}

// The slabs that are given back now are nobody's business any more; the model
// may be gone.
NowaitHeap::~NowaitHeap() {
  fault_ = nullptr;
  FinishFrees();
  named_.clear();
  kmalloc_ = {};
  for (void* block : held_blocks_) arena_.Free(block, kHeldOrder);
}

void NowaitHeap::AgePages() {
  constexpr std::size_t kBlocks = 512;
  std::vector<void*> free;
  for (std::size_t i = 0; i < kBlocks; ++i) {
    void* block = arena_.Allocate(kHeldOrder);
    if (block == nullptr) break;
    (random_.Below(2) == 0 ? held_blocks_ : free).push_back(block);
  }
  Shuffle(free, random_);
  for (void* block : free) arena_.Free(block, kHeldOrder);
}

void NowaitHeap::Defer(Cache& cache, void* object) noexcept {
  deferred_.push_back({&cache, object, Requests() + options_.grace});
}

void NowaitHeap::FinishDue(std::uint64_t now) noexcept {
  while (!deferred_.empty() && deferred_.front().due <= now) {
    const Deferred first = deferred_.front();
    deferred_.pop_front();
    first.cache->GiveNow(first.object, first.cache->size_);
  }
}

void NowaitHeap::FinishFrees() noexcept {
  FinishDue(std::numeric_limits<std::uint64_t>::max());
}

void* NowaitHeap::Allocate(std::size_t size, std::size_t align,
                           Gfp gfp) noexcept {
  if (size <= kMaxKmallocClassBytes) {
    Cache& cache = *kmalloc_[KmallocClassIndex(size)];
    Require(align <= 8 || cache.stride() % align == 0,
            "an alignment that kmalloc does not give");
    return cache.Take(size, gfp);
  }
  return AllocateLarge(size, gfp);
}

void NowaitHeap::Free(void* object, std::size_t size, std::size_t) noexcept {
  if (size <= kMaxKmallocClassBytes) {
    kmalloc_[KmallocClassIndex(size)]->Give(object, size);
    return;
  }
  FreeLarge(object, size);
}

unsigned NowaitHeap::LargeOrder(std::size_t size) const noexcept {
  // A guard page follows a mapping.
  return PageOrder(options_.large == LargePolicy::kVmalloc ? size + kPageBytes
                                                           : size);
}

void* NowaitHeap::AllocateLarge(std::size_t size, Gfp gfp) noexcept {
  const unsigned order = LargeOrder(size);
  const bool is_mapped = options_.large == LargePolicy::kVmalloc;
  void* block = nullptr;
  if (!is_mapped) {
    block = AllocatePages(order, PageUser::kCaller, gfp, true);
  } else if (MaySleep(gfp)) {
    // Single pages in truth; neighbours here, so that they need no mapping.
    block = arena_.Allocate(order);
  }
  if (block == nullptr) {
    ++usage_.failures;
    return nullptr;
  }
  const std::size_t all = std::size_t{1} << order;
  std::size_t pages = all;
  if (is_mapped) {
    pages = PageCount(size);
    arena_.FreeRange(static_cast<std::byte*>(block) + (pages + 1) * kPageBytes,
                     all - pages - 1);
    CountPages(pages);
    usage_.live_guard += kPageBytes;
    usage_.peak_guard = std::max(usage_.peak_guard, usage_.live_guard);
    Poison(block, (pages + 1) * kPageBytes);
  } else if (options_.large == LargePolicy::kExact) {
    pages = PageCount(size);
    FreePages(static_cast<std::byte*>(block) + pages * kPageBytes, all - pages);
  }
  arena_.SetOwner(block, 0, Cache::Slab::OfBlock(order));
  Unpoison(block, size);
  Scribble(block, size);
  CountAllocation(size, pages * kPageBytes);
  CountLarge(size, 1);
  return block;
}

void NowaitHeap::FreeLarge(void* block, std::size_t size) noexcept {
  const unsigned order = LargeOrder(size);
  Require(order <= PageArena::kMaxOrder &&
              arena_.OwnerOf(block) == Cache::Slab::OfBlock(order),
          "a block given back with another size");
  arena_.SetOwner(block, 0, nullptr);
  const std::size_t pages = options_.large == LargePolicy::kPow2
                                ? std::size_t{1} << order
                                : PageCount(size);
  CountFree(size, pages * kPageBytes);
  CountLarge(size, -1);
  if (options_.large == LargePolicy::kVmalloc) {
    usage_.live_guard -= kPageBytes;
    void* guard = static_cast<std::byte*>(block) + pages * kPageBytes;
    Unpoison(guard, kPageBytes);
    arena_.FreeRange(guard, 1);
  }
  FreePages(block, pages);
}

NowaitHeap::Cache& NowaitHeap::OpenCache(const CacheSpec& spec) {
  for (const auto& cache : named_) {
    if (cache->name() != spec.name) continue;
    Require(cache->size_ == spec.size,
            "a cache opened again with another size");
    return *cache;
  }
  return *named_.emplace_back(std::make_unique<Cache>(*this, spec));
}

std::vector<CacheUsage> NowaitHeap::CacheUsages() const {
  std::vector<CacheUsage> usages;
  for (const auto& cache : kmalloc_) usages.push_back(cache->usage());
  for (const auto& cache : named_) usages.push_back(cache->usage());
  std::erase_if(
      usages, [](const CacheUsage& usage) { return usage.peak_objects == 0; });
  return usages;
}

void* NowaitHeap::AllocatePages(unsigned order, PageUser user, Gfp gfp,
                                bool is_last_try) noexcept {
  if (fault() != nullptr && fault()->FailPages(order, user, gfp) &&
      !(is_last_try && TakeReserve(OrderBytes(order)))) {
    return nullptr;
  }
  void* block = arena_.Allocate(order);
  if (block == nullptr) return nullptr;
  usage_.largest_order = std::max(usage_.largest_order, order);
  CountPages(std::size_t{1} << order);
  Poison(block, OrderBytes(order));
  return block;
}

void NowaitHeap::CountPages(std::size_t pages) noexcept {
  usage_.live_pages += pages * kPageBytes;
  usage_.peak_pages = std::max(usage_.peak_pages, usage_.live_pages);
}

void NowaitHeap::CountSlab(unsigned order, int sign) noexcept {
  const std::uint64_t bytes = sign * OrderBytes(order);
  usage_.live_slabs += bytes;
  usage_.live_pow2 += bytes;
  usage_.live_exact += bytes;
  usage_.peak_slabs = std::max(usage_.peak_slabs, usage_.live_slabs);
  usage_.peak_pow2 = std::max(usage_.peak_pow2, usage_.live_pow2);
  usage_.peak_exact = std::max(usage_.peak_exact, usage_.live_exact);
}

void NowaitHeap::CountLarge(std::size_t size, int sign) noexcept {
  usage_.live_pow2 += sign * OrderBytes(PageOrder(size));
  usage_.live_exact += sign * PageCount(size) * kPageBytes;
  usage_.peak_pow2 = std::max(usage_.peak_pow2, usage_.live_pow2);
  usage_.peak_exact = std::max(usage_.peak_exact, usage_.live_exact);
}

void NowaitHeap::FreePages(void* first, std::size_t pages) noexcept {
  usage_.live_pages -= pages * kPageBytes;
  Unpoison(first, pages * kPageBytes);
  arena_.FreeRange(first, pages);
  if (fault() != nullptr) {
    fault()->NoteOtherPages(-static_cast<std::int64_t>(pages));
  }
}

bool NowaitHeap::TakeReserve(std::size_t bytes) noexcept {
  if (reserve_left_ < bytes) return false;
  reserve_left_ -= bytes;
  ++usage_.from_reserve;
  return true;
}

NowaitHeap::Cache::Cache(NowaitHeap& heap, const CacheSpec& spec)
    : heap_(heap), name_(spec.name), size_(spec.size) {
  const std::size_t object =
      RoundUp(spec.size, std::max<std::size_t>(sizeof(void*), spec.align));
  // A constructed object may not be written to while it is free.
  stride_ = spec.has_constructor ? RoundUp(object + sizeof(void*), spec.align)
                                 : object;
  free_pointer_offset_ = spec.has_constructor
                             ? object
                             : object / 2 / sizeof(void*) * sizeof(void*);
  geometry_ = ComputeSlabGeometry(stride_, heap.options_.cpus);
  const unsigned objects = geometry_.objects;
  cpu_partial_slabs_ = (2 * CpuPartialObjects(stride_) + objects - 1) / objects;
  min_partial_ = MinPartial(stride_);
  is_freed_by_rcu_ = spec.is_freed_by_rcu && heap.options_.grace != 0;
  if (heap.options_.age == HeapAge::kAged) {
    order_.resize(objects);
    std::iota(order_.begin(), order_.end(), std::uint16_t{0});
    Shuffle(order_, heap.random_);
    Age();
  }
}

void NowaitHeap::Cache::Age() noexcept {
  for (unsigned i = 0; i < cpu_partial_slabs_; ++i) {
    void* block = heap_.arena_.Allocate(geometry_.order);
    if (block == nullptr) return;
    Poison(block, OrderBytes(geometry_.order));
    Slab* const slab = MakeSlab(block, geometry_.order);
    for (const std::uint16_t object : order_) {
      if (heap_.random_.Below(2) == 0) {
        PushFree(slab, object);
      } else {
        ++slab->others;
      }
    }
    // One of others at least: the slab is not given back before the heap goes.
    if (slab->others == 0) {
      Unpoison(&NextFree(slab->free), sizeof(void*));
      slab->free = NextFree(slab->free);
      ++slab->others;
    }
    slab->used = slab->others;
    slab->place = Slab::Place::kCpuPartial;
    cpu_partial_.PushBack(slab);
  }
}

void NowaitHeap::Cache::PushFree(Slab* slab, std::size_t object) noexcept {
  void* const at = slab->base + object * stride_;
  Unpoison(&NextFree(at), sizeof(void*));
  NextFree(at) = slab->free;
  Poison(&NextFree(at), sizeof(void*));
  slab->free = at;
}

NowaitHeap::Cache::~Cache() {
  if (current_ != nullptr) Release(current_);
  for (SlabList* list : {&cpu_partial_, &node_partial_, &full_}) {
    while (Slab* slab = list->front) {
      list->Remove(slab);
      Release(slab);
    }
  }
}

CacheUsage NowaitHeap::Cache::usage() const {
  return {.name = name_,
          .object_bytes = size_,
          .geometry = geometry_,
          .peak_slabs = peak_slabs_,
          .peak_objects = std::max(peak_objects_, live_objects_)};
}

void* NowaitHeap::Cache::Take(std::size_t requested, Gfp gfp) noexcept {
  if (heap_.has_costs_) [[unlikely]] {
    Spend(heap_.options_.allocation_cost);
    heap_.FinishDue(heap_.Requests());
  }
  FaultModel* const fault = heap_.fault();
  if (fault != nullptr && fault->FailObject(size_, gfp) &&
      !heap_.TakeReserve(stride_)) [[unlikely]] {
    ++heap_.usage_.failures;
    return nullptr;
  }
  if (current_ == nullptr || current_->free == nullptr) {
    if (!Refill(gfp)) {
      ++heap_.usage_.failures;
      return nullptr;
    }
  }
  void* object = current_->free;
  Unpoison(&NextFree(object), sizeof(void*));
  current_->free = NextFree(object);
  ++current_->used;
  Poison(object, stride_);
  Unpoison(object, requested);
  // What has a constructor keeps what it was given back with.
  if (free_pointer_offset_ < size_) Scribble(object, requested);
  ++live_objects_;
  heap_.CountAllocation(requested, stride_);
  return object;
}

void NowaitHeap::Cache::Give(void* object, std::size_t requested) noexcept {
  if (heap_.has_costs_) [[unlikely]] {
    Spend(heap_.options_.free_cost);
    if (is_freed_by_rcu_) {
      heap_.Defer(*this, object);
      return;
    }
  }
  GiveNow(object, requested);
}

[[gnu::always_inline]] inline void NowaitHeap::Cache::GiveNow(
    void* object, std::size_t requested) noexcept {
  auto* slab = static_cast<Slab*>(heap_.arena_.OwnerOf(object));
  Require(slab != nullptr && slab->cache == this,
          "an object given back to another cache or with another size");
  Require(!IsPoisoned(object), "an object given back twice");
  peak_objects_ = std::max(peak_objects_, live_objects_);
  --live_objects_;
  heap_.CountFree(requested, stride_);
  Unpoison(&NextFree(object), sizeof(void*));
  NextFree(object) = slab->free;
  slab->free = object;
  Poison(object, stride_);
  --slab->used;
  switch (slab->place) {
    case Slab::Place::kCurrent:
    case Slab::Place::kCpuPartial:
      return;
    case Slab::Place::kFull:
      full_.Remove(slab);
      PutOnCpuPartial(slab);
      return;
    case Slab::Place::kNodePartial:
      if (slab->used == 0 && node_partial_.size > min_partial_) {
        node_partial_.Remove(slab);
        Release(slab);
      }
      return;
  }
}

bool NowaitHeap::Cache::Refill(Gfp gfp) noexcept {
  Slab* slab = nullptr;
  if (cpu_partial_.front != nullptr) {
    slab = cpu_partial_.front;
    cpu_partial_.Remove(slab);
  } else if (node_partial_.front != nullptr) {
    slab = node_partial_.front;
    node_partial_.Remove(slab);
  } else {
    slab = NewSlab(geometry_.order, gfp);
    // The kernel falls back to the smallest block that holds one object.
    const unsigned least = PageOrder(stride_);
    if (slab == nullptr && least < geometry_.order) slab = NewSlab(least, gfp);
    if (slab == nullptr) return false;
  }
  if (current_ != nullptr) {
    current_->place = Slab::Place::kFull;
    full_.PushBack(current_);
  }
  slab->place = Slab::Place::kCurrent;
  current_ = slab;
  return true;
}

NowaitHeap::Cache::Slab* NowaitHeap::Cache::NewSlab(unsigned order,
                                                    Gfp gfp) noexcept {
  void* block = heap_.AllocatePages(order, PageUser::kSlab, gfp,
                                    order == PageOrder(stride_));
  if (block == nullptr) return nullptr;
  Slab* const slab = MakeSlab(block, order);
  heap_.CountSlab(order, 1);
  peak_slabs_ = std::max(peak_slabs_, ++live_slabs_);
  const std::size_t objects = OrderBytes(order) / stride_;
  if (objects == order_.size()) {
    const std::size_t start = heap_.random_.Below(objects);
    for (std::size_t i = 0; i < objects; ++i) {
      PushFree(slab,
               order_[start + i < objects ? start + i : start + i - objects]);
    }
  } else {
    for (std::size_t i = objects; i-- > 0;) PushFree(slab, i);
  }
  return slab;
}

NowaitHeap::Cache::Slab* NowaitHeap::Cache::MakeSlab(void* block,
                                                     unsigned order) noexcept {
  // As in the kernel, where the slab overlays its struct page: no allocation
  // in the middle of what may be timed.
  static_assert(sizeof(Slab) <= PageArena::kDescriptorBytes);
  static_assert(std::is_trivially_destructible_v<Slab>);
  auto* slab = new (heap_.arena_.DescriptorOf(block))
      Slab{.cache = this,
           .base = static_cast<std::byte*>(block),
           .free = nullptr,
           .prev = nullptr,
           .next = nullptr,
           .used = 0,
           .others = 0,
           .order = static_cast<std::uint8_t>(order),
           .place = Slab::Place::kCurrent};
  heap_.arena_.SetOwner(block, order, slab);
  return slab;
}

void NowaitHeap::Cache::Release(Slab* slab) noexcept {
  if (slab->others != 0) {
    heap_.arena_.SetOwner(slab->base, slab->order, nullptr);
    Unpoison(slab->base, OrderBytes(slab->order));
    heap_.arena_.Free(slab->base, slab->order);
    return;
  }
  --live_slabs_;
  heap_.CountSlab(slab->order, -1);
  heap_.arena_.SetOwner(slab->base, slab->order, nullptr);
  heap_.FreePages(slab->base, std::size_t{1} << slab->order);
}

void NowaitHeap::Cache::PutOnCpuPartial(Slab* slab) noexcept {
  if (cpu_partial_.size >= cpu_partial_slabs_) {
    while (Slab* oldest = cpu_partial_.front) {
      cpu_partial_.Remove(oldest);
      PutOnNodePartial(oldest);
    }
  }
  slab->place = Slab::Place::kCpuPartial;
  cpu_partial_.PushBack(slab);
}

void NowaitHeap::Cache::PutOnNodePartial(Slab* slab) noexcept {
  if (slab->used == 0 && node_partial_.size >= min_partial_) {
    Release(slab);
    return;
  }
  slab->place = Slab::Place::kNodePartial;
  node_partial_.PushFront(slab);
}

}  // namespace pfn
