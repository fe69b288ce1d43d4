// SPDX-License-Identifier: MIT
//
// Importer for the trace log of a QEMU that runs a guest with a virtio-balloon
// (-D LOG -trace EVENT; with or without -msg timestamp=on). What it reads:
//
//     virtio_queue_notify vdev V n N vq Q       the guest kicked queue N:
//                                               0 inflate, 1 deflate
//     virtio_balloon_handle_output section name: S gpa: G
//                                               one page, in array order
//     virtio_balloon_set_config actual: A oldactual: B
//                                               the guest counted A pages
//     virtio_balloon_to_target balloon target: T num_pages: N
//                                               the host asked for N pages
//     ram_block_discard_range BLOCK@A + 0x1000: ...
//                                               the page before was inflated
//
// With virtio_queue_notify in the log, a kick gives the direction and the end
// of an array, and set_config only checks the count. Without it the direction
// is that of the next set_config, whose difference must be exactly the pages
// before it; arrays between two set_configs look alike and become
// one. With ram_block_discard_range each page tells its own direction, and the
// two may be mixed. Lines of other events are counted and ignored; all that
// stands before an event is ignored too, because it depends on the backend of
// QEMU's trace.

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "workloads/base/printable.h"
#include "workloads/base/text_scan.h"
#include "workloads/import/line_importer.h"

namespace pfn {
namespace {

// virtio-balloon's addresses are in units of 4 KiB for any size of the guest's
// pages.
constexpr unsigned kPageShift = 12;
constexpr std::uint64_t kPageBytes = std::uint64_t{1} << kPageShift;

// "TID@SEC.USEC:", which QEMU puts before each event with -msg timestamp=on.
void SkipTimestamp(std::string_view* line) {
  std::string_view text = *line;
  std::uint64_t ignored = 0;
  if (Consume(&text, Decimal{ignored}, "@", Decimal{ignored}, ".",
              Decimal{ignored}, ":")) {
    *line = text;
  }
}

// The part of `line` from the event on. The prefix depends on the backend of
// QEMU's trace and may be anything; an event that is none of ours is left as it
// is.
std::string_view SkipUnknownPrefix(std::string_view line) {
  for (const std::string_view event :
       {"virtio_balloon_", "virtio_queue_notify ",
        "ram_block_discard_range "}) {
    const std::size_t at = line.find(event);
    if (at == line.npos || at == 0) continue;
    const char before = line[at - 1];
    if (before == ' ' || before == ':') return line.substr(at);
  }
  return line;
}

class QemuLogImporter : public LineImporter {
 public:
  using LineImporter::LineImporter;

 private:
  // What tells the direction of a page. Settled by the first page: a QEMU that
  // logs kicks logs one before it.
  enum class DirectionFrom { kUnknown, kKick, kSetConfig };
  struct Kick {
    std::uint64_t device;
    std::uint64_t queue;
  };
  struct SetConfig {
    std::int64_t actual;
    std::int64_t old_actual;
  };

  void ImportLine() override;
  void ImportBalloonEvent(std::string_view event);
  void OnPage(Pfn pfn);
  void OnKick(Kick kick);
  void OnSetConfig(SetConfig config);
  void OnTarget(std::uint64_t bytes, std::uint64_t pages);
  void OnDiscard(std::uint64_t bytes);

  void BeginKickedArray();
  void AppendPending(bool was_discarded);
  void SettlePending(SetConfig config);
  void CheckCount(SetConfig config);
  void Finish() override;

  // Refuses the line unless it `is_right`, and shows its right form.
  void Require(bool is_right, std::string_view form) const {
    if (!is_right) Fail(Quoted(line_), fmt::format("\"{}\"", form));
  }

  DirectionFrom direction_from_ = DirectionFrom::kUnknown;

  // With kicks: the last one, of the balloon as soon as that is known.
  std::optional<Kick> kick_;
  std::optional<std::uint64_t> balloon_device_;
  bool begins_array_ = true;
  Direction direction_ = Direction::kInflate;

  // Without kicks: what waits for the set_config that gives it a direction. Its
  // arrays inflate if each of their pages was discarded at once.
  Trace pending_;
  std::uint64_t pending_line_ = 0;

  // The page of the line before, if it was one: a discard may follow.
  std::optional<Pfn> last_page_;

