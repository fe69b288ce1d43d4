// SPDX-License-Identifier: MIT
//
// What the arrays share that are put in order when somebody looks: runs of
// pages in pages of 4 KiB, which are sorted and joined in place.
//
// Layout      a word is a run of up to 4,096 pages: 52 bits of its first page,
//             12 bits of its length less one. A page of 4 KiB has up to 508
//             words with the same upper 12 bits of their page numbers, which
//             stand in its header. Pages are linked in order; the links of a
//             binary search tree, in their headers too, make them searchable
//             without an index. Two spare pages while there are two or more in
//             use: sorting takes them from there.
// Sorting     in place, without allocating: neighbours in order of arrival,
//             ascending or descending, become one word, so that what is sorted
//             are runs. Then each page by itself, then pages as lists, which
//             costs nothing where lists do not overlap. O(n) for the pages that
//             came since, O(r log r) for r runs.
// Clearing    cuts words. A run cut in two takes one more. For that there must
// be
//             a spare page more than sorting needs, else one is allocated:
//             where the page is full, its upper half moves there.

#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

#include "structures/core/nowait_allocator.h"
#include "structures/core/pfn.h"

namespace pfn::array {

inline constexpr std::size_t kPageBytes = 4096;
// PFNs of 4 bytes that kBuffered collects before it compacts them.
inline constexpr std::size_t kBufferPages = 2048;

// What Set does with a page: it becomes a word at the end of the array, or with
// kBuffered 4 bytes in a buffer, which is sorted and appended as runs when it
// is full.
template <NowaitAllocator A, bool kBuffered>
class RunArray {
 public:
  explicit RunArray(A& heap) : heap_(heap) {}
  RunArray(const RunArray&) = delete;
  RunArray& operator=(const RunArray&) = delete;
  ~RunArray() {
    FreeList(list_.first);
    FreeList(spares_);
    if (buffer_ != nullptr) heap_.Free(buffer_, kBufferBytes, alignof(Raw));
  }

  Status Set(Pfn pfn, Gfp gfp) {
    if (next_ == limit_ || pfn >> kRawBits != high_) [[unlikely]] {
      if (!Open(pfn, gfp)) return Status::kNoMemory;
    }
    *next_++ = static_cast<Raw>(kBuffered ? pfn : pfn << kLengthBits);
    return Status::kOk;
  }

  bool Test(Pfn pfn) {
    Sort();
    const Place place = Find(pfn);
    return place.at != nullptr && RunOf(*place.page, *place.at).first <= pfn;
  }

  Status Clear(Pfn pfn, Gfp gfp) {
    Sort();
    Place place = Find(pfn);
    if (place.at == nullptr) return Status::kOk;
    if (!Cut(*place.page, place.at, {pfn, pfn})) {
      if (!MakeRoom(*place.page, gfp)) return Status::kNoMemory;
      place = Find(pfn);
      (void)Cut(*place.page, place.at, {pfn, pfn});
    }
    if (2 * empty_pages_ >= pages_) GiveBack();
    return Status::kOk;
  }

  // Only a range within one run can need memory, so nothing has changed when it
  // fails.
  Status ClearRange(PfnRange range, Gfp gfp) {
    Sort();
    for (Page* page = list_.first; page != nullptr; page = page->next) {
      if (Cut(*page, FirstFrom(*page, range.first), range)) continue;
      if (!MakeRoom(*page, gfp)) return Status::kNoMemory;
      return ClearRange(range, gfp);
    }
    if (empty_pages_ != 0) GiveBack();
    return Status::kOk;
  }

  std::optional<PfnRange> NextRange(Pfn from, Pfn max) {
    Sort();
    std::optional<PfnRange> found;
    VisitPieces({from, max}, [&](PfnRange piece) {
      if (found && piece.first != found->last + 1) return false;
      found = {found ? found->first : piece.first, piece.last};
      return true;
    });
    return found;
  }

