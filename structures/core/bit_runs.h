// SPDX-License-Identifier: MIT
//
// All runs of a bitmap in ascending order, faster than by searches in turn for
// the next one and the next zero. A bit that differs from the one below it is a
// border of a run: word ^ (word << 1) has them all, and what carries over from
// the word before makes runs that cross words no case of their own. Borders
// are collected first and visited in batches, so that one mispredicted end of a
// word does not hold up what the visitor does. Words in which nothing changes,
// all zeros or all ones, are passed by four at a time.
//
// Source: the transitions of Daniel Lemire's bitmap decoding, by description
// only.

#pragma once

#include <cstddef>
#include <cstdint>

#include "structures/core/bits.h"
#include "structures/core/pfn.h"

namespace pfn::bits {

// Gets pieces of a set in ascending order and gives `visitor` its maximal runs.
// What lies between two pieces is no member.
template <class Visitor>
class RunScan {
 public:
  explicit RunScan(Visitor& visitor) : visitor_(visitor) {}
  RunScan(const RunScan&) = delete;
  RunScan& operator=(const RunScan&) = delete;

  // Bits [begin, end) of `words`, bit 0 being page `first`. A piece that
  // continues the one before must begin at a word.
  void AddWords(const std::uint64_t* words, std::uint64_t begin,
                std::uint64_t end, Pfn first) {
    if (begin >= end) return;
    if (first + begin != next_) Close();
    next_ = first + end;
    std::uint64_t i = begin / kWordBits;
    const std::uint64_t last = (end - 1) / kWordBits;
    const std::uint64_t tail =
        ~std::uint64_t{0} >> (kWordBits - 1 - (end - 1) % kWordBits);
    // What a word without a border looks like: as the bit below it.
    std::uint64_t same = 0 - (count_ & 1);
    std::uint64_t word = words[i] & ~std::uint64_t{0} << (begin % kWordBits);
    Pfn* out = borders_ + count_;
    if (word == same && i != last) {
      i = SkipSame(words, i + 1, last, same);
      word = words[i];
    }
    while (i != last) {
      out = AddBorders(out, word ^ (2 * word - same), first + i * kWordBits);
      same = SignOf(word);
      i = SkipSame(words, i + 1, last, same);
      word = words[i];
    }
    word &= tail;
    if (word != same) {
      out = AddBorders(out, word ^ (2 * word - same), first + i * kWordBits);
    }
    count_ = out - borders_;
  }

  void AddRun(PfnRange run) {
    if (count_ % 2 == 0 || run.first != next_) {
      Close();
      Add(run.first);
    }
    next_ = run.last + 1;
  }

  // Nothing comes any more.
  void Finish() {
    Close();
    Visit();
  }

 private:
  static constexpr std::size_t kBatch = 64;

  // All ones if the uppermost bit is one, else zero.
  static std::uint64_t SignOf(std::uint64_t word) {
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(word) >> 63);
  }

  // The first word from `i` on that is not `same`, or `last`.
  static std::uint64_t SkipSame(const std::uint64_t* words, std::uint64_t i,
                                std::uint64_t last, std::uint64_t same) {
    for (; i + 4 <= last; i += 4) {
      if (words[i] != same) return i;
      if (words[i + 1] != same) return i + 1;
      if (words[i + 2] != same) return i + 2;
      if (words[i + 3] != same) return i + 3;
    }
    while (i != last && words[i] == same) ++i;
    return i;
  }

  // `borders`, not none, has a one for each border in a word whose first page
  // is `first`. Gives the new end of what is collected.
  [[gnu::always_inline]] Pfn* AddBorders(Pfn* out, std::uint64_t borders,
                                         Pfn first) {
    do {
      *out++ = first + static_cast<unsigned>(__builtin_ctzll(borders));
      borders &= borders - 1;
    } while (borders != 0);
    if (out < borders_ + kBatch) return out;
    count_ = out - borders_;
    Visit();
    return borders_ + count_;
  }

  void Add(Pfn border) {
    borders_[count_++] = border;
    if (count_ >= kBatch) Visit();
  }

  // Ends the run that is open, if one is.
  void Close() {
    if (count_ % 2 != 0) Add(next_);
  }

  // A run whose end is not known yet stays.
  [[gnu::noinline]] void Visit() {
    const std::size_t ends = count_ - count_ % 2;
    for (std::size_t i = 0; i < ends; i += 2) {
      visitor_(PfnRange{borders_[i], borders_[i + 1] - 1});
    }
    if (ends != count_) borders_[0] = borders_[ends];
    count_ -= ends;
  }

  Visitor& visitor_;
  Pfn next_ = 0;  // the page after what was added last
  std::size_t count_ = 0;
  Pfn borders_[kBatch + kWordBits];  // first pages, and first pages after runs
};

}  // namespace pfn::bits
