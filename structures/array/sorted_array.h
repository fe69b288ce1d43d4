// SPDX-License-Identifier: MIT
//
// File: structures/array/sorted_array.h
//
// sorted-array: no set at all. Pages are appended to an array as they come; it
// is sorted, and neighbours are joined to ranges, when ranges are asked for.
// Firecracker's balloon device does so with the page numbers of each queue
// notification.
//
// Layout      pages of 4 KiB with up to 508 page numbers each, 8 bytes per page
//             number. They are linked in order; the links of a binary search
//             tree, in their headers too, make a sorted array searchable
//             without an index. Two spare pages while there are two or more in
//             use, and at most two else: sorting takes them from there.
// Set         an append, O(1). The second page is three allocations, any other
//             one. A page number may stand in the array more than once until
//             it is sorted.
// Sorting     in place, without allocating, whenever the array is looked at
//             after a Set: each page by itself, where runs that ascend or
//             descend are taken as they are; then the pages as lists, which
//             costs nothing where lists do not overlap. O(n log n) at worst,
//             O(n) for pages in sequence. A Set between any two looks makes it
//             O(n) each time: this is a structure for set, set, ..., drain.
// Test        after sorting, O(log n).
// Clear       after sorting, O(log n) and a memmove within one page. Pages that
//             became empty are given back when they are half of all.
// NextRange   after sorting, O(log n) and along the run.
// ForEachRange  after sorting, O(n).
// ClearRange  does not sort: O(n), when sorted O(pages). Pages left empty are
//             given back.
// Failure     only Set allocates: kNoMemory with everything as before, except
//             that there may be spare pages.
//
// Source: the idea only, of Firecracker's documentation of its balloon device.

#ifndef PFNBENCH_STRUCTURES_ARRAY_SORTED_ARRAY_H_
#define PFNBENCH_STRUCTURES_ARRAY_SORTED_ARRAY_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

#include "structures/core/nowait_allocator.h"
#include "structures/core/pfn.h"
#include "structures/core/pfn_set.h"

namespace pfn {

template <NowaitAllocator A>
class SortedArray {
 public:
  static constexpr std::size_t kPageBytes = 4096;

  static constexpr StructureTraits kTraits{
      .name = "sorted-array",
      .family = "array",
      .origin = "what Firecracker's balloon does, 2020",
      .defers_work = true,
  };

  explicit SortedArray(A& heap) : heap_(heap) {}
  SortedArray(const SortedArray&) = delete;
  SortedArray& operator=(const SortedArray&) = delete;
  ~SortedArray() {
    FreeList(list_.first);
    FreeList(spares_);
  }

  Status Set(Pfn pfn, Gfp gfp) {
    if (next_ == limit_) [[unlikely]] {
      if (!Open(gfp)) return Status::kNoMemory;
    }
    *next_++ = pfn;
    return Status::kOk;
  }

  Status Clear(Pfn pfn, Gfp) {
    Sort();
    const Place place = Find(pfn);
    if (place.at == nullptr || *place.at != pfn) return Status::kOk;
    Page& page = *place.page;
    std::copy(place.at + 1, page.end(), place.at);
    --page.size;
    if (page.size == 0 && 2 * ++empty_pages_ >= pages_) {
      Filter([](Page&) {});
    }
    Close();
    return Status::kOk;
  }

  bool Test(Pfn pfn) {
    Sort();
    const Place place = Find(pfn);
    return place.at != nullptr && *place.at == pfn;
  }

  std::optional<PfnRange> NextRange(Pfn from, Pfn max) {
    Sort();
    std::optional<PfnRange> found;
    VisitPieces({from, max}, [&](PfnRange piece) {
      if (!found) {
        found = piece;
        return true;
      }
      if (piece.first != found->last + 1) return false;
      found->last = piece.last;
      return true;
    });
    return found;
  }

  template <class Visitor>
  void ForEachRange(PfnRange range, Visitor&& visitor) {
    Sort();
    std::optional<PfnRange> pending;
    VisitPieces(range, [&](PfnRange piece) {
      if (pending && piece.first == pending->last + 1) {
        pending->last = piece.last;
        return true;
      }
      if (pending) visitor(*pending);
      pending = piece;
      return true;
    });
    if (pending) visitor(*pending);
  }