  template <class Visitor>
  void ForEachRange(PfnRange range, Visitor&& visitor) {
    Sort();
    PfnRange pending = {1, 0};  // none yet
    VisitPieces(range, [&](PfnRange piece) {
      if (piece.first == pending.last + 1 && pending.first <= pending.last) {
        pending.last = piece.last;
        return true;
      }
      if (pending.first <= pending.last) visitor(pending);
      pending = piece;
      return true;
    });
    if (pending.first <= pending.last) visitor(pending);
  }

  // Whether the pages are as they should be; sorts.
  bool Validate() {
    Sort();
    std::uint64_t pages = 0;
    std::uint64_t empty = 0;
    std::optional<Pfn> previous;
    const Page* last = nullptr;
    for (const Page* page = list_.first; page != nullptr; page = page->next) {
      for (const std::uint64_t word : *page) {
        const PfnRange run = RunOf(*page, word);
        if (run.last < run.first || (previous && *previous >= run.first)) {
          return false;
        }
        if (Find(run.first).page != page) return false;
        previous = run.last;
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
           spares <= kCuttingSpares && (pages < 2 || spares >= kMergeSpares);
  }

 private:
  using Raw = std::conditional_t<kBuffered, std::uint32_t, std::uint64_t>;

  static constexpr unsigned kLengthBits = 12;
  static constexpr unsigned kFirstBits = 64 - kLengthBits;
  static constexpr unsigned kRawBits = kBuffered ? 32 : kFirstBits;
  static constexpr std::uint64_t kWordPages = 1u << kLengthBits;

  struct Page {
    Page* next;
    Page* left;  // of the search tree, while the array is sorted
    Page* right;
    std::uint32_t size;
    std::uint32_t high;  // the upper 12 bits of all its pages
    std::uint64_t
        words[(kPageBytes - 4 * sizeof(std::uint64_t)) / sizeof(std::uint64_t)];

    std::uint64_t* begin() { return words; }
    std::uint64_t* end() { return words + size; }
    const std::uint64_t* begin() const { return words; }
    const std::uint64_t* end() const { return words + size; }
  };
  static_assert(sizeof(Page) == kPageBytes);

  static constexpr std::size_t kPageWords = std::size(Page{}.words);

  // Merging two lists page by page needs a page to write to before one is read
  // to its end: see Merge().
  static constexpr std::uint64_t kMergeSpares = 2;
  // A full buffer needs so many pages at worst, also when somebody looks, which
  // cannot fail.
  static constexpr std::uint64_t kBufferSpares =
      kBuffered ? kBufferPages / kPageWords + 1 : 0;
  static constexpr std::uint64_t kMostSpares = kMergeSpares + kBufferSpares;
  static constexpr std::uint64_t kCuttingSpares = kMostSpares + 1;
  static constexpr std::size_t kBufferBytes =
      kBufferPages * sizeof(std::uint32_t);

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
    std::uint64_t* at;  // null at the end of the page
  };

  // --------------------------------------------------------------- words

  // Without the upper bits, which stand in the page.
  struct Span {
    std::uint64_t first;
    std::uint64_t last;
  };
  static Span SpanOf(std::uint64_t word) {
    const std::uint64_t first = word >> kLengthBits;
    return {first, first + word % kWordPages};
  }
  static std::uint64_t WordOf(Span span) {
    return span.first << kLengthBits | (span.last - span.first);
  }
  static std::uint32_t HighOf(Pfn pfn) {
    return static_cast<std::uint32_t>(pfn >> kFirstBits);
  }
  static Pfn BaseOf(const Page& page) { return Pfn{page.high} << kFirstBits; }
  static PfnRange RunOf(const Page& page, std::uint64_t word) {
    const Span span = SpanOf(word);
    return {BaseOf(page) | span.first, BaseOf(page) | span.last};
  }
  static std::uint64_t WordIn(const Page& page, PfnRange run) {
    return WordOf({run.first - BaseOf(page), run.last - BaseOf(page)});
  }
  static Pfn FirstOf(const Page& page) {
    return RunOf(page, page.words[0]).first;
  }

  // Gives `emit` the words of `span`: not more than it was read from.
  template <class Emit>
  static void EmitWords(Span span, Emit emit) {
    while (span.last - span.first >= kWordPages) {
      emit(WordOf({span.first, span.first + (kWordPages - 1)}));
      span.first += kWordPages;
    }
    emit(WordOf(span));
  }

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
    while (spare_pages_ > kMostSpares) FreePage(TakeSpare());
  }
  bool Reserve(std::uint64_t spares, Gfp gfp) {
    while (spare_pages_ < spares) {
      void* const page = heap_.Allocate(sizeof(Page), alignof(Page), gfp);
      if (page == nullptr) return false;
      Spare(static_cast<Page*>(page));
    }
    return true;
  }
  void FreePage(Page* page) { heap_.Free(page, sizeof(Page), alignof(Page)); }
  void FreeList(Page* page) {
    while (page != nullptr) FreePage(std::exchange(page, page->next));
  }

