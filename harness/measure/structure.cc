// SPDX-License-Identifier: MIT

#include "harness/measure/structure.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace pfn {
namespace {

// A set that the measured loops call through a pointer, once for each page and
// each range.
class CalledSet {
 public:
  explicit CalledSet(std::unique_ptr<AnySet> set)
      : set_(std::move(set)), has_walk_(set_->HasWalk()) {}

  Status Set(Pfn pfn, Gfp gfp) { return set_->Set(pfn, gfp); }
  Status Clear(Pfn pfn, Gfp gfp) { return set_->Clear(pfn, gfp); }
  bool Test(Pfn pfn) { return set_->Test(pfn); }
  std::optional<PfnRange> NextRange(Pfn from, Pfn max) {
    return set_->NextRange(from, max);
  }
  Status ClearRange(PfnRange range, Gfp gfp) {
    return set_->ClearRange(range, gfp);
  }

  // The structure's own walk calls `visitor` for each range; without one, each
  // range is asked for.
  template <class Visitor>
  void ForEachRange(PfnRange range, Visitor&& visitor) {
    if (has_walk_) {
      set_->ForEachRange(range, visitor);
    } else {
      WalkByNextRange(*this, range, visitor);
    }
  }

 private:
  std::unique_ptr<AnySet> set_;
  bool has_walk_;
};

// A descriptor for each page, as struct page is, of which a driver touches one
// line whenever it moves the page. Pages far from each other share one: more
// memory would hold no more than the caches do not.
class PageDescriptors {
 public:
  static PageDescriptors& Get() {
    static PageDescriptors descriptors;
    return descriptors;
  }

  void Touch(Pfn pfn) { ++lines_[pfn % kLines].count; }

 private:
  struct alignas(64) Line {
    std::uint64_t count;
  };
  static constexpr std::size_t kLines = std::size_t{1} << 22;

  PageDescriptors() {
    void* const memory =
        mmap(nullptr, kLines * sizeof(Line), PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    lines_ = static_cast<Line*>(memory);
    madvise(memory, kLines * sizeof(Line), MADV_HUGEPAGE);
    // Now, and not when the clock runs.
    for (std::size_t i = 0; i < kLines; i += 64) lines_[i].count = 1;
  }

  Line* lines_;
};

// A set with what a driver does around it.
class TouchingSet : public CalledSet {
 public:
  using CalledSet::CalledSet;

  Status Set(Pfn pfn, Gfp gfp) {
    descriptors_.Touch(pfn);
    return CalledSet::Set(pfn, gfp);
  }
  Status Clear(Pfn pfn, Gfp gfp) {
    descriptors_.Touch(pfn);
    return CalledSet::Clear(pfn, gfp);
  }

 private:
  PageDescriptors& descriptors_ = PageDescriptors::Get();
};

// Sets that get the same pages in turn, an array of a driver each. Answers are
// those of one, or none that the oracle gives.
class RotatedSets final : public MeasuredSet {
 public:
  explicit RotatedSets(std::vector<std::unique_ptr<MeasuredSet>> sets)
      : sets_(std::move(sets)) {}

  void Set(std::span<const Pfn> block, std::uint64_t position,
           FailedPositions& failed) override {
    ForArrays(block, [&](MeasuredSet& set, std::span<const Pfn> array,
                         std::size_t at) {
      set.Set(array, position + at, &set == sets_[0].get() ? failed : other_);
    });
    other_.clear();
  }
  void Clear(std::span<const Pfn> block, std::uint64_t position,
             FailedPositions& failed) override {
    ForArrays(block, [&](MeasuredSet& set, std::span<const Pfn> array,
                         std::size_t at) {
      set.Clear(array, position + at, &set == sets_[0].get() ? failed : other_);
    });
    other_.clear();
  }
  std::uint64_t Test(std::span<const Pfn> block) override {
    std::uint64_t members = 0;
    ForArrays(block, [&](MeasuredSet& set, std::span<const Pfn> array,
                         std::size_t) { members += set.Test(array); });
    return members % sets_.size() == 0 ? members / sets_.size() : kWrong;
  }

  void Walk(PfnRange range, RangeDigest& digest) override {
    sets_[0]->Walk(range, digest);
    for (std::size_t i = 1; i < sets_.size(); ++i) {
      RangeDigest other;
      sets_[i]->Walk(range, other);
      if (other != digest) digest({kMaxPfn, 0});
    }
  }
  std::optional<PfnRange> NextRange(Pfn from, Pfn max) override {
    for (const auto& set : sets_) {
      if (const auto found = set->NextRange(from, max)) return found;
    }
    return std::nullopt;
  }
  Status ClearRange(PfnRange range, Gfp gfp) override {
    Status all = Status::kOk;
    for (const auto& set : sets_) {
      const Status status = set->ClearRange(range, gfp);
      if (status != Status::kOk) all = status;
    }
    return all;
  }

 private:
  static constexpr std::size_t kArrayPages = 256;  // of a virtio balloon
  static constexpr std::uint64_t kWrong = ~std::uint64_t{0};

  template <class Body>
  void ForArrays(std::span<const Pfn> block, Body body) {
    for (std::size_t at = 0; at < block.size(); at += kArrayPages) {
      const auto array =
          block.subspan(at, std::min(kArrayPages, block.size() - at));
      for (const auto& set : sets_) body(*set, array, at);
    }
  }

  std::vector<std::unique_ptr<MeasuredSet>> sets_;
  FailedPositions other_;
};

std::unique_ptr<MeasuredSet> MakeOne(const Structure& structure,
                                     const Conditions& conditions,
                                     NowaitHeap& heap) {
  if (conditions.calls == Calls::kInlined) return structure.inlined(heap);
  // A plugin's own loops; they touch nothing between two pages.
  if (structure.outlined && conditions.cold == Between::kNothing) {
    return structure.outlined(heap);
  }
  if (conditions.cold == Between::kTouch) {
    return std::make_unique<MeasuredLoops<TouchingSet>>(structure.make(heap));
  }
  return std::make_unique<MeasuredLoops<CalledSet>>(structure.make(heap));
}

}  // namespace

std::unique_ptr<MeasuredSet> Structure::Measured(const Conditions& conditions,
                                                 NowaitHeap& heap) const {
  if (conditions.sets == 1) return MakeOne(*this, conditions, heap);
  std::vector<std::unique_ptr<MeasuredSet>> sets;
  for (unsigned i = 0; i < conditions.sets; ++i) {
    sets.push_back(MakeOne(*this, conditions, heap));
  }
  return std::make_unique<RotatedSets>(std::move(sets));
}

}  // namespace pfn
