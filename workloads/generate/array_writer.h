// SPDX-License-Identifier: MIT
//
// What the generators share: pages cut into arrays, all given back in the end,
// and numbers drawn.

#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <span>
#include <utility>

#include "workloads/base/random.h"
#include "workloads/trace/trace.h"

namespace pfn {

// What Linux puts into one element of virtio-balloon's queue.
inline constexpr std::uint64_t kBalloonArrayPages = 256;

// Appends runs to a trace as arrays of one direction, cut at `array_pages`.
class ArrayWriter {
 public:
  ArrayWriter(Trace* trace, Direction direction,
              std::uint64_t array_pages = kBalloonArrayPages)
      : trace_(trace), direction_(direction), array_pages_(array_pages) {}

  void Append(PfnRun run) {
    while (run.length != 0) {
      if (room_ == 0) {
        trace_->BeginArray(direction_);
        room_ = array_pages_;
      }
      const auto pages =
          static_cast<std::int64_t>(std::min(run.pages(), room_));
      const std::int64_t length = run.length < 0 ? -pages : pages;
      trace_->AppendRun({run.first, length});
      run.first += static_cast<Pfn>(length);
      run.length -= length;
      room_ -= static_cast<std::uint64_t>(pages);
    }
  }

 private:
  Trace* trace_;
  Direction direction_;
  std::uint64_t array_pages_;
  std::uint64_t room_ = 0;  // pages that the array begun last still takes
};

constexpr PfnRun Reversed(PfnRun run) {
  return {run.last(), run.length == 1 ? 1 : -run.length};
}

// The arrays of `trace` that came after its first `events` events, all of them
// inflated, deflated in exactly the opposite order: what a list does that is
// filled and emptied at its head.
inline void AppendReversed(Trace* trace, std::size_t events = 0) {
  for (std::size_t i = trace->events().size(); i-- > events;) {
    const TraceEvent event = trace->events()[i];
    if (event.kind == TraceEvent::Kind::kTarget) continue;
    trace->BeginArray(Direction::kDeflate);
    for (std::uint64_t run = event.end_run; run-- > event.first_run;) {
      trace->AppendRun(Reversed(trace->runs()[run]));
    }
  }
}

// Fisher and Yates.
template <class T>
void Shuffle(std::span<T> items, SplitMix64& random) {
  for (std::size_t i = items.size(); i > 1; --i) {
    std::swap(items[i - 1], items[random.Below(i)]);
  }
}

// True with probability `share`.
inline bool Draw(double share, SplitMix64& random) {
  return random.Fraction() < share;
}

// Geometric, at least 1, of mean `mean` >= 1.
inline std::uint64_t DrawLength(double mean, SplitMix64& random) {
  std::uint64_t length = 1;
  while (Draw(1 - 1 / mean, random)) ++length;
  return length;
}

// A random order of 0, 1, ..., n-1 that needs no memory: four rounds of a
// Feistel network over the next power of four, stepped on until the value is
// below n. Distinct pages at random in a terabyte come from here.
class Permutation {
 public:
  // `size` from 1 to 2^62.
  Permutation(std::uint64_t size, std::uint64_t seed)
      : size_(size),
        half_bits_((static_cast<unsigned>(std::bit_width(size - 1)) + 1) / 2),
        mask_((std::uint64_t{1} << half_bits_) - 1) {
    SplitMix64 random(seed);
    for (std::uint64_t& key : keys_) key = random.Next();
  }

  // The `index`-th value, index < size.
  std::uint64_t operator()(std::uint64_t index) const {
    do {
      index = Step(index);
    } while (index >= size_);  // at most four times on average
    return index;
  }

 private:
  std::uint64_t Step(std::uint64_t value) const {
    std::uint64_t left = value >> half_bits_;
    std::uint64_t right = value & mask_;
    for (const std::uint64_t key : keys_) {
      const std::uint64_t next =
          left ^ (SplitMix64(right ^ key).Next() & mask_);
      left = right;
      right = next;
    }
    return left << half_bits_ | right;
  }

  std::uint64_t size_;
  unsigned half_bits_;
  std::uint64_t mask_;
  std::array<std::uint64_t, 4> keys_;
};

}  // namespace pfn
