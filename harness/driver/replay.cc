// SPDX-License-Identifier: MIT

#include "harness/driver/replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <string>

#include "harness/driver/driver.h"
#include "harness/driver/model_host.h"
#include "harness/driver/reacting_guest.h"
#include "harness/driver/real_host.h"
#include "harness/driver/recorder.h"
#include "harness/driver/replay_spec.h"
#include "harness/kernel/nowait_heap.h"
#include "harness/measure/deadline.h"
#include "harness/measure/rig.h"
#include "harness/measure/stopwatch.h"

namespace pfn {
namespace {

double Ms(Picoseconds time) {
  return static_cast<double>(time) / kPicosecondsPerMs;
}

PfnRange SpanOf(const Trace& trace) {
  PfnRange span{kMaxPfn, 0};
  for (const PfnRun& run : trace.runs()) {
    span.first = std::min(span.first, run.lowest());
    span.last = std::max(span.last, run.highest());
  }
  return span;
}

void AddCounts(const Driver& driver, std::vector<Figure>& figures) {
  const DriverMetrics& m = driver.metrics();
  const auto add = [&](std::string_view name, std::uint64_t value) {
    figures.push_back({std::string(name), static_cast<double>(value)});
  };
  add("pages_told", m.pages_told);
  add("pages_freed_back", m.pages_freed_back);
  add("pages_lost", m.pages_lost);
  add("pages_told_twice", m.pages_told_twice);
  add("pages_told_singly", m.pages_told_singly);
  add("pages_told_by_array", m.pages_told_by_array);
  add("pages_used_twice", m.pages_used_twice);
  add("pages_released_early", m.released_early);
  add("pages_at_end", driver.balloon_pages());
  add("chunks", m.chunks);
  figures.push_back(
      {"pages_per_chunk", m.chunks == 0 ? 0
                                        : static_cast<double>(m.chunk_pages) /
                                              static_cast<double>(m.chunks)});
  add("arrays", m.arrays);
  add("madvise_calls", m.madvise_calls);
  figures.push_back(
      {"pages_per_madvise", m.madvise_calls == 0
                                ? 0
                                : static_cast<double>(m.pages_told) /
                                      static_cast<double>(m.madvise_calls)});
  add("mixed_rounds", m.mixed_rounds);
  add("kicks", driver.inflate_queue().kicks() + driver.deflate_queue().kicks());
  add("superfluous_kicks", driver.inflate_queue().superfluous_kicks() +
                               driver.deflate_queue().superfluous_kicks());
  add("adds_to_full_ring", driver.inflate_queue().adds_to_full() +
                               driver.deflate_queue().adds_to_full());
  add("rounds", m.rounds);
  add("zero_rounds", m.zero_rounds);
  add("stalls", m.stalls);
  add("puffs", m.puffs);
  add("max_invisible_pages", m.max_invisible_pages);
  add("oom_calls", m.oom_calls);
  add("oom_calls_found_nothing", m.oom_found_nothing);
  add("oom_pages", m.oom_pages);
  add("migrations", m.migrations);
  add("migrations_skipped", m.migrations_skipped);
}

void AddModelTimes(const Driver& driver, bool merges,
                   std::vector<Figure>& figures) {
  const Clock& inflating = driver.inflating();
  figures.push_back({"sim_ms", Ms(driver.clock().now())});
  figures.push_back({"sim_inflate_ms", Ms(inflating.now())});
  const auto add = [&](std::string_view name, Stage stage) {
    figures.push_back({std::string(name), Ms(inflating.spent(stage))});
  };
  add("sim_inflate_allocate_ms", Stage::kAllocate);
  add("sim_inflate_record_ms", Stage::kRecord);
  add("sim_inflate_notify_ms", Stage::kNotify);
  if (merges) add("sim_inflate_sort_ms", Stage::kSort);
  add("sim_inflate_translate_ms", Stage::kTranslate);
  add("sim_inflate_madvise_ms", Stage::kMadvise);
  add("sim_inflate_sleep_ms", Stage::kSleep);
  figures.push_back(
      {"sim_longest_lock_hold_ms", Ms(driver.metrics().longest_lock_hold)});
  figures.push_back(
      {"sim_invisible_page_ms", driver.metrics().invisible_page_ms});
}

// Only what was measured: nothing here knows how long a guest allocates.
void AddRealTimes(const Driver& driver, bool merges,
                  std::vector<Figure>& figures) {
  const auto add = [&](std::string_view name, const Clock& clock, Stage stage) {
    figures.push_back({std::string(name), Ms(clock.spent(stage))});
  };
  add("real_notify_ms", driver.clock(), Stage::kNotify);
  if (merges) add("real_sort_ms", driver.clock(), Stage::kSort);
  add("real_translate_ms", driver.clock(), Stage::kTranslate);
  add("real_madvise_ms", driver.clock(), Stage::kMadvise);
  add("real_inflate_notify_ms", driver.inflating(), Stage::kNotify);
  if (merges) {
    add("real_inflate_sort_ms", driver.inflating(), Stage::kSort);
  }
  add("real_inflate_translate_ms", driver.inflating(), Stage::kTranslate);
  add("real_inflate_madvise_ms", driver.inflating(), Stage::kMadvise);
}

// Makes pages that the balloon takes known to the fault model, and keeps the
// heap's reserve filled. A guest that reacts knows these pages, and fills the
// reserve only from free pages.
class HeapSurroundings final : public Surroundings {
 public:
  HeapSurroundings(NowaitHeap& heap, FaultModel* fault,
                   const ReactingGuest* guest)
      : heap_(heap), fault_(fault), guest_(guest) {}

