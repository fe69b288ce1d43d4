// SPDX-License-Identifier: MIT

#include "workloads/import/qemu_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <utility>

#include "workloads/base/error.h"
#include "workloads/base/printable.h"
#include "workloads/base/text_scan.h"
#include "workloads/import/balloon_count.h"
#include "workloads/import/guess_format.h"
#include "workloads/trace/line_reader.h"

namespace pfn {
namespace {

// virtio-balloon's addresses are in units of 4 KiB for any size of the guest's
// pages.
constexpr unsigned kPageShift = 12;

struct Kick {
  std::uint64_t device;
  std::uint64_t queue;
};

struct Target {
  std::uint64_t bytes;  // that the guest keeps
  std::uint64_t pages;  // of the balloon
};

struct SetConfig {
  std::uint64_t actual;
  std::uint64_t old_actual;
};

// "TID@SEC.USEC:", which QEMU puts before each event with -msg timestamp=on.
void SkipTimestamp(std::string_view* line) {
  std::string_view text = *line;
  std::uint64_t ignored = 0;
  if (ConsumeDecimal(&text, &ignored) && ConsumePrefix(&text, "@") &&
      ConsumeDecimal(&text, &ignored) && ConsumePrefix(&text, ".") &&
      ConsumeDecimal(&text, &ignored) && ConsumePrefix(&text, ":")) {
    *line = text;
  }
}

// The following take the text after the name of their event.

std::optional<Pfn> ParsePage(std::string_view text) {
  constexpr std::string_view kAddress = " gpa: 0x";
  const std::size_t address = text.rfind(kAddress);
  if (address == text.npos) return {};
  text.remove_prefix(address + kAddress.size());
  std::uint64_t gpa = 0;
  if (!ConsumeHex(&text, &gpa) || !text.empty()) return {};
  if (gpa % (std::uint64_t{1} << kPageShift) != 0) return {};
  return gpa >> kPageShift;
}

std::optional<Kick> ParseKick(std::string_view text) {
  Kick kick;
  if (!ConsumePrefix(&text, "vdev 0x") || !ConsumeHex(&text, &kick.device) ||
      !ConsumePrefix(&text, " n ") || !ConsumeDecimal(&text, &kick.queue) ||
      !ConsumePrefix(&text, " vq ")) {
    return {};
  }
  return kick;
}

std::optional<SetConfig> ParseSetConfig(std::string_view text) {
  SetConfig config;
  if (!ConsumePrefix(&text, "actual: ") ||
      !ConsumeDecimal(&text, &config.actual) ||
      !ConsumePrefix(&text, " oldactual: ") ||
      !ConsumeDecimal(&text, &config.old_actual) || !text.empty()) {
    return {};
  }
  if (config.actual >= kPfnLimit || config.old_actual >= kPfnLimit) return {};
  return config;
}

std::optional<Target> ParseTarget(std::string_view text) {
  Target target;
  if (!ConsumePrefix(&text, "balloon target: 0x") ||
      !ConsumeHex(&text, &target.bytes) ||
      !ConsumePrefix(&text, " num_pages: ") ||
      !ConsumeDecimal(&text, &target.pages) || !text.empty() ||
      target.pages >= kPfnLimit) {
    return {};
  }
  return target;
}

// The length of a "ram_block_discard_range BLOCK@0xADDRESS + 0xLENGTH: ...".
std::optional<std::uint64_t> ParseDiscard(std::string_view text) {
  constexpr std::string_view kLength = " + 0x";
  const std::size_t at = text.find(kLength);
  if (at == text.npos) return {};
  text.remove_prefix(at + kLength.size());
  std::uint64_t length = 0;
  if (!ConsumeHex(&text, &length) || !ConsumePrefix(&text, ":")) return {};
  return length;
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

class QemuLogImporter {
 public:
  QemuLogImporter(ByteSource& source, std::string_view name)
      : reader_(source, name) {}

  ImportResult Import();

 private:
  // What tells the direction of a page. Settled by the first page: a QEMU that
  // logs kicks logs one before it.
  enum class DirectionFrom { kUnknown, kKick, kSetConfig };

  void ImportLine(std::string_view line);
  void ImportBalloonEvent(std::string_view event);
  void OnPage(Pfn pfn);
  void OnKick(Kick kick);
  void OnSetConfig(SetConfig config);
  void OnTarget(Target target);
  void OnDiscard(std::uint64_t bytes);

  void BeginKickedArray();
  void AppendPending(bool was_discarded);
  void SettlePending(SetConfig config);
  void CheckEnd() const;
  void WriteNotes();

  // `parsed`, or an error that shows the right form of the line.
  template <typename T>
  T Require(const std::optional<T>& parsed, std::string_view form) const {
    if (!parsed) Fail(Quoted(line_), fmt::format("\"{}\"", form));
    return *parsed;
  }
  [[noreturn]] void Fail(std::string_view found,
                         std::string_view expected) const {
    reader_.Fail(fmt::format("found {}; expected {}", found, expected));
  }

  LineReader reader_;
  std::string_view line_;
  ImportResult result_;
  BalloonCount count_;
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

  std::uint64_t pages_since_config_ = 0;
  std::uint64_t failed_attempts_ = 0;
  std::uint64_t page_discards_ = 0;
  std::uint64_t reports_ = 0;
  std::uint64_t reported_pages_ = 0;
  std::uint64_t other_lines_ = 0;
};

ImportResult QemuLogImporter::Import() {
  while (reader_.Next(&line_)) ImportLine(line_);
  if (last_page_) AppendPending(false);
  CheckEnd();
  WriteNotes();
  result_.lines = reader_.line_number();
  return std::move(result_);
}

void QemuLogImporter::ImportLine(std::string_view line) {
  if (!line.empty() && DigitValue(line.front()) < 10) SkipTimestamp(&line);
  if (!line.starts_with("virtio_balloon_")) line = SkipUnknownPrefix(line);
  if (ConsumePrefix(&line, "ram_block_discard_range ")) {
    OnDiscard(Require(ParseDiscard(line),
                      "ram_block_discard_range BLOCK@0xA + 0xL: ..."));
    return;
  }
  if (last_page_) AppendPending(false);
  if (ConsumePrefix(&line, "virtio_balloon_")) {
    ImportBalloonEvent(line);
  } else if (ConsumePrefix(&line, "virtio_queue_notify ")) {
    OnKick(Require(ParseKick(line), "virtio_queue_notify vdev 0xV n N vq 0xQ"));
  } else {
    const std::string advice = AdviceToImport(line);
    if (!advice.empty()) Fail(Quoted(line_), "a line of a QEMU log" + advice);
    ++other_lines_;
  }
}

void QemuLogImporter::ImportBalloonEvent(std::string_view event) {
  if (ConsumePrefix(&event, "handle_output ")) {
    OnPage(Require(ParsePage(event),
                   "virtio_balloon_handle_output section name: S gpa: "
                   "0xG\" with G a multiple of \"0x1000"));
  } else if (ConsumePrefix(&event, "set_config ")) {
    OnSetConfig(Require(ParseSetConfig(event),
                        "virtio_balloon_set_config actual: A oldactual: B"));
  } else if (ConsumePrefix(&event, "to_target ")) {
    OnTarget(Require(ParseTarget(event),
                     "virtio_balloon_to_target balloon target: 0xT "
                     "num_pages: N"));
  } else if (!ConsumePrefix(&event, "get_config ")) {
    Fail(Quoted(line_),
         "virtio_balloon_ with handle_output, set_config, get_config or "
         "to_target; other events may change the balloon unseen");
  }
}

void QemuLogImporter::OnPage(Pfn pfn) {
  if (result_.trace.IsTooLarge() || pending_.IsTooLarge()) {
    Fail(Trace::kTooLarge, "fewer; split the recording");
  }
  ++pages_since_config_;
  if (direction_from_ == DirectionFrom::kUnknown) {
    direction_from_ = kick_ ? DirectionFrom::kKick : DirectionFrom::kSetConfig;
  }
  if (direction_from_ == DirectionFrom::kKick) {
    if (begins_array_) BeginKickedArray();
    result_.trace.AppendPage(pfn);
    count_.CountPages(direction_, 1);
    begins_array_ = false;
  } else {
    if (pages_since_config_ == 1) pending_line_ = reader_.line_number();
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
  constexpr std::uint64_t kPageBytes = std::uint64_t{1} << kPageShift;
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

void QemuLogImporter::OnTarget(Target target) {
  if (result_.trace.IsTooLarge()) {
    Fail(Trace::kTooLarge, "fewer; split the recording");
  }
  begins_array_ = true;
  // A target must not overtake pages that wait.
  (pending_.arrays() > 0 ? pending_ : result_.trace).AppendTarget(target.pages);
  // What the guest keeps and what the balloon has are all of its memory, but
  // for what is plugged in later.
  if (target.bytes >> kPageShift < kPfnLimit / 2 &&
      target.pages < kPfnLimit / 2) {
    result_.guest_memory_bytes =
        std::max(result_.guest_memory_bytes,
                 target.bytes + (target.pages << kPageShift));
  }
}

void QemuLogImporter::OnSetConfig(SetConfig config) {
  if (pages_since_config_ == 0 && config.actual == config.old_actual) {
    ++failed_attempts_;
  }
  if (pending_.arrays() > 0) SettlePending(config);
  const std::string contradiction = count_.SetConfig(
      static_cast<std::int64_t>(config.actual),
      static_cast<std::int64_t>(config.old_actual), reader_.line_number());
  if (!contradiction.empty()) reader_.Fail(contradiction);
  pages_since_config_ = 0;
}

// Copies what waits into the trace, now that its direction is known: by the
// discards where there are any, otherwise by the difference.
void QemuLogImporter::SettlePending(SetConfig config) {
  const bool by_discards = pending_.pages_inflated() > 0;
  const bool inflate = config.actual > config.old_actual;
  const auto change = static_cast<std::int64_t>(config.actual) -
                      static_cast<std::int64_t>(config.old_actual);
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
    const bool inflates =
        by_discards ? event.kind == TraceEvent::Kind::kInflate : inflate;
    result_.trace.BeginArray(inflates ? Direction::kInflate
                                      : Direction::kDeflate);
    for (const PfnRun& run : pending_.runs_of(event)) {
      result_.trace.AppendRun(run);
    }
  }
  count_.CountPages(Direction::kInflate,
                    static_cast<std::uint64_t>(pages - deflated));
  count_.CountPages(Direction::kDeflate, static_cast<std::uint64_t>(deflated));
  pending_ = Trace();
  begins_array_ = true;
}

void QemuLogImporter::CheckEnd() const {
  if (!reader_.has_line_feed()) {
    Fail("a last line without line feed", "a complete line; delete it");
  }
  if (result_.trace.arrays() == 0 && pending_.arrays() == 0) {
    Fail("the end of the log and no page",
         "virtio_balloon_handle_output lines; was the event switched on?");
  }
  if (pending_.arrays() > 0) {
    reader_.FailAt(
        pending_line_,
        fmt::format("found {} pages from here to the end without a "
                    "virtio_balloon_set_config after them; expected one to "
                    "tell their direction; delete the lines from here on",
                    pages_since_config_));
  }
}

void QemuLogImporter::WriteNotes() {
  const auto note = [this](std::uint64_t count, std::string_view what) {
    if (count > 0) result_.notes.push_back(fmt::format("{} {}", count, what));
  };
  if (direction_from_ == DirectionFrom::kKick) {
    result_.notes.push_back("directions are from virtio_queue_notify");
  } else {
    result_.notes.push_back(fmt::format(
        "directions are from {}; arrays between two set_configs "
        "are one array",
        page_discards_ > 0 ? "ram_block_discard_range and set_config"
                           : "set_config"));
  }
  note(count_.lagging(),
       fmt::format("set_config lines were up to {} pages off the kicks, "
                   "from filling and leaking at once",
                   count_.largest_lag()));
  note(failed_attempts_, "attempts to inflate got no page");
  note(reports_,
       fmt::format("discards of {} pages left out, from free page reporting",
                   reported_pages_));
  note(other_lines_, "lines of other events ignored");
}

}  // namespace

ImportResult ImportQemuLog(ByteSource& source, std::string_view name) {
  return QemuLogImporter(source, name).Import();
}

}  // namespace pfn
