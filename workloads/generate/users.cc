// SPDX-License-Identifier: MIT
//
// Other users of sets of PFNs in Linux, as traces: "inflate" stands for what
// puts pages into their set, "deflate" for what takes them out. They have the
// shape of the user's operations (docs/generators.md says from where); no
// recording stands behind them.

#include <algorithm>
#include <array>
#include <bit>
#include <deque>
#include <functional>
#include <vector>

#include "workloads/generate/array_writer.h"
#include "workloads/generate/generators.h"
#include "workloads/trace/page_ranges.h"

namespace pfn {
namespace {

using Kind = Parameter::Kind;

constexpr std::uint64_t kHugePages = 512;  // of 2 MiB
constexpr std::uint64_t kMaxPages = std::uint64_t{1} << 28;

constexpr Parameter kGuestPages = {"pages",        Kind::kCount,    "1M",
                                   "of the guest", 64 * kHugePages, kMaxPages};

PfnRun Block(Pfn first, std::uint64_t pages) {
  return {first, static_cast<std::int64_t>(pages)};
}

// ---- free page reporting ----

constexpr Parameter kReportingParameters[] = {
    {"blocks", Kind::kCount, "322", "free blocks, of 4 MiB mostly", 1, 1 << 18},
    {"small", Kind::kShare, "0.034", "share of them that has 2 MiB", 0,
     kShareUnit},
    {"reused", Kind::kShare, "0.125", "share that is allocated again", 0,
     kShareUnit},
    kSeed,
};

// mm/page_reporting.c: low orders first, a sixteenth of a list per pass, up to
// 32 blocks in one report, filled from the end.
void Reporting(const Arguments& arguments, Trace* trace) {
  constexpr std::size_t kCapacity = 32;
  constexpr std::size_t kPassShare = 16;
  SplitMix64 random(arguments.Count("seed"));
  std::array<std::vector<PfnRun>, 2> lists;  // of order 9, of order 10
  for (std::uint64_t i = 0; i < arguments.Count("blocks"); ++i) {
    const bool small = Draw(arguments.Share("small"), random);
    lists[small ? 0 : 1].push_back(
        Block(i * 2 * kHugePages, small ? kHugePages : 2 * kHugePages));
  }
  std::vector<PfnRun> reported;
  for (const std::vector<PfnRun>& list : lists) {
    const std::size_t pass = std::max(list.size() / kPassShare, kCapacity);
    for (std::size_t begin = 0; begin < list.size(); begin += pass) {
      const std::size_t end = std::min(begin + pass, list.size());
      for (std::size_t at = begin; at < end; at += kCapacity) {
        trace->BeginArray(Direction::kInflate);
        for (std::size_t i = std::min(at + kCapacity, end); i-- > at;) {
          trace->AppendRun(list[i]);
          reported.push_back(list[i]);
        }
      }
      // Between two passes, 2 seconds apart, some are needed again.
      for (std::size_t i = reported.size(); i-- > 0;) {
        if (!Draw(arguments.Share("reused") / kPassShare, random)) continue;
        trace->AppendArray(Direction::kDeflate, reported[i]);
        reported[i] = reported.back();
        reported.pop_back();
      }
    }
  }
}

// ---- KVM dirty logging ----

constexpr Parameter kDirtyLogParameters[] = {
    kGuestPages,
    {"rounds", Kind::kCount, "8", "times that the log is read", 1, 1024},
    {"writes", Kind::kCount, "64K", "by the guest in a round", 1, 1 << 24},
    {"hot", Kind::kShare, "0.02", "share of the pages that is hot", 1,
     kShareUnit},
    {"hot_writes", Kind::kShare, "0.8", "share of the writes that goes there",
     0, kShareUnit},
    kSeed,
};

// A page enters the log at its first write of a round; reading clears the log
// upwards, in words of 64 pages.
void DirtyLog(const Arguments& arguments, Trace* trace) {
  constexpr std::uint64_t kWord = 64;
  SplitMix64 random(arguments.Count("seed"));
  const std::uint64_t pages = arguments.Count("pages");
  const auto hot = std::max<std::uint64_t>(
      1, static_cast<std::uint64_t>(arguments.Share("hot") *
                                    static_cast<double>(pages)));
  // Hot pages lie together, eight by eight.
  const Permutation place(pages / 8, arguments.Count("seed"));
  std::vector<std::uint64_t> words((pages + kWord - 1) / kWord);
  for (std::uint64_t round = 0; round < arguments.Count("rounds"); ++round) {
    ArrayWriter dirty(trace, Direction::kInflate);
    for (std::uint64_t i = 0; i < arguments.Count("writes"); ++i) {
      Pfn pfn = random.Below(pages);
      if (Draw(arguments.Share("hot_writes"), random)) {
        const std::uint64_t at = random.Below(hot);
        pfn = place(at / 8 % (pages / 8)) * 8 + at % 8;
      }
      const std::uint64_t bit = std::uint64_t{1} << (pfn % kWord);
      if ((words[pfn / kWord] & bit) != 0) continue;
      words[pfn / kWord] |= bit;
      dirty.Append({pfn, 1});
    }
    ArrayWriter clean(trace, Direction::kDeflate);
    for (std::size_t i = 0; i < words.size(); ++i) {
      for (; words[i] != 0; words[i] &= words[i] - 1) {
        clean.Append(
            {i * kWord + static_cast<Pfn>(std::countr_zero(words[i])), 1});
      }
    }
  }
}

// ---- kexec handover ----

constexpr Parameter kKexecParameters[] = {
    kGuestPages,
    {"blocks", Kind::kCount, "16K", "preserved, of orders 0 to 10", 1, 1 << 20},
    {"released", Kind::kShare, "0.1", "share not preserved after all", 0,
     kShareUnit},
    kSeed,
};

// Each order is half as frequent as the one below. Large blocks are placed
// first, while there is room; the order in which they are preserved is random.
void Kexec(const Arguments& arguments, Trace* trace) {
  constexpr unsigned kMaxOrder = 10;
  SplitMix64 random(arguments.Count("seed"));
  const std::uint64_t pages = arguments.Count("pages");
  std::vector<unsigned> orders(arguments.Count("blocks"));
  for (unsigned& order : orders) {
    order = static_cast<unsigned>(
        std::countr_zero(random.Next() | std::uint64_t{1} << kMaxOrder));
  }
  std::sort(orders.begin(), orders.end(), std::greater<>());
  PageRanges taken;
  std::vector<PfnRun> preserved;
  for (const unsigned order : orders) {
    const PfnRun block =
        Block(random.Below(pages >> order) << order, std::uint64_t{1} << order);
    if (taken.Intersects(block.range())) continue;
    taken.Insert(block.range());
    preserved.push_back(block);
  }
  Shuffle(std::span(preserved), random);
  for (const PfnRun& block : preserved) {
    trace->AppendArray(Direction::kInflate, block);
  }
  for (const PfnRun& block : preserved) {
    if (!Draw(arguments.Share("released"), random)) continue;
    trace->AppendArray(Direction::kDeflate, block);
  }
}

// ---- guest_memfd ----

constexpr Parameter kGuestMemfdParameters[] = {
    kGuestPages,
    {"conversions", Kind::kCount, "4K", "to shared and back", 1, 1 << 20},
    {"islands", Kind::kShare, "0.25", "share of them of a few 4 KiB pages", 0,
     kShareUnit},
    kSeed,
};

// The set is what is private. All is at first; then 2 MiB at a time become
// shared, or islands of 1 to 8 pages, up to 64 of which are out at a time.
void GuestMemfd(const Arguments& arguments, Trace* trace) {
  constexpr std::size_t kShared = 64;
  SplitMix64 random(arguments.Count("seed"));
  const std::uint64_t pages = arguments.Count("pages");
  ArrayWriter(trace, Direction::kInflate, pages).Append(Block(0, pages));
  const std::uint64_t blocks = pages / kHugePages;
  PageRanges shared;
  std::deque<PfnRun> out;
  const auto convert_back = [&] {
    const PfnRun run = out.front();
    out.pop_front();
    trace->AppendArray(Direction::kInflate, run);
    (void)shared.Remove(run.range());
  };
  for (std::uint64_t i = 0; i < arguments.Count("conversions"); ++i) {
    PfnRun run = Block(random.Below(blocks) * kHugePages, kHugePages);
    if (Draw(arguments.Share("islands"), random)) {
      run =
          Block(run.first + random.Below(kHugePages - 8), 1 + random.Below(8));
    }
    if (shared.Intersects(run.range())) continue;
    shared.Insert(run.range());
    out.push_back(run);
    trace->AppendArray(Direction::kDeflate, run);
    if (out.size() > kShared) convert_back();
  }
  while (!out.empty()) convert_back();
}

// ---- VFIO ----

constexpr Parameter kVfioParameters[] = {
    {"space", Kind::kCount, "1M", "pages of IO addresses", 1 << 12, kMaxPages},
    {"maps", Kind::kCount, "16K", "buffers mapped, one after the other", 1,
     1 << 20},
    {"buffer", Kind::kCount, "16", "pages of a buffer on average", 1, 512},
    {"live", Kind::kCount, "1K", "buffers mapped at a time", 1, 1 << 16},
    kSeed,
};

// Pages pinned one by one, by their IO address. Addresses are given from the
// top down and used again last in, first out; the oldest buffer is unmapped.
void Vfio(const Arguments& arguments, Trace* trace) {
  SplitMix64 random(arguments.Count("seed"));
  const auto mean = static_cast<double>(arguments.Count("buffer"));
  struct Buffer {
    Pfn first;
    std::uint64_t pages;  // pinned
    unsigned order;       // of the addresses
  };
  constexpr unsigned kMaxOrder = 12;
  std::array<std::vector<Pfn>, kMaxOrder + 1> free_addresses;
  std::deque<Buffer> live;
  Pfn top = arguments.Count("space");
  const auto unmap = [&] {
    const Buffer buffer = live.front();
    live.pop_front();
    ArrayWriter(trace, Direction::kDeflate)
        .Append(Block(buffer.first, buffer.pages));
    free_addresses[buffer.order].push_back(buffer.first);
  };
  for (std::uint64_t i = 0; i < arguments.Count("maps"); ++i) {
    const std::uint64_t pages =
        std::min(DrawLength(mean, random), std::uint64_t{1} << kMaxOrder);
    const auto order = static_cast<unsigned>(std::bit_width(pages - 1));
    const std::uint64_t size = std::uint64_t{1} << order;
    std::vector<Pfn>& used_before = free_addresses[order];
    if (live.size() >= arguments.Count("live")) unmap();
    Buffer buffer{0, pages, order};
    if (!used_before.empty()) {
      buffer.first = used_before.back();
      used_before.pop_back();
    } else if (top >= 2 * size) {
      top = (top - size) / size * size;
      buffer.first = top;
    } else {
      arguments.Refuse("buffers that do not fit into space=",
                       "more space, or fewer or smaller buffers");
    }
    ArrayWriter(trace, Direction::kInflate)
        .Append(Block(buffer.first, buffer.pages));
    live.push_back(buffer);
  }
  while (!live.empty()) unmap();
}

}  // namespace

std::span<const Generator> UserGenerators() {
  static constexpr Generator kGenerators[] = {
      {"reporting", "free page reporting: blocks reported to the host",
       kReportingParameters, &Reporting},
      {"dirty-log", "KVM dirty logging: pages written in a round",
       kDirtyLogParameters, &DirtyLog},
      {"kexec", "kexec handover: blocks that are preserved", kKexecParameters,
       &Kexec},
      {"guest-memfd", "guest_memfd: private ranges, converted to and fro",
       kGuestMemfdParameters, &GuestMemfd},
      {"vfio", "VFIO: pages pinned one by one for devices", kVfioParameters,
       &Vfio},
  };
  return kGenerators;
}

}  // namespace pfn
