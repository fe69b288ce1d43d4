// SPDX-License-Identifier: MIT
//
// The concept PfnSet: what every structure can do, and what it declares about
// itself. The harness, the balloon-driver model and the tests know structures
// by this header alone.
//
// A structure is a class template over its allocator,
//
//   template <NowaitAllocator A> class Mine {
//    public:
//     static constexpr StructureTraits kTraits{...};
//     explicit Mine(A& heap);        // allocates nothing that can fail
//     Status Set(Pfn, Gfp);          // idempotent
//     Status Clear(Pfn, Gfp);        // an absent page is fine
//     bool Test(Pfn);
//     std::optional<PfnRange> NextRange(Pfn from, Pfn max);
//     Status ClearRange(PfnRange, Gfp);
//   };
//
// not copyable, not thread-safe (the driver calls under balloon_lock), and it
// frees everything when destroyed. After kNoMemory membership is exactly what
// it was before the call; for ClearRange too.
//
// NextRange(from, max) gives the first maximal run of members that intersects
// [from, max], clipped to it, or nothing. Requires from <= max. It and Test are
// not const because some structures remember where they looked last.

#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "structures/core/nowait_allocator.h"
#include "structures/core/pfn.h"

namespace pfn {

// What a structure does when an allocation fails.
enum class OutOfMemory : std::uint8_t {
  kReports,  // returns kNoMemory
  kThrows,   // the library throws, the adapter catches and returns kNoMemory
  kAborts,   // the library crashes or corrupts itself: measured without faults
             // only
};

constexpr std::string_view Name(OutOfMemory behaviour) {
  switch (behaviour) {
    case OutOfMemory::kReports:
      return "reports";
    case OutOfMemory::kThrows:
      return "throws";
    case OutOfMemory::kAborts:
      return "aborts";
  }
  return "unknown";
}

// What a structure declares about itself.
struct StructureTraits {
  std::string_view name;    // its name on the command line
  std::string_view family;  // bitmap, radix, list, btree, ...
  std::string_view origin;  // who proposed it, and when
  // The structure that this one differs from in one thing; else empty.
  std::string_view variant_of = "";
  bool clear_can_fail = false;
  OutOfMemory out_of_memory = OutOfMemory::kReports;
  // The widest set it can hold, as last - first over all pages that were ever
  // set; a structure with a limit answers kNoMemory beyond it.
  std::uint64_t max_distance = kMaxPfn;
  // False for a library whose memory does not come from the heap: it gets no
  // memory figures at all, rather than figures that are too small.
  bool accounts_memory = true;
  // Bytes, as asked for, of pools that all users of a CPU share. They are in
  // the figures of a set, although the set is not their only user.
  std::size_t shared_pool_bytes = 0;
  // True for a structure whose Set leaves work, as sorting, to anyone who looks
  // at the set first. Its operations are not measured on the same recording:
  // the second would find done what it should pay for.
  bool defers_work = false;
};

// One named requirement each, so that the compiler's message names the member
// that is missing or has the wrong type.
template <class S>
concept HasTraits = requires {
  { S::kTraits } -> std::same_as<const StructureTraits&>;
};
template <class S>
concept HasSet = requires(S& set, Pfn pfn, Gfp gfp) {
  { set.Set(pfn, gfp) } -> std::same_as<Status>;
};
template <class S>
concept HasClear = requires(S& set, Pfn pfn, Gfp gfp) {
  { set.Clear(pfn, gfp) } -> std::same_as<Status>;
};
template <class S>
concept HasTest = requires(S& set, Pfn pfn) {
  { set.Test(pfn) } -> std::same_as<bool>;
};
template <class S>
concept HasNextRange = requires(S& set, Pfn from, Pfn max) {
  { set.NextRange(from, max) } -> std::same_as<std::optional<PfnRange>>;
};
template <class S>
concept HasClearRange = requires(S& set, PfnRange range, Gfp gfp) {
  { set.ClearRange(range, gfp) } -> std::same_as<Status>;
};

template <class S>
concept PfnSet = HasTraits<S> && HasSet<S> && HasClear<S> && HasTest<S> &&
    HasNextRange<S> && HasClearRange<S>;

namespace internal {
struct AnyVisitor {
  void operator()(PfnRange) const {}
};
}  // namespace internal

// Optional: the structure's own ordered walk, for structures whose author
// proposed one. `visitor` gets each maximal run within `range`, clipped, in
// ascending order, and must not touch the set.
template <class S>
concept HasForEachRange = requires(S& set, PfnRange range,
                                   internal::AnyVisitor visitor) {
  set.ForEachRange(range, visitor);
};

// Optional: checks the structure's own invariants; for tests. O(size).
template <class S>
concept HasValidate = requires(S& set) {
  { set.Validate() } -> std::same_as<bool>;
};

// Walks all ranges of `set` within `range` in ascending order by NextRange.
template <HasNextRange S, class Visitor>
void WalkByNextRange(S& set, PfnRange range, Visitor&& visitor) {
  Pfn from = range.first;
  while (std::optional<PfnRange> found = set.NextRange(from, range.last)) {
    visitor(*found);
    // The page after a run is known to be absent. Looked at before adding,
    // because a run may end at 2^64-1.
    if (range.last - found->last < 2) return;
    from = found->last + 2;
  }
}

// The same by the structure's own walk where it has one.
template <HasNextRange S, class Visitor>
void VisitRanges(S& set, PfnRange range, Visitor&& visitor) {
  if constexpr (HasForEachRange<S>) {
    set.ForEachRange(range, visitor);
  } else {
    WalkByNextRange(set, range, visitor);
  }
}

}  // namespace pfn
