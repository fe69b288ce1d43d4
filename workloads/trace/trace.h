// SPDX-License-Identifier: MIT
//
// A balloon trace in memory: what one guest told its host, in order.
//
// A trace is a sequence of events. An event is a new balloon target, or one
// array of page frame numbers (one virtqueue element, at most 256 pages in
// Linux) that the guest inflated or deflated. Pages are run-length encoded: an
// array is a sequence of runs of consecutive PFNs, ascending or descending, in
// exactly the order in which the guest listed them. Nothing ever needs the
// expanded form: a 64 GiB guest is iterated page by page from a few MiB.
//
// Encoding is canonical: within an array runs are greedy (a page that continues
// the run before it belongs to it; a run's direction is set by its second
// page), so equal page sequences have equal runs. `Trace` keeps this by
// construction.
//
// A *pass* is a maximal sequence of arrays of one direction between target
// changes: what one fill_balloon() or leak_balloon() of the scatter-gather
// driver of 2017 would have recorded in its PFN set.

#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "structures/core/pfn.h"

namespace pfn {

// No real frame number needs more than 52 bits (64-bit addresses, 4 KiB pages).
// The trace format and the importers refuse anything at or above this.
inline constexpr Pfn kPfnLimit = Pfn{1} << 52;

// A trace has at most so many events and runs, so that a file of a few bytes,
// decompressed, cannot fill the memory. 2^25 runs are 512 MiB, and twice what a
// guest of 64 GiB has whose pages come one by one.
inline constexpr std::uint64_t kMaxTraceEvents = std::uint64_t{1} << 24;
inline constexpr std::uint64_t kMaxTraceRuns = std::uint64_t{1} << 25;

// |length| consecutive pages that start at `first`: upwards if length > 0,
// downwards if length < 0. Never 0; a single page has length 1.
struct PfnRun {
  Pfn first;
  std::int64_t length;

  constexpr std::uint64_t pages() const {
    return static_cast<std::uint64_t>(length < 0 ? -length : length);
  }
  constexpr Pfn last() const {
    return length < 0 ? first - (pages() - 1) : first + (pages() - 1);
  }
  constexpr Pfn lowest() const { return length < 0 ? last() : first; }
  constexpr Pfn highest() const { return length < 0 ? first : last(); }
  constexpr PfnRange range() const { return {lowest(), highest()}; }

  friend constexpr bool operator==(const PfnRun&, const PfnRun&) = default;
};

enum class Direction : std::uint8_t { kInflate, kDeflate };

// One event. A target has `target_pages` (the wanted size of the balloon) and
// no runs; an array has the half-open interval [first_run, end_run) of the
// trace's runs, never empty, and target_pages 0.
struct TraceEvent {
  enum class Kind : std::uint8_t { kTarget, kInflate, kDeflate };
  Kind kind;
  std::uint64_t target_pages;
  std::uint64_t first_run;
  std::uint64_t end_run;

  // Of an array.
  Direction direction() const {
    return kind == Kind::kInflate ? Direction::kInflate : Direction::kDeflate;
  }

  friend bool operator==(const TraceEvent&, const TraceEvent&) = default;
};

// Where a trace comes from. Every field is one line of printable UTF-8; an
// empty field is "not known" and is not written. Units are in the names.
struct TraceProvenance {
  // What one PFN and one page of a target stand for. virtio-balloon counts in
  // 4 KiB for any page size of the guest.
  std::uint64_t page_size_bytes = 4096;
  std::uint64_t guest_memory_bytes = 0;
  std::string kernel;    // the guest's kernel
  std::string recorder;  // program, version and events that recorded it
  std::string provoked;  // what the guest and the host did
  std::string source;    // the raw file it was imported from, with checksum

  friend bool operator==(const TraceProvenance&,
                         const TraceProvenance&) = default;
};

// One pass, as the half-open interval [first_run, end_run) of trace.runs().
struct Pass {
  Direction direction;
  std::uint64_t first_run;
  std::uint64_t end_run;
  std::uint64_t pages;
};

class Trace {
 public:
  TraceProvenance provenance;
  // What a generator tells besides its pages, "key=value" words; not written.
  std::string outcome;

  // Address space for so many runs in all: memory is used as they come, and
  // growing does not copy them.
  void ReserveRuns(std::uint64_t runs) {
    runs_.reserve(std::min(runs, kMaxTraceRuns));
  }
  void AppendTarget(std::uint64_t pages);
  // The pages that follow are one array. It becomes an event with its first
  // page: an array that stays empty leaves nothing behind.
  void BeginArray(Direction direction);
  // Adds to the array begun last. Pages must be below kPfnLimit.
  void AppendPage(Pfn pfn) { AppendRun({pfn, 1}); }
  // Appends `run` page by page in effect, but in O(1).
  void AppendRun(PfnRun run);
  void AppendArray(Direction direction, std::span<const PfnRun> runs) {
    BeginArray(direction);
    for (const PfnRun& run : runs) AppendRun(run);
  }
  void AppendArray(Direction direction, PfnRun run) {
    AppendArray(direction, std::span(&run, 1));
  }

  std::span<const TraceEvent> events() const { return events_; }
  std::span<const PfnRun> runs() const { return runs_; }
  std::span<const PfnRun> runs_of(const TraceEvent& event) const {
    return runs().subspan(event.first_run, event.end_run - event.first_run);
  }
  std::span<const PfnRun> runs_of(const Pass& pass) const {
    return runs().subspan(pass.first_run, pass.end_run - pass.first_run);
  }

  // Passes in order. O(events + runs).
  std::vector<Pass> Passes() const;

  std::uint64_t targets() const { return targets_; }
  std::uint64_t arrays() const { return events_.size() - targets_; }
  std::uint64_t pages_inflated() const { return pages_inflated_; }
  std::uint64_t pages_deflated() const { return pages_deflated_; }

  // Beyond the limits above. Readers, importers and the writer refuse it, with
  // this for the message.
  bool IsTooLarge() const {
    return events_.size() > kMaxTraceEvents || runs_.size() > kMaxTraceRuns;
  }
  static constexpr const char* kTooLarge =
      "more than 2^24 arrays and targets, or 2^25 runs";

  // Equal provenance, equal events. An array that was begun and got no page yet
  // is no event, so it makes no difference.
  friend bool operator==(const Trace& a, const Trace& b) {
    return a.provenance == b.provenance && a.events_ == b.events_ &&
           a.runs_ == b.runs_;
  }

 private:
  // What the next page meets: no array, one begun but empty, one with pages.
  enum class ArrayState : std::uint8_t { kNone, kBegun, kOpen };

  std::vector<TraceEvent> events_;
  std::vector<PfnRun> runs_;
  std::uint64_t targets_ = 0;
  std::uint64_t pages_inflated_ = 0;
  std::uint64_t pages_deflated_ = 0;
  ArrayState array_state_ = ArrayState::kNone;
  Direction direction_ = Direction::kInflate;
};

// The events of `trace` up to its first `pages` inflated and deflated pages,
// the last array cut if need be; provenance as it is: for what takes too long
// with all of it. O(events + runs).
Trace FirstPages(const Trace& trace, std::uint64_t pages);

}  // namespace pfn
