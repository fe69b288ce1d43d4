// SPDX-License-Identifier: MIT

#include "harness/driver/driver.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

#include "harness/driver/costs.h"

namespace pfn {
namespace {

using Kind = Guest::Item::Kind;

// Pages that go to the set in one call. The clock is read once for each.
constexpr std::size_t kBlockPages = 1024;

}  // namespace

Driver::Driver(Guest& guest, const DriverOptions& options, Host& host,
               Recorder* recorder, Surroundings& surroundings)
    : options_(options),
      host_(host),
      recorder_(recorder),
      surroundings_(surroundings),
      guest_(guest),
      inflate_(options.ring, options.per_kick),
      deflate_(options.ring, options.per_kick),
      arrays_(options.ring + 1) {
  block_.reserve(kBlockPages);
}

// ---- The control loop ----

bool Driver::Run(const std::function<bool()>& is_late) {
  while (true) {
    const Guest::Item item = guest_.NextEvent();
    if (item.kind == Kind::kEnd) return true;
    HandleEvent(item);
    if (item.kind == Kind::kOom && !guest_.RefillsAfterOom()) continue;
    if (!WorkOff(is_late)) return false;
  }
}

void Driver::HandleEvent(const Guest::Item& item) {
  switch (item.kind) {
    case Kind::kTarget:
      target_ = std::min(item.target, options_.most_pages);
      is_stalled_ = false;
      break;
    case Kind::kOom:
      NotifyOom();
      break;
    case Kind::kMigration:
      Migrate(item);
      break;
    case Kind::kPage:
    case Kind::kFailure:  // nobody had asked
    case Kind::kEnd:
      break;
  }
}

// The work item, queued again until there is nothing to do.
bool Driver::WorkOff(const std::function<bool()>& is_late) {
  std::uint64_t rounds_without_progress = 0;
  while (num_pages_ != target_ && !is_stalled_) {
    if (is_late()) return false;
    std::uint64_t done = 0;
    if (num_pages_ < target_) {
      const Filled filled = Fill(target_ - num_pages_);
      if (filled.found_nothing) return true;
      done = filled.kept;
    } else {
      done = Leak(num_pages_ - target_, !UsesSet());
    }
    surroundings_.RefillReserve();
    ++metrics_.rounds;
    if (done > 0) {
      rounds_without_progress = 0;
      continue;
    }
    ++metrics_.zero_rounds;
    if (++rounds_without_progress >= options_.stall_rounds) {
      is_stalled_ = true;
      ++metrics_.stalls;
    }
  }
  return true;
}

// ---- Inflating ----

std::uint64_t Driver::Clipped(std::uint64_t pages) const {
  const std::uint64_t clip =
      options_.transport == Transport::kArrays ? kArrayPages : options_.clip;
  return clip == 0 ? pages : std::min(pages, clip);
}

Driver::Filled Driver::Fill(std::uint64_t wanted) {
  is_filling_ = true;
  is_hidden_ = !AllocatesUnderLock();
  if (!is_hidden_) Lock();
  const bool has_failed = AllocatePages(Clipped(wanted));
  const bool is_empty = local_.empty();
  if (has_failed) ++metrics_.puffs;
  if (has_failed && is_hidden_) Rest();
  if (is_hidden_) Lock();
  is_hidden_ = false;
  surroundings_.PagesTaken(static_cast<std::int64_t>(local_.size()));
  const std::uint64_t failed_before = metrics_.failed_sets;
  const std::uint64_t kept = RecordLocalPages();
  const bool has_lost = metrics_.failed_sets > failed_before;
  metrics_.unrecorded_rounds += has_lost && !has_failed;
  Unlock();
  // What came up under the lock had to wait for it.
  for (std::size_t i = 0; i < waiting_.size(); ++i) HandleEvent(waiting_[i]);
  waiting_.clear();
  if (has_failed && AllocatesUnderLock()) Rest();
  is_filling_ = false;
  return {.kept = kept, .found_nothing = is_empty && !has_failed};
}

void Driver::Rest() {
  for (Picoseconds left = options_.sleep; left > 0;) {
    const Picoseconds time = std::min(left, guest_.tick());
    Spend(Stage::kSleep, time);
    left -= time;
    if (guest_.IsOutOfMemory()) NotifyOom();
  }
}

// Of a page that is in the block of the one before it, or begins one.
Picoseconds Driver::AllocationCost(Pfn page, Pfn& last_block) const {
  const Pfn block = page >> options_.block_order;
  const bool is_next = options_.block_order > 0 && block == last_block;
  last_block = block;
  return is_next ? costs_.allocate_next : costs_.allocate_page;
}

// Fills the local list. Returns whether an allocation failed.
bool Driver::AllocatePages(std::uint64_t wanted) {
  Pfn last_block = kMaxPfn;
  while (local_.size() < wanted) {
    const Guest::Item item = guest_.Allocate();
    switch (item.kind) {
      case Kind::kPage:
        host_.Touch(item.page);
        Spend(Stage::kAllocate, AllocationCost(item.page, last_block));
        local_.Push(item.page);
        if (is_hidden_) {
          metrics_.max_invisible_pages =
              std::max(metrics_.max_invisible_pages, local_.size());
        }
        break;
      case Kind::kOom:
        // Where memory had run out, an allocation that must not reclaim any
        // fails; the notifier waits for the lock.
        if (!is_hidden_) {
          waiting_.push_back(item);
          return true;
        }
        NotifyOom();
        break;
      case Kind::kMigration:
        if (!is_hidden_) {
          waiting_.push_back(item);
        } else {
          Migrate(item);
        }
        break;
      case Kind::kFailure:
        return true;
      case Kind::kTarget:
      case Kind::kEnd:
        return false;
    }
  }
  return false;
}

// Returns how many pages the balloon gained.
std::uint64_t Driver::RecordLocalPages() {
  const std::uint64_t before = num_pages_;
  BeginRound(!UsesSet());
  while (!local_.empty()) {
    block_.clear();
    while (!local_.empty() && block_.size() < kBlockPages) {
      block_.push_back(local_.Pop());
    }
    (void)RecordPages(block_, Direction::kInflate);
  }
  EndRound(Direction::kInflate);
  return num_pages_ - before;
}

// ---- Recording ----

void Driver::BeginRound(bool by_arrays) {
  by_arrays_ = by_arrays;
  if (recorder_ != nullptr) set_ns_ = recorder_->nanoseconds();
  recorded_ = 0;
  span_ = {kMaxPfn, 0};
  rest_by_array_ = false;
  had_chunks_ = false;
  had_arrays_ = false;
  check_.Begin();
}

std::size_t Driver::RecordPages(std::span<const Pfn> pages,
                                Direction direction) {
  std::size_t done = 0;
  while (done < pages.size()) {
    if (by_arrays_ || rest_by_array_) {
      Spend(Stage::kRecord, costs_.record_entry);
      AddToArray(pages[done], direction);
      if (direction == Direction::kInflate) Enlist(pages[done]);
      metrics_.pages_told_by_array += rest_by_array_;
      ++done;
      continue;
    }
    const std::span<const Pfn> rest = pages.subspan(done);
    const std::size_t recorded = recorder_->Record(rest);
    const bool has_failed = recorded < rest.size();
    // The span is widened before it is known whether recording works.
    for (const Pfn page : rest.first(recorded + has_failed)) {
      span_.first = std::min(span_.first, page);
      span_.last = std::max(span_.last, page);
    }
    SpendOnSet(recorded + has_failed);
    metrics_.set_attempts += recorded + has_failed;
    metrics_.failed_sets += has_failed;
    recorded_ += recorded;
    check_.Recorded(rest.first(recorded));
    if (direction == Direction::kInflate) {
      for (const Pfn page : rest.first(recorded)) Enlist(page);
    }
    done += recorded;
    if (!has_failed) return done;
    if (!SettleUnrecorded(pages[done], direction)) return done;
    ++done;
  }
  return done;
}

// By pages recorded, or what the set's own watch says since the last time.
void Driver::SpendOnSet(std::uint64_t pages_recorded) {
  if (costs_.record_page != kOwnTime) {
    Spend(Stage::kRecord, pages_recorded * costs_.record_page);
    return;
  }
  const auto now =
      static_cast<Picoseconds>(recorder_->nanoseconds() * kPicosecondsPerNs);
  if (now <= set_time_) return;
  Spend(Stage::kRecord, now - set_time_);
  set_time_ = now;
}

// By the policy. False: deflating stops before this page.
bool Driver::SettleUnrecorded(Pfn page, Direction direction) {
  const bool inflates = direction == Direction::kInflate;
  switch (options_.policy) {
    case Policy::kFree:
    case Policy::kReserve:
    case Policy::kNowaitPages:
      if (!inflates) return false;
      guest_.FreeUnrecorded(page);
      surroundings_.PagesTaken(-1);
      ++metrics_.pages_freed_back;
      metrics_.pages_used_twice += options_.order == Defect::kPosted;
      return true;
    case Policy::kSingle:
      EmitChunk(direction, {page, page});
      ++metrics_.pages_told_singly;
      break;
    case Policy::kArrayRest:
      rest_by_array_ = true;
      [[fallthrough]];
    case Policy::kArray:
      AddToArray(page, direction);
      ++metrics_.pages_told_by_array;
      break;
  }
  if (inflates) Enlist(page);
  return true;
}

// Tells the host what was recorded, and waits.
void Driver::EndRound(Direction direction) {
  if (recorded_ > 0) TellRanges(direction);
  EmitArray(direction);
  if (had_chunks_ || had_arrays_) FinishTelling(direction);
  metrics_.mixed_rounds += had_chunks_ && had_arrays_;
  if (recorder_ == nullptr) return;
  metrics_.longest_round_ns =
      std::max(metrics_.longest_round_ns, recorder_->nanoseconds() - set_ns_);
}

void Driver::TellRanges(Direction direction) {
  check_.Finish();
  std::uint64_t told = 0;
  Pfn from = span_.first;
  recorder_->Walk(span_, [&](std::span<const PfnRange> ranges) {
    metrics_.ranges += ranges.size();
    for (const PfnRange& range : ranges) {
      check_.Found(range);
      // As posted the walk goes on while it stands before the last page: it
      // misses that page if it is alone, two after the range before it.
      if (options_.walk == Defect::kPosted && from >= span_.last) continue;
      EmitChunk(direction, range);
      told += range.last - range.first + 1;
      from = range.last + 2;
    }
  });
  metrics_.pages_lost += recorded_ - std::min(recorded_, told);
  metrics_.failed_clears += !recorder_->Clear(span_);
  SpendOnSet(0);
  is_left_over_ |= !recorder_->IsEmpty(span_);
}

// ---- Deflating ----

void Driver::ReleaseAll(PageStack& pages, Direction direction) {
  metrics_.released_early +=
      std::min(pages.size(), QueueOf(direction).pages_unprocessed());
  surroundings_.PagesTaken(-static_cast<std::int64_t>(pages.size()));
  while (!pages.empty()) guest_.Release(pages.Pop());
}

std::uint64_t Driver::Leak(std::uint64_t wanted, bool by_arrays) {
  wanted = by_arrays && options_.transport != Transport::kPipelined
               ? std::min(wanted, kArrayPages)
               : Clipped(wanted);
  Lock();
  PageStack leaving;
  BeginRound(by_arrays);
  bool stops = false;
  while (!stops && leaving.size() < wanted) {
    block_.clear();
    const std::uint64_t most =
        std::min<std::uint64_t>(kBlockPages, wanted - leaving.size());
    for (Pfn page; block_.size() < most && PopListed(page);) {
      block_.push_back(page);
    }
    if (block_.empty()) break;
    const std::size_t done = RecordPages(block_, Direction::kDeflate);
    for (std::size_t i = 0; i < done; ++i) leaving.Push(block_[i]);
    // The page that could not be recorded goes back where it was.
    stops = done < block_.size();
    while (block_.size() > done) {
      Enlist(block_.back());
      block_.pop_back();
    }
  }
  const std::uint64_t pages = leaving.size();
  EndRound(Direction::kDeflate);
  ReleaseAll(leaving, Direction::kDeflate);
  Unlock();
  return pages;
}

// ---- Concurrent with the work item ----

void Driver::NotifyOom() {
  ++metrics_.oom_calls;
  std::uint64_t pages = 0;
  if (!UsesSet() || options_.oom_path != OomPath::kChunks) {
    pages = Leak(options_.oom_pages, options_.oom_path != OomPath::kSet);
  } else {
    Lock();
    PageStack leaving;
    for (Pfn page; pages < options_.oom_pages && PopListed(page); ++pages) {
      EmitChunk(Direction::kDeflate, {page, page});
      leaving.Push(page);
      if (options_.release == Defect::kPosted) {
        ReleaseAll(leaving, Direction::kDeflate);
      }
    }
    FinishTelling(Direction::kDeflate);
    ReleaseAll(leaving, Direction::kDeflate);
    Unlock();
  }
  metrics_.oom_pages += pages;
  metrics_.oom_found_nothing += pages == 0;
  guest_.NotifierReleased(pages);
}

void Driver::Migrate(const Guest::Item& item) {
  Pfn page = item.page;
  Pfn old_page = item.old_page;
  if (num_pages_ == 0 || !guest_.Take(page)) {
    ++metrics_.migrations_skipped;
    return;
  }
  if (listed_.Erase(old_page) != 0) {
    --num_pages_;
  } else {
    PopListed(old_page);
  }
  ++metrics_.migrations;
  Lock();
  const auto tell = [&](Pfn told, Direction direction) {
    if (UsesSet()) {
      EmitChunk(direction, {told, told});
    } else {
      AddToArray(told, direction);
      EmitArray(direction);
    }
    FinishTelling(direction);
  };
  host_.Touch(page);
  Enlist(page);
  tell(page, Direction::kInflate);
  tell(old_page, Direction::kDeflate);
  guest_.Release(old_page);
  Unlock();
}

// ---- Telling the host ----

void Driver::AddBuffer(const Buffer& buffer) {
  const auto count = [&](PfnRange range) {
    const std::uint64_t pages = range.last - range.first + 1;
    metrics_.pages_told += pages;
    metrics_.pages_told_twice +=
        pages - (buffer.direction == Direction::kInflate ? told_.Insert(range)
                                                         : told_.Erase(range));
  };
  if (buffer.array == nullptr) {
    count({buffer.first, buffer.first + buffer.pages - 1});
  } else {
    for (const Pfn page : std::span(buffer.array, buffer.pages)) {
      count({page, page});
    }
  }
  Virtqueue& queue = QueueOf(buffer.direction);
  queue.Collect();
  queue.Add(buffer);
}

void Driver::EmitChunk(Direction direction, PfnRange range) {
  had_chunks_ = true;
  Pfn first = range.first;
  for (std::uint64_t left = range.last - range.first + 1; left > 0;) {
    const std::uint64_t pages = std::min(left, kChunkPages);
    ++metrics_.chunks;
    metrics_.chunk_pages += pages;
    AddBuffer({direction, first, static_cast<std::uint32_t>(pages), nullptr});
    if (QueueOf(direction).free() == 0) KickAndWait(direction, Wait::kOne);
    first += pages;
    left -= pages;
  }
}

void Driver::AddToArray(Pfn page, Direction direction) {
  arrays_[array_][array_size_++] = page;
  if (array_size_ == kArrayPages) EmitArray(direction);
}

void Driver::EmitArray(Direction direction) {
  if (array_size_ == 0) return;
  had_arrays_ = true;
  ++metrics_.arrays;
  AddBuffer({direction, 0, array_size_, arrays_[array_].data()});
  array_ = (array_ + 1) % arrays_.size();
  array_size_ = 0;
  if (options_.transport != Transport::kPipelined) {
    KickAndWait(direction, Wait::kAll);
  } else if (QueueOf(direction).free() == 0) {
    KickAndWait(direction, Wait::kOne);
  }
}

void Driver::KickAndWait(Direction direction, Wait wait) {
  const HostTime time = QueueOf(direction).KickAndWait(host_, wait);
  Spend(Stage::kNotify, time.notify);
  Spend(Stage::kSort, time.sort);
  Spend(Stage::kTranslate, time.translate);
  Spend(Stage::kMadvise, time.madvise);
  metrics_.madvise_calls += time.madvise_calls;
}

void Driver::FinishTelling(Direction direction) {
  if (QueueOf(direction).has_outstanding()) {
    KickAndWait(direction, options_.wait);
  }
}

// ---- The balloon's list and lock ----

void Driver::Enlist(Pfn page) {
  list_.Push(page);
  listed_.Insert(page);
  ++num_pages_;
}

bool Driver::PopListed(Pfn& page) {
  while (!list_.empty()) {
    page = list_.Pop();
    if (listed_.Erase(page) == 0) continue;  // compaction took it out
    --num_pages_;
    return true;
  }
  return false;
}

void Driver::Unlock() {
  metrics_.longest_lock_hold =
      std::max(metrics_.longest_lock_hold, clock_.now() - locked_at_);
}

std::string Driver::Check() {
  if (!check_.IsRight()) {
    return "the set gave back other pages than were recorded";
  }
  if (is_left_over_ ||
      (recorder_ != nullptr && !recorder_->IsEmpty({0, kMaxPfn}))) {
    return "the set is not empty after a round";
  }
  const std::uint64_t different =
      PageBitmap::CountDifferent(guest_.held(), told_);
  if (different > metrics_.pages_lost) {
    return fmt::format(
        "guest and host differ in {} pages of the balloon, of which {} were "
        "lost",
        different, metrics_.pages_lost);
  }
  if (guest_.held().size() != num_pages_) {
    return fmt::format("the guest gave {} pages, the balloon has {}",
                       guest_.held().size(), num_pages_);
  }
  return "";
}

}  // namespace pfn