  Status ClearRange(PfnRange range, Gfp) {
    Seal();
    Filter([&](Page& page) { RemoveFrom(page, range); });
    Close();
    return Status::kOk;
  }

  // Whether the pages are as they should be; sorts.
  bool Validate() {
    Sort();
    std::uint64_t pages = 0;
    std::uint64_t empty = 0;
    std::optional<Pfn> previous;
    const Page* last = nullptr;
    for (const Page* page = list_.first; page != nullptr; page = page->next) {
      for (const Pfn pfn : *page) {
        if (previous && *previous >= pfn) return false;
        if (Find(pfn).page != page) return false;
        previous = pfn;
      }
      ++pages;
      empty += page->size == 0;
      last = page;
    }
    std::uint64_t spares = 0;
    for (const Page* page = spares_; page != nullptr; page = page->next) {
      ++spares;
    }
    return last == list_.last && pages == pages_ && empty == empty_pages_ &&
           (pages == 0 || 2 * empty < pages) && spares == spare_pages_ &&
           spares <= kMergeSpares && (pages < 2 || spares == kMergeSpares);
  }

 private:
  struct Page {
    Page* next;
    Page* left;  // of the search tree, while the array is sorted
    Page* right;
    std::uint64_t size;
    Pfn values[(kPageBytes - 4 * sizeof(std::uint64_t)) / sizeof(Pfn)];

    Pfn* begin() { return values; }
    Pfn* end() { return values + size; }
    const Pfn* begin() const { return values; }
    const Pfn* end() const { return values + size; }
    Pfn front() const { return values[0]; }
    Pfn back() const { return values[size - 1]; }
  };
  static_assert(sizeof(Page) == kPageBytes);

  static constexpr std::size_t kPageValues = std::size(Page{}.values);

  // Merging two lists page by page needs a page to write to before one is read
  // to its end: see Merge().
  static constexpr std::uint64_t kMergeSpares = 2;

  // Linked pages, none empty while they are being sorted.
  struct List {
    Page* first = nullptr;
    Page* last = nullptr;

    bool empty() const { return first == nullptr; }
    void Append(Page* page) {
      (empty() ? first : last->next) = page;
      last = page;
      page->next = nullptr;
    }
    void Append(const List& list) {
      if (list.empty()) return;
      (empty() ? first : last->next) = list.first;
      last = list.last;
    }
    Page* PopFront() {
      Page* const page = first;
      first = page->next;
      if (first == nullptr) last = nullptr;
      return page;
    }
  };

  struct Place {
    Page* page;
    Pfn* at;  // null at the end of the page
  };

  // --------------------------------------------------------------- pages

  Page* TakeSpare() {
    --spare_pages_;
    return std::exchange(spares_, spares_->next);
  }
  void Spare(Page* page) {
    page->next = std::exchange(spares_, page);
    ++spare_pages_;
  }
  void TrimSpares() {
    while (spare_pages_ > kMergeSpares) FreePage(TakeSpare());
  }
  void FreePage(Page* page) { heap_.Free(page, sizeof(Page), alignof(Page)); }
  void FreeList(Page* page) {
    while (page != nullptr) FreePage(std::exchange(page, page->next));
  }

  // Makes room at the end of the array and marks it as not sorted.
  [[gnu::noinline]] bool Open(Gfp gfp) {
    Seal();
    if (list_.empty() || list_.last->size == kPageValues) {
      const std::uint64_t wanted = list_.empty() ? 1 : 1 + kMergeSpares;
      while (spare_pages_ < wanted) {
        void* const page = heap_.Allocate(sizeof(Page), alignof(Page), gfp);
        if (page == nullptr) return false;
        Spare(static_cast<Page*>(page));
      }
      Page* const page = TakeSpare();
      page->size = 0;
      list_.Append(page);
      ++pages_;
    }
    sorted_ = false;
    next_ = list_.last->end();
    limit_ = list_.last->values + kPageValues;
    return true;
  }

  // Writes down how many values the last page has got by Set.
  void Seal() {
    if (!sorted_) list_.last->size = next_ - list_.last->values;
  }

  // The next Set begins with Open(), or goes on in the last page.
  void Close() {
    if (list_.empty()) sorted_ = true;
    next_ = list_.empty() ? nullptr : list_.last->end();
    limit_ = sorted_ ? next_ : list_.last->values + kPageValues;
  }

