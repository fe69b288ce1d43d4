// SPDX-License-Identifier: MIT
//
// The upper level of a roaring bitmap: the chunks in order of their keys. Not
// one sorted array, which for many chunks would be one large contiguous request
// and a long memmove for each new chunk, but pages of them.
//
// Layout      a page has the chunks of 128 neighbouring keys, 32 GiB of guest
//             memory, as many as there are, ascending. It starts with room for
//             4 and doubles, so that a small set is small, up to 3 KiB
//             (kmalloc-4096). None is empty unless it is the only one. A
//             directory of pointers to the pages, ascending, is one request:
//             8 KiB for 32 TiB of guest memory.
// Find        as published: the last key, then a binary search (over the pages,
//             if there are more, and within one). With kGuess: where the keys
//             of a page have no holes, or all on one side of the one looked
//             for, its distance from the first or the last key is its place:
//             one or two looks. Likewise for the page in the directory. Nothing
//             of the search before is remembered, unless kHint says so: then
//             the chunk found last is looked at first.
// Insert      the same and a memmove of 3 KiB at most; for a new page one of
//             the directory.
// Erase       a memmove of 3 KiB at most; a page that becomes empty is freed.
// Failure     Insert returns null with the contents unchanged. Nothing else
//             allocates.
//
// Buffers belong to the caller. Pointers to chunks hold until the next Insert
// or Erase.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "structures/core/nowait_allocator.h"
#include "structures/roaring/chunk.h"

