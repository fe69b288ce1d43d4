// SPDX-License-Identifier: MIT

#include "workloads/trace/qemu_log.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "workloads/trace/balloon_count.h"
#include "workloads/trace/line_reader.h"
#include "workloads/trace/text_scan.h"
#include "workloads/trace/trace_error.h"

namespace pfn {
namespace {

// virtio-balloon's addresses are in units of 4 KiB whatever the guest's pages.
constexpr unsigned kPageShift = 12;

struct Kick {
  std::uint64_t device;
  std::uint64_t queue;
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

std::optional<std::uint64_t> ParseTarget(std::string_view text) {
  std::uint64_t bytes = 0;
  std::uint64_t pages = 0;
  if (!ConsumePrefix(&text, "balloon target: 0x") ||
      !ConsumeHex(&text, &bytes) || !ConsumePrefix(&text, " num_pages: ") ||
      !ConsumeDecimal(&text, &pages) || !text.empty() || pages >= kPfnLimit) {
    return {};
  }
  return pages;
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
  void OnTarget(std::uint64_t pages);

  void BeginKickedArray();
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

  // Without kicks: what waits for the set_config that gives it a direction.
  Trace pending_;
  std::uint64_t pending_line_ = 0;

  std::uint64_t pages_since_config_ = 0;
  std::uint64_t failed_attempts_ = 0;
  std::uint64_t discards_ = 0;
  std::uint64_t other_lines_ = 0;
};

ImportResult QemuLogImporter::Import() {
  while (reader_.Next(&line_)) ImportLine(line_);
  CheckEnd();
  WriteNotes();
  result_.lines = reader_.line_number();
  return std::move(result_);
}

void QemuLogImporter::ImportLine(std::string_view line) {
  if (!line.empty() && DigitValue(line.front()) < 10) SkipTimestamp(&line);
  if (ConsumePrefix(&line, "virtio_balloon_")) {
    ImportBalloonEvent(line);
  } else if (ConsumePrefix(&line, "virtio_queue_notify ")) {
    OnKick(Require(ParseKick(line), "virtio_queue_notify vdev 0xV n N vq 0xQ"));
  } else if (line.starts_with("ram_block_discard_range ")) {
    ++discards_;
  } else {
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
  ++pages_since_config_;
  if (direction_from_ == DirectionFrom::kUnknown) {
    direction_from_ = kick_ ? DirectionFrom::kKick : DirectionFrom::kSetConfig;
  }
  if (direction_from_ == DirectionFrom::kKick) {
    if (begins_array_) BeginKickedArray();
    result_.trace.AppendPage(pfn);
    count_.CountPages(direction_, 1);
  } else {
    if (begins_array_) pending_.BeginArray(Direction::kInflate);
    if (pending_.arrays() == 0) pending_line_ = reader_.line_number();
    pending_.AppendPage(pfn);
  }
  begins_array_ = false;
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

void QemuLogImporter::OnTarget(std::uint64_t pages) {
  begins_array_ = true;
  // A target must not overtake pages that wait.
  (pending_.arrays() > 0 ? pending_ : result_.trace).AppendTarget(pages);
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

// Copies what waits into the trace, now that its direction is known.
void QemuLogImporter::SettlePending(SetConfig config) {
  const bool inflate = config.actual > config.old_actual;
  const std::uint64_t counted = inflate ? config.actual - config.old_actual
                                        : config.old_actual - config.actual;
  if (counted != pages_since_config_) {
    Fail(fmt::format("{} pages since the set_config before",
                     pages_since_config_),
         fmt::format("{}, the difference of actual and oldactual; record "
                     "virtio_queue_notify too if the balloon inflates and "
                     "deflates at once",
                     counted));
  }
  direction_ = inflate ? Direction::kInflate : Direction::kDeflate;
  for (const TraceEvent& event : pending_.events()) {
    if (event.kind == TraceEvent::Kind::kTarget) {
      result_.trace.AppendTarget(event.target_pages);
      continue;
    }
    result_.trace.BeginArray(direction_);
    for (const PfnRun& run : pending_.runs_of(event)) {
      result_.trace.AppendRun(run);
    }
  }
  count_.CountPages(direction_, counted);
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
  result_.notes.push_back(direction_from_ == DirectionFrom::kKick
                              ? "directions are from virtio_queue_notify"
                              : "directions are from set_config; arrays "
                                "between two of them are one array");
  note(count_.lagging(),
       fmt::format("set_config lines were up to {} pages off the kicks, "
                   "from filling and leaking at once",
                   count_.largest_lag()));
  note(failed_attempts_, "attempts to inflate got no page");
  note(discards_, "ram_block_discard_range lines ignored");
  note(other_lines_, "lines of other events ignored");
}

}  // namespace

ImportResult ImportQemuLog(ByteSource& source, std::string_view name) {
  return QemuLogImporter(source, name).Import();
}

}  // namespace pfn