  // The last page if it has room for `pfn`, else a spare one.
  Page& PageFor(Pfn pfn) {
    if (!HasRoomFor(pfn)) {
      Page* const page = TakeSpare();
      page->size = 0;
      page->high = HighOf(pfn);
      list_.Append(page);
      ++pages_;
    }
    return *list_.last;
  }

  bool HasRoomFor(Pfn pfn) const {
    return !list_.empty() && list_.last->size != kPageWords &&
           list_.last->high == HighOf(pfn);
  }

  // Makes room for `pfn` and marks the array as not sorted.
  [[gnu::noinline]] bool Open(Pfn pfn, Gfp gfp) {
    Settle();
    if (!ReserveFor(pfn, gfp)) return false;
    if constexpr (kBuffered) {
      next_ = buffer_;
      limit_ = buffer_ + kBufferPages;
    } else {
      Page& page = PageFor(pfn);
      next_ = page.end();
      limit_ = page.words + kPageWords;
    }
    high_ = pfn >> kRawBits;
    sorted_ = false;
    return true;
  }

  // Takes into the pages what Set has written since Open().
  void Settle() {
    if (next_ == nullptr) return;
    if constexpr (kBuffered) {
      Compact();
    } else {
      list_.last->size = static_cast<std::uint32_t>(next_ - list_.last->words);
    }
    next_ = limit_ = nullptr;
  }

  // All that Set up to the next Open(), and a look after it, may need.
  bool ReserveFor(Pfn pfn, Gfp gfp) {
    if constexpr (kBuffered) {
      if (buffer_ == nullptr) {
        buffer_ =
            static_cast<Raw*>(heap_.Allocate(kBufferBytes, alignof(Raw), gfp));
      }
      return buffer_ != nullptr && Reserve(kMostSpares, gfp);
    } else {
      const std::uint64_t more = HasRoomFor(pfn) ? 0 : 1;
      return Reserve(more + (pages_ + more < 2 ? 0 : kMergeSpares), gfp);
    }
  }

  // Sorts the buffer and appends its runs to the pages. Guests give pages in
  // descending runs, which often follow each other upwards.
  void Compact() {
    for (Raw* run = buffer_; run != next_;) {
      Raw* const last = std::adjacent_find(run, next_, std::less_equal<>());
      Raw* const after = last == next_ ? last : last + 1;
      std::reverse(run, after);
      run = after;
    }
    if (!std::is_sorted(buffer_, next_)) std::sort(buffer_, next_);
    const Pfn base = high_ << kRawBits;
    const auto append = [&](std::uint64_t word) {
      Page& page = PageFor(base);
      page.words[page.size++] = word;
    };
    const std::uint64_t first_of_all = base % (Pfn{1} << kFirstBits);
    Span span = {buffer_[0], buffer_[0]};
    for (const Raw* at = buffer_ + 1; at < next_; ++at) {
      if (*at - span.last <= 1) {
        span.last = *at;
        continue;
      }
      EmitWords({first_of_all + span.first, first_of_all + span.last}, append);
      span = {*at, *at};
    }
    EmitWords({first_of_all + span.first, first_of_all + span.last}, append);
  }