namespace pfn::roaring {

template <NowaitAllocator A, bool kHint, bool kGuess>
class ChunkTable {
 public:
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
        recent_ = Locate(key);
      }
      return recent_;
    } else {
      return Locate(key);
    }
  }

  // The first chunk whose key is not below `key`.
  Position LowerBound(std::uint64_t key) const {
    if (size_ == 0) return {0, 0};
    const std::uint32_t number = PageUpTo(BlockOf(key));
    Page& page = *pages_[number];
    Chunk* chunk = LastUpTo(page.chunks(), page.size, key);
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
    Page* const page = RoomFor(BlockOf(key), gfp);
    if (page == nullptr) return nullptr;
    Chunk* const before = LastUpTo(page->chunks(), page->size, key);
    Chunk* const at = before == nullptr ? page->chunks() : before + 1;
    std::memmove(at + 1, at, (page->end() - at) * sizeof(Chunk));
    ++page->size;
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
      if (page.size > page.capacity || page.capacity > kPageKeys) return false;
      if (page.size == 0 && size_ > 1) return false;
      for (const Chunk* chunk = page.chunks(); chunk != page.end(); ++chunk) {
        if (BlockOf(chunk->key) != page.block) return false;
        if (previous != nullptr && previous->key >= chunk->key) return false;
        previous = chunk;
      }
    }
    return size_ <= capacity_;
  }

 private:
  struct Page {
    std::uint64_t block;
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
  static constexpr std::uint32_t kPageKeys = 128;
  static constexpr std::uint32_t kMinPages = 4;

  // The number of the page that a key belongs to, were there all pages.
  static constexpr std::uint64_t BlockOf(std::uint64_t key) {
    return key / kPageKeys;
  }
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

  Chunk* Locate(std::uint64_t key) {
    if constexpr (kGuess) {
      Chunk* const chunk = Guess(first_page_, key);
      return chunk != nullptr ? chunk : Search(key);
    } else {
      return SearchWithoutGuess(key);
    }
  }

  Chunk* SearchWithoutGuess(std::uint64_t key) {
    Window window = first_page_;
    if (BlockOf(key) != first_block_) [[unlikely]] {
      if (size_ == 0) return nullptr;
      Page* const page = pages_[PageUpTo(BlockOf(key))];
      if (page->block != BlockOf(key)) return nullptr;
      window = WindowOf(*page);
    }
    if (window.size == 0) return nullptr;
    if (key == window.high) return &window.chunks[window.size - 1];
    Chunk* const chunk = LastUpTo(window.chunks, window.size, key);
    return chunk != nullptr && chunk->key == key ? chunk : nullptr;
  }

  // For keys that cannot be guessed in the first page.
  [[gnu::noinline]] Chunk* Search(std::uint64_t key) {
    const std::uint64_t block = BlockOf(key);
    Window window = first_page_;
    if (block != first_block_) {
      Page* const page = PageOf(block);
      if (page == nullptr) return nullptr;
      window = WindowOf(*page);
      if (Chunk* const chunk = Guess(window, key)) return chunk;
    }
    Chunk* const chunk = LastUpTo(window.chunks, window.size, key);
    return chunk != nullptr && chunk->key == key ? chunk : nullptr;
  }

  // The last of `size` chunks whose key is not above `key`, or null.
  static Chunk* LastUpTo(Chunk* chunk, std::uint64_t size, std::uint64_t key) {
    if (size == 0 || chunk->key > key) return nullptr;
    while (size > 1) {
      const std::uint64_t half = size / 2;
      chunk = chunk[half].key <= key ? chunk + half : chunk;
      size -= half;
    }
    return chunk;
  }

  // The page of that block, guessed as a chunk is, or null.
  Page* PageOf(std::uint64_t block) const {
    const std::uint64_t behind = block - first_block_;
    if (behind < size_ && pages_[behind]->block == block) return pages_[behind];
    const std::uint64_t before = last_block_ - block;
    if (before < size_) {
      Page* const page = pages_[size_ - 1 - before];
      if (page->block == block) return page;
    }
    if (size_ == 0) return nullptr;
    Page* const page = pages_[PageUpTo(block)];
    return page->block == block ? page : nullptr;
  }

  // The number of the last page whose block is not above `block`, else 0.
  // Requires a page.
  std::uint32_t PageUpTo(std::uint64_t block) const {
    std::uint32_t number = 0;
    for (std::uint32_t size = size_; size > 1;) {
      const std::uint32_t half = size / 2;
      if (pages_[number + half]->block <= block) number += half;
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
    first_block_ = pages_[0]->block;
    last_block_ = pages_[size_ - 1]->block;
    recent_ = nullptr;
  }

  Page* NewPage(std::uint64_t block, std::uint32_t capacity, Gfp gfp) {
    auto* page = static_cast<Page*>(
        heap_.Allocate(PageBytes(capacity), alignof(Page), gfp));
    if (page != nullptr) {
      *page = {.block = block, .size = 0, .capacity = capacity};
    }
    return page;
  }
  void FreePage(Page* page) {
    heap_.Free(page, PageBytes(page->capacity), alignof(Page));
  }
  void FreeDirectory() {
    heap_.Free(pages_, capacity_ * sizeof(Page*), alignof(Page*));
  }

  // The page of that block, with room for one more chunk, or null.
  Page* RoomFor(std::uint64_t block, Gfp gfp) {
    std::uint32_t number = 0;
    if (size_ != 0) {
      number = PageUpTo(block);
      Page* const page = pages_[number];
      if (page->size == 0) page->block = block;  // the only one
      if (page->block == block) {
        return page->size < page->capacity ? page : Grow(number, gfp);
      }
      if (page->block < block) ++number;
    }
    return AddPage(number, block, gfp);
  }

  // An empty page at that place, or null.
  Page* AddPage(std::uint32_t number, std::uint64_t block, Gfp gfp) {
    if (!ReserveDirectory(gfp)) return nullptr;
    Page* const page = NewPage(block, kMinChunks, gfp);
    if (page == nullptr) return nullptr;
    std::memmove(pages_ + number + 1, pages_ + number,
                 (size_ - number) * sizeof(Page*));
    pages_[number] = page;
    ++size_;
    return page;
  }

  // Gives a full page, which has not all keys of its block, more room.
  Page* Grow(std::uint32_t number, Gfp gfp) {
    Page* const page = pages_[number];
    Page* const larger = NewPage(page->block, 2 * page->capacity, gfp);
    if (larger == nullptr) return nullptr;
    larger->size = page->size;
    std::memcpy(larger->chunks(), page->chunks(), page->size * sizeof(Chunk));
    FreePage(page);
    pages_[number] = larger;
    return larger;
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

  A& heap_;
  Page** pages_ = nullptr;
  std::uint32_t size_ = 0;
  std::uint32_t capacity_ = 0;
  Window first_page_;  // copied here, two loads nearer
  std::uint64_t first_block_ = 0;
  std::uint64_t last_block_ = 0;
  Chunk* recent_ = nullptr;  // what Find found last, if kHint
};

}  // namespace pfn::roaring
