// SPDX-License-Identifier: MIT
//
// Deliberately wrong structures: a plain one that is right, and others that
// differ from it in one defect. They stand in the place of the structures in
// wrong_sets_suites, so that wrong_sets_test.cc can see who catches them.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <optional>
#include <string_view>
#include <vector>

#include "structures/core/pfn_set.h"
#include "tests/structures/structure_kinds.h"
#include "workloads/base/random.h"

namespace pfn::testing {
namespace {

constexpr StructureTraits Called(std::string_view name) {
  return {.name = name, .family = "test", .origin = "this file"};
}

constexpr StructureTraits CalledAndItsClearFails(std::string_view name) {
  StructureTraits traits = Called(name);
  traits.clear_can_fail = true;
  return traits;
}

// Right: an ascending array of page numbers that doubles when it is full.
class SortedPages {
 public:
  static constexpr StructureTraits kTraits = Called("sorted-pages");

  explicit SortedPages(NowaitHeap& heap) : heap_(heap) {}
  SortedPages(const SortedPages&) = delete;
  SortedPages& operator=(const SortedPages&) = delete;
  ~SortedPages() { Release(); }

  Status Set(Pfn pfn, Gfp gfp) {
    if (Test(pfn)) return Status::kOk;
    if (size_ == capacity_ && !Grow(gfp)) return Status::kNoMemory;
    Insert(pfn);
    return Status::kOk;
  }
  Status Clear(Pfn pfn, Gfp) {
    Erase({pfn, pfn});
    return Status::kOk;
  }
  bool Test(Pfn pfn) const {
    const Pfn* page = AtLeast(pfn);
    return page != end() && *page == pfn;
  }
  std::optional<PfnRange> NextRange(Pfn from, Pfn max) const {
    const Pfn* page = AtLeast(from);
    if (page == end() || *page > max) return std::nullopt;
    return TakeRun(page, max);
  }
  Status ClearRange(PfnRange range, Gfp) {
    Erase(range);
    return Status::kOk;
  }

 protected:
  const Pfn* end() const { return pages_ + size_; }
  const Pfn* AtLeast(Pfn pfn) const {
    return std::lower_bound(pages_, pages_ + size_, pfn);
  }
  PfnRange TakeRun(const Pfn* page, Pfn max) const {
    PfnRange run = {*page, *page};
    while (++page != end() && *page == run.last + 1 && *page <= max) {
      run.last = *page;
    }
    return run;
  }
  std::size_t bytes() const { return capacity_ * sizeof(Pfn); }
  void Release() {
    if (pages_ != nullptr) heap_.Free(pages_, bytes(), 8);
  }
  bool Grow(Gfp gfp) {
    const std::size_t capacity = std::max<std::size_t>(16, 2 * capacity_);
    auto* pages =
        static_cast<Pfn*>(heap_.Allocate(capacity * sizeof(Pfn), 8, gfp));
    if (pages == nullptr) return false;
    std::copy_n(pages_, size_, pages);
    Release();
    pages_ = pages;
    capacity_ = capacity;
    return true;
  }
  // There is room for it, and it is no member.
  void Insert(Pfn pfn) {
    Pfn* const place = pages_ + (AtLeast(pfn) - pages_);
    std::copy_backward(place, pages_ + size_, pages_ + size_ + 1);
    *place = pfn;
    ++size_;
  }
  void Erase(PfnRange range) {
    Pfn* const first = pages_ + (AtLeast(range.first) - pages_);
    Pfn* const last = std::upper_bound(first, pages_ + size_, range.last);
    std::copy(last, pages_ + size_, first);
    size_ -= last - first;
  }