  // ------------------------------------------------------------- sorting

  void Sort() {
    if (!sorted_) [[unlikely]] {
      SortPages();
    }
  }

  // bins[i] holds a sorted list of about 2^i pages.
  using Bins = std::array<List, 64>;

  // Joins pages in order of arrival, sorts and merges their runs, and joins
  // those.
  [[gnu::noinline]] void SortPages() {
    Settle();
    Bins bins;
    Rewrite(JoinArrival, [&](Page& page) { Bin(bins, page); });
    for (const List& bin : bins) {
      if (!bin.empty()) list_ = list_.empty() ? bin : Merge(bin, list_);
    }
    List joined;
    Rewrite(JoinSorted, [&](Page& page) { joined.Append(&page); });
    list_ = joined;
    TrimSpares();
    Index();
    sorted_ = true;
  }

  // Both make `run` longer by what comes after it, if they can: one in order of
  // arrival, one in ascending order, where runs may overlap.
  static constexpr auto JoinArrival = [](Span& run, Span more) {
    const bool is_below = more.last + 1 == run.first;
    if (!is_below && more.first != run.last + 1) return false;
    (is_below ? run.first : run.last) = is_below ? more.first : more.last;
    return true;
  };
  static constexpr auto JoinSorted = [](Span& run, Span more) {
    if (more.first > run.last + 1) return false;
    run.last = std::max(run.last, more.last);
    return true;
  };

  // Joins what follows each other, and writes it over the words that have been
  // read: there are never more. `take` gets the pages that were written, the
  // others are spare ones.
  template <class Join, class Take>
  void Rewrite(Join join, Take take) {
    Page* page = std::exchange(list_, {}).first;
    Page* unused = page;   // the first one that nothing was written to
    Page* open = nullptr;  // the one before it
    std::uint64_t* to = nullptr;
    std::uint64_t* limit = nullptr;
    std::uint32_t high = 0;
    const auto close = [&] {
      if (open == nullptr) return;
      open->size = static_cast<std::uint32_t>(to - open->words);
      to = limit = nullptr;
      take(*std::exchange(open, nullptr));
    };
    const auto write = [&](std::uint64_t word) {
      if (to == limit) [[unlikely]] {
        close();
        open = std::exchange(unused, unused->next);
        open->high = high;
        to = open->words;
        limit = to + kPageWords;
      }
      *to++ = word;
    };
    std::optional<Span> run;
    while (page != nullptr) {
      Page* const next = page->next;
      const std::uint64_t* at = page->begin();
      const std::uint64_t* const end = page->end();
      if (run && page->high != high) {
        EmitWords(*run, write);
        run.reset();
        close();
      }
      high = page->high;
      if (!run && at != end) run = SpanOf(*at++);
      Span now = run.value_or(Span{});
      for (; at != end; ++at) {
        const Span more = SpanOf(*at);
        if (!join(now, more)) {
          EmitWords(now, write);
          now = more;
        }
      }
      if (run) run = now;
      page = next;
    }
    if (run) EmitWords(*run, write);
    close();
    while (unused != nullptr) Spare(std::exchange(unused, unused->next));
  }

  // Puts a page with words in any order among the sorted lists.
  void Bin(Bins& bins, Page& page) {
    if (!std::is_sorted(page.begin(), page.end())) {
      std::sort(page.begin(), page.end());
    }
    List run;
    run.Append(&page);
    std::size_t i = 0;
    for (; !bins[i].empty(); ++i) {
      run = Merge(std::exchange(bins[i], {}), run);
    }
    bins[i] = run;
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
      if (IsBefore(*a.first, *b.first)) {
        out.Append(a.PopFront());
      } else if (IsBefore(*b.first, *a.first)) {
        out.Append(b.PopFront());
      } else {
        Interleave(a, b, out);
      }
    }
    out.Append(a);
    out.Append(b);
    return out;
  }