  // ------------------------------------------------------------- sorting

  void Sort() {
    if (!sorted_) [[unlikely]] {
      SortPages();
    }
  }

  // A merge sort of lists: bins[i] holds a sorted list of about 2^i pages.
  [[gnu::noinline]] void SortPages() {
    Seal();
    std::array<List, 64> bins;
    while (!list_.empty()) {
      List run;
      run.Append(list_.PopFront());
      if (run.first->size == 0) {
        Spare(run.first);
        continue;
      }
      SortPage(*run.first);
      std::size_t i = 0;
      for (; !bins[i].empty(); ++i) {
        run = Merge(std::exchange(bins[i], {}), run);
      }
      bins[i] = run;
    }
    for (const List& bin : bins) {
      if (!bin.empty()) list_ = list_.empty() ? bin : Merge(bin, list_);
    }
    TrimSpares();
    Index();
    sorted_ = true;
    Close();
  }

  // Sorts one page and drops what it has twice. Guests give their pages in
  // descending runs, which often follow each other upwards.
  static void SortPage(Page& page) {
    for (Pfn* run = page.begin(); run != page.end();) {
      Pfn* const last =
          std::adjacent_find(run, page.end(), std::less_equal<>());
      Pfn* const after = last == page.end() ? last : last + 1;
      std::reverse(run, after);
      run = after;
    }
    if (std::adjacent_find(page.begin(), page.end(), std::greater_equal<>()) ==
        page.end()) {
      return;
    }
    std::sort(page.begin(), page.end());
    page.size = std::unique(page.begin(), page.end()) - page.begin();
  }

  // Both sorted, neither empty. Pages that nothing of the other list falls into
  // are linked as they are until the first that has to be merged, and again
  // when one list is used up.
  //
  // What is merged goes to fresh pages, and pages that are read to their end
  // are the next fresh ones. When k pages have been filled, at most one page of
  // each list has been read in part, by less than a page together with the
  // other: by less than 2 pages. So at least k - 1 have been read to the end,
  // and two spares are enough for the page k + 1.
  List Merge(List a, List b) {
    List out;
    while (!a.empty() && !b.empty()) {
      if (a.first->back() < b.first->front()) {
        out.Append(a.PopFront());
      } else if (b.first->back() < a.first->front()) {
        out.Append(b.PopFront());
      } else {
        Interleave(a, b, out);
      }
    }
    out.Append(a);
    out.Append(b);
    return out;
  }

  // Merges from the first pages of two lists on, until one list is used up.
  void Interleave(List& a, List& b, List& out) {
    const Pfn* at_a = a.first->begin();
    const Pfn* at_b = b.first->begin();
    Page* page = NewOutput(out);
    while (!a.empty() && !b.empty()) {
      if (page->size == kPageValues) page = NewOutput(out);
      MergeValues(at_a, a.first->end(), at_b, b.first->end(), *page);
      DropIfRead(a, at_a);
      DropIfRead(b, at_b);
    }
    // The page that was begun, so that there are no more pages than before.
    List& rest = a.empty() ? b : a;
    const Pfn* at = a.empty() ? at_b : at_a;
    if (rest.empty() || at == rest.first->begin()) return;
    while (at != rest.first->end()) {
      if (page->size == kPageValues) page = NewOutput(out);
      page->values[page->size++] = *at++;
    }
    DropIfRead(rest, at);
  }

  Page* NewOutput(List& out) {
    Page* const page = TakeSpare();
    page->size = 0;
    out.Append(page);
    return page;
  }

  // Until one of the inputs is read or the output is full.
  static void MergeValues(const Pfn*& a, const Pfn* a_end, const Pfn*& b,
                          const Pfn* b_end, Page& out) {
    Pfn* to = out.end();
    Pfn* const limit = out.values + kPageValues;
    while (a != a_end && b != b_end && to != limit) {
      const Pfn value_a = *a;
      const Pfn value_b = *b;
      *to++ = std::min(value_a, value_b);
      a += value_a <= value_b;
      b += value_b <= value_a;
    }
    out.size = to - out.values;
  }

  void DropIfRead(List& list, const Pfn*& at) {
    if (at != list.first->end()) return;
    Spare(list.PopFront());
    at = list.empty() ? nullptr : list.first->begin();
  }

  // ----------------------------------------------------------- searching