  NowaitHeap& heap_;
  Pfn* pages_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

// ------------------------------------------- wrong whether memory fails or not

struct LosesEveryThousandth : SortedPages {
  static constexpr StructureTraits kTraits = Called("loses-every-thousandth");
  using SortedPages::SortedPages;
  Status Set(Pfn pfn, Gfp gfp) {
    if (++sets_ % 1000 == 0) return Status::kOk;
    return SortedPages::Set(pfn, gfp);
  }
  std::uint64_t sets_ = 0;
};

struct LeaksAnObject : SortedPages {
  static constexpr StructureTraits kTraits = Called("leaks-an-object");
  using SortedPages::SortedPages;
  Status Clear(Pfn pfn, Gfp gfp) {
    (void)heap_.Allocate(40, 8, gfp);
    return SortedPages::Clear(pfn, gfp);
  }
};

// A page far above the others comes with the hundredth.
struct HasAStray : SortedPages {
  static constexpr StructureTraits kTraits = Called("has-a-stray");
  using SortedPages::SortedPages;
  Status Set(Pfn pfn, Gfp gfp) {
    const Status status = SortedPages::Set(pfn, gfp);
    if (size_ == 100) (void)SortedPages::Set(pages_[99] + (1 << 20), gfp);
    return status;
  }
};

// Trusts that memory is zeroed.
struct ReadsWhatItNeverWrote : SortedPages {
  static constexpr StructureTraits kTraits =
      Called("reads-what-it-never-wrote");
  using SortedPages::SortedPages;
  ~ReadsWhatItNeverWrote() {
    if (hidden_ != nullptr) heap_.Free(hidden_, sizeof(bool), 8);
  }
  Status Set(Pfn pfn, Gfp gfp) {
    if (hidden_ == nullptr) {
      hidden_ = static_cast<unsigned char*>(heap_.Allocate(1, 8, gfp));
    }
    return hidden_ == nullptr ? Status::kNoMemory : SortedPages::Set(pfn, gfp);
  }
  bool Test(Pfn pfn) const {
    return SortedPages::Test(pfn) && (hidden_ == nullptr || *hidden_ == 0);
  }
  unsigned char* hidden_ = nullptr;
};

// Looks for the beginning of the run that `from` lies in.
struct ForgetsFrom : SortedPages {
  static constexpr StructureTraits kTraits = Called("forgets-from");
  using SortedPages::SortedPages;
  std::optional<PfnRange> NextRange(Pfn from, Pfn max) const {
    std::optional<PfnRange> range = SortedPages::NextRange(from, max);
    while (range && range->first > 0 && Test(range->first - 1)) {
      --range->first;
    }
    return range;
  }
};

struct ForgetsMax : SortedPages {
  static constexpr StructureTraits kTraits = Called("forgets-max");
  using SortedPages::SortedPages;
  std::optional<PfnRange> NextRange(Pfn from, Pfn max) const {
    const Pfn* page = AtLeast(from);
    if (page == end() || *page > max) return std::nullopt;
    return TakeRun(page, kMaxPfn);
  }
};

struct FreesWithAnotherSize : SortedPages {
  static constexpr StructureTraits kTraits = Called("frees-with-another-size");
  using SortedPages::SortedPages;
  ~FreesWithAnotherSize() {
    if (capacity_ > 0) capacity_ *= 2;
  }
};

struct FreesTwice : SortedPages {
  static constexpr StructureTraits kTraits = Called("frees-twice");
  using SortedPages::SortedPages;
  ~FreesTwice() { Release(); }
};

struct TestSeesAGhost : SortedPages {
  static constexpr StructureTraits kTraits = Called("test-sees-a-ghost");
  using SortedPages::SortedPages;
  Status Clear(Pfn pfn, Gfp gfp) {
    if (SortedPages::Test(pfn)) ghost_ = pfn;
    return SortedPages::Clear(pfn, gfp);
  }
  bool Test(Pfn pfn) const {
    return SortedPages::Test(pfn) || (ghost_ && *ghost_ == pfn);
  }
  std::optional<Pfn> ghost_;
};

struct WalkMergesTwoRuns : SortedPages {
  static constexpr StructureTraits kTraits = Called("walk-merges-two-runs");
  using SortedPages::SortedPages;
  template <class Visitor>
  void ForEachRange(PfnRange range, Visitor&& visitor) const {
    std::optional<PfnRange> run =
        SortedPages::NextRange(range.first, range.last);
    while (run && range.last - run->last >= 2) {
      const auto next = SortedPages::NextRange(run->last + 2, range.last);
      if (!next) break;
      if (next->first - run->last > 2) visitor(*run);
      run = {next->first - run->last > 2 ? next->first : run->first,
             next->last};
    }
    if (run) visitor(*run);
  }
};

// From the sixth time that it is emptied at once, a page stays.
struct KeepsAPageOfThePassBefore : SortedPages {
  static constexpr StructureTraits kTraits =
      Called("keeps-a-page-of-the-pass-before");
  using SortedPages::SortedPages;
  Status ClearRange(PfnRange range, Gfp gfp) {
    const std::size_t before = size_;
    const Pfn kept = before == 0 ? 0 : pages_[before / 2];
    (void)SortedPages::ClearRange(range, gfp);
    if (before > 1000 && size_ == 0 && ++passes_ >= 6) Insert(kept);
    return Status::kOk;
  }
  int passes_ = 0;
};

struct AddsAPageAtRandom : SortedPages {
  static constexpr StructureTraits kTraits = Called("adds-a-page-at-random");
  using SortedPages::SortedPages;
  Status Set(Pfn pfn, Gfp gfp) {
    if (random_.Below(500) == 0) (void)SortedPages::Set(pfn + 3, gfp);
    return SortedPages::Set(pfn, gfp);
  }
  SplitMix64 random_{1};
};

// One word; the array has no room behind it.
struct WritesBehindItsArray : SortedPages {
  static constexpr StructureTraits kTraits = Called("writes-behind-its-array");
  using SortedPages::SortedPages;
  Status ClearRange(PfnRange range, Gfp gfp) {
    (void)SortedPages::ClearRange(range, gfp);
    volatile Pfn* const behind = pages_ + capacity_;
    if (pages_ != nullptr) *behind = 0;
    return Status::kOk;
  }
};

struct WritesFarAway : SortedPages {
  static constexpr StructureTraits kTraits = Called("writes-far-away");
  using SortedPages::SortedPages;
  Status ClearRange(PfnRange range, Gfp gfp) {
    (void)SortedPages::ClearRange(range, gfp);
    volatile Pfn* const away = pages_ + (std::size_t{1} << 17);
    if (pages_ != nullptr) *away = 0;
    return Status::kOk;
  }
};

struct ClearsOneTooMany : SortedPages {
  static constexpr StructureTraits kTraits = Called("clears-one-too-many");
  using SortedPages::SortedPages;
  Status ClearRange(PfnRange range, Gfp gfp) {
    range.last += range.last != kMaxPfn;
    return SortedPages::ClearRange(range, gfp);
  }
};

// No guest of any trace has 64 TiB.
struct RefusesHighPages : SortedPages {
  static constexpr StructureTraits kTraits = Called("refuses-high-pages");
  using SortedPages::SortedPages;
  Status Set(Pfn pfn, Gfp gfp) {
    if (pfn >> 34 != 0) return Status::kNoMemory;
    return SortedPages::Set(pfn, gfp);
  }
};

struct LosesAPageInItsSecondGrowth : SortedPages {
  static constexpr StructureTraits kTraits =
      Called("loses-a-page-in-its-second-growth");
  using SortedPages::SortedPages;
  Status Set(Pfn pfn, Gfp gfp) {
    const std::size_t before = capacity_;
    const Status status = SortedPages::Set(pfn, gfp);
    if (before != 0 && capacity_ != before && ++growths_ == 2) {
      Erase({pages_[7], pages_[7]});
    }
    return status;
  }
  int growths_ = 0;
};

struct CrashesInALongRun : SortedPages {
  static constexpr StructureTraits kTraits = Called("crashes-in-a-long-run");
  using SortedPages::SortedPages;
  Status Set(Pfn pfn, Gfp gfp) {
    if (++sets_ == 1 << 18) std::abort();
    return SortedPages::Set(pfn, gfp);
  }
  std::uint64_t sets_ = 0;
};

// ------------------------------------------------- wrong when a request fails

// Both declare rightly that clearing can fail.
struct ClearFailsAndChanges : SortedPages {
  static constexpr StructureTraits kTraits =
      CalledAndItsClearFails("clear-fails-and-changes");
  using SortedPages::SortedPages;
  Status Clear(Pfn pfn, Gfp gfp) {
    (void)SortedPages::Clear(pfn, gfp);
    void* const log = heap_.Allocate(40, 8, gfp);
    if (log == nullptr) return Status::kNoMemory;
    heap_.Free(log, 40, 8);
    return Status::kOk;
  }
};

struct ClearRangeFailsHalfWay : SortedPages {
  static constexpr StructureTraits kTraits =
      CalledAndItsClearFails("clear-range-fails-half-way");
  using SortedPages::SortedPages;
  Status ClearRange(PfnRange range, Gfp gfp) {
    const std::optional<PfnRange> first =
        SortedPages::NextRange(range.first, range.last);
    if (!first) return Status::kOk;
    Erase({first->first, first->first});
    void* const log = heap_.Allocate(40, 8, gfp);
    if (log == nullptr) return Status::kNoMemory;
    heap_.Free(log, 40, 8);
    return SortedPages::ClearRange(range, gfp);
  }
};

struct SetsAndReportsFailure : SortedPages {
  static constexpr StructureTraits kTraits = Called("sets-and-reports-failure");
  using SortedPages::SortedPages;
  Status Set(Pfn pfn, Gfp gfp) {
    const Status status = SortedPages::Set(pfn, gfp);
    if (status != Status::kOk) (void)SortedPages::Set(pfn, Gfp::kKernel);
    return status;
  }
};

struct ReportsSuccess : SortedPages {
  static constexpr StructureTraits kTraits = Called("reports-success");
  using SortedPages::SortedPages;
  Status Set(Pfn pfn, Gfp gfp) {
    (void)SortedPages::Set(pfn, gfp);
    return Status::kOk;
  }
};

struct ThrowsUndeclared : SortedPages {
  static constexpr StructureTraits kTraits = Called("throws-undeclared");
  using SortedPages::SortedPages;
  Status Set(Pfn pfn, Gfp gfp) {
    if (SortedPages::Set(pfn, gfp) != Status::kOk) throw std::bad_alloc();
    return Status::kOk;
  }
};

struct LosesAMemberInAFailure : SortedPages {
  static constexpr StructureTraits kTraits =
      Called("loses-a-member-in-a-failure");
  using SortedPages::SortedPages;
  Status Set(Pfn pfn, Gfp gfp) {
    const Status status = SortedPages::Set(pfn, gfp);
    if (status != Status::kOk && size_ > 0) --size_;
    return status;
  }
};

// Behind the heap's back: neither counted nor made to fail.
struct AsksMalloc : SortedPages {
  static constexpr StructureTraits kTraits = Called("asks-malloc");
  using SortedPages::SortedPages;
  ~AsksMalloc() { pages_ = nullptr; }
  Status Set(Pfn pfn, Gfp) {
    if (Test(pfn)) return Status::kOk;
    own_.resize(size_ + 1);
    pages_ = own_.data();
    Insert(pfn);
    return Status::kOk;
  }
  std::vector<Pfn> own_;
};

struct AsksAsIfItMaySleep : SortedPages {
  static constexpr StructureTraits kTraits = Called("asks-as-if-it-may-sleep");
  using SortedPages::SortedPages;
  Status Set(Pfn pfn, Gfp) { return SortedPages::Set(pfn, Gfp::kKernel); }
};

struct TriesForEver : SortedPages {
  static constexpr StructureTraits kTraits = Called("tries-for-ever");
  using SortedPages::SortedPages;
  Status Set(Pfn pfn, Gfp gfp) {
    while (SortedPages::Set(pfn, gfp) != Status::kOk) {
    }
    return Status::kOk;
  }
};

// Looks at every member before it gives up, to be sure.
struct FailsSlowly : SortedPages {
  static constexpr StructureTraits kTraits = Called("fails-slowly");
  using SortedPages::SortedPages;
  Status Set(Pfn pfn, Gfp gfp) {
    const Status status = SortedPages::Set(pfn, gfp);
    for (std::size_t i = 0; status != Status::kOk && i < size_; ++i) {
      if (!Test(pages_[i])) std::abort();
    }
    return status;
  }
};

}  // namespace

const std::vector<SetKind>& StructureKinds() {
  static const std::vector<SetKind> kinds = {
      SetKindOf<SortedPages>(),
      SetKindOf<LosesEveryThousandth>(),
      SetKindOf<LeaksAnObject>(),
      SetKindOf<HasAStray>(),
      SetKindOf<ReadsWhatItNeverWrote>(),
      SetKindOf<ForgetsFrom>(),
      SetKindOf<ForgetsMax>(),
      SetKindOf<FreesWithAnotherSize>(),
      SetKindOf<FreesTwice>(),
      SetKindOf<TestSeesAGhost>(),
      SetKindOf<WalkMergesTwoRuns>(),
      SetKindOf<KeepsAPageOfThePassBefore>(),
      SetKindOf<AddsAPageAtRandom>(),
      SetKindOf<WritesBehindItsArray>(),
      SetKindOf<WritesFarAway>(),
      SetKindOf<ClearsOneTooMany>(),
      SetKindOf<RefusesHighPages>(),
      SetKindOf<LosesAPageInItsSecondGrowth>(),
      SetKindOf<CrashesInALongRun>(),
      SetKindOf<ClearFailsAndChanges>(),
      SetKindOf<ClearRangeFailsHalfWay>(),
      SetKindOf<SetsAndReportsFailure>(),
      SetKindOf<ReportsSuccess>(),
      SetKindOf<ThrowsUndeclared>(),
      SetKindOf<LosesAMemberInAFailure>(),
      SetKindOf<AsksMalloc>(),
      SetKindOf<AsksAsIfItMaySleep>(),
      SetKindOf<TriesForEver>(),
      SetKindOf<FailsSlowly>(),
  };
  return kinds;
}

}  // namespace pfn::testing
