// SPDX-License-Identifier: MIT
//
// A structure behind virtual functions, as a kernel calls a set: nothing of it
// is inlined into the driver. Measured loops, failure sweep, fuzzer, profiles,
// replay and tests are compiled once and run for every structure. A call costs
// about a nanosecond, the same for all.

#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <vector>

#include "harness/kernel/nowait_heap.h"
#include "structures/core/pfn_set.h"

namespace pfn {

inline constexpr PfnRange kAllPages = {0, kMaxPfn};

class AnySet {
 public:
  virtual ~AnySet() = default;

  virtual Status Set(Pfn pfn, Gfp gfp) = 0;
  virtual Status Clear(Pfn pfn, Gfp gfp) = 0;
  virtual bool Test(Pfn pfn) = 0;
  virtual std::optional<PfnRange> NextRange(Pfn from, Pfn max) = 0;
  virtual Status ClearRange(PfnRange range, Gfp gfp) = 0;

  // Whether the structure has a walk of its own, which Visit() takes.
  virtual bool HasWalk() const = 0;
  // As VisitRanges.
  using Visitor = std::function<void(PfnRange)>;
  virtual void Visit(PfnRange range, const Visitor& visitor) = 0;
  template <class Any>
  void ForEachRange(PfnRange range, Any&& visitor) {
    Visit(range, std::ref(visitor));  // a copy of it would be allocated
  }
  std::vector<PfnRange> Ranges(PfnRange range) {
    std::vector<PfnRange> ranges;
    ForEachRange(range, [&](PfnRange found) { ranges.push_back(found); });
    return ranges;
  }
  // True for a structure that cannot tell.
  virtual bool Validate() = 0;
};

template <PfnSet S>
class ErasedSet final : public AnySet {
 public:
  explicit ErasedSet(NowaitHeap& heap) : set_(heap) {}

  Status Set(Pfn pfn, Gfp gfp) override { return set_.Set(pfn, gfp); }
  Status Clear(Pfn pfn, Gfp gfp) override { return set_.Clear(pfn, gfp); }
  bool Test(Pfn pfn) override { return set_.Test(pfn); }
  std::optional<PfnRange> NextRange(Pfn from, Pfn max) override {
    return set_.NextRange(from, max);
  }
  Status ClearRange(PfnRange range, Gfp gfp) override {
    return set_.ClearRange(range, gfp);
  }
  bool HasWalk() const override { return HasForEachRange<S>; }
  void Visit(PfnRange range, const Visitor& visitor) override {
    VisitRanges(set_, range, visitor);
  }
  bool Validate() override {
    if constexpr (HasValidate<S>) {
      return set_.Validate();
    } else {
      return true;
    }
  }

 private:
  S set_;
};

using MakeSet = std::function<std::unique_ptr<AnySet>(NowaitHeap& heap)>;

// A structure by what it declares and how it is made.
struct SetKind {
  StructureTraits traits;
  MakeSet make;

  friend std::ostream& operator<<(std::ostream& out, const SetKind& kind) {
    return out << kind.traits.name;
  }
};

template <PfnSet S>
SetKind SetKindOf() {
  return {S::kTraits, [](NowaitHeap& heap) -> std::unique_ptr<AnySet> {
            return std::make_unique<ErasedSet<S>>(heap);
          }};
}

// Whether it survives a request that fails, and makes its requests where they
// can be made to fail.
inline bool IsFaultable(const StructureTraits& traits) {
  return traits.out_of_memory != OutOfMemory::kAborts && traits.accounts_memory;
}

}  // namespace pfn
