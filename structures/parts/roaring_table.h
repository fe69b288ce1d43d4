// SPDX-License-Identifier: MIT
//
// File: structures/parts/roaring_table.h
//
// The upper level of a roaring bitmap: the chunks in order of their keys. Not
// one sorted array, which for many chunks would be one large contiguous request
// and a long memmove for each new chunk, but a list of sorted pages.
//
// Layout      pages of at most 170 chunks (4 KiB), each ascending, none empty
//             unless it is the only one; a directory of pointers to them. The
//             directory is one request, 8 KiB for 1,024 pages: for at least 21
//             TiB of guest memory. The only page starts with 4 chunks and
//             doubles, so that a small set is small.
// Find        where the keys of a page have no holes, or all on one side of the
//             one looked for, its distance from the first or the last key is
//             its place: one or two looks. Else a binary search over the first
//             keys of the pages, and one within the page. Nothing of the search
//             before is remembered, unless kHint says so: then the chunk found
//             last is looked at first.
// Insert      the same and a memmove of 4 KiB at most; a full page is split in
//             halves.
// Erase       a memmove of 4 KiB at most; a page that becomes empty is freed.
//             Pages that are merely sparse are not joined.
// Failure     Insert returns null with the contents unchanged. Nothing else
//             allocates.
//
// Buffers belong to the caller. Pointers to chunks hold until the next Insert
// or Erase.

#ifndef PFNBENCH_STRUCTURES_PARTS_ROARING_TABLE_H_
#define PFNBENCH_STRUCTURES_PARTS_ROARING_TABLE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "structures/core/nowait_allocator.h"
#include "structures/parts/roaring_chunk.h"

namespace pfn::roaring {

template <NowaitAllocator A, bool kHint>
class ChunkTable {
 public:
  static constexpr std::size_t kPageBytes = 4096;

  // Where a chunk is. Past the last one, page is the number of pages.
  struct Position {
    std::uint32_t page;
    std::uint32_t slot;
  };

  explicit ChunkTable(A& heap) : heap_(heap) {}
  ChunkTable(const ChunkTable&) = delete;
  ChunkTable& operator=(const ChunkTable&) = delete;
  ~ChunkTable() {
    for (std::uint32_t i = 0; i < size_; ++i) FreePage(pages_[i]);
    if (pages_ != nullptr) FreeDirectory();
  }

  // The chunk with that key, or null.
  Chunk* Find(std::uint64_t key) {
    if constexpr (kHint) {
      if (recent_ == nullptr || recent_->key != key) [[unlikely]] {
        recent_ = Search(key);
      }
      return recent_;
    } else {
      Chunk* const chunk = Guess(first_page_, key);
      return chunk != nullptr ? chunk : Search(key);
    }
  }

  // The first chunk whose key is not below `key`.
  Position LowerBound(std::uint64_t key) const {
    if (size_ == 0) return {0, 0};
    const std::uint32_t number = PageOf(key);
    Page& page = *pages_[number];
    Chunk* chunk = LastUpTo(page, key);
    if (chunk == nullptr) return Normalised({number, 0});
    if (chunk->key != key) ++chunk;
    return Normalised(
        {number, static_cast<std::uint32_t>(chunk - page.chunks())});
  }
  Position Next(Position at) const {
    return Normalised({at.page, at.slot + 1});
  }
  // Null past the last chunk.
  Chunk* At(Position at) const {
    return at.page < size_ ? &pages_[at.page]->chunks()[at.slot] : nullptr;
  }

  // Makes a chunk, of which only the key is set, for a key that has none.
  Chunk* Insert(std::uint64_t key, Gfp gfp) {
    if (size_ == 0 && !AddFirstPage(gfp)) return nullptr;
    std::uint32_t number = PageOf(key);
    if (pages_[number]->size == pages_[number]->capacity) {
      if (!MakeRoom(number, gfp)) return nullptr;
      number = PageOf(key);
    }
    Page& page = *pages_[number];
    Chunk* const before = LastUpTo(page, key);
    Chunk* const at = before == nullptr ? page.chunks() : before + 1;
    std::memmove(at + 1, at, (page.end() - at) * sizeof(Chunk));
    ++page.size;
    at->key = key;
    Refresh();
    return at;
  }