  // All words of `a` before all of `b`.
  static bool IsBefore(const Page& a, const Page& b) {
    if (a.high != b.high) return a.high < b.high;
    return a.words[a.size - 1] < b.words[0];
  }

  // Merges from the first pages of two lists on, until one list has no more of
  // these upper bits.
  void Interleave(List& a, List& b, List& out) {
    const std::uint32_t high = a.first->high;
    const std::uint64_t* at_a = a.first->begin();
    const std::uint64_t* at_b = b.first->begin();
    Page* page = NewOutput(out, high);
    while (!a.empty() && !b.empty() && a.first->high == high &&
           b.first->high == high) {
      if (page->size == kPageWords) page = NewOutput(out, high);
      MergeWords(at_a, a.first->end(), at_b, b.first->end(), *page);
      DropIfRead(a, at_a);
      DropIfRead(b, at_b);
    }
    // The page that was begun, so that there are no more pages than before.
    List& rest = !a.empty() && at_a != a.first->begin() ? a : b;
    const std::uint64_t* at = &rest == &a ? at_a : at_b;
    if (rest.empty() || at == rest.first->begin()) return;
    while (at != rest.first->end()) {
      if (page->size == kPageWords) page = NewOutput(out, high);
      page->words[page->size++] = *at++;
    }
    DropIfRead(rest, at);
  }

  Page* NewOutput(List& out, std::uint32_t high) {
    Page* const page = TakeSpare();
    page->size = 0;
    page->high = high;
    out.Append(page);
    return page;
  }

  // Until one of the inputs is read or the output is full.
  static void MergeWords(const std::uint64_t*& a, const std::uint64_t* a_end,
                         const std::uint64_t*& b, const std::uint64_t* b_end,
                         Page& out) {
    std::uint64_t* to = out.end();
    std::uint64_t* const limit = out.words + kPageWords;
    // A step reads one word of each at most.
    while (const auto steps = std::min({a_end - a, b_end - b, limit - to})) {
      for (const std::uint64_t* const end = to + steps; to != end;) {
        const std::uint64_t word_a = *a;
        const std::uint64_t word_b = *b;
        *to++ = std::min(word_a, word_b);
        a += word_a <= word_b;
        b += word_b <= word_a;
      }
    }
    out.size = static_cast<std::uint32_t>(to - out.words);
  }

