// SPDX-License-Identifier: MIT
//
// Balloons: an idle guest of any size in closed form, a guest whose page
// allocator is simulated, and a recorded guest in another order.

#include <fmt/format.h>

#include <array>
#include <vector>

#include "workloads/base/text_scan.h"
#include "workloads/generate/array_writer.h"
#include "workloads/generate/buddy_sim.h"
#include "workloads/generate/generators.h"
#include "workloads/trace/shipped.h"
#include "workloads/trace/trace_io.h"

namespace pfn {
namespace {

using Kind = Parameter::Kind;

constexpr std::uint64_t kPageBytes = 4096;

// ---- idle ----

constexpr Parameter kIdleParameters[] = {
    {"inflate", Kind::kCount, "7G",
     "bytes inflated; the guest has one seventh more, as in idle-8g",
     std::uint64_t{256} << 20, std::uint64_t{1} << 40},
    kSeed,
};

// Below 4 GiB a PC has 3 GiB of memory at most; devices are above.
constexpr Pfn kLowEnd = 0xc0000;
constexpr Pfn kHighBegin = 0x100000;
// The first 16 MiB hold the kernel.
constexpr std::uint64_t kKernelBlocks = 4;

Pfn PfnOfBlock(std::uint64_t block) {
  const Pfn pfn = block * BuddyZone::kMaxBlockPages;
  return pfn < kLowEnd ? pfn : pfn - kLowEnd + kHighBegin;
}

// What BuddySim does after Boot(kInterleaved), without a byte for each page:
// every block of the highest order is used up before the next one.
void Idle(const Arguments& arguments, Trace* trace) {
  const std::uint64_t bytes = arguments.Count("inflate");
  const std::uint64_t pages = bytes / kPageBytes;
  constexpr std::uint64_t kBlockBytes = BuddyZone::kMaxBlockPages * kPageBytes;
  trace->provenance.guest_memory_bytes =
      (bytes + bytes / 7) / kBlockBytes * kBlockBytes;
  const std::uint64_t blocks =
      trace->provenance.guest_memory_bytes / kBlockBytes;
  const std::uint64_t half = (blocks + kKernelBlocks) / 2;
  struct Region {
    std::uint64_t next;
    std::uint64_t end;
  };
  std::array<Region, 2> regions = {{{kKernelBlocks, half}, {half, blocks}}};

  SplitMix64 random(arguments.Count("seed"));
  trace->AppendTarget(pages);
  std::uint64_t done = 0;
  for (std::size_t turn = 0; done < pages; turn ^= 1) {
    Region& region = regions[turn];
    const std::uint64_t end =
        std::min(region.end, region.next + 8 + random.Below(17));
    for (; region.next < end && done < pages; ++region.next) {
      const Pfn first = PfnOfBlock(region.next);
      for (std::uint64_t at = 0; at < BuddyZone::kMaxBlockPages && done < pages;
           at += kBalloonArrayPages) {
        const std::uint64_t count = std::min(kBalloonArrayPages, pages - done);
        trace->AppendArray(
            Direction::kInflate,
            Reversed({first + at, static_cast<std::int64_t>(count)}));
        done += count;
      }
    }
  }
  trace->AppendTarget(0);
  AppendReversed(trace);
}

// ---- buddy ----

constexpr Parameter kBuddyParameters[] = {
    {"preset", Kind::kWord, "fresh", "what happened to the memory before", 0, 0,
     "fresh|recycled|allfreed|punched|mixed|from_buddyinfo"},
    {"managed", Kind::kCount, "499193", "pages of the zone", 4096,
     std::uint64_t{1} << 25},
    {"pages", Kind::kCount, "0", "inflated; 0: half of the zone", 0,
     std::uint64_t{1} << 25},
    {"boot", Kind::kWord, "interleaved", "order of the blocks after boot", 0, 0,
     "asc|desc|interleaved|shuffle"},
    {"batch", Kind::kCount, "63", "pages by which a CPU's list is filled", 1,
     4096},
    {"high", Kind::kCount, "6985", "pages that it holds at most", 2, 1 << 20},
    {"auto", Kind::kCount, "0", "1: refills double, kernels from 6.7 on", 0, 1},
    {"stale", Kind::kCount, "1500", "pages on it at first, in disorder", 0,
     1 << 20},
    {"array", Kind::kCount, "256", "pages of an array; Xen and VMware: 512", 1,
     1 << 20},
    {"reverse", Kind::kCount, "1", "0: arrays are not turned round", 0, 1},
    {"touched", Kind::kShare, "0.72", "allfreed, punched, mixed: of the zone",
     0, kShareUnit},
    {"freed", Kind::kShare, "0.5", "punched: share that is freed again", 0,
     kShareUnit},
    {"run", Kind::kCount, "1", "punched: pages freed together", 1, 1 << 20},
    {"held", Kind::kShare, "0.012",
     "allfreed: share that others hold on to, page tables for instance", 0,
     kShareUnit},
    {"file", Kind::kCount, "32", "mixed: pages of a file on average", 1,
     1 << 20},
    {"deleted", Kind::kShare, "0.7", "mixed: share of the files deleted", 0,
     kShareUnit},
    {"other", Kind::kShare, "0",
     "pages that another CPU takes per balloon page", 0, kShareUnit},
    {"migrate", Kind::kShare, "0", "balloon pages moved per balloon page", 0,
     kShareUnit},
    {"blocks", Kind::kWord, "",
     "from_buddyinfo: N0+N1+...+N10, as /proc/buddyinfo counts them"},
    kSeed,
};

BuddyZone::Buddyinfo ParseBuddyinfo(const Arguments& arguments) {
  BuddyZone::Buddyinfo blocks{};
  std::string_view text = arguments.Word("blocks");
  for (std::size_t order = 0; order < blocks.size(); ++order) {
    if (!Consume(&text, order > 0 ? "+" : "", Decimal{blocks[order]}) ||
        blocks[order] > 1u << 26) {
      arguments.Refuse(fmt::format("blocks={}", arguments.Word("blocks")),
                       "11 numbers N0+N1+...+N10 with preset=from_buddyinfo");
    }
  }
  if (!text.empty()) {
    arguments.Refuse("more than 11 numbers in blocks=", "orders 0 to 10");
  }
  return blocks;
}

BuddySim::BootOrder BootOrderOf(std::string_view word) {
  if (word == "asc") return BuddySim::BootOrder::kAscending;
  if (word == "desc") return BuddySim::BootOrder::kDescending;
  if (word == "shuffle") return BuddySim::BootOrder::kShuffled;
  return BuddySim::BootOrder::kInterleaved;
}

void PrepareMemory(const Arguments& arguments, std::uint64_t pages,
                   BuddySim* guest) {
  const std::string& preset = arguments.Word("preset");
  if (preset == "from_buddyinfo") {
    if (!guest->PlaceBuddyinfo(ParseBuddyinfo(arguments))) {
      arguments.Refuse("more blocks than the zone has room for",
                       "blocks that fit into managed=");
    }
    return;
  }
  guest->Boot(BootOrderOf(arguments.Word("boot")));
  const auto touched = static_cast<std::uint64_t>(
      arguments.Share("touched") *
      static_cast<double>(arguments.Count("managed")));
  if (preset == "fresh") {
    guest->MakeStale(static_cast<std::uint32_t>(arguments.Count("stale")));
  } else if (preset == "recycled") {
    guest->MakeStale(static_cast<std::uint32_t>(arguments.Count("stale")));
    guest->Inflate(pages, nullptr);
    guest->Deflate(guest->balloon_pages(), nullptr);
  } else if (preset == "allfreed") {
    guest->Punch(touched, 1 - arguments.Share("held"), 1);
    guest->DrainCpus();  // the program ended long ago
  } else if (preset == "punched") {
    guest->Punch(touched, arguments.Share("freed"), arguments.Count("run"));
  } else {
    guest->FillWithFiles(touched, static_cast<double>(arguments.Count("file")),
                         arguments.Share("deleted"));
  }
}

void Buddy(const Arguments& arguments, Trace* trace) {
  const std::uint64_t managed = arguments.Count("managed");
  const std::uint64_t pages =
      arguments.Count("pages") != 0 ? arguments.Count("pages") : managed / 2;
  const BuddySim::Options options{
      .managed_pages = static_cast<BuddySim::Page>(managed),
      .pcp = {.batch = static_cast<std::uint32_t>(arguments.Count("batch")),
              .high = static_cast<std::uint32_t>(arguments.Count("high")),
              .grows = arguments.Count("auto") == 1},
      .array_pages = static_cast<std::uint32_t>(arguments.Count("array")),
      .reverses_arrays = arguments.Count("reverse") == 1,
      .other_cpu_rate = arguments.Share("other"),
      .migrate_rate = arguments.Share("migrate"),
      .seed = arguments.Count("seed")};
  BuddySim guest(options);
  PrepareMemory(arguments, pages, &guest);
  trace->provenance.guest_memory_bytes =
      (managed * kPageBytes + (std::uint64_t{64} << 20)) >> 26 << 26;
  trace->ReserveRuns(2 * pages);  // if no two pages are neighbours
  trace->AppendTarget(pages);
  guest.Inflate(pages, trace);
  trace->AppendTarget(0);
  guest.Deflate(guest.balloon_pages(), trace);
}

// ---- twin ----

constexpr Parameter kTwinParameters[] = {
    {"of", Kind::kWord, "idle-8g", "a shipped workload, or a path"}, kSeed};

// A run begins an array where it would otherwise become one with the run
// before.
void AppendShuffled(std::span<const PfnRun> runs, Direction direction,
                    SplitMix64& random, Trace* trace) {
  std::vector<PfnRun> shuffled(runs.begin(), runs.end());
  Shuffle(std::span(shuffled), random);
  std::uint64_t room = 0;
  Pfn last = 0;
  for (const PfnRun& run : shuffled) {
    const bool touches = run.first == last + 1 || run.first + 1 == last;
    if (run.pages() > room || touches) {
      trace->BeginArray(direction);
      room = std::max(kBalloonArrayPages, run.pages());
    }
    trace->AppendRun(run);
    room -= run.pages();
    last = run.last();
  }
}

// Every pass has the runs of the original, in another order.
void Twin(const Arguments& arguments, Trace* trace) {
  const Trace original = ReadTrace(PathOfWorkload(arguments.Word("of")));
  trace->provenance.guest_memory_bytes = original.provenance.guest_memory_bytes;
  SplitMix64 random(arguments.Count("seed"));
  const std::span<const TraceEvent> events = original.events();
  for (std::size_t i = 0; i < events.size();) {
    if (events[i].kind == TraceEvent::Kind::kTarget) {
      trace->AppendTarget(events[i++].target_pages);
      continue;
    }
    // The arrays of one pass are neighbours, and so are their runs.
    const TraceEvent& first = events[i];
    while (i < events.size() && events[i].kind == first.kind) ++i;
    const std::span<const PfnRun> runs = original.runs().subspan(
        first.first_run, events[i - 1].end_run - first.first_run);
    AppendShuffled(runs, first.direction(), random, trace);
  }
}

}  // namespace

std::span<const Generator> BalloonGenerators() {
  static constexpr Generator kGenerators[] = {
      {"idle", "an idle guest of any size, up to 1 TiB of pages",
       kIdleParameters, &Idle},
      {"buddy", "a guest with a simulated page allocator", kBuddyParameters,
       &Buddy},
      {"twin", "the runs of a recorded trace in random order", kTwinParameters,
       &Twin},
  };
  return kGenerators;
}

}  // namespace pfn
