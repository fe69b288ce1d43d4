// SPDX-License-Identifier: MIT

#include "workloads/trace/driver_rounds.h"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace pfn {
namespace {

constexpr std::uint64_t kArrayPages = 256;

class Reader {
 public:
  explicit Reader(const Trace& trace) : trace_(trace) {
    rounds_.trace.provenance = trace.provenance;
    rounds_.trace.outcome = trace.outcome;
  }

  DriverRounds Read() {
    while (next_ < trace_.events().size()) Take(trace_.events()[next_++]);
    EndFill();
    return std::move(rounds_);
  }

 private:
  std::uint64_t PagesOf(const TraceEvent& event) const {
    std::uint64_t pages = 0;
    for (const PfnRun& run : trace_.runs_of(event)) pages += run.pages();
    return pages;
  }

  bool IsMigration(std::uint64_t pages) const {
    return pages == 1 && next_ < trace_.events().size() &&
           trace_.events()[next_].kind == TraceEvent::Kind::kDeflate &&
           PagesOf(trace_.events()[next_]) == 1;
  }

  void Take(const TraceEvent& event) {
    const std::uint64_t pages = PagesOf(event);
    switch (event.kind) {
      case TraceEvent::Kind::kTarget:
        EndFill();
        is_leaking_ = false;
        target_ = event.target_pages;
        break;
      case TraceEvent::Kind::kInflate:
        if (IsMigration(pages)) {
          ++next_;
          ++rounds_.migrations;
        } else {
          Inflate(event, pages);
        }
        break;
      case TraceEvent::Kind::kDeflate:
        Deflate(event, pages);
        break;
    }
  }

  void Inflate(const TraceEvent& event, std::uint64_t pages) {
    is_leaking_ = false;
    if (fill_.empty()) missing_ = target_ - std::min(target_, actual_);
    // As the driver of arrays asked for it, at some moment since the last one.
    const std::uint64_t wanted =
        target_ - std::min(target_, actual_after_array_);
    fill_.push_back(&event);
    filled_ += pages;
    actual_ += pages;
    actual_after_array_ = actual_;
    const bool has_failed = pages < std::min(wanted, kArrayPages);
    if (has_failed || filled_ >= missing_) EndFill();
  }

  void Deflate(const TraceEvent& event, std::uint64_t pages) {
    const bool is_oom = actual_ <= target_;
    actual_ -= std::min(actual_, pages);
    if (is_oom) {
      ++rounds_.oom_calls;
      rounds_.oom_pages += pages;
      return;
    }
    EndFill();
    if (!is_leaking_) rounds_.trace.AppendTarget(target_);
    is_leaking_ = true;
    rounds_.trace.AppendArray(Direction::kDeflate, trace_.runs_of(event));
  }

  void EndFill() {
    if (fill_.empty()) return;
    rounds_.trace.AppendTarget(target_);
    for (std::size_t i = fill_.size(); i > 0; --i) {
      rounds_.trace.AppendArray(Direction::kInflate,
                                trace_.runs_of(*fill_[i - 1]));
    }
    fill_.clear();
    filled_ = 0;
  }

  const Trace& trace_;
  std::size_t next_ = 0;
  DriverRounds rounds_;

  // The recorded balloon, and what it had after the last inflated array.
  std::uint64_t target_ = 0;
  std::uint64_t actual_ = 0;
  std::uint64_t actual_after_array_ = 0;

  // The round in progress.
  std::vector<const TraceEvent*> fill_;
  std::uint64_t filled_ = 0;
  std::uint64_t missing_ = 0;
  bool is_leaking_ = false;
};

}  // namespace

DriverRounds DriverRoundsOf(const Trace& trace) { return Reader(trace).Read(); }

}  // namespace pfn