  // Makes the search tree of the sorted list, and counts its pages.
  void Index() {
    pages_ = 0;
    empty_pages_ = 0;
    for (const Page* page = list_.first; page != nullptr; page = page->next) {
      ++pages_;
    }
    Page* next = list_.first;
    root_ = MakeTree(pages_, next);
  }

  // A balanced tree of the next `size` pages; moves `next` behind them.
  static Page* MakeTree(std::uint64_t size, Page*& next) {
    if (size == 0) return nullptr;
    Page* const left = MakeTree(size / 2, next);
    Page* const root = std::exchange(next, next->next);
    root->left = left;
    root->right = MakeTree(size - size / 2 - 1, next);
    return root;
  }

  // The last page that does not begin above `pfn`, or null, and in it the first
  // value that is not below. What a page begins with is good for the search
  // also if it was cleared since, even if it was the last.
  Place Find(Pfn pfn) const {
    Page* found = nullptr;
    for (Page* page = root_; page != nullptr;) {
      if (page->front() <= pfn) found = page;
      page = page->front() <= pfn ? page->right : page->left;
    }
    if (found == nullptr) return {nullptr, nullptr};
    Pfn* const at = std::lower_bound(found->begin(), found->end(), pfn);
    return {found, at == found->end() ? nullptr : at};
  }

  // Visits the runs within `range`; one that goes on in the next page comes in
  // pieces. Ends when `emit` returns false.
  template <class Emit>
  void VisitPieces(PfnRange range, Emit emit) const {
    const auto [begun, found] = Find(range.first);
    const Page* page = begun;
    const Pfn* at = found;
    if (at == nullptr) {
      page = page == nullptr ? list_.first : page->next;
      if (page != nullptr) at = page->begin();
    }
    while (page != nullptr) {
      const Pfn* const end =
          page->size == 0 || page->back() <= range.last
              ? page->end()
              : std::upper_bound(at, page->end(), range.last);
      while (at != end) {
        const Pfn* const last = LastOfRun(at, end);
        if (!emit(PfnRange{*at, *last})) return;
        at = last + 1;
      }
      if (end != page->end()) return;
      page = page->next;
      if (page != nullptr) at = page->begin();
    }
  }

  // The last of the values in sequence that begin at `at`.
  static const Pfn* LastOfRun(const Pfn* at, const Pfn* end) {
    const Pfn* last = end - 1;
    if (*last - *at == static_cast<Pfn>(last - at)) return last;
    for (last = at; last[1] == last[0] + 1;) ++last;
    return last;
  }

  // ------------------------------------------------------------ clearing

  void RemoveFrom(Page& page, PfnRange range) const {
    const auto is_in = [range](Pfn pfn) {
      return range.first <= pfn && pfn <= range.last;
    };
    Pfn* end;
    if (!sorted_) {
      end = std::remove_if(page.begin(), page.end(), is_in);
    } else if (page.size == 0 || (is_in(page.front()) && is_in(page.back()))) {
      end = page.begin();
    } else if (page.back() < range.first || range.last < page.front()) {
      return;
    } else {
      Pfn* const first =
          std::lower_bound(page.begin(), page.end(), range.first);
      Pfn* const after = std::upper_bound(first, page.end(), range.last);
      end = std::copy(after, page.end(), first);
    }
    page.size = end - page.begin();
  }

  // Applies `cut` to all pages and gives back those that are empty then.
  template <class CutPage>
  void Filter(CutPage cut) {
    List all = std::exchange(list_, {});
    while (!all.empty()) {
      Page* const page = all.PopFront();
      cut(*page);
      if (page->size == 0) {
        Spare(page);
      } else {
        list_.Append(page);
      }
    }
    TrimSpares();
    Index();
  }

  A& heap_;
  Pfn* next_ = nullptr;   // where Set writes
  Pfn* limit_ = nullptr;  // where it may no more
  List list_;
  Page* root_ = nullptr;  // of the search tree, if sorted_
  bool sorted_ = true;    // ascending, each once, sizes written down
  std::uint64_t pages_ = 0;
  std::uint64_t empty_pages_ = 0;  // among them, since they were sorted
  Page* spares_ = nullptr;
  std::uint64_t spare_pages_ = 0;
};

}  // namespace pfn

#endif  // PFNBENCH_STRUCTURES_ARRAY_SORTED_ARRAY_H_