  // Returns the position of the chunk that followed.
  Position Erase(Position at) {
    Page& page = *pages_[at.page];
    Chunk* const chunk = &page.chunks()[at.slot];
    std::memmove(chunk, chunk + 1, (page.end() - (chunk + 1)) * sizeof(Chunk));
    --page.size;
    if (page.size == 0 && size_ > 1) {
      FreePage(&page);
      --size_;
      std::memmove(pages_ + at.page, pages_ + at.page + 1,
                   (size_ - at.page) * sizeof(Page*));
    }
    Refresh();
    return Normalised(at);
  }

  // Whether keys ascend and pages are as they should be.
  bool Validate() const {
    const Chunk* previous = nullptr;
    for (std::uint32_t i = 0; i < size_; ++i) {
      const Page& page = *pages_[i];
      if (page.size > page.capacity || page.capacity > kMaxChunks) return false;
      if (page.size == 0 && size_ > 1) return false;
      for (const Chunk* chunk = page.chunks(); chunk != page.end(); ++chunk) {
        if (previous != nullptr && previous->key >= chunk->key) return false;
        previous = chunk;
      }
    }
    return size_ <= capacity_;
  }

 private:
  struct Page {
    std::uint32_t size;
    std::uint32_t capacity;

    // Behind the header.
    Chunk* chunks() { return reinterpret_cast<Chunk*>(this + 1); }
    const Chunk* chunks() const {
      return reinterpret_cast<const Chunk*>(this + 1);
    }
    Chunk* end() { return chunks() + size; }
    const Chunk* end() const { return chunks() + size; }
  };
  static_assert(sizeof(Page) % alignof(Chunk) == 0);

  static constexpr std::uint32_t kMinChunks = 4;
  static constexpr std::uint32_t kMaxChunks =
      (kPageBytes - sizeof(Page)) / sizeof(Chunk);
  static constexpr std::uint32_t kMinPages = 4;

  static constexpr std::size_t PageBytes(std::uint32_t capacity) {
    return sizeof(Page) + capacity * sizeof(Chunk);
  }

  // What Find has to know of a page.
  struct Window {
    Chunk* chunks = nullptr;
    std::uint64_t size = 0;
    std::uint64_t low = 0;  // the first key and the last
    std::uint64_t high = 0;
  };

  static Window WindowOf(Page& page) {
    if (page.size == 0) return {};
    Chunk* const chunks = page.chunks();
    return {chunks, page.size, chunks->key, chunks[page.size - 1].key};
  }

  // The chunk with that key if it lies where it would without holes before it,
  // or without holes behind it; else null.
  static Chunk* Guess(const Window& window, std::uint64_t key) {
    const std::uint64_t behind = key - window.low;
    if (behind < window.size && window.chunks[behind].key == key) {
      return &window.chunks[behind];
    }
    const std::uint64_t before = window.high - key;
    if (before < window.size) {
      Chunk* const chunk = &window.chunks[window.size - 1 - before];
      if (chunk->key == key) return chunk;
    }
    return nullptr;
  }

  [[gnu::noinline]] Chunk* Search(std::uint64_t key) {
    if (size_ == 0) return nullptr;
    Page& page = *pages_[PageOf(key)];
    if (Chunk* const chunk = Guess(WindowOf(page), key)) return chunk;
    Chunk* const chunk = LastUpTo(page, key);
    return chunk != nullptr && chunk->key == key ? chunk : nullptr;
  }

  // The last chunk of `page` whose key is not above `key`, or null.
  static Chunk* LastUpTo(Page& page, std::uint64_t key) {
    Chunk* chunk = page.chunks();
    if (page.size == 0 || chunk->key > key) return nullptr;
    for (std::uint32_t size = page.size; size > 1;) {
      const std::uint32_t half = size / 2;
      chunk = chunk[half].key <= key ? chunk + half : chunk;
      size -= half;
    }
    return chunk;
  }

