// SPDX-License-Identifier: MIT

#include "harness/driver/guest.h"

#include <algorithm>

#include "harness/driver/driver_options.h"

namespace pfn {

using Kind = Guest::Item::Kind;

std::uint64_t RecordedGuest::PagesOf(const TraceEvent& event) const {
  std::uint64_t pages = 0;
  for (const PfnRun& run : trace_.runs_of(event)) pages += run.pages();
  return pages;
}

bool RecordedGuest::NextIsSingle(TraceEvent::Kind kind) const {
  if (next_event_ == trace_.events().size()) return false;
  const TraceEvent& event = trace_.events()[next_event_];
  return event.kind == kind && PagesOf(event) == 1;
}

void RecordedGuest::BeginArray(const TraceEvent& event, std::uint64_t pages) {
  runs_ = trace_.runs_of(event);
  // The driver began this array at some moment since the last one.
  const std::uint64_t wanted =
      target_ > most_since_fill_ ? target_ - most_since_fill_ : 0;
  fails_after_ = pages < std::min(wanted, kArrayPages);
  actual_ += pages;
  most_since_fill_ = actual_;
}

// Requires that no array is being handed out.
Guest::Item RecordedGuest::ReadEvent() {
  while (next_event_ < trace_.events().size()) {
    const TraceEvent& event = trace_.events()[next_event_++];
    switch (event.kind) {
      case TraceEvent::Kind::kTarget:
        target_ = event.target_pages;
        return {.kind = Kind::kTarget, .target = target_};
      case TraceEvent::Kind::kInflate: {
        const std::uint64_t pages = PagesOf(event);
        if (pages == 1 && NextIsSingle(TraceEvent::Kind::kDeflate)) {
          const TraceEvent& old = trace_.events()[next_event_++];
          return {.kind = Kind::kMigration,
                  .page = trace_.runs_of(event).front().first,
                  .old_page = trace_.runs_of(old).front().first};
        }
        BeginArray(event, pages);
        return Read();
      }
      case TraceEvent::Kind::kDeflate: {
        const bool is_oom = actual_ <= target_;
        actual_ -= std::min(actual_, PagesOf(event));
        if (is_oom) return {Kind::kOom};
        break;  // the recorded driver's own doing
      }
    }
  }
  return {Kind::kEnd};
}

Guest::Item RecordedGuest::Read() {
  if (waiting_) {
    const Item item = *waiting_;
    waiting_.reset();
    return item;
  }
  if (runs_.empty()) {
    if (!fails_after_) return ReadEvent();
    fails_after_ = false;
    return {Kind::kFailure};
  }
  const PfnRun& run = runs_.back();
  const Pfn step = run.length < 0 ? ~Pfn{0} : Pfn{1};
  const Pfn page = run.last() - step * taken_;
  if (++taken_ == run.pages()) {
    runs_ = runs_.first(runs_.size() - 1);
    taken_ = 0;
  }
  return {.kind = Kind::kPage, .page = page};
}

bool RecordedGuest::PopFree(PageStack& stack, Pfn& page) {
  while (!stack.empty()) {
    page = stack.Pop();
    if (!held_.Contains(page)) return true;  // else handed out since
  }
  return false;
}

bool RecordedGuest::Take(Pfn& page) {
  if (held_.Contains(page)) {
    if (!PopFree(released_, page)) return false;
    ++replaced_;
  }
  ++taken_from_trace_;
  held_.Insert(page);
  return true;
}

Guest::Item RecordedGuest::Allocate() {
  Pfn page = 0;
  if (PopFree(freed_, page)) {
    held_.Insert(page);
    return {.kind = Kind::kPage, .page = page};
  }
  while (true) {
    Item item = Read();
    if (item.kind == Kind::kTarget || item.kind == Kind::kEnd) waiting_ = item;
    if (item.kind != Kind::kPage) return item;
    if (Take(item.page)) return item;
    ++left_out_;
  }
}

Guest::Item RecordedGuest::NextEvent() {
  while (true) {
    const Item item = Read();
    if (item.kind != Kind::kPage) return item;
    ++left_out_;
  }
}

void RecordedGuest::AddFigures(std::vector<Figure>& figures) const {
  figures.push_back({"guest_pages_replaced", static_cast<double>(replaced_)});
  figures.push_back({"guest_pages_left_out", static_cast<double>(left_out_)});
  figures.push_back({"guest_replaced_percent", replaced_percent()});
}

void RecordedGuest::FreeUnrecorded(Pfn page) {
  held_.Erase(page);
  freed_.Push(page);
}

void RecordedGuest::Release(Pfn page) {
  held_.Erase(page);
  // Nothing is held, so nothing can need a replacement from before.
  if (held_.size() == 0) {
    released_.Clear();
  } else {
    released_.Push(page);
  }
}

}  // namespace pfn