  void PagesTaken(std::int64_t pages) override {
    if (fault_ != nullptr) fault_->NoteOtherPages(pages);
  }
  void RefillReserve() override {
    if (guest_ == nullptr || guest_->HasFreePages()) heap_.RefillReserve();
  }

 private:
  NowaitHeap& heap_;
  FaultModel* fault_;
  const ReactingGuest* guest_;
};

// A real host bounds the guest by the memory that there is.
DriverOptions OptionsFor(const ReplaySpec& replay, const Trace& trace) {
  DriverOptions options = replay.driver;
  if (replay.host.is_real) {
    options.most_pages = replay.host.bytes / trace.provenance.page_size_bytes;
  }
  return options;
}

// Fills in everything but the time, the memory and the ledger. `reacting` is
// null for the guest of the recording, `recorder` for a driver without a set.
void RunReplay(const Job& job, const ReplaySpec& replay, Guest* reacting,
               Recorder* recorder, Surroundings& surroundings,
               Measurement& result) {
  const Trace& trace = job.workload->trace();
  const DriverOptions options = OptionsFor(replay, trace);
  const bool is_real = replay.host.is_real;
  const bool merges = replay.host.merges;
  std::unique_ptr<RealHost> real;
  ModelHost model(options.costs, merges);
  if (is_real) {
    real = std::make_unique<RealHost>(SpanOf(trace), merges);
  }
  Host& host = is_real ? static_cast<Host&>(*real) : model;
  const Deadline deadline(job.time_limit);
  RecordedGuest recorded(trace);
  Guest& guest = reacting != nullptr ? *reacting : recorded;
  Driver driver(guest, options, host, recorder, surroundings);
  const bool is_done = driver.Run([&] { return deadline.HasPassed(); });
  const DriverMetrics& metrics = driver.metrics();
  result.pages = metrics.set_attempts;
  result.recorded = metrics.set_attempts - metrics.failed_sets;
  result.failed_sets = metrics.failed_sets;
  result.failed_clears = metrics.failed_clears;
  result.ranges = metrics.ranges;
  AddCounts(driver, result.figures);
  if (reacting != nullptr) {
    result.figures.push_back(
        {"unrecorded_rounds", static_cast<double>(metrics.unrecorded_rounds)});
  }
  guest.AddFigures(result.figures);
  if (recorder != nullptr) {
    result.figures.push_back(
        {"longest_round_structure_ms", metrics.longest_round_ns * 1e-6});
  }
  if (is_real) {
    AddRealTimes(driver, merges, result.figures);
  } else {
    AddModelTimes(driver, merges, result.figures);
  }
  if (!is_done) {
    result.cut_off = true;
    result.error = "cut off between two rounds of the driver";
  } else if (is_real && !real->error().empty()) {
    result.error = real->error();
  } else {
    result.error = driver.Check();
  }
  const double replaced = recorded.replaced_percent();
  if (result.error.empty() && replaced > replay.most_replaced) {
    result.error = fmt::format(
        "{:.1f} % of the pages are not those recorded; --replaced={:.0f} "
        "takes that",
        replaced, std::ceil(replaced));
  }
}

class NoSurroundings final : public Surroundings {
  void PagesTaken(std::int64_t) override {}
  void RefillReserve() override {}
};

}  // namespace

double ReplacedPercent(const Trace& trace, const ReplaySpec& replay) {
  DriverOptions options = OptionsFor(replay, trace);
  // A round of chunks takes the same pages, and this needs no set.
  if (options.transport == Transport::kChunks) {
    options.transport = Transport::kPipelined;
  }
  ModelHost host(options.costs);
  NoSurroundings surroundings;
  RecordedGuest guest(trace);
  Driver driver(guest, options, host, nullptr, surroundings);
  driver.Run([] { return false; });
  return guest.replaced_percent();
}

Measurement Replay(const Job& job, const ReplaySpec& replay) {
  Measurement result;
  // Before the heap, which gives pages back to it.
  std::optional<ReactingGuest> reacting;
  if (replay.guest.reacts) {
    reacting.emplace(job.workload->trace(), replay.guest,
                     replay.driver.policy != Policy::kNowaitPages,
                     job.conditions.fault_seed);
  }
  ReactingGuest* const guest = reacting ? &*reacting : nullptr;
  if (job.structure == nullptr) {
    result.accounts_memory = false;
    NoSurroundings surroundings;
    RunReplay(job, replay, guest, nullptr, surroundings, result);
    return result;
  }
  result.accounts_memory = job.structure->traits.accounts_memory;
  Rig rig(job);
  rig.heap().set_reserve(replay.policy.reserve_bytes);
  if (guest != nullptr) rig.heap().set_fault(guest);
  {
    const std::unique_ptr<AnySet> set = job.structure->make(rig.heap());
    Stopwatch watch;
    SetRecorder<AnySet, Stopwatch> recorder(*set, watch);
    HeapSurroundings surroundings(rig.heap(), rig.fault(), guest);
    RunReplay(job, replay, guest, &recorder, surroundings, result);
    result.ns = watch.nanoseconds();
    result.figures.push_back({"structure_ms", result.ns * 1e-6});
    result.usage = rig.usage();
    result.figures.push_back({"requests_from_reserve",
                              static_cast<double>(result.usage.from_reserve)});
  }
  if (result.error.empty()) result.error = rig.LedgerError();
  return result;
}

}  // namespace pfn
