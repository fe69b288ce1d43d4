// SPDX-License-Identifier: MIT

#include "workloads/generate/cma.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "workloads/generate/array_writer.h"
#include "workloads/generate/generators.h"

namespace pfn {
namespace {

// What a candidate, that is, an aligned chunk of the area, is.
struct Candidate {
  bool allocated = false;
  bool busy = false;         // has a pinned page
  std::uint64_t failed = 0;  // attempts
};

std::vector<Candidate> PrepareArea(const CmaOptions& options,
                                   SplitMix64& random) {
  std::vector<Candidate> area(options.pages >> options.order);
  const double starts = options.pin_density / options.pin_run_mean;
  for (std::uint64_t page = 0; page < options.pages; ++page) {
    if (!Draw(starts, random)) continue;
    const std::uint64_t length = DrawLength(options.pin_run_mean, random);
    for (std::uint64_t i = 0; i < length && page < options.pages; ++i, ++page) {
      const std::uint64_t chunk = page >> options.order;
      if (chunk < area.size()) area[chunk].busy = true;
    }
    --page;
  }
  if (options.prefill > 0) {
    for (Candidate& candidate : area) {
      candidate.allocated = Draw(options.prefill, random);
    }
  }
  return area;
}

}  // namespace

CmaOutcome SimulateCma(const CmaOptions& options) {
  SplitMix64 random(options.seed);
  std::vector<Candidate> area = PrepareArea(options, random);
  CmaOutcome outcome;
  const auto pfn_of = [&](std::size_t chunk) {
    return options.base + (static_cast<Pfn>(chunk) << options.order);
  };
  const bool waits =
      options.mode == CmaOptions::Mode::kNormal || options.tries != 1;
  // One attempt at a candidate that is not allocated.
  const auto attempt = [&](std::size_t chunk) {
    Candidate& candidate = area[chunk];
    ++outcome.attempts;
    if (!candidate.busy) {
      candidate.allocated = true;
      outcome.chunks.push_back(pfn_of(chunk));
      return true;
    }
    if (candidate.failed++ == 0) outcome.busy.push_back(pfn_of(chunk));
    const bool gained =
        waits && options.retry_gain > 0 && Draw(options.retry_gain, random);
    if (gained || candidate.failed == options.pin_lifetime) {
      candidate.busy = false;
    }
    return false;
  };
  // All attempts at one that are allowed.
  const auto take = [&](std::size_t chunk) {
    for (std::uint64_t tries = 1;; ++tries) {
      if (attempt(chunk)) return true;
      if (tries == options.tries) return false;
    }
  };
  std::size_t start = 0;
  bool wrapped = false;
  while (outcome.chunks.size() < options.chunks) {
    bool succeeded = false;
    for (std::size_t chunk = start; chunk < area.size() && !succeeded;
         ++chunk) {
      if (!area[chunk].allocated) succeeded = take(chunk);
      if (options.mode != CmaOptions::Mode::kNormal) start = chunk + 1;
    }
    if (succeeded) continue;
    // Only a remembered start can have missed something, and only once.
    if (options.mode != CmaOptions::Mode::kCached || wrapped) break;
    wrapped = true;
    start = 0;
  }
  return outcome;
}

namespace {

using Kind = Parameter::Kind;

constexpr Parameter kCmaParameters[] = {
    {"mode", Kind::kWord, "cached", "where a call starts", 0, 0,
     "normal|cached|bulk"},
    {"base", Kind::kCount, "512K", "first page of the area", 0,
     std::uint64_t{1} << 40},
    {"pages", Kind::kCount, "128K", "of the area", 512, std::uint64_t{1} << 26},
    {"order", Kind::kCount, "4", "of a chunk", 0, 10},
    {"chunks", Kind::kCount, "4800", "wanted", 1, std::uint64_t{1} << 20},
    {"pins", Kind::kShare, "0.01", "share of the pages that is pinned", 0,
     kShareUnit},
    {"pin_run", Kind::kCount, "1", "pages of a pinned run on average", 1,
     1 << 16},
    {"pin_life", Kind::kCount, "0", "attempts that a pin lasts; 0: for ever", 0,
     1 << 30},
    {"prefill", Kind::kShare, "0", "share of the area allocated before", 0,
     kShareUnit},
    {"tries", Kind::kCount, "1", "at a chunk before it is passed over; 0: all",
     0, 1 << 20},
    {"gain", Kind::kShare, "0.1",
     "that an attempt ends a pin; not with mode=cached|bulk and tries=1", 0,
     kShareUnit},
    {"emit", Kind::kWord, "chunks", "the set of which the trace is", 0, 0,
     "chunks|busy"},
    {"release", Kind::kWord, "fifo", "order in which chunks are given back", 0,
     0, "fifo|lifo|random"},
    kSeed,
};

void Cma(const Arguments& arguments, Trace* trace) {
  const std::string& mode = arguments.Word("mode");
  const CmaOptions options{
      .mode = mode == "normal"   ? CmaOptions::Mode::kNormal
              : mode == "cached" ? CmaOptions::Mode::kCached
                                 : CmaOptions::Mode::kBulk,
      .base = arguments.Count("base"),
      .pages = arguments.Count("pages"),
      .order = static_cast<unsigned>(arguments.Count("order")),
      .chunks = arguments.Count("chunks"),
      .pin_density = arguments.Share("pins"),
      .pin_run_mean = static_cast<double>(arguments.Count("pin_run")),
      .pin_lifetime = arguments.Count("pin_life"),
      .prefill = arguments.Share("prefill"),
      .tries = arguments.Count("tries"),
      .retry_gain = arguments.Share("gain"),
      .seed = arguments.Count("seed")};
  if (options.base % 512 != 0) {
    arguments.Refuse("a base= inside of a page block", "a multiple of 512");
  }
  if (options.tries == 0 && options.pin_lifetime == 0 &&
      options.retry_gain <= 0) {
    arguments.Refuse("tries=0 where no pin ever ends", "gain= or pin_life=");
  }
  CmaOutcome outcome = SimulateCma(options);
  trace->outcome =
      fmt::format("attempts={} chunks={} busy={}", outcome.attempts,
                  outcome.chunks.size(), outcome.busy.size());
  std::vector<Pfn>& chunks =
      arguments.Word("emit") == "busy" ? outcome.busy : outcome.chunks;
  if (chunks.empty()) {
    arguments.Refuse("no chunk to emit", "pins= and order= that leave some");
  }
  const auto append = [&](Direction direction) {
    for (const Pfn chunk : chunks) {
      trace->AppendArray(direction, {chunk, std::int64_t{1} << options.order});
    }
  };
  append(Direction::kInflate);
  const std::string& release = arguments.Word("release");
  if (release == "lifo") std::reverse(chunks.begin(), chunks.end());
  if (release == "random") {
    SplitMix64 random(~options.seed);
    Shuffle(std::span(chunks), random);
  }
  append(Direction::kDeflate);
}

}  // namespace

std::span<const Generator> CmaGenerators() {
  static constexpr Generator kGenerators[] = {
      {"cma", "contiguous chunks from an area with pinned pages",
       kCmaParameters, &Cma},
  };
  return kGenerators;
}

}  // namespace pfn