  void DropIfRead(List& list, const std::uint64_t*& at) {
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
      empty_pages_ += page->size == 0;
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
  // run that does not end below. What a page begins with is good for the search
  // also if it was cleared since, even if it was the last.
  Place Find(Pfn pfn) const {
    Page* found = nullptr;
    for (Page* page = root_; page != nullptr;) {
      const bool is_before = FirstOf(*page) <= pfn;
      if (is_before) found = page;
      page = is_before ? page->right : page->left;
    }
    if (found == nullptr) return {nullptr, nullptr};
    std::uint64_t* const at = FirstFrom(*found, pfn);
    return {found, at == found->end() ? nullptr : at};
  }

  static std::uint64_t* FirstFrom(Page& page, Pfn pfn) {
    if (page.high > HighOf(pfn)) return page.begin();
    std::uint64_t* const at = BehindStarts(page, page.begin(), pfn);
    const bool is_in = at != page.begin() && RunOf(page, at[-1]).last >= pfn;
    return is_in ? at - 1 : at;
  }

  // From `begin` on, the first run that begins above `pfn`.
  static std::uint64_t* BehindStarts(Page& page, std::uint64_t* begin,
                                     Pfn pfn) {
    if (page.high < HighOf(pfn)) return page.end();
    return std::upper_bound(begin, page.end(),
                            WordIn(page, {pfn, pfn}) | (kWordPages - 1));
  }

  // Visits the runs within `range`; one of many words comes in pieces. Ends
  // when `emit` returns false.
  template <class Emit>
  void VisitPieces(PfnRange range, Emit emit) const {
    const Place place = Find(range.first);
    const Page* page = place.page == nullptr ? list_.first : place.page;
    const std::uint64_t* at = place.at;
    if (at == nullptr && page != nullptr) {
      if (place.page != nullptr) page = page->next;
      if (page != nullptr) at = page->begin();
    }
    while (page != nullptr) {
      for (; at != page->end(); ++at) {
        const PfnRange run = RunOf(*page, *at);
        if (run.first > range.last) return;
        if (!emit(PfnRange{std::max(run.first, range.first),
                           std::min(run.last, range.last)})) {
          return;
        }
      }
      page = page->next;
      if (page != nullptr) at = page->begin();
    }
  }

  // ------------------------------------------------------------ clearing

  // Clears what the page has of `range`, from its run `first` on. False, and
  // nothing happened: a run is to be cut in two, and there is no room.
  bool Cut(Page& page, std::uint64_t* first, PfnRange range) {
    if (first == page.end()) return true;
    const PfnRange begun = RunOf(page, *first);
    if (begun.first > range.last) return true;
    std::uint64_t* const end = begun.last >= range.last
                                   ? first + 1
                                   : BehindStarts(page, first, range.last);
    const PfnRange ended = RunOf(page, end[-1]);
    std::uint64_t left[2];
    std::uint64_t* to = left;
    if (begun.first < range.first) {
      *to++ = WordIn(page, {begun.first, range.first - 1});
    }
    if (ended.last > range.last) {
      *to++ = WordIn(page, {range.last + 1, ended.last});
    }
    const std::uint64_t size = page.size - (end - first) + (to - left);
    if (to - left > end - first &&
        (size > kPageWords || spare_pages_ < kCuttingSpares)) {
      return false;
    }
    if (to - left < end - first) {
      std::copy(end, page.end(), first + (to - left));
    } else if (to - left > end - first) {
      std::copy_backward(end, page.end(), page.words + size);
    }
    std::copy(left, to, first);
    page.size = static_cast<std::uint32_t>(size);
    empty_pages_ += size == 0;
    return true;
  }

  // Gets a spare page to cut with; moves the upper half of a full page to it.
  // False: there is none.
  bool MakeRoom(Page& page, Gfp gfp) {
    const bool is_full = page.size == kPageWords;
    if (!Reserve(kCuttingSpares + is_full, gfp)) return false;
    if (!is_full) return true;
    Page* const upper = TakeSpare();
    const std::uint32_t half = page.size / 2;
    upper->high = page.high;
    upper->size = page.size - half;
    std::copy(page.begin() + half, page.end(), upper->begin());
    page.size = half;
    upper->next = std::exchange(page.next, upper);
    if (list_.last == &page) list_.last = upper;
    Index();
    return true;
  }

  // Gives back the pages that are empty.
  void GiveBack() {
    List all = std::exchange(list_, {});
    while (!all.empty()) {
      Page* const page = all.PopFront();
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
  Raw* next_ = nullptr;   // where Set writes; null if nothing is open
  Raw* limit_ = nullptr;  // where it may no more
  Pfn high_ = 0;          // the upper bits of what it writes
  List list_;
  Page* root_ = nullptr;  // of the search tree, if sorted_
  bool sorted_ = true;    // ascending, each page once
  std::uint64_t pages_ = 0;
  std::uint64_t empty_pages_ = 0;  // among them
  Page* spares_ = nullptr;
  std::uint64_t spare_pages_ = 0;
  Raw* buffer_ = nullptr;  // of kBuffered
};

}  // namespace pfn::array