  // The page that holds `key` or would: the last whose first key is not above,
  // else the first. Requires a page.
  std::uint32_t PageOf(std::uint64_t key) const {
    std::uint32_t number = 0;
    for (std::uint32_t size = size_; size > 1;) {
      const std::uint32_t half = size / 2;
      if (pages_[number + half]->chunks()->key <= key) number += half;
      size -= half;
    }
    return number;
  }

  Position Normalised(Position at) const {
    if (at.page < size_ && at.slot == pages_[at.page]->size) {
      return {at.page + 1, 0};
    }
    return at;
  }

  // After chunks have moved.
  void Refresh() {
    first_page_ = WindowOf(*pages_[0]);
    recent_ = nullptr;
  }

  Page* NewPage(std::uint32_t capacity, Gfp gfp) {
    auto* page = static_cast<Page*>(
        heap_.Allocate(PageBytes(capacity), alignof(Page), gfp));
    if (page != nullptr) *page = {.size = 0, .capacity = capacity};
    return page;
  }
  void FreePage(Page* page) {
    heap_.Free(page, PageBytes(page->capacity), alignof(Page));
  }
  void FreeDirectory() {
    heap_.Free(pages_, capacity_ * sizeof(Page*), alignof(Page*));
  }

  bool AddFirstPage(Gfp gfp) {
    if (!ReserveDirectory(gfp)) return false;
    pages_[0] = NewPage(kMinChunks, gfp);
    if (pages_[0] == nullptr) return false;
    size_ = 1;
    return true;
  }

  // Room for one more page in the directory.
  bool ReserveDirectory(Gfp gfp) {
    if (size_ < capacity_) return true;
    const std::uint32_t capacity = std::max(kMinPages, 2 * capacity_);
    auto** pages = static_cast<Page**>(
        heap_.Allocate(capacity * sizeof(Page*), alignof(Page*), gfp));
    if (pages == nullptr) return false;
    if (pages_ != nullptr) {
      std::memcpy(pages, pages_, size_ * sizeof(Page*));
      FreeDirectory();
    }
    pages_ = pages;
    capacity_ = capacity;
    return true;
  }

  // Gives a full page more room, or half of its chunks to a new page after it.
  bool MakeRoom(std::uint32_t number, Gfp gfp) {
    Page* const page = pages_[number];
    if (page->capacity < kMaxChunks) {
      Page* const larger =
          NewPage(std::min(kMaxChunks, 2 * page->capacity), gfp);
      if (larger == nullptr) return false;
      MoveTail(*page, 0, *larger);
      FreePage(page);
      pages_[number] = larger;
      return true;
    }
    if (!ReserveDirectory(gfp)) return false;
    Page* const upper = NewPage(kMaxChunks, gfp);
    if (upper == nullptr) return false;
    MoveTail(*page, kMaxChunks / 2, *upper);
    std::memmove(pages_ + number + 2, pages_ + number + 1,
                 (size_ - number - 1) * sizeof(Page*));
    pages_[number + 1] = upper;
    ++size_;
    return true;
  }

  // Moves the chunks from `slot` on to the empty page `to`.
  static void MoveTail(Page& from, std::uint32_t slot, Page& to) {
    to.size = from.size - slot;
    std::memcpy(to.chunks(), from.chunks() + slot, to.size * sizeof(Chunk));
    from.size = slot;
  }

  A& heap_;
  Page** pages_ = nullptr;
  std::uint32_t size_ = 0;
  std::uint32_t capacity_ = 0;
  Window first_page_;        // copied here, two loads nearer
  Chunk* recent_ = nullptr;  // what Find found last, if kHint
};

}  // namespace pfn::roaring

#endif  // PFNBENCH_STRUCTURES_PARTS_ROARING_TABLE_H_