  // For CheckCount(): the pages inflated minus those deflated, with those that
  // were in the balloon before the log began; and how often and since when they
  // are not what set_config says.
  std::int64_t balloon_pages_ = 0;
  std::optional<std::int64_t> last_actual_;
  std::uint64_t streak_ = 0;
  std::uint64_t streak_line_ = 0;
  std::uint64_t lagging_ = 0;
  std::int64_t largest_lag_ = 0;

  std::uint64_t pages_since_config_ = 0;
  std::uint64_t failed_attempts_ = 0;
  std::uint64_t page_discards_ = 0;
  std::uint64_t reports_ = 0;
  std::uint64_t reported_pages_ = 0;
  std::uint64_t other_lines_ = 0;
};

void QemuLogImporter::ImportLine() {
  std::string_view line = line_;
  if (!line.empty() && DigitValue(line.front()) < 10) SkipTimestamp(&line);
  if (!line.starts_with("virtio_balloon_")) line = SkipUnknownPrefix(line);
  if (ConsumePrefix(&line, "ram_block_discard_range ")) {
    constexpr std::string_view kLength = " + 0x";
    line.remove_prefix(std::min(line.find(kLength), line.size()));
    std::uint64_t length = 0;
    Require(Consume(&line, kLength, Hex{length}, ":"),
            "ram_block_discard_range BLOCK@0xA + 0xL: ...");
    OnDiscard(length);
    return;
  }
  if (last_page_) AppendPending(false);
  if (ConsumePrefix(&line, "virtio_balloon_")) {
    ImportBalloonEvent(line);
  } else if (ConsumePrefix(&line, "virtio_queue_notify ")) {
    Kick kick = {};
    Require(Consume(&line, "vdev 0x", Hex{kick.device}, " n ",
                    Decimal{kick.queue}, " vq "),
            "virtio_queue_notify vdev 0xV n N vq 0xQ");
    OnKick(kick);
  } else {
    const std::string advice = AdviceToImport(line);
    if (!advice.empty()) Fail(Quoted(line_), "a line of a QEMU log" + advice);
    ++other_lines_;
  }
}

void QemuLogImporter::ImportBalloonEvent(std::string_view event) {
  if (ConsumePrefix(&event, "handle_output ")) {
    constexpr std::string_view kAddress = " gpa: 0x";
    event.remove_prefix(std::min(event.rfind(kAddress), event.size()));
    std::uint64_t address = 0;
    Require(
        Consists(event, kAddress, Hex{address}) && address % kPageBytes == 0,
        "virtio_balloon_handle_output section name: S gpa: 0xG\" with G a "
        "multiple of \"0x1000");
    OnPage(address >> kPageShift);
  } else if (ConsumePrefix(&event, "set_config ")) {
    std::uint64_t actual = 0;
    std::uint64_t old_actual = 0;
    Require(Consists(event, "actual: ", Decimal{actual},
                     " oldactual: ", Decimal{old_actual}) &&
                actual < kPfnLimit && old_actual < kPfnLimit,
            "virtio_balloon_set_config actual: A oldactual: B");
    OnSetConfig({static_cast<std::int64_t>(actual),
                 static_cast<std::int64_t>(old_actual)});
  } else if (ConsumePrefix(&event, "to_target ")) {
    std::uint64_t bytes = 0;
    std::uint64_t pages = 0;
    Require(Consists(event, "balloon target: 0x", Hex{bytes},
                     " num_pages: ", Decimal{pages}) &&
                pages < kPfnLimit,
            "virtio_balloon_to_target balloon target: 0xT num_pages: N");
    OnTarget(bytes, pages);
  } else if (!ConsumePrefix(&event, "get_config ")) {
    Fail(Quoted(line_),
         "virtio_balloon_ with handle_output, set_config, get_config or "
         "to_target; other events may change the balloon unseen");
  }
}

void QemuLogImporter::OnPage(Pfn pfn) {
  CheckSize(result_.trace);
  CheckSize(pending_);
  ++pages_since_config_;
  if (direction_from_ == DirectionFrom::kUnknown) {
    direction_from_ = kick_ ? DirectionFrom::kKick : DirectionFrom::kSetConfig;
  }
  if (direction_from_ == DirectionFrom::kKick) {
    if (begins_array_) BeginKickedArray();
    result_.trace.AppendPage(pfn);
    balloon_pages_ += direction_ == Direction::kInflate ? 1 : -1;
    begins_array_ = false;
  } else if (pages_since_config_ == 1) {
    pending_line_ = reader_.line_number();
  }
  last_page_ = pfn;
}

// The page of the line before is complete: no discard can follow it any more.
void QemuLogImporter::AppendPending(bool was_discarded) {
  const Pfn pfn = *last_page_;
  last_page_.reset();
  if (direction_from_ == DirectionFrom::kKick) return;
  const Direction direction =
      was_discarded ? Direction::kInflate : Direction::kDeflate;
  if (begins_array_ || direction != direction_) pending_.BeginArray(direction);
  begins_array_ = false;
  direction_ = direction;
  pending_.AppendPage(pfn);
}

// QEMU discards an inflated page at once, and larger ranges when the guest
// reports free pages.
void QemuLogImporter::OnDiscard(std::uint64_t bytes) {
  if (!last_page_ || bytes != kPageBytes) {
    if (last_page_) AppendPending(false);
    ++reports_;
    reported_pages_ += bytes / kPageBytes;
    return;
  }
  ++page_discards_;
  if (direction_from_ == DirectionFrom::kKick &&
      direction_ == Direction::kDeflate) {
    Fail("the discard of a page after a kick of queue 1 (deflate)",
         "one after a kick of queue 0 (inflate) only; a kick is missing");
  }
  AppendPending(true);
}

void QemuLogImporter::OnKick(Kick kick) {
  if (direction_from_ == DirectionFrom::kSetConfig) {
    Fail("the first virtio_queue_notify after pages",
         "it before all pages; delete the lines before this one if the "
         "balloon was idle here, or else all virtio_queue_notify lines");
  }
  // Every virtio device logs this event; pages follow kicks of the balloon.
  if (balloon_device_ && kick.device != *balloon_device_) {
    ++other_lines_;
    return;
  }
  kick_ = kick;
  begins_array_ = true;
}

void QemuLogImporter::BeginKickedArray() {
  if (kick_->queue > 1) {
    Fail(fmt::format("a page after a kick of queue {}", kick_->queue),
         "a kick of queue 0 (inflate) or 1 (deflate) before it");
  }
  balloon_device_ = kick_->device;
  direction_ = kick_->queue == 0 ? Direction::kInflate : Direction::kDeflate;
  result_.trace.BeginArray(direction_);
}

void QemuLogImporter::OnTarget(std::uint64_t bytes, std::uint64_t pages) {
  CheckSize(result_.trace);
  begins_array_ = true;
  // A target must not overtake pages that wait.
  (pending_.arrays() > 0 ? pending_ : result_.trace).AppendTarget(pages);
  // What the guest keeps and what the balloon has are all of its memory, but
  // for what is plugged in later.
  if (bytes >> kPageShift < kPfnLimit / 2 && pages < kPfnLimit / 2) {
    result_.guest_memory_bytes =
        std::max(result_.guest_memory_bytes, bytes + (pages << kPageShift));
  }
}

void QemuLogImporter::OnSetConfig(SetConfig config) {
  if (pages_since_config_ == 0 && config.actual == config.old_actual) {
    ++failed_attempts_;
  }
  if (pending_.arrays() > 0) SettlePending(config);
  CheckCount(config);
  pages_since_config_ = 0;
}

// Copies what waits into the trace, now that its direction is known: by the
// discards where there are any, otherwise by the difference.
void QemuLogImporter::SettlePending(SetConfig config) {
  const bool by_discards = pending_.pages_inflated() > 0;
  const bool inflate = config.actual > config.old_actual;
  const std::int64_t change = config.actual - config.old_actual;
  const auto pages = static_cast<std::int64_t>(pages_since_config_);
  const auto deflated =
      by_discards ? static_cast<std::int64_t>(pending_.pages_deflated())
                  : (inflate ? 0 : pages);
  if (change != pages - 2 * deflated) {
    Fail(by_discards
             ? fmt::format("{} pages with a discard and {} without since the "
                           "set_config before",
                           pages - deflated, deflated)
             : fmt::format("{} pages since the set_config before", pages),
         fmt::format("{}, the difference of actual and oldactual; {}",
                     by_discards ? change : std::abs(change),
                     by_discards
                         ? "lines are missing or directions are wrong"
                         : "record virtio_queue_notify too if the balloon "
                           "inflates and deflates at once"));
  }
  for (const TraceEvent& event : pending_.events()) {
    if (event.kind == TraceEvent::Kind::kTarget) {
      result_.trace.AppendTarget(event.target_pages);
      continue;
    }
    const Direction without =
        inflate ? Direction::kInflate : Direction::kDeflate;
    result_.trace.AppendArray(by_discards ? event.direction() : without,
                              pending_.runs_of(event));
  }
  balloon_pages_ += change;
  pending_ = Trace();
  begins_array_ = true;
}

// Two accounts of one balloon, compared: the pages seen in the log, with the
// direction their kick gave them, and the count that the guest writes into the
// configuration after each fill or leak (set_config). A lost line or a wrong
// direction drives them apart for good.
//
// They may differ for a moment. The guest fills its balloon and, when memory
// runs out, leaks it at the same time; the count is written after the lock is
// gone, before or after the other side's kick. In five recordings, 165,379
// set_configs, of which one recording fought its OOM notifier all the time:
//
//   * oldactual was the actual of the set_config before: always;
//   * the count and the pages agreed: always but 19 times;
//   * the difference was at most 189 pages, and 0 again at the next set_config.
//
// So the first is a rule here, and the difference may be one array of each
// queue, for a few set_configs. Balloon compaction moves a page with one
// inflate and one deflate and no set_config: no difference once it is done.
void QemuLogImporter::CheckCount(SetConfig config) {
  // The pages of two arrays, one in flight on each queue.
  constexpr std::int64_t kMaxLag = 512;
  // Consecutive set_configs that may differ from the pages.
  constexpr std::uint64_t kMaxLagStreak = 16;
  // The log may begin with pages in the balloon: nothing to compare with yet.
  if (!last_actual_) {
    balloon_pages_ = config.actual;
  } else if (config.old_actual != *last_actual_) {
    Fail(fmt::format("oldactual: {}", config.old_actual),
         fmt::format("{}, the actual of the set_config before; lines are "
                     "missing between the two",
                     *last_actual_));
  }
  last_actual_ = config.actual;
  const std::int64_t lag = std::abs(config.actual - balloon_pages_);
  if (lag == 0) {
    streak_ = 0;
    return;
  }
  ++lagging_;
  largest_lag_ = std::max(largest_lag_, lag);
  if (streak_++ == 0) streak_line_ = reader_.line_number();
  if (streak_ <= kMaxLagStreak && lag <= kMaxLag) return;
  Fail(fmt::format("actual: {}", config.actual),
       fmt::format("{}, which is what the pages kicked so far add up to; they "
                   "have differed since line {}: lines are missing before it",
                   balloon_pages_, streak_line_));
}

void QemuLogImporter::Finish() {
  if (last_page_) AppendPending(false);
  if (result_.trace.arrays() == 0 && pending_.arrays() == 0) {
    Fail("the end of the log and no page",
         "virtio_balloon_handle_output lines; was the event switched on?");
  }
  if (pending_.arrays() > 0) {
    FailAt(pending_line_,
           fmt::format("{} pages from here to the end without a "
                       "virtio_balloon_set_config after them",
                       pages_since_config_),
           "one to tell their direction; delete the lines from here on");
  }
  result_.notes.push_back(
      direction_from_ == DirectionFrom::kKick
          ? "directions are from virtio_queue_notify"
          : fmt::format("directions are from {}; arrays between two "
                        "set_configs are one array",
                        page_discards_ > 0
                            ? "ram_block_discard_range and set_config"
                            : "set_config"));
  Note(lagging_, fmt::format("set_config lines were up to {} pages off the "
                             "kicks, from filling and leaking at once",
                             largest_lag_));
  Note(failed_attempts_, "attempts to inflate got no page");
  Note(reports_,
       fmt::format("discards of {} pages left out, from free page reporting",
                   reported_pages_));
  Note(other_lines_, "lines of other events ignored");
}

}  // namespace

ImportResult ImportQemuLog(ByteSource& source, std::string_view name) {
  return QemuLogImporter(source, name).Import();
}

}  // namespace pfn
